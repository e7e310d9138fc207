"""What lives in the client's own thread: the connections, the limits, the cache, and the batches."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from rlmr.endpoint.asking import Asker, Call
from rlmr.endpoint.cache import Cache
from rlmr.endpoint.messages import Reply
from rlmr.endpoint.settings import Endpoint
from rlmr.endpoint.usage import Usage

BEGUN_PER_SLOT = 4
"""Calls begun at a time, per request in flight: those that wait for their next try leave room for others."""

_TIMES = re.compile(r" after \d+ tries$")

Progress = Callable[[int, int], None]
"""Called with (done, total)."""


class Engine:
    """One event loop in one daemon thread, shared by all callers of a client."""

    def __init__(self, endpoint: Endpoint, usage: Usage) -> None:
        self.endpoint = endpoint
        self.usage = usage
        self._cache = Cache(endpoint.cache) if endpoint.cache is not None else None
        self._asker = Asker(endpoint, usage)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="rlmr-endpoint", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.close()

    def stop(self) -> None:
        """End everything; calls that are on their way end as cancelled. Safe from any thread, and twice."""
        if self.thread.is_alive() and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(lambda: self.loop.create_task(self._stop()))
            if threading.current_thread() is not self.thread:
                self.thread.join(timeout=5)

    async def _stop(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._asker.close()
        if self._cache is not None:
            self._cache.close()
        self.loop.stop()

    async def batch(
        self, calls: Sequence[Call], deadline: float, fresh: bool, progress: Progress | None
    ) -> list[Reply]:
        """Replies to all calls, by `deadline` (monotonic seconds). Raises what `accept` raises."""
        cache = None if fresh else self._cache
        if cache is not None:
            await self._look_up(cache, calls)
        done = sum(call.reply is not None for call in calls)
        waiting = [call for call in calls if call.reply is None]
        first = {call.wire.key: call for call in waiting} if cache is not None else {}
        asked = list(first.values()) if cache is not None else waiting

        async def run(call: Call) -> None:
            nonlocal done
            call.reply = await self._asker.ask(call, deadline)
            if call.reply.ok and cache is not None:
                cache.put(call.wire.key, call.reply)
            done += 1
            if progress is not None:
                progress(done, len(calls))

        begun = asyncio.Semaphore(BEGUN_PER_SLOT * self.endpoint.max_in_flight)
        if progress is not None:
            progress(done, len(calls))
        try:
            async with asyncio.timeout_at(deadline), asyncio.TaskGroup() as group:
                for call in asked:
                    await begun.acquire()
                    await self._asker.turn(call)
                    task = group.create_task(run(call))
                    task.add_done_callback(partial(self._ended, call, begun))
        except TimeoutError:
            pass  # what is left has no reply, and gets its error below
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        for call in waiting:
            if call.reply is None:
                twin = first.get(call.wire.key, call)
                call.reply = call.too_late() if twin.reply is None else self._copy(call, twin.reply)
        replies = [call.reply for call in calls if call.reply is not None]
        self._count(replies)
        if progress is not None and done < len(calls):
            progress(len(calls), len(calls))
        return replies

    def _ended(self, call: Call, begun: asyncio.Semaphore, _: asyncio.Task[None]) -> None:
        """Make room for the next; a task that is cancelled before it begins comes by here too."""
        begun.release()
        self._asker.leave(call)

    async def _look_up(self, cache: Cache, calls: Sequence[Call]) -> None:
        """Give every call its cached reply; one that is no longer accepted is asked again."""
        known: dict[bytes, Reply] = {}
        for part in cache.get(list({call.wire.key for call in calls})):
            known.update(part)
            await asyncio.sleep(0)
        for number, call in enumerate(calls):
            if (reply := known.get(call.wire.key)) is not None:
                reply = call.judged(reply)
                call.reply = reply if reply.ok else None
            if number % 500 == 499:
                await asyncio.sleep(0)

    def _copy(self, call: Call, reply: Reply) -> Reply:
        """The reply of a question that stood twice in the batch."""
        if not reply.ok:
            return reply
        return call.judged(replace(reply, cached=True, seconds=0.0, tries=0))

    def _count(self, replies: Sequence[Reply]) -> None:
        self.usage.calls += len(replies)
        self.usage.cached += sum(reply.cached and reply.ok for reply in replies)
        self.usage.failures.update(_TIMES.sub("", reply.error) for reply in replies if not reply.ok)
