"""Requests and tokens per minute, and the circuit breaker. All of it lives in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from time import monotonic

from rlmr.endpoint.failure import TryError

SLICE_S = 0.1
"""Seconds after which a waiting call looks again whether tokens were given back."""


class Pace:
    """At most `per_minute` units a minute, evenly spaced and first come, first served; None = no limit.

    In any 60 s at most `per_minute` units go out, and the last call's own beside them.
    """

    def __init__(self, per_minute: float | None) -> None:
        self._seconds_each = 60.0 / per_minute if per_minute else 0.0
        self._free_at = 0.0
        self._turn = asyncio.Lock()

    async def take(self, amount: float) -> None:
        """Wait for the turn of `amount` units."""
        if not self._seconds_each:
            return
        async with self._turn:
            while (wait := self._free_at - monotonic()) > 0:
                await asyncio.sleep(min(wait, SLICE_S))
            self._free_at = monotonic() + amount * self._seconds_each

    def give_back(self, amount: float) -> None:
        """Return what was taken and not used; a negative amount takes more."""
        self._free_at -= amount * self._seconds_each


class Breaker:
    """Stops asking a server that is down, and tries with one request at a time whether it is back.

    `failures` in a row open it. Probes follow after 1, 2, 4, ... up to 30 s. Calls wait for a probe's success
    during the first `outage_s` seconds; later ones fail at once with 'circuit open'. Any success closes it.
    """

    FIRST_PAUSE_S = 1.0
    LONGEST_PAUSE_S = 30.0

    def __init__(self, failures: int, outage_s: float) -> None:
        self._limit = failures
        self._outage_s = outage_s
        self._in_a_row = 0
        self._opened_at = math.nan
        self._probe_at = 0.0
        self._pause = 0.0
        self._probing = False
        self._changed = asyncio.Event()
        self.is_open = False

    @contextlib.asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Around one request. Raises TryError('circuit open'); a TryError inside is counted and goes on."""
        probe = await self._enter()
        down: bool | None = None
        try:
            yield
            down = False
        except TryError as failure:
            down = failure.down
            raise
        finally:
            if probe:
                self._probing = False
            if down is not None:
                self._note(down, probe)
            if probe:
                self._wake()

    async def _enter(self) -> bool:
        """Wait until a request may go; whether it is a probe."""
        while self.is_open:
            now, gives_up_at = monotonic(), self._opened_at + self._outage_s
            if not self._probing and now >= self._probe_at:
                self._probing = True
                return True
            if now >= gives_up_at:
                raise TryError(
                    "circuit open", f"the server has been failing for {now - self._opened_at:.0f} s"
                )
            until = gives_up_at if self._probing else min(self._probe_at, gives_up_at)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(until - now):
                    await self._changed.wait()
        return False

    def _note(self, down: bool, probe: bool) -> None:
        if not down:
            self._in_a_row = 0
            if self.is_open:
                self.is_open = False
                self._wake()
        elif not self.is_open:
            self._in_a_row += 1
            if self._in_a_row >= self._limit:
                self.is_open, self._opened_at, self._pause = True, monotonic(), self.FIRST_PAUSE_S
                self._probe_at = self._opened_at + self._pause
        elif probe:
            self._pause = min(2 * self._pause, self.LONGEST_PAUSE_S)
            self._probe_at = monotonic() + self._pause

    def _wake(self) -> None:
        """Everybody who waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()
