"""One column decides nearly all of the advantage: the other might as well not be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from rlmr.alarms.base import Alarm, Line, check_fields, column

COLUMNS = {"mixing/variance_quality": "quality", "mixing/variance_verdicts": "the verdicts"}
"""Metrics with a column's share of the mixed reward's variance, over mixed groups (docs/mixing.md)."""


@dataclass(frozen=True, slots=True)
class OneColumn(Alarm):
    """One column supplies nearly all of the variance of the mixed reward, so of the advantage.

    It goes off where the mean share of the last `window` steps that have mixed groups (some texts of which
    fail) is above `above`. Shares are cov(column, reward) / var(reward); they sum to 1, and one is negative
    where the columns pull against each other, so the other can be above 1. Source: rewards of different
    scales silence each other (GDPO's motivation, arXiv:2601.05242).

    Degenerate: silent before `window` such steps. A rule of one column (`writing_only`, `verifier_only`)
    says so in its name: recipes with it leave this alarm out.

    >>> steps = [{"mixing/variance_quality": 0.03, "mixing/variance_verdicts": 0.97}] * 2
    >>> OneColumn(window=2).check(steps)
    'the verdicts supply 97% of the variance of the reward over the last 2 steps with mixed groups'
    """

    name: ClassVar[str] = "variance"
    needs: ClassVar[tuple[str, ...]] = tuple(COLUMNS)

    above: float = 0.9
    """Share of the variance."""
    window: int = 20
    """Steps with mixed groups."""

    def __post_init__(self) -> None:
        check_fields(self, above=(0, 10))

    def check(self, lines: Sequence[Line]) -> str:
        """See `Alarm`."""
        if len(lines) < self.window:
            return ""
        for metric, what in COLUMNS.items():
            share = fmean(column(lines[-self.window :], metric))
            if share > self.above:
                verb = "supplies" if what == "quality" else "supply"
                return (
                    f"{what} {verb} {share:.0%} of the variance of the reward over the last {self.window} "
                    "steps with mixed groups"
                )
        return ""
