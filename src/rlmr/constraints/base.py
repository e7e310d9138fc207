"""What a constraint and a verdict are.

A constraint is a frozen dataclass: its parameters are fields, complete at birth. It describes itself
(`describe`) and decides a text (`check`). A verdict is pass, fail or *unknown*; unknown is a value of
its own, never a zero and never a pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal

Lang = Literal["en", "zh"]
Role = Literal["hard", "soft", "probe"]
Span = tuple[int, int]


class Status(StrEnum):
    """The three outcomes of a check."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One constraint's decision about one text, with its evidence."""

    type: str
    """Name of the constraint's type, as in a specification."""
    status: Status
    """pass, fail or unknown."""
    measured: float | str | None = None
    """What was found in the text: a count, or the words that were looked at."""
    required: str = ""
    """What was asked, in words: '2 to 3 words'."""
    spans: tuple[Span, ...] = ()
    """Character offsets [start, end) into the checked text that show the measurement."""
    reason: str = ""
    """One sentence for a person; for unknown, the cause ('timeout', 'judge: refused')."""
    source: str = "program"
    """Who decided: 'program', 'judge:MODEL', 'classifier:PATH'."""
    role: Role = "hard"
    """hard decides pass and fail, soft adds to quality, probe is only logged."""
    weight: float = 1.0
    """Share of this constraint in severity (hard) or in quality (soft)."""

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON-ready values.

        >>> Verdict("word_count", Status.PASS, 2).to_dict()["status"]
        'pass'
        """
        return {
            "type": self.type,
            "status": self.status.value,
            "measured": self.measured,
            "required": self.required,
            "spans": [list(span) for span in self.spans],
            "reason": self.reason,
            "source": self.source,
            "role": self.role,
            "weight": self.weight,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint(ABC):
    """A requirement on a text. Subclasses add their parameters as fields and set `type`."""

    type: ClassVar[str]

    lang: Lang = "en"
    """The declared language, which selects the counters; it is never guessed from the text."""
    role: Role = "hard"
    """hard, soft or probe."""
    weight: float = 1.0
    """Share among the constraints of the same role; > 0."""

    @abstractmethod
    def describe(self) -> str:
        """The requirement as one sentence to a writer, in the constraint's language."""

    @abstractmethod
    def check(self, text: str, prompt: str = "") -> Verdict:
        """Decide `text`, written for `prompt`. Deterministic, linear in the text, free of I/O."""

    def verdict(
        self,
        passed: bool,
        measured: float | str | None = None,
        required: str = "",
        spans: Sequence[Span] = (),
        reason: str = "",
    ) -> Verdict:
        """A decided verdict that carries this constraint's type, role and weight."""
        return Verdict(
            type=self.type,
            status=Status.PASS if passed else Status.FAIL,
            measured=measured,
            required=required,
            spans=tuple(spans),
            reason=reason,
            role=self.role,
            weight=self.weight,
        )
