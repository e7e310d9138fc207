"""Tasks: what a policy is asked to write, and the constraints that its text must keep."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from rlmr.constraints.base import Constraint, Lang, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.gates import default_gates
from rlmr.constraints.spec import parse, parse_one, to_specs
from rlmr.constraints.translate import from_ifeval

SCHEMA_VERSION = 1
"""Version of the task and run-record formats; readers refuse a newer one."""

Message = dict[str, str]


class DataError(ValueError):
    """A data file that cannot be read; the message starts with `path:line:`."""


@dataclass(frozen=True, slots=True)
class Task:
    """A prompt and its constraints: one row of a dataset."""

    id: str
    """Unique within its dataset; the line number where the row has none."""
    prompt: str | tuple[Message, ...]
    """Plain text, or chat messages with 'role' and 'content'."""
    constraints: tuple[Constraint, ...] = ()
    """Already parsed and validated."""
    meta: dict[str, Any] = field(default_factory=dict, compare=False)
    """Every other column of the row, untouched."""

    @property
    def prompt_text(self) -> str:
        """The prompt as plain text: the contents of its user messages, joined by newlines.

        >>> Task("1", ({"role": "user", "content": "Write."},)).prompt_text
        'Write.'
        """
        return prompt_text(self.prompt)


def prompt_text(prompt: str | Sequence[Message]) -> str:
    """The prompt as plain text: the contents of its user messages, joined by newlines.

    >>> prompt_text([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Write."}])
    'Write.'
    """
    if isinstance(prompt, str):
        return prompt
    return "\n".join(m["content"] for m in prompt if m["role"] == "user")


GATES = {gate.type: gate for gate in default_gates()}
"""The gates by type, as they stand beside a task's own constraints unless a setting says otherwise."""


def choose_gates(choice: bool | Sequence[object]) -> tuple[Constraint, ...]:
    """The gates that a setting names: True all of `GATES`, False none, else those listed.

    A listed gate is its type or a specification with parameters. Raises ConstraintError with the position.

    >>> [gate.type for gate in choose_gates(["echo", {"type": "substance", "at_least": 20}])]
    ['echo', 'substance']
    """
    if isinstance(choice, bool):
        return tuple(GATES.values()) if choice else ()
    chosen: list[Constraint] = []
    for index, item in enumerate(choice):
        try:
            spec = {"type": item} if isinstance(item, str) else item
            one_of("type", spec.get("type") if isinstance(spec, dict) else spec, GATES)
            gate = parse_one(spec)
        except ConstraintError as error:
            place = f"gates[{index}]" + (f".{error.field}" if error.field else "")
            raise ConstraintError(f"{place}: {error}", error.field) from None
        if gate.type in (other.type for other in chosen):
            raise ConstraintError(f"gates[{index}]: {gate.type!r} stands twice", "type")
        chosen.append(gate)
    return tuple(chosen)


def with_gates(task: Task, gates: Iterable[Constraint]) -> Task:
    """The task with `gates` behind its own constraints.

    A gate whose type the task already has for the same scope is left to the task. Gates are worded in the
    task's declared language: its row's `lang`, else that of its first constraint, else English.

    >>> task = Task("1", "Write.", (GATES["echo"],))
    >>> [constraint.type for constraint in with_gates(task, choose_gates(["substance", "echo"])).constraints]
    ['echo', 'substance']
    """
    own = {(constraint.type, constraint.scope) for constraint in task.constraints}
    declared = task.meta.get("lang")
    lang: Lang = "zh" if declared == "zh" else "en"
    if declared not in ("en", "zh") and task.constraints:
        lang = task.constraints[0].lang
    added = (replace(gate, lang=lang) for gate in gates if (gate.type, gate.scope) not in own)
    return replace(task, constraints=(*task.constraints, *added))


def read_tasks(
    path: str | Path, prompt_column: str = "prompt", constraints_column: str = "constraints"
) -> list[Task]:
    """Tasks from a .jsonl, .jsonl.gz or .parquet file, one per row, in the file's order.

    A row holds a prompt (text, or a list of messages) and may hold `constraints` (a list of specifications,
    or a JSON string of one), `id` (text or whole number, unique; else the line number) and
    `schema_version`. IFEval's `instruction_id_list` and `kwargs` are read as native constraints. Every other
    column goes to `meta`.
    Raises DataError that names path, line and field: a missing or empty file, a line that is no JSON
    object, a prompt that is none, an id given twice, a constraint that cannot be, a newer schema.
    """
    path = Path(path)
    tasks: list[Task] = []
    lines_by_id: dict[str, int] = {}
    for line, row in read_rows(path):
        try:
            task = _to_task(row, line, prompt_column, constraints_column)
        except ConstraintError as error:
            message = str(error).replace("constraints", constraints_column, 1)
            raise DataError(f"{path}:{line}: {message}") from None
        except DataError as error:
            raise DataError(f"{path}:{line}: {error}") from None
        if task.id in lines_by_id:
            raise DataError(
                f"{path}:{line}: id: {task.id!r} is already the id of line {lines_by_id[task.id]}"
            )
        lines_by_id[task.id] = line
        tasks.append(task)
    if not tasks:
        raise DataError(f"{path}: the file holds no rows")
    return tasks


def write_tasks(path: str | Path, tasks: Iterable[Task]) -> None:
    """Write tasks as .jsonl or .jsonl.gz that `read_tasks` reads back to equal ones.

    The file appears whole or not at all. Raises DataError for another suffix.
    """
    path = Path(path)
    if not path.name.endswith((".jsonl", ".jsonl.gz")):
        raise DataError(f"{path}: cannot write this format; allowed: .jsonl, .jsonl.gz")
    with write_whole(path) as file:
        for task in tasks:
            file.write((json.dumps(_to_row(task), ensure_ascii=False) + "\n").encode())


@contextmanager
def write_whole(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """A file to write to, gzipped if its name ends in .gz, that appears whole when the block ends well.

    On an error, Ctrl-C included, nothing is left and an older file stays as it was. Folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
                    yield file
            else:
                yield raw
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _to_row(task: Task) -> dict[str, Any]:
    """The task as JSON values."""
    prompt = task.prompt if isinstance(task.prompt, str) else list(task.prompt)
    row = {"id": task.id, "prompt": prompt, "constraints": to_specs(task.constraints)}
    return {**task.meta, **row, "schema_version": SCHEMA_VERSION}


def _to_task(row: dict[str, Any], line: int, prompt_column: str, constraints_column: str) -> Task:
    """One task from one row; errors carry no place yet."""
    version = row.pop("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
        raise DataError(
            f"schema_version: {version!r} is not allowed; this version reads 1 to {SCHEMA_VERSION}"
        )
    if prompt_column not in row:
        raise DataError(f"{prompt_column}: missing; the row has {', '.join(map(repr, row)) or 'no columns'}")
    prompt = to_prompt(row.pop(prompt_column), prompt_column)
    task_id = row.pop("id", line)
    if isinstance(task_id, bool) or not isinstance(task_id, str | int):
        raise DataError(f"id: {task_id!r} is not allowed; an id is text or a whole number")
    if constraints_column not in row and "instruction_id_list" in row:
        return Task(str(task_id), prompt, from_ifeval(row), row)
    return Task(str(task_id), prompt, parse(row.pop(constraints_column, ())), row)


def to_prompt(value: object, column: str = "prompt") -> str | tuple[Message, ...]:
    """A prompt as text or messages. Raises DataError, which names `column`.

    >>> to_prompt([{"role": "user", "content": "Write.", "name": "Ann"}])
    ({'role': 'user', 'content': 'Write.'},)
    """
    if isinstance(value, str):
        if not value.strip():
            raise DataError(f"{column}: {value!r} is not allowed; a prompt holds at least one character")
        return value
    if not isinstance(value, list) or not value:
        raise DataError(f"{column}: {value!r:.80} is not allowed; give text or a list of messages")
    messages = []
    for index, message in enumerate(value):
        if not isinstance(message, dict) or not all(
            isinstance(message.get(k), str) for k in ("role", "content")
        ):
            raise DataError(
                f"{column}[{index}]: {message!r:.80} is not allowed; give a role and a content, both text"
            )
        messages.append({"role": message["role"], "content": message["content"]})
    return tuple(messages)


def to_text(row: Mapping[str, Any]) -> str:
    """What was written to a row's prompt: `completion` or `response`. Raises DataError that names the field.

    >>> to_text({"prompt": "Who?", "response": "A fox."})
    'A fox.'
    """
    given = [row[key] for key in ("completion", "response") if key in row]
    if not given:
        raise DataError(f"completion: missing (or response); the row has {', '.join(map(repr, row))}")
    if not isinstance(given[0], str):
        raise DataError(f"completion: {given[0]!r:.40} is not allowed; give text, as completion or response")
    if given[0] != given[-1]:
        raise DataError("response: is not the text of completion; give one of them")
    return given[0]


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their line numbers (from 1; parquet: row numbers)."""
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if path.suffix == ".parquet":
        yield from _read_parquet(path)
    elif path.name.endswith((".jsonl", ".jsonl.gz")):
        yield from ((number, to_object(path, number, raw)) for number, raw, _ in read_lines(path))
    else:
        raise DataError(f"{path}: cannot read this format; allowed: .jsonl, .jsonl.gz, .parquet")


def read_lines(path: Path) -> Iterator[tuple[int, bytes, int]]:
    """Lines of a .jsonl or .jsonl.gz file that are not blank: number from 1, bytes, and progress.

    Progress is how many of the file's bytes (on disk) have been read. Raises DataError for a file that is
    missing, of another format, or no whole gzip file.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if not path.name.endswith((".jsonl", ".jsonl.gz")):
        raise DataError(f"{path}: cannot read this format; allowed: .jsonl, .jsonl.gz")
    with path.open("rb") as file:
        try:
            lines: Iterable[bytes] = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
            for number, raw in enumerate(lines, 1):
                if raw.strip():
                    yield number, raw, file.tell()
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{path}: not a whole gzip file: {error}") from None


def to_object(path: Path, number: int, raw: bytes) -> dict[str, Any]:
    """Line `number` of `path` as a JSON object. Raises DataError that names the place."""
    try:
        row = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{path}:{number}: not UTF-8: {error}") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{path}:{number}: not JSON: {error}") from None
    if not isinstance(row, dict):
        raise DataError(f"{path}:{number}: {row!r:.80} is not allowed; a row is a JSON object")
    return row


def _read_parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a parquet file; columns that are null in a row are left out of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(path).to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: not a parquet file: {error}") from None
    for number, row in enumerate(rows, 1):
        yield number, {key: value for key, value in row.items() if value is not None}
