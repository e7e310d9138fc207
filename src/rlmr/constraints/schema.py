"""The published JSON Schema of specifications, and what a type's parameters are."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

from rlmr.constraints.base import Constraint, fields_of
from rlmr.constraints.table import CONSTRAINTS

SCHEMA_VERSION = 1
"""Version of the specification format; raised when a reader of the old one would misread the new one."""


def json_schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of a row's `constraints`: a list of specifications.

    Built-in types are checked field by field; `module:Name` types by their name alone. What fields
    together may not say (`at_least` above `at_most`) is left to `rlmr.constraints.parse`.

    >>> schema = json_schema()
    >>> sorted(schema["$defs"]["word_count"]["properties"])[:3]
    ['about', 'at_least', 'at_most']
    """
    definitions = {name: type_schema(cls) for name, cls in CONSTRAINTS.items()}
    own = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"type": "string", "pattern": "^[^:]+:[^:]+$"}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rlmr constraints",
        "version": SCHEMA_VERSION,
        "type": "array",
        "items": {"anyOf": [*({"$ref": f"#/$defs/{name}"} for name in definitions), own]},
        "$defs": definitions,
    }


def type_schema(cls: type[Constraint]) -> dict[str, Any]:
    """The JSON Schema of one type's specification.

    >>> type_schema(CONSTRAINTS["title"])["properties"]["type"]
    {'const': 'title'}
    """
    from pydantic import TypeAdapter

    schema = TypeAdapter(cls).json_schema()
    for key in ("title", "$defs"):
        schema.pop(key, None)
    properties = {name: _without_null(value) for name, value in schema.pop("properties", {}).items()}
    summary = (cls.__doc__ or "").strip().splitlines()[0]
    required = ["type", *schema.pop("required", [])]
    properties = {"type": {"const": cls.type}, **properties}
    properties |= {name: {"$ref": "#/items"} for name in fields_of(cls, "constraint")}
    properties |= {name: {"type": "object"} for name in fields_of(cls, "json")}
    return {**schema, "description": summary, "properties": properties, "required": required}


def parameters(cls: type[Constraint]) -> list[tuple[str, str, str]]:
    """A type's own parameters as (name, type, default); the default is empty where one has to be given.

    >>> parameters(CONSTRAINTS["sentence_count"])
    [('at_least', 'int | None', 'None'), ('at_most', 'int | None', 'None')]
    """
    shared = {field.name for field in fields(Constraint)}
    return [(f.name, str(f.type), _default(f)) for f in fields(cls) if f.name not in shared]


def _default(field: Field[Any]) -> str:
    """A field's default as text; empty where there is none."""
    return "" if field.default is MISSING else repr(field.default)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A property's schema without null: a specification leaves a key out instead."""
    options = schema.get("anyOf")
    if not options:
        return {key: value for key, value in schema.items() if key != "title"}
    kept = [option for option in options if option != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "title", "default")}
    return {**rest, **kept[0]} if len(kept) == 1 else {**rest, "anyOf": kept}
