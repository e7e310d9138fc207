"""Texts that say nothing of their own: the policy has found one story, and tells it to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from rlmr.alarms.base import Alarm, Line, check_fields, column
from rlmr.alarms.windows import too_high

KINDS = {
    "duplicates/within": "repeat other texts of their group",
    "duplicates/across": "repeat texts of other groups",
}
"""The two metrics (see `rlmr.runs.duplicates`), and what each is the share of texts for."""


@dataclass(frozen=True, slots=True)
class DuplicateTexts(Alarm):
    """Many texts repeat others of the step, within their group or across groups.

    It goes off where the mean share of the last `window` steps is above `above`, or more than `rise` above
    that of the run's first `window` steps and twice as high. What counts as a repeat stands in
    `rlmr.runs.duplicates`. Source: groups of equal texts have no advantage to learn from (DAPO,
    arXiv:2503.14476), and reward hacking in creative writing ends in one text for all.

    Degenerate: silent before `window` steps. Forms with few possible texts (a title, a haiku of given words)
    repeat rightly: raise `above`.

    >>> alarm = DuplicateTexts(window=2)
    >>> steps = [{"duplicates/within": share, "duplicates/across": 0.0} for share in (0.0, 0.6, 0.8)]
    >>> alarm.check(steps)
    '70% of the texts of the last 2 steps repeat other texts of their group (above 50%)'
    >>> alarm.check(steps[:2])
    ''
    """

    name: ClassVar[str] = "duplicates"
    needs: ClassVar[tuple[str, ...]] = tuple(KINDS)

    above: float = 0.5
    """Share of the texts of the last `window` steps."""
    rise: float = 0.2
    """How far the share may rise above that of the run's first `window` steps, and to twice that."""
    window: int = 10
    """Steps."""

    def __post_init__(self) -> None:
        check_fields(self, above=(0, 1), rise=(0, 1))

    def check(self, lines: Sequence[Line]) -> str:
        """See `Alarm`."""
        if len(lines) < self.window:
            return ""
        found = []
        for metric, what in KINDS.items():
            shares = column(lines, metric)
            if why := too_high(shares, self.window, self.above, self.rise):
                share = f"{fmean(shares[-self.window :]):.0%} of the texts of the last {self.window} steps"
                found.append(f"{share} {what} ({why})")
        return ", ".join(found)
