"""Markdown tables: how many rows and columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span

_RULE_CELL = re.compile(r"[ \t]*:?-+:?[ \t]*")
_FENCE = re.compile(r"[ \t]{0,3}(?:```|~~~)")
_PIPE = re.compile(r"(?<!\\)\|")


class Table(NamedTuple):
    """One table of a text."""

    span: Span
    columns: int
    rows: tuple[int, ...]
    """Cells of each row below the header."""


@dataclass(frozen=True, slots=True)
class MarkdownTable(Constraint):
    """The text holds a Markdown table with so many `rows` below its header, and so many `columns`.

    Source: MulDimIF. A table is a header, a rule of dashes with as many cells (`|---|---|`), and rows up to
    the next line without a pipe; pipes at both ends may be left out where there are two columns or more.
    Escaped pipes (`\\\\|`) are text, tables inside code fences none. Every row has the header's number of
    cells and a word somewhere; of several tables one that fits is enough.

    >>> MarkdownTable(columns=2, rows=1).check("| name | age |\\n|---|---|\\n| Fox | 3 |").passed
    True
    """

    type: ClassVar[str] = "table"
    columns: int | None = None
    """Number of columns; any where left out."""
    rows: int | None = None
    """Number of rows below the header; one or more where left out."""

    def validate(self) -> None:
        """Refuse a table without a row or a column."""
        for name, value in (("columns", self.columns), ("rows", self.rows)):
            if value is not None and value < 1:
                raise ConstraintError(f"{value} is not allowed; a table has 1 or more", name)

    def describe(self) -> str:
        """The size."""
        if self.lang == "zh":
            sizes = [f"{self.columns} 列"] * (self.columns is not None)
            sizes += [f"{self.rows} 行（不含表头）"] * (self.rows is not None)
            return f"使用一个 Markdown 表格{'，' * bool(sizes)}{'、'.join(sizes)}。"
        return f"Use a Markdown table{self._size()}."

    def _size(self) -> str:
        """The size in English; empty where any will do."""
        sizes = [f"{self.columns} column{'s' * (self.columns != 1)}"] if self.columns is not None else []
        if self.rows is not None:
            sizes.append(f"{self.rows} row{'s' * (self.rows != 1)} below its header")
        return f" with {' and '.join(sizes)}" if sizes else ""

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for a table that fits; without one, say how the first differs."""
        found = find_tables(text)
        required = f"a table{self._size()}"
        if not found:
            return self.verdict(False, 0, required, (), "no Markdown table")
        table = next((table for table in found if not self._misfit(table)), found[0])
        reason = self._misfit(table)
        measured = f"{table.columns} columns, {len(table.rows)} rows"
        return self.verdict(not reason, measured, required, (table.span,), reason)

    def _misfit(self, table: Table) -> str:
        """How a table differs from the one asked; empty where it does not."""
        if ragged := next((cells for cells in table.rows if cells != table.columns), None):
            return f"a row has {ragged} cells, the header {table.columns}"
        if self.columns not in (None, table.columns):
            return f"{table.columns} columns"
        if not table.rows or self.rows not in (None, len(table.rows)):
            return f"{len(table.rows)} rows below the header"
        return ""


def find_tables(text: str) -> list[Table]:
    """The Markdown tables of a text, in order, outside code fences.

    >>> find_tables("a | b\\n--|--\\n1 | 2\\nend")
    [Table(span=(0, 17), columns=2, rows=(2,))]
    """
    found: list[Table] = []
    spans = txt.lines(text)
    fenced, at = False, 0
    while at < len(spans) - 1:
        line = text[slice(*spans[at])]
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and "|" in line and txt.has_words(line):
            columns = len(_cells(line))
            rule = spans[at + 1]
            if not _has_gap(text, spans[at], rule) and _is_rule(text[slice(*rule)], columns):
                end = at + 2
                while end < len(spans) and _goes_on(text, spans[end - 1], spans[end]):
                    end += 1
                rows = tuple(len(_cells(text[slice(*span)])) for span in spans[at + 2 : end])
                found.append(Table((spans[at][0], spans[end - 1][1]), columns, rows))
                at = end - 1
        at += 1
    return found


def _cells(line: str) -> list[str]:
    """The cells of one row, without the pipes at its ends."""
    line = line.strip().removeprefix("|")
    return _PIPE.split(line[:-1] if line.endswith("|") and not line.endswith("\\|") else line)


def _is_rule(line: str, columns: int) -> bool:
    """Whether a line is the rule below a header of so many cells."""
    cells = _cells(line) if "|" in line else []
    return len(cells) == columns and all(_RULE_CELL.fullmatch(cell) for cell in cells)


def _goes_on(text: str, before: Span, line: Span) -> bool:
    """Whether a line is a row of the table that the one before it belongs to: a word, a pipe, no gap."""
    row = text[slice(*line)]
    return not _has_gap(text, before, line) and "|" in row and txt.has_words(row)


def _has_gap(text: str, one: Span, other: Span) -> bool:
    """Whether a blank line stands between two lines."""
    return text[one[1] : other[0]].replace("\r\n", "\n").count("\n") > 1
