"""One HTTP request: what came, or why nothing did."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from rlmr.endpoint.failure import TryError
from rlmr.endpoint.messages import Wire

AGAIN = frozenset({408, 409, 425, 429, *range(500, 600)})
"""HTTP statuses after which another try may help."""

DOWN = frozenset({401, 403, 404, 405, *range(500, 600)})
"""HTTP statuses that speak for an outage or a wrong address, not for a fault of one question."""

LONG_KEY = 16
"""Characters from which a key is taken out of texts too; a shorter one ("EMPTY") may be a word of theirs."""

DETAIL = 300
"""Characters of a server's own words that are kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    text: str
    tokens_in: int | None
    tokens_out: int | None
    finish: str
    failure: TryError | None = None
    """Where the answer is no text that may be used (refused, truncated), though it was paid for."""


async def post(session: aiohttp.ClientSession, wire: Wire, timeout_s: float, secret: str) -> Answer:
    """Send a question once. Raises TryError; `secret` is taken out of the server's words."""
    headers = {"Content-Type": "application/json"}
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    try:
        async with session.post(
            wire.url, data=wire.raw, headers=headers, timeout=timeout, allow_redirects=False
        ) as response:
            raw = await response.read()
            if len(secret) >= LONG_KEY:
                raw = raw.replace(secret.encode(), b"***")
            if response.status != 200:
                raise _refused(response.status, response.headers, _clean(raw, secret))
    except TimeoutError:
        raise TryError("timeout", f"no reply in {timeout_s:g} s", again=True, down=True) from None
    except aiohttp.ClientConnectorCertificateError as error:
        raise TryError("certificate refused", str(error), down=True) from None
    except aiohttp.ClientConnectorError as error:
        refused = isinstance(error.os_error, ConnectionRefusedError)
        cause = "connection refused" if refused else "no connection"
        raise TryError(cause, str(error), again=True, down=True) from None
    except aiohttp.InvalidURL as error:
        raise TryError("no connection", f"not an address: {error}", down=True) from None
    except (aiohttp.ClientError, OSError) as error:
        raise TryError("connection dropped", type(error).__name__, again=True, down=True) from None
    return read(raw, wire, secret)


def read(raw: bytes, wire: Wire, secret: str = "") -> Answer:
    """The answer in a body with status 200. Raises TryError('malformed body')."""
    try:
        body = json.loads(raw)
        if not isinstance(body, dict):
            raise ValueError(f"a {type(body).__name__}, not an object")
        counts = _mapping(body.get("usage") or {})
        tokens_in, tokens_out = _count(counts, "prompt_tokens"), _count(counts, "completion_tokens")
        if not wire.chat:
            if tokens_in is not None and tokens_out is None:
                tokens_out = 0  # scores and embeddings write nothing
            return Answer(raw.decode("utf-8-sig"), tokens_in, tokens_out, "")
        choice = _mapping(body["choices"][0])
        message = _mapping(choice["message"])
        finish = str(choice.get("finish_reason") or "")
        text, refusal = message.get("content"), message.get("refusal")
        f"{text}{finish}".encode()  # a lone surrogate is no text
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        detail = f"{type(error).__name__}: {error}; {_clean(raw, secret)}"
        raise TryError("malformed body", detail[:DETAIL], again=True, down=True) from None
    failure = None
    if refusal or finish == "content_filter":
        failure = TryError("refused", _clean(str(refusal or finish).encode(errors="replace"), secret))
    elif not isinstance(text, str):
        failure = TryError("empty", f"content is {type(text).__name__}, finish reason {finish!r}", again=True)
    elif wire.strict and finish == "length":
        failure = TryError("truncated", f"after {tokens_out} tokens")
    return Answer(text if isinstance(text, str) else "", tokens_in, tokens_out, finish, failure)


def _refused(status: int, headers: Mapping[str, str], said: str) -> TryError:
    """The failure of another status than 200."""
    return TryError(
        f"http {status}",
        said,
        again=status in AGAIN,
        down=status in DOWN,
        retry_after=retry_after(headers, time.time()),
    )


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from `now` (Unix time) that the server asks to wait; None where it does not.

    Reads `retry-after-ms`, and `Retry-After` as seconds or as an HTTP date (RFC 9110, 10.2.3).

    >>> retry_after({"Retry-After": "1.5"}, 0.0), retry_after({"Retry-After": "soon"}, 0.0)
    (1.5, None)
    >>> retry_after({"Retry-After": "Thu, 01 Jan 1970 00:01:00 GMT"}, 10.0)
    50.0
    """
    for name, unit in (("retry-after-ms", 1e-3), ("Retry-After", 1.0)):
        given = headers.get(name, "")
        if given.replace(".", "", 1).isascii() and given.replace(".", "", 1).isdigit():
            return float(given) * unit
    try:
        return max(0.0, email.utils.parsedate_to_datetime(headers.get("Retry-After", "")).timestamp() - now)
    except ValueError:
        return None


def _clean(raw: bytes, secret: str) -> str:
    """The beginning of a server's words, on one line, without the key."""
    text = raw.decode(errors="replace")
    if secret:
        text = text.replace(secret, "***")
    return " ".join(text.split())[:DETAIL]


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"a {type(value).__name__} where an object belongs")
    return value


def _count(counts: dict[str, Any], name: str) -> int | None:
    """A number of tokens; None where the server said something else."""
    value = counts.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < 2**53 else None
