"""Verification of whole files: rows stream through, in order, in one process or several."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rlmr.constraints import ConstraintError, Status, parse
from rlmr.data import DataError, read_rows
from rlmr.verifiers.program import verify

_CHUNK = 64


@dataclass(slots=True)
class Summary:
    """Counts over a file."""

    rows: int = 0
    passed: int = 0
    """Texts that pass every hard constraint."""
    decided: int = 0
    """Texts that pass or fail; the rest hold an unknown and no failure."""
    by_type: dict[str, Counter[str]] = field(default_factory=dict)
    """Verdicts of each type by status."""

    @property
    def unknown(self) -> int:
        """Texts that are neither passed nor failed."""
        return self.rows - self.decided

    def add(self, row: dict[str, Any]) -> None:
        """Count one verdict row."""
        self.rows += 1
        self.decided += row["passed"] is not None
        self.passed += row["passed"] is True
        for verdict in row["verdicts"]:
            self.by_type.setdefault(verdict["type"], Counter())[verdict["status"]] += 1


def verify_file(path: Path, output: Path | None = None, *, jobs: int = 1) -> Summary:
    """Check every row of a .jsonl or .jsonl.gz file; write verdict rows to `output`, in the input's order.

    A row holds `completion` or `response`, `constraints`, and may hold `prompt`. A verdict row is the row
    with `verdicts` and `passed`: true, false, or null where a hard constraint is unknown and none fails.
    The file may be larger than memory. The output appears whole or not at all. Raises DataError.
    """
    summary = Summary()
    if output is None:
        for row in _verified(path, jobs):
            summary.add(row)
        return summary
    partial = output.with_name(output.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            for row in _verified(path, jobs):
                summary.add(row)
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return summary


def verify_row(row: dict[str, Any]) -> dict[str, Any]:
    """One row with its verdicts.

    >>> row = {"completion": "A fox.", "constraints": [{"type": "word_count", "at_most": 2}]}
    >>> verify_row(row)["passed"]
    True
    """
    text = row.get("completion", row.get("response"))
    if not isinstance(text, str):
        raise DataError(f"completion: {text!r:.40} is not allowed; give the text as completion or response")
    prompt = row.get("prompt", "")
    if not isinstance(prompt, str):
        prompt = "\n".join(m["content"] for m in prompt if m.get("role") == "user")
    if "constraints" not in row:
        raise DataError("constraints: missing")
    verdicts = verify(prompt, text, parse(row["constraints"]))
    hard = {verdict.status for verdict in verdicts if verdict.role == "hard"}
    passed = False if Status.FAIL in hard else None if Status.UNKNOWN in hard else True
    return {**row, "verdicts": [verdict.to_dict() for verdict in verdicts], "passed": passed}


def _verified(path: Path, jobs: int) -> Iterator[dict[str, Any]]:
    """Verdict rows in order; the first bad row ends it with its line."""
    rows = ((str(path), line, row) for line, row in read_rows(path))
    if jobs == 1:
        yield from map(_verify_numbered, rows)
        return
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(_verify_numbered, rows, chunksize=_CHUNK)


def _verify_numbered(job: tuple[str, int, dict[str, Any]]) -> dict[str, Any]:
    """One row; errors name its place."""
    path, line, row = job
    try:
        return verify_row(row)
    except (ConstraintError, DataError) as error:
        raise DataError(f"{path}:{line}: {error}") from None
