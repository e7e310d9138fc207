import asyncio
import contextlib
import time

import pytest
from endpoint_cases import FakeServer, accept, answer, endpoint, question

from rlmr.endpoint import Client
from rlmr.endpoint.failure import TryError
from rlmr.endpoint.pace import Breaker, Pace

DOWN = TryError("http 500", down=True)


async def one(breaker, failure=None, seconds=0.0):
    async with breaker.passage():
        await asyncio.sleep(seconds)
        if failure is not None:
            raise failure


async def opened(limit=3, outage_s=0.0):
    """A breaker that has just opened, with a probe due at once."""
    breaker = Breaker(limit, outage_s)
    for _ in range(limit):
        assert not breaker.is_open
        with pytest.raises(TryError, match="http 500"):
            await one(breaker, DOWN)
    assert breaker.is_open
    return breaker


def test_failures_in_a_row_open_the_circuit_and_others_do_not():
    async def work():
        await opened()
        breaker = Breaker(3, 0.0)
        for failure in [DOWN, DOWN, None, DOWN, DOWN, TryError("http 400"), DOWN, DOWN]:
            with contextlib.suppress(TryError):
                await one(breaker, failure)
        assert not breaker.is_open

    asyncio.run(work())


def test_one_probe_goes_at_a_time_and_its_success_lets_all_go(monkeypatch):
    monkeypatch.setattr(Breaker, "FIRST_PAUSE_S", 0.05)

    async def work():
        breaker = await opened(outage_s=10.0)
        start = time.monotonic()
        probe = asyncio.create_task(one(breaker, seconds=0.2))
        await asyncio.sleep(0)
        await asyncio.gather(probe, *(one(breaker) for _ in range(20)))
        assert time.monotonic() - start >= 0.25, "the others wait for the probe"
        assert not breaker.is_open

    asyncio.run(work())


def test_a_failed_probe_doubles_the_pause_and_a_cancelled_one_leaves_its_place(monkeypatch):
    monkeypatch.setattr(Breaker, "FIRST_PAUSE_S", 0.2)

    async def work():
        breaker = await opened()
        with pytest.raises(TryError, match="circuit open"):
            await one(breaker)
        await asyncio.sleep(0.25)
        with pytest.raises(TryError, match="http 500"):
            await one(breaker, DOWN)
        await asyncio.sleep(0.2)
        with pytest.raises(TryError, match="circuit open"):
            await one(breaker)
        await asyncio.sleep(0.25)
        probe = asyncio.create_task(one(breaker, seconds=10))
        await asyncio.sleep(0.01)
        with pytest.raises(TryError, match="circuit open"):
            await one(breaker)
        probe.cancel()
        await asyncio.sleep(0)
        await one(breaker)
        assert not breaker.is_open

    asyncio.run(work())


def test_a_pace_is_even_and_gives_back():
    async def work():
        pace = Pace(600)
        start = time.monotonic()
        for _ in range(3):
            await pace.take(2)
        assert 0.4 <= time.monotonic() - start < 2
        await pace.take(50)
        pace.give_back(50)
        start = time.monotonic()
        await pace.take(1)
        assert time.monotonic() - start < 2
        start = time.monotonic()
        await Pace(None).take(10**9)
        assert time.monotonic() - start < 0.1

    asyncio.run(work())


def test_a_server_that_fails_often_is_not_taken_for_one_that_is_down():
    with FakeServer(answer, faults={"500": 0.4}, latency_s=0.01) as server:
        with Client(endpoint(server, retries=0)) as client:
            client.ask_all([question(n) for n in range(500)])
        assert set(client.usage.failures) == {"http 500"}


def test_waiting_for_the_turn_does_not_count_as_the_calls_own_time():
    with FakeServer(answer) as server:
        with Client(endpoint(server, requests_per_minute=3600, deadline_s=0.3)) as client:
            replies = client.ask_all([question(n) for n in range(40)], accept=accept)
        assert all(reply.ok for reply in replies)


def test_a_further_try_does_not_wait_behind_all_new_calls():
    with FakeServer(answer, faults={"500": 0.5}) as server:
        with Client(endpoint(server, requests_per_minute=6000, retries=20, backoff_s=0.002)) as client:
            client.ask_all([question(n) for n in range(40)])
        asked = [request.text for request in server.requests]
        again = [at for at, text in enumerate(asked) if text in asked[:at]]
        assert len(again) >= 10
        assert again[0] < 20
