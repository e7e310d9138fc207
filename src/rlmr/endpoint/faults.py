"""What can go wrong at the fake server, and its texts: instances of a schema, and texts with a fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rlmr.endpoint.settings import EndpointError

FAULTS = {
    "slow": "answers after `slow_s` seconds",
    "hang": "never answers",
    "429": "status 429 with Retry-After: `retry_after_s`",
    "400": "status 400: the request is at fault",
    "500": "status 500",
    "drop": "closes the connection without an answer",
    "cut": "status 200, the body's JSON cut in half",
    "truncated": "half of the text, finish reason 'length'",
    "prose": "a sentence where JSON was asked for",
    "wrong_ids": "every `id` in the reply's JSON is another one",
    "false_evidence": "every `evidence` in the reply's JSON is something that nobody wrote",
    "refusal": "no text, a refusal",
    "empty": "no text, no reason",
}
"""What can go wrong, by name."""

PROSE = "I have read the text carefully, and in my view it does what was asked."
EVIDENCE = "words that nobody wrote, \u2042"

_EMPTY: dict[str, Any] = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "null": None,
    "array": [],
}
_KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
}


def check_faults(faults: Mapping[str, float]) -> dict[str, float]:
    """Shares by fault. Raises EndpointError for an unknown fault and for shares that cannot be.

    >>> check_faults({"500": 0.7, "drop": 0.7})
    Traceback (most recent call last):
    rlmr.endpoint.settings.EndpointError: faults: shares sum to 1.4; at most 1 is allowed
    """
    for name, share in faults.items():
        if name not in FAULTS:
            raise EndpointError(f"faults: unknown fault {name!r}; allowed: {', '.join(FAULTS)}")
        if not 0 <= share <= 1:
            raise EndpointError(f"faults.{name}: {share!r} is not allowed; a share from 0 to 1")
    if sum(faults.values()) > 1 + 1e-9:
        raise EndpointError(f"faults: shares sum to {sum(faults.values()):g}; at most 1 is allowed")
    return dict(faults)


def example(schema: Mapping[str, Any]) -> Any:
    """The simplest value of a schema: first of `enum`, `const`, all properties, as few items as it may have.

    Knows enum, const, type, properties, items, minItems, anyOf; takes the first of several types.

    >>> example({"type": "object", "properties": {"id": {"type": "integer"}, "ok": {"enum": ["yes", "no"]}}})
    {'id': 0, 'ok': 'yes'}
    """
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: example(part) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {})) for _ in range(schema.get("minItems", 0))]
    return _EMPTY[kind]


def keeps(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a text is JSON that keeps the schema, as far as `example` knows schemas.

    >>> keeps('{"id": 1}', {"type": "object", "properties": {"id": {"type": "string"}}})
    False
    """
    try:
        return _fits(json.loads(text), schema)
    except (ValueError, RecursionError):
        return False


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    if "const" in schema:
        return bool(value == schema["const"])
    if "anyOf" in schema:
        return any(_fits(value, part) for part in schema["anyOf"])
    kind = schema.get("type", [])
    kinds = kind if isinstance(kind, list) else [kind]
    if kinds and not any(_is(value, name) for name in kinds):
        return False
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False
        return (
            all(name in value for name in schema.get("required", ()))
            and not (closed and set(value) - set(parts))
            and all(_fits(item, parts[name]) for name, item in value.items() if name in parts)
        )
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(
            _fits(item, schema.get("items", {})) for item in value
        )
    return True


def _is(value: Any, kind: str) -> bool:
    """Whether a value is of a JSON type; true and false are no numbers."""
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def spoil(text: str, fault: str) -> str | None:
    """A text with a fault in it; unchanged where the fault is none of the text's.

    >>> spoil('{"id": 3, "verdict": "pass"}', "wrong_ids")
    '{"id": 1003, "verdict": "pass"}'
    """
    if fault in {"refusal", "empty"}:
        return None
    if fault == "truncated":
        return text[: len(text) // 2]
    if fault == "prose":
        return PROSE
    if fault not in {"wrong_ids", "false_evidence"}:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return json.dumps(_changed(value, fault), ensure_ascii=False)


def _changed(value: Any, fault: str) -> Any:
    """The value with every id or every evidence changed, at any depth."""
    if isinstance(value, list):
        return [_changed(item, fault) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _changed(item, fault) for name, item in value.items()}
    if fault == "wrong_ids" and "id" in value:
        changed["id"] = value["id"] + 1000 if isinstance(value["id"], int) else f"{value['id']}x"
    if fault == "false_evidence" and "evidence" in value:
        changed["evidence"] = [EVIDENCE] if isinstance(value["evidence"], list) else EVIDENCE
    return changed
