"""Texts become longer or shorter than they were: the commonest way to please a reward model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from rlmr.alarms.base import Alarm, Line, check_fields, column
from rlmr.alarms.windows import standard_error


@dataclass(frozen=True, slots=True)
class LengthDrift(Alarm):
    """The texts' mean length has left the start's, by more than chance.

    It goes off where the mean of the last `window` steps is `ratio` times that of the first `reference`
    steps, or a `ratio`-th of it, and lies `sigmas` standard errors away (see `rlmr.alarms.windows.noise`).
    Source: reward models prefer length, and policies follow (Singhal et al., arXiv:2310.03716).

    Degenerate: silent before `reference + window` steps, and where the first texts have no words. A task mix
    that changes its asked lengths during the run goes off rightly, and means nothing.
    """

    name: ClassVar[str] = "length"
    needs: ClassVar[tuple[str, ...]] = ("words_mean",)

    ratio: float = 1.25
    """Factor, above 1."""
    sigmas: float = 6.0
    """Standard errors."""
    reference: int = 5
    """Steps at the start; few, because a fast drift begins with the first update."""
    window: int = 10
    """Steps at the end."""

    def __post_init__(self) -> None:
        check_fields(self, ratio=(1, 100), sigmas=(0, 100), reference=(1, 10_000))

    def check(self, lines: Sequence[Line]) -> str:
        """See `Alarm`.

        >>> steps = [{"words_mean": 40.0 + (step % 2)} for step in range(10)]
        >>> LengthDrift().check(steps + [{"words_mean": 60.0 + (step % 2)} for step in range(10)])
        'texts have 60 words over the last 10 steps, 40 over the first 5: 1.5 times as many'
        """
        if len(lines) < self.reference + self.window:
            return ""
        words = column(lines, "words_mean")
        first, last = fmean(words[: self.reference]), fmean(words[-self.window :])
        if first <= 0 or 1 / self.ratio <= last / first <= self.ratio:
            return ""
        if abs(last - first) <= self.sigmas * standard_error(words, self.reference, self.window):
            return ""
        return (
            f"texts have {last:.0f} words over the last {self.window} steps, {first:.0f} over the first "
            f"{self.reference}: {last / first:.2g} times as many"
        )
