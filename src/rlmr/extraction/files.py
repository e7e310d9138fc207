"""Extraction over files of prompts: rows stream through, in order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlmr.constraints import Constraint, ConstraintError, parse, to_specs
from rlmr.data import DataError, prompt_text, read_lines, to_object, to_prompt, write_whole
from rlmr.endpoint import Client
from rlmr.extraction.llm import extract_all
from rlmr.extraction.read import Extraction

CHUNK = 256
"""Rows that are read, and asked of a model, together."""


@dataclass(slots=True)
class Summary:
    """Counts over a file."""

    rows: int = 0
    empty: int = 0
    """Rows in which no constraint was read."""
    found: Counter[str] = field(default_factory=Counter)
    """Constraints by type."""
    dropped: Counter[str] = field(default_factory=Counter)
    """What was set aside, by cause."""

    def add(self, extraction: Extraction) -> None:
        """Count one row."""
        self.rows += 1
        self.empty += not extraction.found
        self.found.update(item.constraint.type for item in extraction.found)
        self.dropped.update(item.cause for item in extraction.dropped)


def extract_file(
    path: Path,
    output: Path | None = None,
    *,
    column: str = "prompt",
    client: Client | None = None,
    progress: Callable[[int], None] | None = None,
    emit: Callable[[str], None] | None = None,
) -> Summary:
    """Read every row's prompt; write rows with `constraints` to `output`, in the input's order.

    Input: .jsonl or .jsonl.gz, a prompt (text, or messages) under `column`, which the output has as `prompt`
    too. A row that has constraints keeps them; those read from its prompt stand behind them. `extracted` says
    for each of these its type, the span in the prompt (of messages: in the user messages joined by newlines),
    the words, and who read it.
    The output appears whole or not at all, gzipped if its name ends in .gz; `emit` takes lines as they come.
    `progress` is called with the bytes of the file that are dealt with.
    Raises DataError, which names file, line and field of the first bad row.
    """
    summary = Summary()
    with nullcontext() if output is None else write_whole(output) as file:
        for chunk, position in _chunks(path):
            texts = [_prompt(path, line, row, column) for line, row in chunk]
            for (line, row), text, read in zip(chunk, texts, extract_all(texts, client), strict=True):
                summary.add(read)
                row.setdefault("prompt", row[column])
                written = json.dumps(to_row(row, text, read, where=f"{path}:{line}"), ensure_ascii=False)
                if file is not None:
                    file.write(written.encode() + b"\n")
                if emit is not None:
                    emit(written)
            if progress is not None:
                progress(position)
    if not summary.rows:
        raise DataError(f"{path}: the file holds no rows")
    return summary


def to_row(row: dict[str, Any], text: str, read: Extraction, where: str = "row") -> dict[str, Any]:
    """A row with its constraints, which `rlmr train`, `rlmr verify` and `rlmr constraints lint` read.

    >>> from rlmr.extraction import extract
    >>> text = "Write a limerick."
    >>> to_row({"prompt": text}, text, extract(text))["extracted"][0]["words"]
    'a limerick'
    """
    try:
        constraints: list[Constraint] = list(parse(row.get("constraints", ())))
    except ConstraintError as error:
        raise DataError(f"{where}: {error}") from None
    constraints += [item.constraint for item in read.found if item.constraint not in constraints]
    extracted = [
        {"type": i.constraint.type, "span": list(i.span), "words": text[slice(*i.span)], "source": i.source}
        for i in read.found
    ]
    return {**row, "constraints": to_specs(constraints), "extracted": extracted}


def _chunks(path: Path) -> Iterator[tuple[list[tuple[int, dict[str, Any]]], int]]:
    """Rows with their line numbers, `CHUNK` at a time, and how far into the file they reach."""
    chunk: list[tuple[int, dict[str, Any]]] = []
    position = 0
    for line, raw, position in read_lines(path):
        chunk.append((line, to_object(path, line, raw)))
        if len(chunk) == CHUNK:
            yield chunk, position
            chunk = []
    if chunk:
        yield chunk, position


def _prompt(path: Path, line: int, row: dict[str, Any], column: str) -> str:
    """A row's prompt as plain text."""
    if column not in row:
        has = ", ".join(map(repr, row)) or "no columns"
        raise DataError(f"{path}:{line}: {column}: missing; the row has {has}")
    try:
        return prompt_text(to_prompt(row[column], column))
    except DataError as error:
        raise DataError(f"{path}:{line}: {error}") from None
