import json
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from endpoint_cases import FakeServer, accept, answer, endpoint, question, truth

from rlmr.endpoint import Chat, Client, Endpoint, EndpointError
from rlmr.endpoint.cache import Cache
from rlmr.endpoint.messages import Reply, to_wire

BATCH = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from endpoint_cases import accept, question
from rlmr.endpoint import Client, Endpoint
url, cache, first, last = sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
client = Client(Endpoint(url, "judge", cache=cache, max_in_flight=16, backoff_s=0.01))
questions = [question(n) for n in range(first, last)]
replies = client.ask_all(questions, accept=accept, progress=lambda done, total: print(done, flush=True))
assert all(reply.ok for reply in replies)
"""


def batch(server, cache, first, last):
    """A process that asks a batch and prints how many are done."""
    arguments = [str(Path(__file__).parent), server.base_url, str(cache), str(first), str(last)]
    return subprocess.Popen([sys.executable, "-c", BATCH, *arguments], stdout=subprocess.PIPE, text=True)


def kill_after(process, done):
    """kill -9 once `done` replies are reported; how many were."""
    for line in process.stdout:
        if int(line) >= done:
            break
    os.kill(process.pid, signal.SIGKILL)
    rest = process.stdout.read()
    process.wait()
    whole = rest.rpartition("\n")[0].split()
    return int(whole[-1]) if whole else int(line)


def rows(cache):
    db = sqlite3.connect(cache)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    return dict(db.execute("SELECT key, text FROM replies"))


def test_a_second_run_asks_nothing_and_gives_the_same(tmp_path):
    with FakeServer(answer) as server:
        for run in range(2):
            with Client(endpoint(server, tmp_path / "c" / "cache.sqlite")) as client:
                replies = client.ask_all([question(n) for n in range(1200)], accept=accept)
                assert [reply.value for reply in replies] == [truth(n) for n in range(1200)]
                assert {reply.cached for reply in replies} == {run == 1}
                assert min(reply.tokens_in for reply in replies) > 0
            assert server.calls == 1200


def test_the_key_is_everything_that_the_reply_depends_on():
    here = Endpoint("http://127.0.0.1/v1", "judge")
    message = ({"role": "user", "content": "x"},)
    chat = Chat(message, schema={"type": "object"}, key="a")
    others = [
        (here, Chat(({"role": "system", "content": "x"},), schema={"type": "object"}, key="a")),
        (here, Chat(message, key="a")),
        (here, Chat(message, schema={"type": "array"}, key="a")),
        (here, Chat(message, schema={"type": "object"}, key="b")),
        (here, Chat(message, schema={"type": "object"}, key="a", temperature=0.5)),
        (here, Chat(message, schema={"type": "object"}, key="a", max_tokens=9)),
        (here, Chat(message, schema={"type": "object"}, key="a", extra={"seed": 1})),
        (Endpoint("http://127.0.0.1/v1", "other"), chat),
        (Endpoint("http://127.0.0.1/v1", "judge", revision="2"), chat),
    ]
    keys = {to_wire(asked, where).key for where, asked in [(here, chat), *others]}
    assert len(keys) == 1 + len(others)
    elsewhere = Endpoint("http://127.0.0.1:1/v1", "judge", max_in_flight=3, retries=9)
    assert to_wire(chat, elsewhere).key == to_wire(chat, here).key


def test_fresh_passes_by_and_what_is_no_longer_accepted_is_asked_again(tmp_path):
    with FakeServer(answer) as server, Client(endpoint(server, tmp_path / "c")) as client:
        client.ask_all([question(1)])
        assert not client.ask_all([question(1)], fresh=True)[0].cached
        assert server.calls == 2
        assert client.ask_all([question(1)], accept=accept)[0].cached

        def stricter(text):
            raise ValueError("never")

        assert (
            client.ask_all([question(1)], accept=stricter)[0].error == "bad reply: unreadable after 2 tries"
        )
        assert server.calls == 4


def test_a_file_that_is_no_cache_is_named(tmp_path):
    wrong = tmp_path / "notes.txt"
    wrong.write_text("These are notes and no database at all. " * 50)
    client = Client(Endpoint("http://127.0.0.1:9", "j", cache=wrong))
    with pytest.raises(EndpointError, match=r"endpoint\.cache: .*notes\.txt: file is not a database"):
        client.ask_all([question(1)])
    newer = tmp_path / "newer"
    Cache(newer).close()
    db = sqlite3.connect(newer)
    db.execute("PRAGMA user_version=9")
    db.close()
    with pytest.raises(EndpointError, match="newer has version 9; this one reads 1"):
        Cache(newer)
    with pytest.raises(EndpointError, match=r"endpoint\.cache"):
        Cache(wrong / "below" / "a file")


def test_many_may_open_a_new_file_at_once(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        for round_ in range(20):
            opened = list(pool.map(Cache, [tmp_path / str(round_)] * 16))
            for cache in opened:
                cache.close()
            assert rows(tmp_path / str(round_)) == {}


def test_a_disk_that_refuses_costs_the_entry_and_not_the_reply(tmp_path, caplog):
    cache = Cache(tmp_path / "c")
    cache._db.execute("PRAGMA max_page_count=8")
    for number in range(200):
        cache.put(number.to_bytes(32), Reply("x" * 500))
    assert caplog.text.count("replies are not cached") == 1
    assert next(cache.get([(0).to_bytes(32)]))[(0).to_bytes(32)].text == "x" * 500
    cache.close()


@pytest.mark.slow
def test_kill_9_loses_nothing_that_was_answered(tmp_path):
    cache = tmp_path / "cache.sqlite"
    with FakeServer(answer, latency_s=0.02) as server:
        reported = kill_after(batch(server, cache, 0, 4000), 300)
        before = server.calls
        kept = rows(cache)
        assert reported <= len(kept) <= before
        with Client(endpoint(server, cache)) as client:
            replies = client.ask_all([question(n) for n in range(4000)], accept=accept)
            assert [reply.value for reply in replies] == [truth(n) for n in range(4000)]
            assert client.usage.cached == len(kept)
            assert client.usage.requests == 4000 - len(kept)


@pytest.mark.slow
def test_several_processes_share_a_file_though_some_are_killed(tmp_path):
    cache = tmp_path / "cache.sqlite"
    with FakeServer(answer, latency_s=0.01) as server:
        ranges = [(0, 600), (300, 900), (0, 3000), (500, 3000)]
        processes = [batch(server, cache, *span) for span in ranges]
        reported = [kill_after(process, 100) for process in processes[2:]]
        for process in processes[:2]:
            process.communicate(timeout=120)
            assert process.returncode == 0
        kept = rows(cache)
        assert len(kept) >= max(900, *reported)
        here = endpoint(server, cache)
        for number in range(900):
            assert json.loads(kept[to_wire(question(number), here).key]) == truth(number)
