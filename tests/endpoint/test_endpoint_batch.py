"""Ten thousand calls under a mix of every fault."""

import json
import time

import pytest
from endpoint_cases import FakeServer, accept_for, answer, endpoint, question, truth

from rlmr.endpoint import Client

FAULTS = {
    "slow": 0.02,
    "hang": 0.002,
    "429": 0.05,
    "400": 0.01,
    "500": 0.05,
    "drop": 0.05,
    "cut": 0.03,
    "truncated": 0.01,
    "prose": 0.03,
    "wrong_ids": 0.03,
    "false_evidence": 0.03,
    "refusal": 0.01,
    "empty": 0.02,
}
CAUSES = {
    "timeout",
    "http 400",
    "http 429",
    "http 500",
    "connection dropped",
    "malformed body",
    "truncated",
    "refused",
    "empty",
    "bad reply: not JSON",
    "bad reply: wrong ids",
    "bad reply: evidence not in the text",
    "bad reply: no verdict",
}


def never_answered(number):
    return number % 50 == 7


def judge(request):
    """Every fiftieth question has no good answer, however often it is asked."""
    number = int(request.text.split()[0])
    return json.dumps({**truth(number), "verdict": "well"}) if never_answered(number) else answer(request)


def run(server, cache, count, deadline_s):
    start = time.monotonic()
    with Client(endpoint(server, cache, max_in_flight=128, timeout_s=3.0, retries=6)) as client:
        replies = client.ask_all(
            [question(n) for n in range(count)],
            accept=[accept_for(n) for n in range(count)],
            deadline_s=deadline_s,
        )
        return replies, client.usage, time.monotonic() - start


def check(replies, count):
    """None is lost, none is wrong, none that cannot be answered is answered."""
    assert len(replies) == count
    for number, reply in enumerate(replies):
        assert reply.ok == (reply.value == truth(number)), (number, reply)
        assert reply.ok == (reply.text is not None)
        assert not (reply.ok and never_answered(number))


@pytest.mark.slow
def test_ten_thousand_calls_under_a_mix_of_faults(tmp_path):
    count, deadline_s = 10_000, 240.0
    cache = tmp_path / "cache.sqlite"
    with FakeServer(judge, faults=FAULTS, slow_s=0.5, structured=False, seed=5) as server:
        replies, usage, seconds = run(server, cache, count, deadline_s)
        assert seconds < deadline_s
        check(replies, count)
        assert set(server.done) == {*FAULTS, "ok"}, "every fault was met"
        assert usage.requests == server.calls
        assert set(usage.failures) <= CAUSES
        assert usage.failures["bad reply: no verdict"] > 100
        answered = [n for n, reply in enumerate(replies) if reply.ok]
        assert len(answered) > 0.9 * count

        server.faults = {}
        server.requests.clear()
        again, usage, _ = run(server, cache, count, deadline_s)
        check(again, count)
        assert all(again[n].cached and again[n].value == replies[n].value for n in answered)
        assert usage.cached == len(answered)
        asked = {int(request.text.split()[0]) for request in server.requests}
        assert asked
        assert not asked & set(answered), "no request for what was cached"


@pytest.mark.slow
def test_a_batch_under_faults_ends_within_its_deadline(tmp_path):
    with FakeServer(judge, faults=FAULTS | {"hang": 0.2}, slow_s=0.5, structured=False) as server:
        replies, usage, seconds = run(server, tmp_path / "c", 10_000, 5.0)
        assert seconds < 7.0
        check(replies, 10_000)
        assert usage.failures["deadline"] > 1000
        assert set(usage.failures) <= CAUSES | {"deadline"}
        assert usage.calls == 10_000
