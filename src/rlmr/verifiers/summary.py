"""What a verified file comes to: counts of texts and of verdicts, strict and loose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rlmr.constraints.base import Role, Status, Verdict

Kind = tuple[str, Role]
"""A type or instruction id, and the role that it has."""


@dataclass(slots=True)
class Tally:
    """Outcomes by status under one reading; an unknown is counted apart, never as a fail."""

    texts: Counter[Status] = field(default_factory=Counter)
    """Texts: pass where every hard constraint holds, fail where one fails, else unknown."""
    kinds: dict[Kind, Counter[Status]] = field(default_factory=dict)
    """Verdicts of each kind."""
    causes: Counter[str] = field(default_factory=Counter)
    """Unknown verdicts by cause: what their reasons say before a colon."""

    @property
    def constraints(self) -> Counter[Status]:
        """Verdicts on hard constraints, of all types."""
        return sum((counts for (_, role), counts in self.kinds.items() if role == "hard"), Counter())

    def add(self, verdicts: Iterable[Verdict], passed: bool | None) -> None:
        """Count one text."""
        self.texts[Status.UNKNOWN if passed is None else Status.PASS if passed else Status.FAIL] += 1
        for verdict in verdicts:
            self.kinds.setdefault((verdict.type, verdict.role), Counter())[verdict.status] += 1
            if verdict.status is Status.UNKNOWN:
                self.causes[verdict.cause] += 1

    def merge(self, other: Tally) -> None:
        """Add another tally's counts."""
        self.texts.update(other.texts)
        self.causes.update(other.causes)
        for kind, counts in other.kinds.items():
            self.kinds.setdefault(kind, Counter()).update(counts)


@dataclass(slots=True)
class Summary:
    """Counts over texts, read by one profile."""

    profile: str = "native"
    """Whose reading it is."""
    strict: Tally = field(default_factory=Tally)
    """The texts as they are."""
    loose: Tally | None = None
    """The best of eight edited variants of each; None where not asked for."""

    @property
    def rows(self) -> int:
        """Texts."""
        return self.strict.texts.total()

    def merge(self, other: Summary) -> None:
        """Add another summary's counts."""
        self.strict.merge(other.strict)
        if self.loose is not None and other.loose is not None:
            self.loose.merge(other.loose)


def pass_rate(counts: Counter[Status]) -> float | None:
    """Passes among what was decided, 0 to 1; None where nothing was.

    >>> pass_rate(Counter({Status.PASS: 1, Status.FAIL: 3, Status.UNKNOWN: 9})), pass_rate(Counter())
    (0.25, None)
    """
    decided = counts[Status.PASS] + counts[Status.FAIL]
    return counts[Status.PASS] / decided if decided else None
