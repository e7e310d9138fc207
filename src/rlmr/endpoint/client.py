"""The one client of OpenAI-compatible servers."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import Future
from time import monotonic
from types import TracebackType

from rlmr.endpoint.asking import Accept, Call
from rlmr.endpoint.canary import QUESTION, Canary, read_canary
from rlmr.endpoint.engine import Engine, Progress
from rlmr.endpoint.messages import Question, Reply, to_wire
from rlmr.endpoint.settings import Endpoint, EndpointError
from rlmr.endpoint.usage import Usage


class Client:
    """Asks one endpoint, from any thread, any event loop, and any process that holds a copy.

    Everything runs in one thread of its own, begun with the first question. A pickled or forked copy begins
    its own, with counts at zero and the same cache file.

    >>> from rlmr.endpoint import Chat
    >>> client = Client(Endpoint("http://127.0.0.1:9", "judge", retries=0))
    >>> client.ask_all([Chat(({"role": "user", "content": "Is it sad?"},))])[0].error
    'connection refused'
    >>> client.close()
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._reset()
        _CLIENTS.add(self)

    def _reset(self) -> None:
        """As new: what another process had begun is left alone."""
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._finalizer: weakref.finalize[[], Client] | None = None
        self.usage = Usage(price_in=self.endpoint.price_in, price_out=self.endpoint.price_out)

    def __reduce__(self) -> tuple[type[Client], tuple[Endpoint]]:
        return (type(self), (self.endpoint,))

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask_all(
        self,
        questions: Sequence[Question],
        *,
        deadline_s: float | None = None,
        accept: Accept | Sequence[Accept | None] | None = None,
        progress: Progress | None = None,
        fresh: bool = False,
    ) -> list[Reply]:
        """One reply per question, in their order; a failure is a reply with its cause, never an exception.

        `deadline_s`: seconds for the whole batch; what is left then gets the error 'deadline'. None = each
        call's own deadline only. `accept` (one for all, or one per question) reads a text and gives a value,
        or raises BadReply; only accepted replies are cached, and cached ones are read again. It and
        `progress` run in the client's thread: keep them short. `fresh` passes by the cache.
        Raises EndpointError for a question that JSON cannot hold and an unusable cache file, and what
        `accept` raises besides ValueError.
        """
        future = self._begin(questions, deadline_s, accept, progress, fresh)
        try:
            return future.result()
        finally:
            future.cancel()  # an interrupt leaves nothing running; does nothing to a finished batch

    async def ask_all_async(
        self,
        questions: Sequence[Question],
        *,
        deadline_s: float | None = None,
        accept: Accept | Sequence[Accept | None] | None = None,
        progress: Progress | None = None,
        fresh: bool = False,
    ) -> list[Reply]:
        """`ask_all` for a caller with its own event loop, which goes on meanwhile."""
        future = self._begin(questions, deadline_s, accept, progress, fresh)
        return await asyncio.wrap_future(future)

    async def ask(
        self,
        question: Question,
        *,
        deadline_s: float | None = None,
        accept: Accept | None = None,
        fresh: bool = False,
    ) -> Reply:
        """The reply to one question."""
        [reply] = await self.ask_all_async([question], deadline_s=deadline_s, accept=accept, fresh=fresh)
        return reply

    def canary(self, deadline_s: float = 60.0) -> Canary:
        """Ask something whose plain answer breaks its schema: does the server hold the model to schemas?"""
        return read_canary(self.ask_all([QUESTION], deadline_s=deadline_s, fresh=True)[0])

    def close(self) -> None:
        """End the thread, the connections and the cache file; another question begins them anew."""
        with self._lock:
            if self._finalizer is not None:
                self._finalizer()
            self._engine = self._finalizer = None

    def _begin(
        self,
        questions: Sequence[Question],
        deadline_s: float | None,
        accept: Accept | Sequence[Accept | None] | None,
        progress: Progress | None,
        fresh: bool,
    ) -> Future[list[Reply]]:
        """Encode the questions here, and hand them to the client's thread."""
        deadline = math.inf if deadline_s is None else monotonic() + deadline_s
        accepts: Sequence[Accept | None] = (
            [accept] * len(questions) if accept is None or callable(accept) else accept
        )
        if len(accepts) != len(questions):
            raise EndpointError(f"accept: {len(accepts)} for {len(questions)} questions; one each is needed")
        calls = [
            Call(to_wire(question, self.endpoint), own)
            for question, own in zip(questions, accepts, strict=True)
        ]
        engine = self._running()
        return asyncio.run_coroutine_threadsafe(engine.batch(calls, deadline, fresh, progress), engine.loop)

    def _running(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = Engine(self.endpoint, self.usage)
                self._finalizer = weakref.finalize(self, self._engine.stop)
            return self._engine


_CLIENTS: weakref.WeakSet[Client] = weakref.WeakSet()

_LEFT_BEHIND: list[object] = []
"""In a forked process: the parent's engines. Freeing them would close the parent's database and sockets."""


def _after_fork() -> None:
    for client in _CLIENTS:
        if client._finalizer is not None:
            client._finalizer.detach()
        _LEFT_BEHIND.append(client._engine)
        client._reset()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork)
