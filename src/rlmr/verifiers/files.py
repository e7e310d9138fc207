"""Verification of whole files: rows stream through, in order, in one process or several."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlmr.constraints.base import Verdict, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.data import DataError, Task, prompt_text, read_lines, to_object, to_prompt, to_text, write_whole
from rlmr.verifiers.combine import VerifyAll
from rlmr.verifiers.parallel import ordered_map
from rlmr.verifiers.profiles import PROFILES, Decided, check_profile, constraints_of
from rlmr.verifiers.program import all_pass
from rlmr.verifiers.summary import Summary, Tally

CHUNK_ROWS = 64
CHUNK_BYTES = 1 << 20
"""A chunk of rows is full at whichever comes first."""

RESULTS = ("verdicts", "passed", "passed_loose")
"""The keys that verification writes; those that a row already has are replaced."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring lines of a file, and how to read them."""

    path: Path
    lines: list[tuple[int, bytes]]
    """Number from 1, and content."""
    position: int
    """How many of the file's bytes have been read with this chunk."""
    profile: str
    loose: bool
    verify: VerifyAll | None = None
    """Who decides rows with `constraints`; None: programs alone."""
    error: str = ""
    """Why the file cannot be read further; raised when the lines before are done."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a chunk."""

    lines: bytes
    """Its verdict rows as JSON Lines."""
    summary: Summary
    position: int
    """As the chunk's."""


def verify_file(
    path: Path,
    output: Path | None = None,
    *,
    profile: str = "native",
    loose: bool = False,
    jobs: int = 1,
    verify: VerifyAll | None = None,
    progress: Callable[[int], None] | None = None,
) -> Summary:
    """Check every row of a .jsonl or .jsonl.gz file; write verdict rows to `output`, in the input's order.

    `verify_row` says what the rows hold. The file may be larger than memory: a few chunks per process are
    held. `output` (gzipped if its name ends in .gz) appears whole or not at all. Rows, summary and errors are
    the same for every number of `jobs`; more than one starts fresh Python processes, so a script that asks
    for them stands behind `if __name__ == "__main__"`. `progress` is called with the bytes of the file that
    are dealt with. `verify` asks more than programs (the native profile only, for rows with `constraints`).
    Raises DataError, which names file, line and field of the first bad row, and
    ConstraintError for a profile that is none or has no loose reading.
    """
    check_profile(profile, loose)
    if verify is not None:
        one_of("profile", profile, ("native",))
    summary = _empty(profile, loose)
    with nullcontext() if output is None else write_whole(output) as file:
        for checked in ordered_map(_check, _chunks(path, profile, loose, verify), jobs):
            summary.merge(checked.summary)
            if file is not None:
                file.write(checked.lines)
            if progress is not None:
                progress(checked.position)
    return summary


def verify_row(row: Mapping[str, Any], profile: str = "native", loose: bool = False) -> dict[str, Any]:
    """One row with its `verdicts` and `passed`; with `loose` also `passed_loose`, and each verdict's `loose`.

    A row holds `prompt` (text, or messages), the text as `completion` or `response`, and `constraints` or
    IFEval's `instruction_id_list` and `kwargs`. `passed` is true, false, or null where a hard constraint is
    unknown and none fails. The compatible profiles name each verdict's `instruction_id` instead of its type.
    Raises DataError and ConstraintError, which name the field.

    >>> row = {"prompt": "Who?", "completion": "A fox.", "constraints": []}
    >>> verify_row({**row, "constraints": [{"type": "word_count", "at_most": 1}]})["passed"]
    False
    """
    check_profile(profile, loose)
    return _verify(row, _empty(profile, loose))


def _empty(profile: str, loose: bool) -> Summary:
    return Summary(profile, loose=Tally() if loose else None)


def _verify(row: Mapping[str, Any], summary: Summary, decided: Decided | None = None) -> dict[str, Any]:
    """One verdict row, counted in `summary`, which says how it is read where it is not decided already."""
    if decided is None:
        decided = PROFILES[summary.profile](row, _prompt(row), to_text(row), summary.loose is not None)
    verdicts = [_to_dict(verdict, summary.profile) for verdict in decided.verdicts]
    result: dict[str, Any] = {"verdicts": verdicts, "passed": all_pass(decided.verdicts)}
    summary.strict.add(decided.verdicts, result["passed"])
    if summary.loose is not None:
        result["passed_loose"] = all_pass(decided.loose)
        summary.loose.add(decided.loose, result["passed_loose"])
        for verdict, eased in zip(verdicts, decided.loose, strict=True):
            verdict["loose"] = eased.status.value
    return {**{key: value for key, value in row.items() if key not in RESULTS}, **result}


def _to_dict(verdict: Verdict, profile: str) -> dict[str, Any]:
    """A verdict as JSON values; a compatible one is named by its instruction's id."""
    values = verdict.to_dict()
    return values if profile == "native" else {"instruction_id": values.pop("type"), **values}


def _prompt(row: Mapping[str, Any]) -> str:
    """The prompt as text; it may be empty, but not forgotten: some constraints compare with it."""
    if "prompt" not in row:
        raise DataError(f"prompt: missing; the row has {', '.join(map(repr, row))}")
    prompt = row["prompt"]
    return prompt if isinstance(prompt, str) else prompt_text(to_prompt(prompt))


def _chunks(path: Path, profile: str, loose: bool, verify: VerifyAll | None = None) -> Iterator[Chunk]:
    """The file in pieces that fit in memory; what cannot be read comes last, as a chunk's error."""
    lines: list[tuple[int, bytes]] = []
    size = position = 0
    error = ""
    try:
        for number, raw, position in read_lines(path):
            lines.append((number, raw))
            size += len(raw)
            if len(lines) == CHUNK_ROWS or size >= CHUNK_BYTES:
                yield Chunk(path, lines, position, profile, loose, verify)
                lines, size = [], 0
    except DataError as reason:
        error = str(reason)
    if lines or error:
        yield Chunk(path, lines, position, profile, loose, verify, error)


def _check(chunk: Chunk) -> Checked:
    """Every row of a chunk; errors name their place."""
    summary = _empty(chunk.profile, chunk.loose)
    lines = []
    decided = {} if chunk.verify is None else _decide(chunk, chunk.verify)
    for number, raw in chunk.lines:
        row = to_object(chunk.path, number, raw)
        try:
            lines.append(_to_line(_verify(row, summary, decided.get(number))))
        except (ConstraintError, DataError) as error:
            raise DataError(f"{chunk.path}:{number}: {error}") from None
    if chunk.error:
        raise DataError(chunk.error)
    return Checked(b"".join(lines), summary, chunk.position)


def _decide(chunk: Chunk, verify: VerifyAll) -> dict[int, Decided]:
    """By line number: verdicts of the chunk's rows with `constraints`, asked for together."""
    tasks: dict[int, Task] = {}
    texts = []
    for number, raw in chunk.lines:
        try:
            row = to_object(chunk.path, number, raw)
            if "constraints" in row:
                text = to_text(row)
                tasks[number] = Task(str(number), _prompt(row), constraints_of(row))
                texts.append(text)
        except (ConstraintError, DataError):
            break  # raised again, with its place, when its turn comes; nothing behind it is needed
    verdicts = verify(list(tasks.values()), texts)
    return {number: Decided(found) for number, found in zip(tasks, verdicts, strict=True)}


def _to_line(row: dict[str, Any]) -> bytes:
    """One line of JSON; half of a surrogate pair, which UTF-8 cannot hold, keeps its row's escapes."""
    try:
        return (json.dumps(row, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(row) + "\n").encode()
