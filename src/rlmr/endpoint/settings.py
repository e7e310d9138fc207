"""What a client must know of a server: where it is, what it may take, and how long to wait for it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from rlmr.names import nearest


class EndpointError(ValueError):
    """An endpoint, a question or a cache that cannot be; the message names the field and what is allowed."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible server and the limits of its use; its key stays in the environment.

    Raises EndpointError, which names the field, for a value that cannot be.

    >>> Endpoint("http://127.0.0.1:8000/v1", "judge", max_in_flight=0)
    Traceback (most recent call last):
    rlmr.endpoint.settings.EndpointError: endpoint.max_in_flight: 0 is not allowed; a whole number >= 1
    """

    base_url: str
    """As the OpenAI SDK takes it, usually ending in /v1; without credentials."""
    model: str
    """The name that the server knows the model by."""
    api_key_env: str = "OPENAI_API_KEY"
    """NAME of the environment variable with the key; where it is not set, no key is sent."""
    revision: str = ""
    """Which weights stand behind `model` (a commit, a date): part of the cache key."""
    max_in_flight: int = 64
    """HTTP requests at the same time, per process."""
    requests_per_minute: float | None = None
    """Evenly spaced, per process: divide it by the number of ranks; None = no limit."""
    tokens_per_minute: float | None = None
    """Prompt and reply together, estimated before a request and corrected after it; None = no limit."""
    timeout_s: float = 60.0
    """Seconds one try may take."""
    deadline_s: float = 300.0
    """Seconds one call may take, with all its tries and the waits between them; not its wait for a turn."""
    retries: int = 4
    """Further tries after a failure that may pass (no connection, timeout, 408, 409, 425, 429, 5xx)."""
    retries_rejected: int = 1
    """Of those, how many may follow a reply that `accept` rejected."""
    backoff_s: float = 0.5
    """Seconds before the second try, doubled for each further one, with jitter; Retry-After comes first."""
    outage_s: float = 30.0
    """Seconds that calls wait while the circuit is open; after it they fail at once, but for probes."""
    cache: Path | None = None
    """SQLite file of accepted replies, shared by any number of processes on one machine; None = no cache."""
    price_in: float | None = None
    """Price of a million prompt tokens, in any currency; None = unknown."""
    price_out: float | None = None
    """Price of a million reply tokens, in the same currency; None = unknown."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the server calls a reply's limit; OpenAI's reasoning models want max_completion_tokens."""

    def __post_init__(self) -> None:
        if isinstance(self.cache, str):
            object.__setattr__(self, "cache", Path(self.cache))
        for name, (allowed, words) in _ALLOWED.items():
            value = getattr(self, name)
            if not allowed(value):
                shown = "this value" if name in _NOT_SHOWN else repr(value)
                raise EndpointError(f"endpoint.{name}: {shown} is not allowed; {words}")
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], where: str = "endpoint") -> Endpoint:
        """An endpoint from YAML's or JSON's values; `where` stands for `endpoint` in messages.

        Raises EndpointError for a key that is unknown or missing and for a value that cannot be.

        >>> Endpoint.from_mapping({"base_url": "http://127.0.0.1/v1", "model": "j", "retrys": 2}, "judge")
        Traceback (most recent call last):
        rlmr.endpoint.settings.EndpointError: judge: unknown key 'retrys'; did you mean 'retries'?
        """
        if not isinstance(values, Mapping):
            raise EndpointError(f"{where}: {type(values).__name__} is not allowed; a mapping of settings")
        names = {field.name: field for field in fields(cls)}
        for key in values:
            if key not in names:
                raise EndpointError(f"{where}: unknown key {key!r}; {nearest(key, sorted(names))}")
        for name, field in names.items():
            if field.default is MISSING and name not in values:
                raise EndpointError(f"{where}.{name}: missing")
        try:
            return cls(**values)
        except EndpointError as error:
            raise EndpointError(str(error).replace("endpoint", where, 1)) from None

    def api_key(self) -> str:
        """The key, from the environment at this moment; '' where there is none. Never store or show it.

        Raises EndpointError for what no HTTP header can carry.
        """
        key = os.environ.get(self.api_key_env, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise EndpointError(f"environment variable {self.api_key_env}: holds characters that no key has")
        return key


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


def _maybe(rule: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or rule(value)


def _whole(least: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _not_negative(value: object) -> bool:
    return _positive(value) or (value == 0 and not isinstance(value, bool))


def _is_url(value: object) -> bool:
    """http or https, with a host, without credentials, query or the path of one call."""
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    return whole and not parts.query and not parts.path.rstrip("/").endswith("/completions")


_SECONDS = (_positive, "seconds > 0")
_ALLOWED: dict[str, tuple[Callable[[object], bool], str]] = {
    "base_url": (
        _is_url,
        "an http or https address such as http://127.0.0.1:8000/v1, without user, password, query or "
        "/chat/completions",
    ),
    "model": (lambda v: isinstance(v, str) and bool(v.strip()), "the name of a model"),
    "api_key_env": (
        lambda v: isinstance(v, str) and re.fullmatch(r"[A-Z_][A-Z0-9_]*", v) is not None,
        "the NAME of an environment variable, in capitals; never the key itself",
    ),
    "revision": (lambda v: isinstance(v, str), "text"),
    "max_in_flight": (_whole(1), "a whole number >= 1"),
    "requests_per_minute": (_maybe(_positive), "a number > 0, or null"),
    "tokens_per_minute": (_maybe(_positive), "a number > 0, or null"),
    "timeout_s": _SECONDS,
    "deadline_s": _SECONDS,
    "retries": (_whole(0), "a whole number >= 0"),
    "retries_rejected": (_whole(0), "a whole number >= 0"),
    "backoff_s": (_not_negative, "seconds >= 0"),
    "outage_s": (_not_negative, "seconds >= 0"),
    "cache": (_maybe(lambda v: isinstance(v, Path)), "a path, or null"),
    "price_in": (_maybe(_not_negative), "a number >= 0, or null"),
    "price_out": (_maybe(_not_negative), "a number >= 0, or null"),
    "max_tokens_field": (
        lambda v: v in ("max_tokens", "max_completion_tokens"),
        "max_tokens or max_completion_tokens",
    ),
}
"""Per field: what is allowed, as a rule and in words."""

_NOT_SHOWN = {"base_url", "api_key_env"}
"""Fields whose wrong values may hold a secret."""
