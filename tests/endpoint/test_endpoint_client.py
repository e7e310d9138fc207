import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest
from endpoint_cases import FakeServer, accept, accept_for, answer, endpoint, question, truth

from rlmr.endpoint import BadReply, Chat, Client, EndpointError, Post


def ask(server, questions, *, settings=None, **options):
    with Client(endpoint(server, **(settings or {}))) as client:
        return client.ask_all(questions, **options), client.usage


def test_replies_stand_in_the_order_of_their_questions():
    with FakeServer(answer, faults={"slow": 0.3}, slow_s=0.1) as server:
        replies, usage = ask(server, [question(n) for n in range(60)], accept=accept)
        assert [reply.value for reply in replies] == [truth(n) for n in range(60)]
        assert usage.calls == usage.requests == server.calls == 60
        assert usage.tokens_in > 0
        assert not usage.failed


def test_what_is_sent_is_the_openai_form(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "secret-1")
    with FakeServer(answer, api_key="secret-1") as server:
        asked = Chat(
            [{"role": "system", "content": "s"}, {"role": "user", "content": "7 文 \ud800"}],
            schema={"type": "object", "properties": {"id": {"type": "integer"}, "a": {"type": "string"}}},
            temperature=None,
            extra={"seed": 3},
        )
        [reply], _ = ask(server, [asked], settings={"api_key_env": "SOME_KEY"})
        assert reply.ok
        body = server.requests[0].body
        assert body["messages"][1]["content"] == "7 文 \ud800"
        assert list(body["response_format"]["json_schema"]["schema"]["properties"]) == ["id", "a"]
        assert body["response_format"]["type"] == "json_schema"
        assert (body["model"], body["seed"], body["max_tokens"]) == ("judge", 3, 512)
        assert "temperature" not in body
        assert server.requests[0].path == "/v1/chat/completions"


@pytest.mark.parametrize(
    ("fault", "error", "tries"),
    [
        ("500", "http 500 after 3 tries", 3),
        ("400", "http 400", 1),
        ("429", "http 429 after 3 tries", 3),
        ("drop", "connection dropped after 3 tries", 3),
        ("hang", "timeout after 3 tries", 3),
        ("cut", "malformed body after 3 tries", 3),
        ("empty", "empty after 3 tries", 3),
        ("refusal", "refused", 1),
        ("truncated", "truncated", 1),
        ("prose", "bad reply: not JSON after 2 tries", 2),
        ("wrong_ids", "bad reply: wrong ids after 2 tries", 2),
        ("false_evidence", "bad reply: evidence not in the text after 2 tries", 2),
    ],
)
def test_every_fault_is_an_error_with_its_cause(tmp_path, fault, error, tries):
    cache = tmp_path / "cache.sqlite"
    with FakeServer(answer, faults={fault: 1.0}, retry_after_s=0.01) as server:
        settings = {"retries": 2, "timeout_s": 0.2, "cache": cache}
        [reply], usage = ask(server, [question(3)], settings=settings, accept=accept_for(3))
        assert (reply.error, reply.text, reply.value, reply.tries) == (error, None, None, tries)
        assert server.calls == usage.requests == tries
        assert usage.failures == {error.partition(" after ")[0]: 1}
        server.faults = {}
        [reply], usage = ask(server, [question(3)], settings=settings, accept=accept_for(3))
        assert reply.value == truth(3), "a failure must not be cached"
        assert not usage.cached


def test_retries_bring_the_true_reply_and_are_counted():
    with FakeServer(answer, faults={"500": 0.3, "drop": 0.2}) as server:
        replies, usage = ask(
            server,
            [question(n) for n in range(50)],
            settings={"retries": 30, "backoff_s": 0.001},
            accept=accept,
        )
        assert [reply.value for reply in replies] == [truth(n) for n in range(50)]
        assert usage.retried["http 500"] == server.done["500"] > 0
        assert usage.requests == 50 + usage.retried.total()


def test_retry_after_is_honoured_and_not_beyond_the_deadline():
    with FakeServer(answer, faults={"429": 1.0}, retry_after_s=0.4) as server:
        start = time.monotonic()
        [reply], _ = ask(server, [question(1)], settings={"retries": 1})
        assert reply.error == "http 429 after 2 tries"
        assert time.monotonic() - start >= 0.4
        server.retry_after_s = 3600
        start = time.monotonic()
        [reply], _ = ask(server, [question(1)])
        assert (reply.error, reply.tries) == ("http 429", 1), "no time is spent on a try that cannot come"
        assert time.monotonic() - start < 3


def test_a_batch_ends_at_its_deadline_and_keeps_what_it_has():
    with FakeServer(answer, latency_s=0.1) as server:
        start = time.monotonic()
        replies, usage = ask(
            server,
            [question(n) for n in range(1000)],
            settings={"max_in_flight": 10},
            accept=accept,
            deadline_s=0.6,
        )
        assert time.monotonic() - start < 4.0
        answered = [n for n, reply in enumerate(replies) if reply.ok]
        assert 5 <= len(answered) < 100
        assert all(replies[n].value == truth(n) for n in answered)
        assert {reply.error for reply in replies if not reply.ok} == {"deadline"}
        assert replies[-1].detail == "never begun"
        assert usage.calls == 1000
        assert usage.failures["deadline"] == 1000 - len(answered)


def test_a_call_has_its_own_deadline():
    with FakeServer(answer, faults={"500": 1.0}) as server:
        settings = {"retries": 100, "deadline_s": 0.3, "backoff_s": 0.05}
        [reply], _ = ask(server, [question(1)], settings=settings)
        assert reply.error.startswith("http 500 after") or reply.detail.endswith("the last: http 500")
        assert 1 < reply.tries < 50
        server.faults = {"hang": 1.0}
        [reply], _ = ask(server, [question(1)], settings=settings)
        assert reply.error == "deadline"
        assert 0.3 <= reply.seconds < 5


def test_the_limit_in_flight_holds_over_several_threads():
    with FakeServer(answer, latency_s=0.02) as server, Client(endpoint(server, max_in_flight=5)) as client:
        threads = [
            threading.Thread(target=client.ask_all, args=([question(k * 100 + n) for n in range(20)],))
            for k in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.calls == client.usage.calls == 80
        assert server.most_in_flight == 5


def test_requests_and_tokens_per_minute_hold():
    with FakeServer(answer) as server:
        start = time.monotonic()
        ask(server, [question(n) for n in range(11)], settings={"requests_per_minute": 1200})
        assert 0.5 <= time.monotonic() - start < 5
        long = [Chat(question(n).messages, max_tokens=100_000) for n in range(11)]
        start = time.monotonic()
        _, usage = ask(server, long, settings={"tokens_per_minute": 20_000})
        fair = 10 * 60 * usage.tokens_in * 2 / 11 / 20_000
        assert 0.9 * fair <= time.monotonic() - start < fair + 4, (
            "an estimate that was too high is given back"
        )


def test_an_outage_is_waited_out_when_short_and_fails_fast_when_long():
    with FakeServer(answer, faults={"drop": 1.0}) as server:
        with Client(endpoint(server, retries=40, outage_s=20)) as client:
            timer = threading.Timer(0.8, lambda: server.faults.clear())
            timer.start()
            replies = client.ask_all([question(n) for n in range(200)], accept=accept)
            assert [reply.value for reply in replies] == [truth(n) for n in range(200)]
        server.faults["drop"], server.calls = 1.0, 0
        with Client(endpoint(server, retries=0, outage_s=0, max_in_flight=16)) as client:
            replies = client.ask_all([question(n) for n in range(500)])
            errors = {reply.error for reply in replies}
            assert errors == {"connection dropped", "circuit open"}
            assert server.calls < 50, "a server that is down is left alone"
            server.faults.clear()
            time.sleep(1.05)
            assert client.ask_all([question(1)])[0].ok, "the probe closes the circuit"


def test_one_question_twice_in_a_batch_is_asked_once_where_there_is_a_cache(tmp_path):
    with FakeServer(answer) as server:
        questions = [question(n % 5) for n in range(20)]
        replies, usage = ask(server, questions, settings={"cache": tmp_path / "c"}, accept=accept)
        assert server.calls == 5
        assert usage.cached == 15
        assert [reply.value["id"] for reply in replies] == [n % 5 for n in range(20)]
        replies, usage = ask(server, questions, accept=accept)
        assert server.calls == 25, "without a cache every question is a sample of its own"


def test_each_question_may_have_its_own_reader():
    with FakeServer(lambda request: json.dumps(truth(4))) as server:
        replies, _ = ask(server, [question(4), question(5)], accept=[accept_for(4), accept_for(5)])
        assert replies[0].value == truth(4)
        assert replies[1].error.startswith("bad reply: wrong ids")
        with pytest.raises(EndpointError, match="1 for 2 questions"):
            ask(server, [question(4), question(5)], accept=[accept])


def test_a_bug_in_accept_is_raised_and_a_value_error_is_not():
    def broken(text):
        raise KeyError("bug")

    def late(text):
        raise TimeoutError("not ours")

    with FakeServer(answer) as server:
        with pytest.raises(KeyError, match="bug"):
            ask(server, [question(n) for n in range(5)], accept=broken)
        with pytest.raises(TimeoutError, match="not ours"):
            ask(server, [question(1)], accept=late)
        [reply], _ = ask(server, [question(1)], accept=int)
        assert reply.error == "bad reply: unreadable after 2 tries"


def test_a_post_uses_the_same_limits_and_paths_from_root_or_base():
    with FakeServer(lambda request: {"data": [len(request.body["input"])]}) as server:
        posts = [Post("/classify", {"input": "fox"}), Post("score", {"input": "owls", "model": "other"})]
        replies, usage = ask(server, posts, accept=lambda text: json.loads(text)["data"][0])
        assert [reply.value for reply in replies] == [3, 4]
        assert [request.path for request in server.requests] == ["/classify", "/v1/score"]
        assert [request.body["model"] for request in server.requests] == ["judge", "other"]
        assert usage.uncounted == 2
        assert usage.cost is None


def test_cost_is_what_the_server_counted():
    with FakeServer(answer) as server:
        replies, usage = ask(server, [question(1)] * 2, settings={"price_in": 2.0, "price_out": 10.0})
        spent = sum(r.tokens_in * 2 + r.tokens_out * 10 for r in replies)
        assert usage.cost == pytest.approx(spent / 1e6)


def test_progress_begins_at_what_is_cached_and_ends_at_the_total(tmp_path):
    with FakeServer(answer) as server:
        settings = {"cache": tmp_path / "c"}
        ask(server, [question(n) for n in range(4)], settings=settings)
        seen = []
        ask(
            server,
            [question(n) for n in range(10)],
            settings=settings,
            progress=lambda done, total: seen.append((done, total)),
        )
        assert seen == [(n, 10) for n in range(4, 11)]


def test_it_works_inside_a_running_loop_and_leaves_the_loop_free():
    async def work(client):
        inside = client.ask_all([question(1)], accept=accept)
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        many = await client.ask_all_async([question(n) for n in range(5)], accept=accept)
        one = await client.ask(question(2), accept=accept)
        ticking.cancel()
        return inside[0].value, [reply.value for reply in many], one.value, ticks

    with FakeServer(answer, latency_s=0.1) as server, Client(endpoint(server)) as client:
        inside, many, one, ticks = asyncio.run(work(client))
        assert (inside, many, one) == (truth(1), [truth(n) for n in range(5)], truth(2))
        assert ticks >= 3


def test_a_cancelled_caller_leaves_nothing_running():
    async def work(client):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask_all_async([question(n) for n in range(50)]), 0.2)

    with FakeServer(answer, latency_s=0.1) as server, Client(endpoint(server, max_in_flight=2)) as client:
        asyncio.run(work(client))
        time.sleep(0.3)
        assert server.calls < 10


def test_a_pickled_client_and_a_forked_one_ask_for_themselves(tmp_path):
    with FakeServer(answer) as server:
        client = Client(endpoint(server, cache=tmp_path / "c"))
        assert client.ask_all([question(1)], accept=accept)[0].value == truth(1)
        copy = pickle.loads(pickle.dumps(client))
        assert copy.usage.calls == 0
        assert copy.ask_all([question(1)], accept=accept)[0].cached
        copy.close()
        child = os.fork()
        if child == 0:
            replies = client.ask_all([question(1), question(2)], accept=accept, deadline_s=10)
            fine = [r.value for r in replies] == [truth(1), truth(2)] and client.usage.cached == 1
            client.close()
            os._exit(0 if fine else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert client.ask_all([question(2)], accept=accept)[0].cached, "the child's reply is in the file"
        client.close()
        assert client.ask_all([question(2)], accept=accept)[0].cached, "a closed client begins anew"
        client.close()


LEFT_OPEN = """
import sys
from rlmr.endpoint import Chat, Client, Endpoint
client = Client(Endpoint(sys.argv[1], "judge"))
print(client.ask_all([Chat([{"role": "user", "content": "x"}])] * 20)[0].text or "failed", flush=True)
"""


def test_a_process_may_end_without_closing_and_be_interrupted():
    with FakeServer() as server:
        command = [sys.executable, "-W", "always", "-c", LEFT_OPEN, server.base_url]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert (ended.stdout, ended.stderr) == ("x\n", "")
        server.latency_s = 30.0
        before = server.calls
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while server.calls < before + 20:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
        assert said.rstrip().endswith("KeyboardInterrupt")
        assert "Task was destroyed" not in said


def test_bad_replies_are_picklable():
    again = pickle.loads(pickle.dumps(BadReply("cause", "detail")))
    assert (again.cause, again.detail) == ("cause", "detail")


def test_a_key_that_a_model_repeats_reaches_neither_reply_nor_cache(monkeypatch, tmp_path):
    key, path = "sk-0123456789abcdef", tmp_path / "c.sqlite"
    monkeypatch.setenv("SOME_KEY", key)
    settings = {"api_key_env": "SOME_KEY", "cache": path}
    with FakeServer(lambda _: f"The key is {key}.", api_key=key, structured=False) as server:
        [reply], _ = ask(server, [question(1)], settings=settings)
        [rejected], _ = ask(server, [question(2)], settings=settings, accept=lambda text: int(text))
    assert reply.text == "The key is ***." and rejected.error and key not in repr(rejected)
    assert path.exists() and not any(key.encode() in file.read_bytes() for file in tmp_path.iterdir())
