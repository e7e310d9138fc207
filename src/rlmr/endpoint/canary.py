"""Does a server hold its model to a JSON schema, or ignore it without a word?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from rlmr.endpoint.messages import Chat, Reply
from rlmr.endpoint.settings import EndpointError

WORDS = ("quartz", "basalt")

SCHEMA = {
    "type": "object",
    "properties": {"stone": {"type": "string", "enum": list(WORDS)}},
    "required": ["stone"],
    "additionalProperties": False,
}

QUESTION = Chat(
    ({"role": "user", "content": "Describe the sea in one plain English sentence. No JSON, no lists."},),
    schema=SCHEMA,
    max_tokens=64,
)
"""A model that is free to do so answers in prose; one that is held to the schema cannot."""


@dataclass(frozen=True, slots=True)
class Canary:
    """What the canary found."""

    structured: Literal["enforced", "ignored", "refused", "unknown"]
    """`enforced`: the reply kept the schema. `ignored`: the server took the schema, the model wrote as it
    liked. `refused`: the server declined the request. `unknown`: there was no reply to judge by."""
    detail: str
    """The reply, or the failure."""

    @property
    def ok(self) -> bool:
        """Whether schemas are enforced."""
        return self.structured == "enforced"

    def checked(self, where: str) -> str:
        """What the user has to know before questions go to `where`; '' where schemas are enforced.

        Raises EndpointError where the server gave no reply: nothing else would get one.

        >>> Canary("unknown", "http 401: no such key").checked("--judge")
        Traceback (most recent call last):
        rlmr.endpoint.settings.EndpointError: --judge: the server gives no reply (http 401: no such key)
        """
        if self.structured == "unknown":
            raise EndpointError(f"{where}: the server gives no reply ({self.detail})")
        return "" if self.ok else f"{where}: {self.explain()}; expect more replies that are no answer"

    def explain(self) -> str:
        """One sentence for the user.

        >>> Canary("ignored", "The sea is wide.").explain()
        'The server ignores json_schema (it answered in its own form: The sea is wide.)'
        """
        said = {
            "enforced": "The server holds the model to json_schema",
            "ignored": f"The server ignores json_schema (it answered in its own form: {self.detail})",
            "refused": f"The server declines json_schema ({self.detail})",
            "unknown": f"The server gave no reply to judge structured output by ({self.detail})",
        }
        return said[self.structured]


def read_canary(reply: Reply) -> Canary:
    """What a reply to QUESTION says about its server.

    >>> read_canary(Reply('{"stone": "quartz"}')).structured
    'enforced'
    >>> read_canary(Reply("The sea is wide.")).structured
    'ignored'
    >>> read_canary(Reply(error="http 400", detail="response_format")).structured
    'refused'
    """
    if reply.text is None:
        said = f"{reply.error}: {reply.detail}".rstrip(": ")
        return Canary("refused" if reply.error in {"http 400", "http 422"} else "unknown", said)
    try:
        value = json.loads(reply.text)
    except (ValueError, RecursionError):
        return Canary("ignored", reply.text[:200])
    kept = isinstance(value, dict) and list(value) == ["stone"] and value["stone"] in WORDS
    return Canary("enforced" if kept else "ignored", reply.text[:200])
