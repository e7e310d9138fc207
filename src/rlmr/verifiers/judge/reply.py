"""Reading a judge's reply: either it is exactly what was asked for, or it is no answer.

`BadReply` names the cause: 'not JSON', 'wrong keys', 'wrong id', 'wrong verdict', 'wrong label', 'quote too
long', 'quote not in the text', 'no evidence', 'evidence is a claim', 'not applicable'.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rlmr.constraints.gates import NoMetaCommentary
from rlmr.constraints.question import Quote
from rlmr.endpoint import BadReply
from rlmr.text import Span, has_words
from rlmr.verifiers.judge.fence import MAX_QUOTE, Copy
from rlmr.verifiers.judge.prompt import Asked

VERDICTS = ("pass", "fail", "not_applicable")
MAX_QUOTES = 200
"""Quotes in one reply, at most."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A valid answer to a question for a verdict."""

    verdict: str
    """One of VERDICTS; not_applicable only where the question is conditional."""
    span: Span | None
    """The evidence, in offsets of the judged text; None where there is none and none is needed."""


Answer = Decision | tuple[Quote, ...]


def read_reply(asked: Asked, text: str) -> Answer:
    """The answer in a reply's text. Raises BadReply.

    >>> from rlmr.constraints.question import Question
    >>> from rlmr.verifiers.judge.prompt import ask
    >>> asked = ask("", "A fox ran home.", Question("Let this be in the text: an animal."))
    >>> read_reply(asked, json.dumps({"id": asked.id, "evidence": "A fox", "verdict": "pass"}))
    Decision(verdict='pass', span=(0, 5))
    >>> read_reply(asked, json.dumps({"id": asked.id, "evidence": "A wolf", "verdict": "pass"}))
    Traceback (most recent call last):
    rlmr.endpoint.messages.BadReply: quote not in the text
    """
    body = _object(text, tuple(asked.schema["required"]))
    if body["id"] != asked.id:
        raise BadReply("wrong id", f"{body['id']!r:.60}")
    return _quotes(asked, body["quotes"]) if asked.question.labels else _decision(asked, body)


def _decision(asked: Asked, body: dict[str, Any]) -> Decision:
    """A verdict, and its evidence where it needs some or gives some."""
    verdict, evidence = body["verdict"], body["evidence"]
    if verdict not in VERDICTS:
        raise BadReply("wrong verdict", f"{verdict!r:.60}")
    if verdict == "not_applicable" and not asked.question.conditional:
        raise BadReply("not applicable")
    span = next(iter(_places(asked.copy, evidence))) if _text(evidence).strip() else None
    if asked.question.evidence in (verdict, "both") and verdict != "not_applicable":
        if span is None or not has_words(evidence):
            raise BadReply("no evidence", f"{verdict} needs a quote")
        if verdict == "pass" and not NoMetaCommentary().check(evidence).passed:
            raise BadReply("evidence is a claim", f"{evidence!r:.200}")
    return Decision(verdict, span)


def _quotes(asked: Asked, given: object) -> tuple[Quote, ...]:
    """Quotes in the order of the text; the k-th one of the same words stands for their k-th place."""
    if not isinstance(given, list) or len(given) > MAX_QUOTES:
        raise BadReply("wrong keys", f"quotes: {given!r:.60}")
    found: list[Quote] = []
    for item in given:
        body = _checked(item, ("label", "quote"))
        if body["label"] not in asked.question.labels:
            raise BadReply("wrong label", f"{body['label']!r:.60}")
        if not has_words(_text(body["quote"])):
            raise BadReply("no evidence", "a quote holds a word")
        taken = [span for label, span in found if label == body["label"]]
        places = [span for span in _places(asked.copy, body["quote"]) if span not in taken]
        if not places:
            raise BadReply(
                "quote not in the text", f"quoted more often than it stands: {body['quote']!r:.200}"
            )
        found.append((body["label"], places[0]))
    return tuple(sorted(found, key=lambda quote: quote[1]))


def _places(copy: Copy, quote: object) -> list[Span]:
    """Everywhere that a quote stands, once at least."""
    quote = _text(quote)
    if len(quote) > MAX_QUOTE:
        raise BadReply("quote too long", f"{len(quote)} characters, at most {MAX_QUOTE}")
    places = list(copy.find(quote))
    if not places:
        raise BadReply("quote not in the text", f"{quote!r:.200}")
    return places


def _object(text: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """A JSON object with exactly these keys, each once."""
    try:
        value = json.loads(text, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        raise BadReply("not JSON", f"{text!r:.200}") from None
    return _checked(value, keys)


def _checked(value: object, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(keys):
        raise BadReply("wrong keys", f"{value!r:.200}; wanted {', '.join(keys)}")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; keys that stand twice are none of ours, so that `_checked` refuses them."""
    value = dict(pairs)
    return value if len(value) == len(pairs) else {"a key stands twice": pairs}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadReply("wrong keys", f"{value!r:.60} is no text")
    return value
