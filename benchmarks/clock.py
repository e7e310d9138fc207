"""Where time goes: functions timed in place, each without what it called that is timed as well."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any


class Clock:
    """Seconds by label, of the wall clock and of the CPU (of the calling thread, which a busy machine changes
    less). A thread's calls nest; threads do not see each other's."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        """Spent in a label's functions themselves."""
        self.cpu: dict[str, float] = defaultdict(float)
        """The same in CPU time of the calling thread."""
        self.calls: dict[str, int] = defaultdict(int)
        """How often they were called."""
        self._here = threading.local()

    def wrap(self, owner: Any, name: str, label: str) -> None:
        """Time `owner.name` from now on, under `label`."""
        setattr(owner, name, self.timed(getattr(owner, name), label))

    def timed(self, function: Callable[..., Any], label: str) -> Callable[..., Any]:
        """The same function, timed."""

        @wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            inner: list[list[float]] = self._here.__dict__.setdefault("inner", [])
            inner.append([0.0, 0.0])
            at, worked = time.perf_counter(), time.thread_time()
            try:
                return function(*args, **options)
            finally:
                spent, work = time.perf_counter() - at, time.thread_time() - worked
                inner_spent, inner_work = inner.pop()
                self.seconds[label] += spent - inner_spent
                self.cpu[label] += work - inner_work
                self.calls[label] += 1
                if inner:
                    inner[-1][0] += spent
                    inner[-1][1] += work

        return call

    def reset(self) -> None:
        """Begin again."""
        self.seconds.clear()
        self.cpu.clear()
        self.calls.clear()
