"""Labelled rows: what a verifier learns from and is measured on, and splits that share no prompt or text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rlmr.constraints import Requirement
from rlmr.constraints.base import Constraint
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.spec import parse, parse_one
from rlmr.constraints.translate import from_ifeval
from rlmr.data import DataError, prompt_text, read_rows, to_prompt, to_text
from rlmr.verifiers.combine import Item

LABELS = {"pass": True, "fail": False, "unknown": None, True: True, False: False, None: None}
"""What a label may be; unknown and null are left out."""


class VerifierError(ValueError):
    """Rows, a model or settings from which no verifier can be made; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text, one constraint, and whether the text keeps it."""

    item: Item
    """Prompt as text, constraint, response."""
    passed: bool
    """The label."""
    place: str = ""
    """Where it stands, as `file:line`."""

    @property
    def kind(self) -> str:
        """The constraint's type."""
        return self.item[1].type


def read_examples(*paths: Path) -> list[Example]:
    """Every labelled (prompt, constraint, response) of .jsonl, .jsonl.gz or .parquet files, in order.

    A row holds `prompt`, `completion` or `response`, and one of: `constraints` with `verdicts` (what `rlmr
    verify --output` writes; `instruction_id_list` and `kwargs` may stand for `constraints`), `constraints`
    with `labels`, `constraint` with `label`. A label is true, false, "pass" or "fail"; unknown ones (null,
    "unknown") are left out. In the last two a constraint may also be a text: a requirement in free words.
    Raises DataError with file, line and field, and VerifierError where nothing is labelled.
    """
    examples: list[Example] = []
    for path in paths:
        for line, row in read_rows(path):
            place = f"{path}:{line}"
            try:
                examples += _of_row(row, place)
            except (ConstraintError, DataError) as error:
                raise DataError(f"{place}: {error}") from None
    if not examples:
        raise VerifierError(f"{', '.join(map(str, paths))}: no row has a label that is pass or fail")
    return examples


def _of_row(row: Mapping[str, Any], place: str) -> Iterator[Example]:
    """The decided constraints of one row; errors carry no place yet."""
    if "prompt" not in row:
        raise DataError(f"prompt: missing; the row has {', '.join(map(repr, row))}")
    prompt, text = prompt_text(to_prompt(row["prompt"])), to_text(row)
    constraints, labels = _labelled(row)
    if len(constraints) != len(labels):
        raise DataError(
            f"labels: {len(labels)} of them for {len(constraints)} constraints; one each is needed"
        )
    for constraint, label in zip(constraints, labels, strict=True):
        passed = _label(label)
        if constraint is not None and passed is not None:
            yield Example((prompt, constraint, text), passed, place)


def _labelled(row: Mapping[str, Any]) -> tuple[Sequence[Constraint | None], Sequence[object]]:
    """A row's constraints and labels; None where an instruction is not exactly one native constraint."""
    if "label" in row:
        return [_constraint(row.get("constraint"))], [row["label"]]
    if "labels" in row:
        given = row.get("constraints")
        if not isinstance(given, list) or not isinstance(row["labels"], list):
            raise DataError("labels: needs a list of labels beside a list of constraints")
        return [_constraint(one) for one in given], row["labels"]
    if "verdicts" not in row:
        raise DataError(f"verdicts, labels or label: missing; the row has {', '.join(map(repr, row))}")
    verdicts = row["verdicts"]
    if not isinstance(verdicts, list) or not all(isinstance(v, dict) and "status" in v for v in verdicts):
        raise DataError(
            "verdicts: needs a list of objects with a status, as `rlmr verify --output` writes it"
        )
    found = _asked(row, compatible=any("instruction_id" in verdict for verdict in verdicts))
    for index, (constraint, verdict) in enumerate(zip(found, verdicts, strict=False)):
        if constraint is not None and verdict.get("type", constraint.type) != constraint.type:
            raise DataError(
                f"verdicts[{index}].type: {verdict['type']!r}, but the constraint is {constraint.type!r}"
            )
    return found, [verdict["status"] for verdict in verdicts]


def _asked(row: Mapping[str, Any], compatible: bool) -> Sequence[Constraint | None]:
    """The constraints that a row's verdicts are about, in their order."""
    if "constraints" in row:
        return parse(row["constraints"])
    if "instruction_id_list" not in row:
        raise DataError("constraints: missing; verdicts need what they are about")
    from_ifeval(row)  # names the position of what is wrong
    found: list[Constraint | None] = []
    for name, kwargs in zip(row["instruction_id_list"], row["kwargs"], strict=True):
        native = from_ifeval({"instruction_id_list": [name], "kwargs": [kwargs]})
        found += [native[0] if len(native) == 1 else None] if compatible else native or [None]
    return found


def _constraint(given: object) -> Constraint:
    """A constraint from its specification, or a requirement from its words."""
    return Requirement(given) if isinstance(given, str) else parse_one(given)


def _label(given: object) -> bool | None:
    if not isinstance(given, str | bool | None) or given not in LABELS:
        raise DataError(f"label: {given!r:.40} is not allowed; give true, false, 'pass', 'fail' or null")
    return LABELS[given]


def key(text: str) -> str:
    """A text without what does not tell two texts apart: case and white space.

    >>> key("  The Fox\\nran. ")
    'the fox ran.'
    """
    return " ".join(text.casefold().split())


def _keys(example: Example) -> tuple[str, str]:
    prompt, _, text = example.item
    return "prompt " + key(prompt), "text " + key(text)


def split(examples: Sequence[Example], shares: Sequence[float], seed: int = 0) -> list[list[Example]]:
    """Parts of the examples in about these shares, which share no prompt and no text (case and space aside).

    Examples that share one, directly or over others, stay together. Raises VerifierError where a part is
    empty.
    """
    numbers: dict[str, int] = {}
    edges = [[numbers.setdefault(name, len(numbers)) for name in _keys(example)] for example in examples]
    ends = np.asarray(edges).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(numbers), len(numbers)))
    count, group_of = connected_components(graph, directed=False)
    sizes = np.bincount(group_of[ends[:, 0]], minlength=count)
    order = np.random.default_rng(seed).permutation(count)
    limits = np.cumsum(np.asarray(shares) / sum(shares)) * len(examples)
    middles = np.cumsum(sizes[order]) - sizes[order] / 2
    part_of = np.empty(count, dtype=int)
    part_of[order] = np.searchsorted(limits[:-1], middles, side="right")
    parts: list[list[Example]] = [[] for _ in shares]
    for example, (prompt, _) in zip(examples, edges, strict=True):
        parts[part_of[group_of[prompt]]].append(example)
    if not all(parts):
        raise VerifierError(
            f"{len(examples)} labels in {count} groups of texts are too few for {len(shares)} parts"
        )
    return parts


def check_apart(train: Iterable[Example], held_out: Iterable[Example]) -> None:
    """Raise VerifierError where the two sides share a prompt or a text, naming rows of both."""
    refuse_repeats({name: example.place for example in train for name in _keys(example)}, held_out)


def digests(examples: Iterable[Example]) -> list[str]:
    """Their prompts and texts as 16 hexadecimal digits each, sorted: enough to tell a row that was seen."""
    return sorted({_digest(name) for example in examples for name in _keys(example)})


def check_unseen(seen: Iterable[str], held_out: Sequence[Example]) -> None:
    """Raise VerifierError where a row has a prompt or a text whose digest is among `seen`."""
    known = set(seen)
    names = {name for example in held_out for name in _keys(example)}
    refuse_repeats({name: "training" for name in names if _digest(name) in known}, held_out)


def _digest(name: str) -> str:
    return blake2b(name.encode(), digest_size=8).hexdigest()


def refuse_repeats(places: Mapping[str, str], held_out: Iterable[Example]) -> None:
    """Raise VerifierError where a row of `held_out` has a prompt or text that also stands in `places`."""
    found = [
        f"{example.place or '?'} repeats {places[name] or '?'}: {name!r:.60}"
        for example in held_out
        for name in _keys(example)
        if name in places
    ]
    if found:
        raise VerifierError(
            "\n".join([f"held-out rows share {len(found)} prompts or texts with training:", *found[:5]])
        )
