import logging
import pickle

import pytest
from endpoint_cases import FakeServer, endpoint, question

from rlmr.endpoint import Chat, Client, Endpoint, EndpointError, Post

URL = "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "j"}, "judge.base_url: missing"),
        ({"base_url": URL, "model": "j", "max_inflight": 3}, "did you mean 'max_in_flight'"),
        ({"base_url": URL, "model": ""}, "judge.model: '' is not allowed; the name of a model"),
        ({"base_url": "127.0.0.1:8000", "model": "j"}, "judge.base_url: this value is not allowed"),
        ({"base_url": "http://[::1/v1", "model": "j"}, "judge.base_url: this value is not allowed"),
        ({"base_url": "http://host:99999/v1", "model": "j"}, "judge.base_url: this value is not allowed"),
        ({"base_url": URL + "/chat/completions", "model": "j"}, "without user, password, query or /chat"),
        (
            {"base_url": URL, "model": "j", "timeout_s": "60"},
            "judge.timeout_s: '60' is not allowed; seconds > 0",
        ),
        ({"base_url": URL, "model": "j", "max_in_flight": True}, "judge.max_in_flight: True is not allowed"),
        (
            {"base_url": URL, "model": "j", "retries": -1},
            "judge.retries: -1 is not allowed; a whole number >= 0",
        ),
        ({"base_url": URL, "model": "j", "deadline_s": float("inf")}, "judge.deadline_s: inf"),
        ({"base_url": URL, "model": "j", "requests_per_minute": 0}, "judge.requests_per_minute: 0"),
        ({"base_url": URL, "model": "j", "price_in": -1}, "judge.price_in: -1"),
        ({"base_url": URL, "model": "j", "cache": 3}, "judge.cache: 3 is not allowed; a path"),
        (
            {"base_url": URL, "model": "j", "max_tokens_field": "tokens"},
            "max_tokens or max_completion_tokens",
        ),
        (["base_url"], "judge: list is not allowed; a mapping"),
    ],
)
def test_what_cannot_be_is_named(values, message):
    with pytest.raises(EndpointError, match=message) as error:
        Endpoint.from_mapping(values, "judge")
    assert "endpoint" not in str(error.value)


def test_yaml_values_make_an_endpoint(tmp_path):
    made = Endpoint.from_mapping({"base_url": URL + "/", "model": "j", "cache": str(tmp_path / "c")})
    assert (made.base_url, made.cache) == (URL, tmp_path / "c")


@pytest.mark.parametrize("url", ["http://me:hunter2@host/v1", "http://host/v1?key=hunter2"])
def test_a_secret_in_the_wrong_field_is_not_shown(url):
    with pytest.raises(EndpointError) as error:
        Endpoint(url, "j")
    assert "hunter2" not in str(error.value)
    with pytest.raises(EndpointError) as error:
        Endpoint(URL, "j", api_key_env="sk-hunter2")
    assert "hunter2" not in str(error.value)


def test_the_key_reaches_the_server_and_nothing_else(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("JUDGE_KEY", "sk-hunter2")
    caplog.set_level(logging.DEBUG)
    cache = tmp_path / "c"
    with (
        FakeServer(api_key="sk-hunter2") as server,
        Client(endpoint(server, cache, api_key_env="JUDGE_KEY")) as client,
    ):
        fine = client.ask_all([question(1)])[0]
        assert fine.ok
        server.api_key = "another"
        bad = client.ask_all([question(2)])[0]
        assert bad.error == "http 401"
        assert "Incorrect API key provided: Bearer ***" in bad.detail, "the server said the key"
        shown = [repr(client), repr(client.endpoint), repr(bad), repr(fine), repr(client.usage.record())]
        shown += [caplog.text, str(pickle.dumps(client)), str(server.requests)]
    assert not [text for text in shown if "hunter2" in text]
    assert not [file for file in tmp_path.iterdir() if b"hunter2" in file.read_bytes()]


def test_a_missing_key_is_said_and_an_impossible_one_refused(monkeypatch):
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    with FakeServer(api_key="k") as server, Client(endpoint(server, api_key_env="JUDGE_KEY")) as client:
        assert "environment variable JUDGE_KEY is not set" in client.ask_all([question(1)])[0].detail
        monkeypatch.setenv("JUDGE_KEY", "k\nX-Evil: 1")
        with pytest.raises(EndpointError, match="JUDGE_KEY: holds characters"):
            client.ask_all([question(1)])


def test_questions_that_cannot_be_are_refused():
    for wrong, message in [
        (lambda: Chat(()), "chat.messages: empty"),
        (lambda: Chat([{"role": "user"}]), r"chat.messages\[0\]"),
        (lambda: Chat([{"role": "user", "content": "x"}], max_tokens=0), "chat.max_tokens"),
        (lambda: Chat([{"role": "user", "content": "x"}], temperature=float("nan")), "chat.temperature"),
        (lambda: Chat([{"role": "user", "content": "x"}], extra={"stream": True}), "chat.extra.stream"),
        (lambda: Post("http://elsewhere/x", {}), "post.path"),
        (lambda: Post("//elsewhere/x", {}), "post.path"),
    ]:
        with pytest.raises(EndpointError, match=message):
            wrong()
    with Client(Endpoint(URL, "j")) as client, pytest.raises(EndpointError, match="post: not JSON"):
        client.ask_all([Post("x", {"at": object()})])
