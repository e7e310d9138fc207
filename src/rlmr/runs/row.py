"""One completion in the run record: what was measured (raw), and what the mix made of it (derived)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from typing import Any

from rlmr.constraints.base import Status, Verdict
from rlmr.data import SCHEMA_VERSION, Message


class RunError(ValueError):
    """A run folder that cannot be read or written; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What the mixing rule made of one completion; it can be computed again from the raw columns."""

    rule: str
    """Name of the mixing rule."""
    passed: bool
    """No hard constraint failed and none is unknown."""
    unknown: bool
    """The text took no part in its group: no score, or a hard verdict is unknown and none failed."""
    severity: float
    """Weighted share of the hard constraints that failed, 0 to 1."""
    quality: float | None
    """The score that was mixed: standardised, plus the share of soft constraints; None = unknown."""
    distance_before: float | None
    """Quality minus the group's mean, in units of quality."""
    distance_after: float | None
    """The same after the rule's change."""
    penalty: float | None
    """How much the rule lowered the quality, in units of quality."""
    case: str
    """Of the group: how many of its known texts fail ('none', 'some', 'all'; 'unknown': no known text)."""
    advantage: float
    """What the policy gradient multiplies with; 0 for unknown texts."""


@dataclass(frozen=True, slots=True)
class Row:
    """One completion of one step."""

    step: int
    """The optimiser step (from 1) that learned from it first."""
    split: str
    """'train' or 'eval'."""
    group: int
    """Which prompt of the step, from 0."""
    index: int
    """Which text of the group, from 0."""
    task: str
    """The task's id."""
    prompt: str | list[Message]
    """As the task states it."""
    completion: str
    """Everything that the policy wrote, its reasoning included."""
    answer: str
    """What scores and verdicts saw: the completion after its reasoning block."""
    tokens: int
    """Length of the completion in tokens, the end token included."""
    finished: bool
    """It ended by itself, and its reasoning block (if any) closed."""
    scores: dict[str, float | None]
    """Raw reward columns by name; None = could not be scored."""
    verdicts: tuple[Verdict, ...]
    """One per constraint, and the `finished` gate last; spans refer to `answer`."""
    derived: Derived | None = field(default=None, compare=False)
    """None until the group has been mixed."""

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON-ready values, in the order of the fields."""
        raw = {name: getattr(self, name) for name in _RAW}
        verdicts = [verdict.to_dict() for verdict in self.verdicts]
        derived = asdict(self.derived) if self.derived else None
        return {"schema": SCHEMA_VERSION, **raw, "verdicts": verdicts, "derived": derived}

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Row:
        """The inverse of `to_dict`. Raises RunError for a newer schema."""
        if row["schema"] > SCHEMA_VERSION:
            raise RunError(
                f"record schema {row['schema']} is newer than {SCHEMA_VERSION}, the newest that this version "
                "of rlmr reads; update rlmr"
            )
        verdicts = tuple(verdict_of(verdict) for verdict in row["verdicts"])
        derived = Derived(**row["derived"]) if row["derived"] else None
        return cls(**{name: row[name] for name in _RAW}, verdicts=verdicts, derived=derived)

    def with_derived(self, derived: Derived) -> Row:
        """The same row, mixed."""
        return replace(self, derived=derived)


_RAW = tuple(name for name in Row.__dataclass_fields__ if name not in {"verdicts", "derived"})


def verdict_of(values: dict[str, Any]) -> Verdict:
    """The inverse of `Verdict.to_dict`.

    >>> verdict = Verdict("word_count", Status.FAIL, 9, "2 to 3 words", ((0, 4),))
    >>> verdict_of(verdict.to_dict()) == verdict
    True
    """
    spans = tuple((int(start), int(end)) for start, end in values["spans"])
    return Verdict(**{**values, "status": Status(values["status"]), "spans": spans})


def in_groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows by group, in the order in which they come (a group's rows stand together)."""
    return [list(members) for _, members in groupby(rows, key=lambda row: row.group)]
