import json

import pytest
from endpoint_cases import FakeServer, endpoint, question
from hypothesis import given
from hypothesis import strategies as st

from rlmr.endpoint import Client, Endpoint, Post
from rlmr.endpoint.failure import TryError
from rlmr.endpoint.messages import to_wire
from rlmr.endpoint.transport import Answer, read, retry_after

HERE = Endpoint("http://127.0.0.1/v1", "judge")
CHAT, POST = to_wire(question(1), HERE), to_wire(Post("x", {}), HERE)

NAMES = st.sampled_from(
    [
        "choices",
        "message",
        "content",
        "refusal",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "completion_tokens",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800")
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=4)
)


@given(
    VALUES | st.fixed_dictionaries({"choices": st.lists(VALUES), "usage": VALUES}),
    st.sampled_from([CHAT, POST]),
)
def test_any_json_is_an_answer_or_a_failure(value, wire):
    try:
        answer = read(json.dumps(value).encode(), wire)
    except TryError as failure:
        assert failure.cause == "malformed body"
    else:
        assert isinstance(answer, Answer)
        answer.text.encode()


@given(st.binary())
def test_any_bytes_are_a_failure_or_json(raw):
    try:
        assert json.loads(read(raw, POST).text) is not None
    except TryError as failure:
        assert failure.cause == "malformed body"


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{1,5} \d\d:\d\d:\d\d [A-Z+-]\d{0,4}"))
def test_any_retry_after_is_seconds_or_nothing(given_):
    wait = retry_after({"Retry-After": given_}, 0.0)
    assert wait is None or wait >= 0


@pytest.mark.parametrize("text", ["a \ud800 b", "nul \0 in it", "文"])
def test_odd_texts_are_cached_whole_or_refused(tmp_path, text):
    with (
        FakeServer(lambda request: text, structured=False) as server,
        Client(endpoint(server, tmp_path / "c", retries=0)) as client,
    ):
        replies = [client.ask_all([question(1)])[0] for _ in range(2)]
    if "\ud800" in text:
        assert {reply.error for reply in replies} == {"malformed body"}
    else:
        assert [(reply.text, reply.cached) for reply in replies] == [(text, False), (text, True)]


def test_impossible_counts_are_unknown(tmp_path):
    message = {
        "choices": [{"message": {"content": "x"}}],
        "usage": {"prompt_tokens": 2**70, "completion_tokens": -1},
    }
    with FakeServer(lambda request: message) as server, Client(endpoint(server, tmp_path / "c")) as client:
        [reply] = client.ask_all([question(1)])
        assert (reply.text, reply.tokens_in, reply.tokens_out) == ("x", None, None)
        assert client.ask_all([question(1)])[0].cached
        assert client.usage.uncounted == 1
