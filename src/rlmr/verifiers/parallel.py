"""`map` over processes that reads its input no faster than its results are taken."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2
"""Items per process that are taken before the first of them is done."""


def ordered_map(function: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
    """`map` over `jobs` processes, in order; at most `AHEAD` * `jobs` items are held at any time.

    (`multiprocessing.Pool.imap` and `Executor.map` take all items at once.) One job runs in this process.
    The others never see Ctrl-C: this one ends them, when it is interrupted and when its caller stops early.
    An exception of `function` is raised where its result would have stood.

    >>> list(ordered_map(abs, [-1, 2], jobs=1))
    [1, 2]
    """
    if jobs == 1:
        yield from map(function, items)
        return
    executor = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_end_with_parent)
    try:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(_submit(executor, function, item))
            if len(waiting) == AHEAD * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """In a process of the pool: end it when the one that started it is gone, even where that was killed."""

    def wait() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _submit(executor: ProcessPoolExecutor, function: Callable[[Item], Result], item: Item) -> Future[Result]:
    """Hand `item` over. Processes that this starts inherit the mask; a Ctrl-C waits until it is taken off."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return executor.submit(function, item)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
