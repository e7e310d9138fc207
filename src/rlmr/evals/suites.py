"""Suites: what a model is evaluated on, by name or from a file, with the reading that decides its texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

from rlmr.constraints.spec import to_specs
from rlmr.data import DataError, Task, read_rows, read_tasks, to_prompt
from rlmr.evals import write_eval
from rlmr.names import nearest

Profile = Literal["native", "ifeval", "ifbench"]

SOURCES = {
    "ifeval": "instruction_following_eval/data/input_data.jsonl in github.com/google-research",
    "ifbench": "data/IFBench_test.jsonl in github.com/allenai/IFBench",
}
"""Benchmarks whose prompts are not part of this package, and where to get them."""

FORMS = "write-eval, write-eval:SPLIT, write-eval:SPLIT:LANG, ifeval=FILE, ifbench=FILE, NAME=FILE or FILE"


NONE_MADE: Mapping[str, Callable[[], Suite]] = MappingProxyType({})
"""No further suites."""


class SuiteError(ValueError):
    """A suite that cannot be had; the message says what was given and what is allowed."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What has to be known of a suite to read results on it."""

    suite: str
    """Its name."""
    profile: Profile
    """How texts are decided."""
    version: str
    """Its version, '' where it has none."""
    digest: str
    """Of prompts and requirements: results of different digests do not compare."""
    tasks: int
    """How many."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Tasks to write for, and how the texts are decided."""

    name: str
    """As it stands in results and folder names."""
    tasks: tuple[Task, ...]
    """At least one, with unique ids."""
    profile: Profile = "native"
    """native: constraints as rewards read them, with gates; the others: as the official programs do, strict
    and loose."""
    version: str = ""
    """The suite's own version, where it has one."""

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of prompts and requirements: equal digests, equal suites.

        >>> Suite("mine", (Task("1", "Write."),)).digest
        'c71880cf06a98be8'
        """
        rows = [
            [task.id, task.prompt, to_specs(task.constraints)]
            + [task.meta.get(key) for key in ("instruction_id_list", "kwargs") if self.profile != "native"]
            for task in self.tasks
        ]
        source = json.dumps([self.profile, rows], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(source.encode()).hexdigest()[:16]

    @property
    def facts(self) -> Facts:
        """The suite without its tasks."""
        return Facts(self.name, self.profile, self.version, self.digest, len(self.tasks))

    def limited(self, limit: int | None) -> Suite:
        """The same with its first `limit` tasks, which its name then says; None = all.

        >>> Suite("mine", (Task("1", "Write."), Task("2", "Write more."))).limited(1).name
        'mine:first-1'
        """
        if limit is None or limit >= len(self.tasks):
            return self
        return replace(self, name=f"{self.name}:first-{limit}", tasks=self.tasks[:limit])


def read_suite(text: str) -> Suite:
    """The suite that `text` names: one of `FORMS`. A FILE holds tasks, as for training.

    Raises SuiteError for a name that is none, DataError (with place) for a file that cannot be read.

    >>> read_suite("write-eval:dev:zh").name
    'write-eval:dev:zh'
    >>> read_suite("ifeval")
    Traceback (most recent call last):
    rlmr.evals.suites.SuiteError: suite ifeval: its prompts are not part of this package; give ifeval=FILE, \
where FILE is instruction_following_eval/data/input_data.jsonl in github.com/google-research
    """
    name, equals, path = text.partition("=")
    if not equals and name.partition(":")[0] in {"write-eval", "write_eval"}:
        return _write_eval(name.replace("_", "-"))
    if not equals and name in SOURCES:
        raise SuiteError(
            f"suite {name}: its prompts are not part of this package; give {name}=FILE, where FILE is "
            f"{SOURCES[name]}"
        )
    if not equals:
        name, path = Path(text).name.partition(".")[0], text
    if name in SOURCES and equals:
        return Suite(name, _instructions(Path(path)), cast(Profile, name))
    if not equals and not Path(path).is_file():
        hint = nearest(text, ("write-eval", *SOURCES), f"allowed: {FORMS}")
        raise SuiteError(f"suite {text!r}: neither a suite nor a file; {hint}")
    if not name.replace("-", "").replace("_", "").isalnum():
        raise SuiteError(f"suite {name!r}: a name has letters, digits, - and _; give NAME={path}")
    return Suite(name, tuple(read_tasks(path)))


def read_suites(names: Sequence[str], made: Mapping[str, Callable[[], Suite]] = NONE_MADE) -> list[Suite]:
    """The suites that `names` name, each of which may hold several, separated by commas.

    `made`: further suites by name. Raises SuiteError for a name that stands twice, or none at all; see
    `read_suite`.
    """
    parts = [part.strip() for text in names for part in text.split(",") if part.strip()]
    suites = [made[part]() if part in made else read_suite(part) for part in parts]
    if not suites:
        raise SuiteError(f"no suite was given; allowed: {FORMS}")
    for suite in suites:
        if [other.name for other in suites].count(suite.name) > 1:
            raise SuiteError(f"suite {suite.name}: stands twice; give one of them another name: NAME=FILE")
    return suites


def _write_eval(name: str) -> Suite:
    """`write-eval`, with a split and a language behind colons."""
    parts = name.split(":")
    if len(parts) > 3:
        raise SuiteError(f"suite {name!r}: allowed: {FORMS}")
    split = parts[1] if len(parts) > 1 else "test"
    lang = parts[2] if len(parts) > 2 else None
    try:
        tasks = write_eval.load(cast(Any, split), cast(Any, lang))
    except ValueError as error:
        raise SuiteError(f"suite {name!r}: {error}") from None
    return Suite(name, tuple(tasks), version=write_eval.VERSION)


def _instructions(path: Path) -> tuple[Task, ...]:
    """A benchmark's own file: `key, prompt, instruction_id_list, kwargs`; decided by its own program."""
    tasks: dict[str, Task] = {}
    for line, row in read_rows(path):
        where = f"{path}:{line}"
        missing = [name for name in ("key", "prompt", "instruction_id_list", "kwargs") if name not in row]
        if missing:
            raise DataError(f"{where}: {missing[0]}: missing; the row has {', '.join(map(repr, row))}")
        if str(row["key"]) in tasks:
            raise DataError(f"{where}: key: {row['key']!r} stands twice")
        try:
            prompt = to_prompt(row["prompt"])
        except DataError as error:
            raise DataError(f"{where}: {error}") from None
        tasks[str(row["key"])] = Task(str(row["key"]), prompt, meta=row)
    if not tasks:
        raise DataError(f"{path}: the file holds no rows")
    return tuple(tasks.values())
