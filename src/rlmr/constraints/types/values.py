"""Formats that hold values: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError

if TYPE_CHECKING:
    from jsonschema_rs import Validator

_FENCE = re.compile(r"```[a-zA-Z]*[ \t]*\r?\n(.*)\r?\n```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class JsonObject(Constraint):
    """The text is one JSON object, or one inside a code fence, with all the `keys` at its top.

    Source: IFEval `detectable_format:json_format`, which accepts `1` and `null`. Keys given twice, NaN and
    an empty object fail. Nesting too deep to read fails. A `schema` (JSON Schema, draft 2020-12 unless it
    names another) is compiled once; its `$ref`s stay inside it, its patterns run in linear time.

    >>> lines = JsonObject(schema='{"properties": {"lines": {"type": "array", "minItems": 2}}}')
    >>> lines.check('{"lines": ["Fox"]}').reason
    'lines: ["Fox"] has less than 2 items'
    >>> JsonObject(("title",)).check('{"title": "Fox"}').passed, JsonObject().check("null").passed
    (True, False)
    """

    type: ClassVar[str] = "json"
    keys: tuple[str, ...] = ()
    """Keys that have to be there; others may be."""
    schema: str = field(default="", metadata={"spec": "json"})
    """A JSON Schema that the object has to keep; in a specification the schema itself, here as text."""

    def validate(self) -> None:
        """Refuse what is no JSON Schema."""
        if self.schema:
            _schema_validator(self.schema)

    def describe(self) -> str:
        """The format and the keys."""
        names = ", ".join(f'"{key}"' for key in self.keys)
        if self.lang == "zh":
            schema = f"，符合此 JSON Schema：{self.schema}" if self.schema else ""
            return f"只输出一个 JSON 对象{f'，包含键 {names}' if names else ''}{schema}。"
        schema = f", by this JSON Schema: {self.schema}" if self.schema else ""
        return f"Output one JSON object{f' with the keys {names}' if names else ''} and nothing else{schema}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Read it, then look for the keys."""
        source = text.strip()
        fence = _FENCE.fullmatch(source)
        required = self.describe()
        try:
            value = json.loads(
                fence[1] if fence else source, parse_constant=_refuse, object_pairs_hook=_unique
            )
        except (ValueError, RecursionError) as error:
            return self.verdict(False, None, required, (), f"not JSON: {error}")
        if not isinstance(value, dict) or not value:
            return self.verdict(
                False, None, required, (), f"a {type(value).__name__}, not an object with keys"
            )
        missing = [key for key in self.keys if key not in value]
        reason = f"missing: {', '.join(missing)}" if missing else self._breach(value)
        return self.verdict(not reason, len(value), required, (), reason)

    def _breach(self, value: dict[str, Any]) -> str:
        """Where and how the object breaks the schema; empty where it keeps it, or there is none."""
        if not self.schema:
            return ""
        try:
            error = next(iter(_schema_validator(self.schema).iter_errors(value)), None)
        except ValueError as problem:  # nesting that json reads and the schema's validator does not
            return f"cannot be checked: {problem}"
        if error is None:
            return ""
        return f"{'.'.join(map(str, error.instance_path)) or 'the object'}: {error.message:.200}"


@dataclass(frozen=True, slots=True)
class CsvTable(Constraint):
    """The text is CSV: a header and at least one row, every row with the same number of columns.

    Source: MulDimIF. A code fence around it is allowed; a single column is no table.

    >>> CsvTable(2).check("name,age\\nFox,3").measured
    2
    """

    type: ClassVar[str] = "csv"
    columns: int | None = None
    """Number of columns, 2 or more; any where left out."""

    def validate(self) -> None:
        """Refuse fewer than two columns."""
        if self.columns is not None and self.columns < 2:
            raise ConstraintError(f"{self.columns} is not allowed; a table has 2 columns or more", "columns")

    def describe(self) -> str:
        """The format and its width."""
        if self.lang == "zh":
            return f"只输出 CSV 表格{f'，共 {self.columns} 列' if self.columns else ''}。"
        return (
            f"Output a CSV table{f' with {self.columns} columns' if self.columns else ''} and nothing else."
        )

    def decide(self, text: str, prompt: str) -> Verdict:
        """Read the rows and compare their widths."""
        source = text.strip()
        fence = _FENCE.fullmatch(source)
        required = self.describe()
        try:
            rows = [row for row in csv.reader(io.StringIO(fence[1] if fence else source)) if row]
        except csv.Error as error:
            return self.verdict(False, None, required, (), f"not CSV: {error}")
        widths = {len(row) for row in rows}
        width = max(widths, default=0)
        passed = len(rows) > 1 and len(widths) == 1 and width > 1 and self.columns in (None, width)
        reason = "" if passed else f"{len(rows)} rows of {sorted(widths)[:5]} columns"
        return self.verdict(passed, width, required, (), reason)


@lru_cache(maxsize=256)
def _schema_validator(schema: str) -> Validator:
    """The compiled schema; ConstraintError where it is none."""
    from jsonschema_rs import RegexOptions, ValidationError, validator_for

    try:
        value = json.loads(schema)
        if not isinstance(value, dict):
            raise ConstraintError(f"{schema!r:.80} is not allowed; a schema is a JSON object", "schema")
        return validator_for(value, offline=True, pattern_options=RegexOptions())
    except (ValidationError, json.JSONDecodeError, RecursionError) as error:
        raise ConstraintError(f"{schema!r:.80} is not allowed: {error!s:.200}", "schema") from None


def _refuse(name: str) -> Any:
    """NaN and infinities are no JSON."""
    raise ValueError(f"{name} is no JSON value")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are given once."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is given twice")
    return value
