"""Specifications: constraints as plain JSON values, read with errors that name the place, and written back.

A specification is `{"type": NAME, ...parameters, "lang", "scope", "role", "weight"}`; NAME is a key of
`CONSTRAINTS` or `module:Name` for a class of your own. A row holds a list of them, or the same list as a
JSON string (what a parquet column holds).
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from rlmr.constraints.base import Constraint, fields_of, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.table import CONSTRAINTS

if TYPE_CHECKING:
    from pydantic import BaseModel, TypeAdapter
    from pydantic_core import ErrorDetails


def parse(row: object) -> tuple[Constraint, ...]:
    """Constraints from a row's `constraints` value: a list of specifications, or a JSON string of one.

    Raises ConstraintError that names position, field, the bad value and what is allowed:
    unknown types, extra or missing keys, nulls and values of another type are all errors.
    Constraints that are already built pass through.

    >>> parse([{"type": "title", "style": "hash"}])[0]
    Title(lang='en', scope='text', role='hard', weight=1.0, style='hash')
    >>> parse('[{"type": "titel"}]')  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    rlmr.constraints.errors.ConstraintError: constraints[0].type: 'titel' ...; did you mean 'title'?
    """
    if isinstance(row, str):
        try:
            row = json.loads(row)
        except json.JSONDecodeError as error:
            raise ConstraintError(f"constraints: not JSON: {error}") from None
    if not isinstance(row, list | tuple):
        raise ConstraintError(f"constraints: {row!r:.80} is not allowed; give a list of specifications")
    return tuple(_parse_at(index, spec) for index, spec in enumerate(row))


def parse_one(spec: object) -> Constraint:
    """One constraint from one specification; the error names the field but no position.

    >>> parse_one({"type": "title", "style": "hash"}).style
    'hash'
    """
    if isinstance(spec, Constraint):
        return spec
    if not isinstance(spec, Mapping):
        raise ConstraintError(f"{spec!r:.80} is not allowed; give an object with a type")
    for key, value in spec.items():
        if value is None:
            raise ConstraintError("null is not allowed; leave the key out", str(key))
    if "type" not in spec:
        raise ConstraintError(f"missing; allowed: {', '.join(CONSTRAINTS)}, or module:Name", "type")
    cls = resolve(spec["type"])
    values = {key: value for key, value in spec.items() if key != "type"}
    return _build(cls, values)


def to_specs(constraints: Iterable[Constraint]) -> list[dict[str, Any]]:
    """Specifications that `parse` reads back to equal constraints; defaults are left out.

    >>> to_specs([CONSTRAINTS["word_count"](at_most=9, lang="zh")])
    [{'type': 'word_count', 'at_most': 9, 'lang': 'zh'}]
    """
    return [_to_spec(constraint) for constraint in constraints]


def resolve(name: object) -> type[Constraint]:
    """The class behind a type's name: a built-in one, or `module:Name` for a subclass of Constraint.

    >>> resolve("rlmr.constraints.types.length:WordCount").__name__
    'WordCount'
    """
    if not isinstance(name, str):
        raise ConstraintError(f"{name!r} is not allowed; a type is a string", "type")
    if ":" not in name:
        one_of("type", name, CONSTRAINTS)
        return CONSTRAINTS[name]
    module_name, _, class_name = name.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), class_name, None)
    except (ImportError, ValueError) as error:
        raise ConstraintError(f"{name!r} cannot be imported: {error}", "type") from None
    if not (isinstance(found, type) and issubclass(found, Constraint)):
        raise ConstraintError(f"{name!r} is not allowed; module:Name names a subclass of Constraint", "type")
    return found


def is_built_in(constraint: Constraint) -> bool:
    """Whether the constraint's class, and that of every constraint inside it, is one of this package's types.

    >>> is_built_in(CONSTRAINTS["title"]())
    True
    """
    if not _is_own(constraint):
        return False
    for name in fields_of(type(constraint), "constraint"):
        part = getattr(constraint, name)
        if part is not None and not is_built_in(part):
            return False
    return True


def _is_own(constraint: Constraint) -> bool:
    """Whether the class alone is one of this package's types."""
    return CONSTRAINTS.get(constraint.type) is type(constraint)


def _parse_at(index: int, spec: object) -> Constraint:
    """One constraint, with its position in the errors."""
    try:
        return parse_one(spec)
    except ConstraintError as error:
        place = f"constraints[{index}]" + (f".{error.field}" if error.field else "")
        raise ConstraintError(f"{place}: {error}", error.field) from None


@cache
def _adapter(cls: type[Constraint]) -> TypeAdapter[Constraint]:
    """pydantic's validator of one class, built when first needed (it costs tens of milliseconds)."""
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


@cache
def _plain_model(cls: type[Constraint]) -> type[BaseModel]:
    """A model of the fields that hold no constraint, for a class with some that do."""
    from pydantic import ConfigDict, create_model

    hints, inside = get_type_hints(cls), fields_of(cls, "constraint")
    plain = {f.name: (hints[f.name], f.default) for f in fields(cls) if f.name not in inside}
    given = {name: (hint, ... if default is MISSING else default) for name, (hint, default) in plain.items()}
    config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    return create_model(cls.__name__, __config__=config, **given)  # type: ignore[call-overload,no-any-return]


def _build(cls: type[Constraint], values: Mapping[str, Any]) -> Constraint:
    """The constraint with these parameters, strictly typed; the first error by field is raised."""
    from pydantic import ValidationError

    allowed = [field.name for field in fields(cls)]
    for key in values:
        one_of(str(key), key, allowed)
    values = dict(values)
    for key in fields_of(cls, "json"):
        if isinstance(values.get(key), dict):
            values[key] = json.dumps(values[key], ensure_ascii=False, sort_keys=True)
    inside = fields_of(cls, "constraint")
    inner: dict[str, Any] = {
        key: _parse_inside(key, values.pop(key), values) for key in inside if key in values
    }
    try:
        source = json.dumps(values)
    except (TypeError, ValueError) as error:
        raise ConstraintError(f"not JSON: {error}") from None
    try:
        if not inside:
            return _adapter(cls).validate_json(source)
        for field in fields(cls):
            if field.name in inside and field.name not in inner and field.default is MISSING:
                raise ConstraintError("missing", field.name)
        plain = _plain_model(cls).model_validate_json(source)
        given: dict[str, Any] = {name: getattr(plain, name) for name in type(plain).model_fields}
        return cls(**inner, **given)
    except ValidationError as error:
        raise _translate(error.errors(include_url=False)[0]) from None


def _parse_inside(key: str, spec: object, outer: Mapping[str, Any]) -> Constraint:
    """A constraint inside another, in its language; errors name the way to it ('then.at_least')."""
    if isinstance(spec, Mapping) and "lang" in outer:
        spec = {"lang": outer["lang"], **spec}
    try:
        return parse_one(spec)
    except ConstraintError as error:
        raise ConstraintError(str(error), f"{key}.{error.field}" if error.field else key) from None


def _translate(detail: ErrorDetails) -> ConstraintError:
    """A pydantic error in this package's words."""
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, ConstraintError):
        return cause
    path = [str(part) for part in detail["loc"]]
    field = path[0] + "".join(f"[{part}]" if part.isdigit() else "" for part in path[1:]) if path else ""
    if detail["type"] in ("missing", "missing_argument"):
        return ConstraintError("missing", field)
    message = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return ConstraintError(f"{detail['input']!r:.80} is not allowed; allowed: {message}", field)


def _to_spec(constraint: Constraint) -> dict[str, Any]:
    """One specification: own parameters first, then the shared ones, without defaults."""
    cls = type(constraint)
    spec: dict[str, Any] = {
        "type": cls.type if _is_own(constraint) else f"{cls.__module__}:{cls.__qualname__}"
    }
    shared = [field.name for field in fields(Constraint)]
    as_json = fields_of(cls, "json")
    ordered = sorted(fields(cls), key=lambda field: field.name in shared)
    for field in ordered:
        value = getattr(constraint, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if value != default:
            spec[field.name] = _to_value(value, is_json=field.name in as_json)
    return spec


def _to_value(value: Any, *, is_json: bool) -> Any:
    """A parameter as a JSON value."""
    if isinstance(value, Constraint):
        return {key: part for key, part in _to_spec(value).items() if key != "lang"}
    if is_json:
        return json.loads(value)
    return list(value) if isinstance(value, tuple) else value
