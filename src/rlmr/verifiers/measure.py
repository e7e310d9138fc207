"""A verifier's verdicts against labels, per constraint type: what it catches, lets through, leaves open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rlmr.calibration import ece, nll
from rlmr.constraints.base import Status

ALL = "all"
"""Name of the row over all types."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Verdicts on texts that break a constraint (false) and on texts that keep it (true)."""

    caught: int = 0
    """False texts that fail: as they should."""
    let_through: int = 0
    """False texts that pass: what a policy learns to exploit."""
    false_open: int = 0
    """False texts left unknown."""
    kept: int = 0
    """True texts that pass: as they should."""
    wronged: int = 0
    """True texts that fail."""
    true_open: int = 0
    """True texts left unknown."""

    @property
    def false(self) -> int:
        """Texts that break the constraint."""
        return self.caught + self.let_through + self.false_open

    @property
    def true(self) -> int:
        """Texts that keep it."""
        return self.kept + self.wronged + self.true_open

    @property
    def total(self) -> int:
        """Labelled texts."""
        return self.false + self.true

    @property
    def ratios(self) -> dict[str, tuple[int, int]]:
        """Each rate as (count, of how many).

        recall_false: of the false texts, those that fail; the open ones count against it. let_through: of the
        false texts, those that pass. precision_false: of the failing texts, those that are false.
        recall_true: of the true texts, those that pass. abstained: of all, those left open.
        """
        return {
            "recall_false": (self.caught, self.false),
            "let_through": (self.let_through, self.false),
            "precision_false": (self.caught, self.caught + self.wronged),
            "recall_true": (self.kept, self.true),
            "abstained": (self.false_open + self.true_open, self.total),
        }

    def to_dict(self) -> dict[str, Any]:
        """Counts and rates as JSON values; a rate of nothing is null."""
        rates = {name: count / n if n else None for name, (count, n) in self.ratios.items()}
        return {**asdict(self), **rates}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a verifier comes to on N labelled items."""

    kinds: dict[str, Counts]
    """By constraint type, and `all`."""
    nll: float
    """Mean negative log likelihood of the labels, in nats; NaN where no probability is known."""
    ece: float
    """Expected calibration error, 0 to 1; NaN where no probability is known."""

    @property
    def labels(self) -> int:
        """N."""
        return self.kinds[ALL].total

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; what is not known is null."""
        known = {
            name: value if math.isfinite(value) else None
            for name, value in (("nll", self.nll), ("ece", self.ece))
        }
        return {
            "labels": self.labels,
            **known,
            "types": {name: found.to_dict() for name, found in self.kinds.items()},
        }


def measure(
    kinds: Sequence[str],
    passed: Sequence[bool],
    statuses: Sequence[Status],
    probabilities: Sequence[float | None] = (),
) -> Measured:
    """Hold N statuses, and the probabilities where a verifier gives any, against N labels.

    >>> found = measure(["tone"] * 3, [False, False, True], [Status.FAIL, Status.UNKNOWN, Status.PASS])
    >>> found.kinds["tone"].ratios["recall_false"], found.kinds["all"].ratios["abstained"]
    ((1, 2), (1, 3))
    """
    cells: dict[str, list[tuple[bool, Status]]] = {}
    for kind, label, status in zip(kinds, passed, statuses, strict=True):
        for name in (kind, ALL):
            cells.setdefault(name, []).append((label, status))
    known = [(p, label) for p, label in zip(probabilities, passed, strict=False) if p is not None]
    p, labels = [p for p, _ in known], [label for _, label in known]
    names = sorted(cells, key=lambda name: (name == ALL, name))
    return Measured({name: count(cells[name]) for name in names}, nll(p, labels), ece(p, labels))


def count(decided: Sequence[tuple[bool, Status]]) -> Counts:
    """Counts of (label, status) pairs."""
    found = {pair: decided.count(pair) for pair in set(decided)}
    return Counts(
        caught=found.get((False, Status.FAIL), 0),
        let_through=found.get((False, Status.PASS), 0),
        false_open=found.get((False, Status.UNKNOWN), 0),
        kept=found.get((True, Status.PASS), 0),
        wronged=found.get((True, Status.FAIL), 0),
        true_open=found.get((True, Status.UNKNOWN), 0),
    )
