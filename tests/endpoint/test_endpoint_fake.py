import json
import subprocess
import sys

import pytest
from endpoint_cases import FakeServer, answer, endpoint, question

from rlmr.endpoint import Chat, Client, Endpoint, EndpointError
from rlmr.endpoint.canary import SCHEMA
from rlmr.endpoint.faults import FAULTS, example, keeps


def ask_each(server, count, timeout_s=30.0):
    with Client(endpoint(server, retries=0, timeout_s=timeout_s, max_in_flight=200)) as client:
        return client.ask_all([question(n) for n in range(count)])


def test_faults_are_seeded_and_do_not_depend_on_the_order():
    def errors(seed, turned=False):
        with FakeServer(answer, faults={"500": 0.2, "drop": 0.1, "400": 0.1}, seed=seed) as server:
            order = sorted(range(150), reverse=turned)
            with Client(endpoint(server, retries=0, timeout_s=30.0, max_in_flight=200)) as client:
                replies = client.ask_all([question(n) for n in order])
            assert server.done.total() == server.calls == 150
            return [reply.error for _, reply in sorted(zip(order, replies, strict=True), key=lambda x: x[0])]

    first = errors(1)
    assert first == errors(1, turned=True) != errors(2)
    assert 15 <= sum(error == "http 500" for error in first) <= 48


def test_slow_and_ok_answers_are_right():
    with FakeServer(answer, faults={"slow": 1.0}, slow_s=0.1) as server:
        [reply] = ask_each(server, 1)
        assert json.loads(reply.text)["id"] == 0
        assert reply.seconds >= 0.1


@pytest.mark.parametrize(
    ("server", "found"),
    [
        (FakeServer(), "enforced"),
        (FakeServer(lambda request: "The sea is wide.", structured=False), "ignored"),
        (FakeServer(lambda request: '{"answer": "wide"}', structured=False), "ignored"),
        (FakeServer(faults={"400": 1.0}), "refused"),
        (FakeServer(faults={"500": 1.0}), "unknown"),
    ],
)
def test_the_canary_sees_whether_schemas_are_kept(server, found):
    with server, Client(endpoint(server, retries=1)) as client:
        canary = client.canary()
        assert canary.structured == found
        assert canary.ok == (found == "enforced")
        assert canary.explain()


def test_a_canary_is_never_cached(tmp_path):
    with FakeServer(structured=True) as server, Client(endpoint(server, tmp_path / "c")) as client:
        assert client.canary().ok
        server.structured = False
        assert not client.canary().ok


def test_an_unknown_fault_is_refused_and_every_known_one_acts():
    with pytest.raises(EndpointError, match="unknown fault '501'; allowed: slow"):
        FakeServer(faults={"501": 0.1})
    for fault in FAULTS:
        with FakeServer(answer, faults={fault: 1.0}, slow_s=0.01) as server:
            [reply] = ask_each(server, 1, timeout_s=0.5)
            assert server.done == {fault: 1}
            assert fault == "slow" or reply.error or reply.text != answer(server.requests[0]), fault


def test_schema_instances_keep_their_schema():
    assert keeps(json.dumps(example(SCHEMA)), SCHEMA)
    assert not keeps('{"stone": "chalk"}', SCHEMA)
    nested = {"type": "array", "minItems": 2, "items": {"anyOf": [{"type": ["string", "null"]}, SCHEMA]}}
    assert example(nested) == ["", ""]
    assert keeps('["a", null, {"stone": "quartz"}]', nested)
    assert not keeps('["a", 3]', nested)


def test_the_command_serves_and_says_what_is_wrong():
    command = [sys.executable, "-m", "rlmr.endpoint.fake", "--fault", "slow=1", "--latency", "0.01"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        with Client(Endpoint(url, "any")) as client:
            assert client.ask_all([Chat([{"role": "user", "content": "fox"}])])[0].text == "fox"
    finally:
        process.terminate()
        process.wait()
    wrong = subprocess.run([*command, "--fault", "x=2"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "unknown fault 'x'" in wrong.stderr
