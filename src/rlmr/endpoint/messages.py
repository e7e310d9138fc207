"""What is asked of a server, and what comes back."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from rlmr.endpoint.settings import Endpoint, EndpointError

CHAT_PATH = "chat/completions"

_OWN = frozenset(
    {
        "model",
        "messages",
        "response_format",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "stream",
        "n",
    }
)
"""Fields of a chat's body that `extra` may not set."""


class BadReply(ValueError):  # noqa: N818
    """A reply that `accept` rejects: a short `cause`, by which failures are counted, and perhaps a detail.

    >>> str(BadReply("wrong ids", "asked 3, got 7"))
    'wrong ids'
    """

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.detail = detail

    def __reduce__(self) -> tuple[Any, ...]:
        return (BadReply, (self.cause, self.detail))


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat completion. Raises EndpointError for messages or sampling that cannot be.

    >>> Chat(({"role": "user", "content": "Is it sad?"},), max_tokens=8).max_tokens
    8
    """

    messages: Sequence[Mapping[str, str]]
    """Each with 'role' and 'content'."""
    schema: Mapping[str, Any] | None = None
    """JSON schema of the reply (`response_format` json_schema, strict); a server may ignore it: canary."""
    max_tokens: int = 512
    """Tokens of the reply, at most."""
    temperature: float | None = 0.0
    """None leaves it to the server."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the request's body, as they are (top_p, seed, chat_template_kwargs)."""
    key: str = ""
    """Further material of the cache key: a template's version, a constraint, the number of a repetition."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "messages", tuple(dict(message) for message in self.messages))
        if not self.messages:
            raise EndpointError("chat.messages: empty; one message or more is needed")
        for index, message in enumerate(self.messages):
            if not all(isinstance(message.get(name), str) for name in ("role", "content")):
                raise EndpointError(
                    f"chat.messages[{index}]: {message!r:.80} is not allowed; "
                    "give a role and a content, both text"
                )
        if taken := sorted(_OWN & set(self.extra)):
            raise EndpointError(f"chat.extra.{taken[0]}: not allowed here; the client sets it")
        if self.max_tokens < 1:
            raise EndpointError(f"chat.max_tokens: {self.max_tokens!r} is not allowed; a whole number >= 1")
        if self.temperature is not None and not 0 <= self.temperature < math.inf:
            raise EndpointError(
                f"chat.temperature: {self.temperature!r} is not allowed; a number >= 0, or None"
            )

    def body(self, endpoint: Endpoint) -> dict[str, Any]:
        """The request's body, as OpenAI's API has it."""
        body: dict[str, Any] = {
            "model": endpoint.model,
            "messages": self.messages,
            endpoint.max_tokens_field: self.max_tokens,
        }
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if self.schema is not None:
            named = {"name": "reply", "strict": True, "schema": self.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return body | dict(self.extra)


@dataclass(frozen=True, slots=True)
class Post:
    """One JSON body to any path of the server: vLLM's /classify, /pooling or /score. The reply is JSON text.

    `model` is put into the body where it has none.

    >>> Post("/classify", {"input": "Once.", "use_activation": False}).path
    '/classify'
    """

    path: str
    """From the server's root where it begins with a slash, else from `base_url`."""
    body: Mapping[str, Any]
    key: str = ""
    """Further material of the cache key."""

    def __post_init__(self) -> None:
        if "://" in self.path or self.path.startswith("//"):
            raise EndpointError(
                f"post.path: {self.path!r} is not allowed; a path on the endpoint's own server"
            )


Question = Chat | Post


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one question: a text, or the cause why there is none. Exactly one of the two is empty.

    >>> Reply(error="http 429 after 5 tries").ok
    False
    """

    text: str | None = None
    """The model's text; of a Post the JSON body; None where there is an error."""
    error: str = ""
    """Cause, '' where there is a text: 'timeout', 'http 429', 'connection refused', 'connection dropped',
    'malformed body', 'empty', 'refused' (by the model), 'truncated' (a schema's reply that met max_tokens),
    'bad reply: CAUSE' (rejected by `accept`), 'circuit open', 'deadline'; with ' after N tries' where
    there were several."""
    value: Any = None
    """What `accept` made of the text."""
    detail: str = ""
    """More about the error, for people; secrets are taken out."""
    cached: bool = False
    """Whether no request was made for it: it was in the cache, or stood twice in the batch."""
    tokens_in: int | None = None
    """Tokens of the prompt as the server counted them when it answered; None where it did not say."""
    tokens_out: int | None = None
    """Tokens of the text; likewise."""
    seconds: float = 0.0
    """From the call's start to its end, tries and waits included; 0 for a cached one."""
    tries: int = 0
    """Requests made for it."""
    finish: str = ""
    """The server's finish reason: 'stop', 'length', ...; '' where it gave none."""

    @property
    def ok(self) -> bool:
        """Whether there is a text."""
        return not self.error


@dataclass(frozen=True, slots=True)
class Wire:
    """A question as it goes out: encoded once, hashed once."""

    url: str
    raw: bytes
    """The JSON body."""
    key: bytes
    """SHA-256 of path, body (model, messages, schema, sampling), revision and the question's own key."""
    tokens: int
    """Estimate of prompt and reply: a quarter of the prompt's UTF-8 bytes, and the reply's limit."""
    chat: bool
    """Whether the reply has a chat completion's form."""
    strict: bool
    """Whether a reply cut at its limit is an error: it was to keep a schema."""


def to_wire(question: Question, endpoint: Endpoint) -> Wire:
    """A question as bytes. Raises EndpointError for a body that JSON cannot hold.

    Keys keep their order, which a schema's properties need: the reply is written in it.
    """
    if isinstance(question, Chat):
        path, body = CHAT_PATH, question.body(endpoint)
        written = sum(len(message["content"].encode(errors="replace")) for message in question.messages)
        tokens, strict = written // 4 + question.max_tokens, question.schema is not None
    else:
        path, body, strict = question.path, {"model": endpoint.model, **question.body}, False
        tokens = 0
    try:
        raw = json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise EndpointError(f"{type(question).__name__.lower()}: not JSON: {error}") from None
    head = json.dumps([1, path, endpoint.revision, question.key]).encode()
    return Wire(
        urljoin(endpoint.base_url + "/", path),
        raw,
        hashlib.sha256(head + b"\n" + raw).digest(),
        tokens or len(raw) // 4,
        isinstance(question, Chat),
        strict,
    )
