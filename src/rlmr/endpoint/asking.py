"""One question on its way: its turn, its tries, its reply."""

from __future__ import annotations

import asyncio
import ipaddress
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from urllib.parse import urlsplit

import aiohttp

from rlmr.endpoint.failure import TryError
from rlmr.endpoint.messages import BadReply, Reply, Wire
from rlmr.endpoint.pace import Breaker, Pace
from rlmr.endpoint.settings import Endpoint
from rlmr.endpoint.transport import Answer, post
from rlmr.endpoint.usage import Usage

LEAST_FAILURES = 16
"""The circuit opens after `max_in_flight` failures in a row, and not before this many: one bad moment of all
requests in flight is no outage."""

LONGEST_BACKOFF_S = 30.0

Accept = Callable[[str], object]
"""Reads a reply's text: gives a value, or raises BadReply."""


@dataclass(slots=True)
class Call:
    """A question on its way."""

    wire: Wire
    accept: Accept | None
    reply: Reply | None = None
    last: TryError | None = None
    """Of the latest try."""
    tries: int = 0
    rejected: int = 0
    has_slot: bool = False
    began: float = 0.0
    ends: float = 0.0
    """Time by which it has to be answered."""

    def judged(self, reply: Reply) -> Reply:
        """A known reply with the value that this call's `accept` gives it, or with its rejection."""
        if self.accept is None:
            return reply
        try:
            return replace(reply, value=self.accept(reply.text or ""))
        except ValueError as error:
            failure = rejection(error)
            return replace(reply, text=None, error=failure.cause, detail=failure.detail)

    def failed(self, error: str, detail: str) -> Reply:
        """The reply of a call that brought no text."""
        seconds = monotonic() - self.began if self.began else 0.0
        return Reply(error=error, detail=detail, seconds=seconds, tries=self.tries)

    def too_late(self) -> Reply:
        """The reply of a call whose time is up, with what its last try said."""
        begun = f"{self.tries} tries" if self.began else "never begun"
        last = f", the last: {self.last.cause}" if self.last is not None else ""
        return self.failed("deadline", begun + last)


class Asker:
    """Asks one server, within its limits. Lives in one event loop."""

    def __init__(self, endpoint: Endpoint, usage: Usage) -> None:
        self._endpoint = endpoint
        self._usage = usage
        self._slots = asyncio.Semaphore(endpoint.max_in_flight)
        self._requests = Pace(endpoint.requests_per_minute)
        self._tokens = Pace(endpoint.tokens_per_minute)
        self._breaker = Breaker(max(LEAST_FAILURES, endpoint.max_in_flight), endpoint.outage_s)
        self._session: aiohttp.ClientSession | None = None
        self._random = random.Random()

    async def ask(self, call: Call, deadline: float) -> Reply:
        """The reply of a call that has its turn; a failure is a reply with its cause."""
        call.began = monotonic()
        call.ends = min(deadline, call.began + self._endpoint.deadline_s)
        try:
            async with asyncio.timeout_at(call.ends) as limit:
                return await self._tries(call)
        except TimeoutError:
            if not limit.expired():
                raise  # it came from `accept`
            return call.too_late()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _tries(self, call: Call) -> Reply:
        """Ask until there is an accepted reply, or no use in asking."""
        while True:
            try:
                return await self._try(call)
            except TryError as failure:
                call.last = failure
                wait = self._wait(call, failure)
                if wait is None:
                    times = f" after {call.tries} tries" if call.tries > 1 else ""
                    return call.failed(failure.cause + times, failure.detail)
                self._usage.retried[failure.cause] += 1
            await asyncio.sleep(wait)

    def _wait(self, call: Call, failure: TryError) -> float | None:
        """Seconds until the next try; None where there is none, or where its time would be up."""
        if not failure.again or call.tries > self._endpoint.retries:
            return None
        if call.rejected > self._endpoint.retries_rejected:
            return None
        most = min(LONGEST_BACKOFF_S, self._endpoint.backoff_s * 2.0 ** min(call.tries - 1, 30))
        wait = most * self._random.uniform(0.5, 1.0) + (failure.retry_after or 0.0)
        return wait if monotonic() + wait < call.ends else None

    async def _try(self, call: Call) -> Reply:
        """One request. Raises TryError."""
        if call.tries:
            await self.turn(call)
        try:
            async with self._breaker.passage():
                call.tries += 1
                self._usage.requests += 1
                answer = await self._send(call)
        finally:
            self.leave(call)
        self._pay(call, answer)
        if answer.failure is not None:
            raise answer.failure
        try:
            value = call.accept(answer.text) if call.accept is not None else None
        except ValueError as error:
            call.rejected += 1
            raise rejection(error) from None
        return Reply(
            answer.text,
            value=value,
            tokens_in=answer.tokens_in,
            tokens_out=answer.tokens_out,
            seconds=monotonic() - call.began,
            tries=call.tries,
            finish=answer.finish,
        )

    async def turn(self, call: Call) -> None:
        """Wait for the minute's limits and for a slot. New calls of a batch do so one at a time, so that a
        further try waits behind one of them and not behind all."""
        await self._requests.take(1)
        await self._tokens.take(call.wire.tokens)
        await self._slots.acquire()
        call.has_slot = True

    def leave(self, call: Call) -> None:
        """Free the call's slot, if it has one."""
        if call.has_slot:
            call.has_slot = False
            self._slots.release()

    async def _send(self, call: Call) -> Answer:
        """Post it; a missing key is said."""
        secret = self._endpoint.api_key()
        try:
            return await post(self._connected(), call.wire, self._endpoint.timeout_s, secret)
        except TryError as failure:
            if failure.cause in {"http 401", "http 403"} and not secret:
                failure.detail += f" (environment variable {self._endpoint.api_key_env} is not set)"
            raise

    def _connected(self) -> aiohttp.ClientSession:
        """The session, made on first use; the environment's proxy is used, but not towards this machine."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                trust_env=not _is_loopback(urlsplit(self._endpoint.base_url).hostname or ""),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _pay(self, call: Call, answer: Answer) -> None:
        """Count an answer's tokens, and correct the estimate that was taken for it."""
        if answer.tokens_in is None or answer.tokens_out is None:
            self._usage.uncounted += 1
            return
        self._usage.tokens_in += answer.tokens_in
        self._usage.tokens_out += answer.tokens_out
        self._tokens.give_back(call.wire.tokens - answer.tokens_in - answer.tokens_out)


def rejection(error: ValueError) -> TryError:
    """What `accept` raised, as a failure: BadReply names its cause, any other ValueError is 'unreadable'."""
    bad = error if isinstance(error, BadReply) else BadReply("unreadable", str(error)[:300])
    return TryError(f"bad reply: {bad.cause}", bad.detail, again=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
