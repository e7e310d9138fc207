"""The reward rises and a judge that only watches falls: the policy learns the reward model's faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean
from typing import ClassVar

from rlmr.alarms.base import Alarm, Line, check_fields, column
from rlmr.alarms.windows import standard_error

QUALITY = "reward/quality_mean"
SHADOW = "reward/shadow_mean"
SPREAD = "reward/shadow_std"


@dataclass(frozen=True, slots=True)
class ShadowFalls(Alarm):
    """The shadow judge is below its best, while the reward it does not know has gone on rising.

    Both are means over `window` steps that have a shadow score: the last ones against those at which the
    shadow was best. It goes off where the shadow has fallen by `effect` of a text's standard deviation
    (`reward/shadow_std`) and by `sigmas` standard errors, and the reward has risen by `sigmas` of its own.
    Source: optimised against a proxy, the true reward rises and then falls (Gao et al., arXiv:2210.10760).

    Degenerate: silent before 2 x `window` such steps. The best of many windows is best partly by luck, so
    `sigmas` is large. A shadow that shares the reward model's faults sees nothing.
    """

    name: ClassVar[str] = "shadow"
    needs: ClassVar[tuple[str, ...]] = (QUALITY, SHADOW, SPREAD)

    effect: float = 0.2
    """Of the standard deviation of the shadow's scores of single texts; 0.2 is called a small effect."""
    sigmas: float = 6.0
    """Standard errors."""
    window: int = 10
    """Steps with a shadow score."""

    def __post_init__(self) -> None:
        check_fields(self, effect=(0, 100), sigmas=(0, 100))

    def check(self, lines: Sequence[Line]) -> str:
        """See `Alarm`.

        >>> def step(quality, shadow):
        ...     return {QUALITY: quality, SHADOW: shadow, SPREAD: 1.0}
        >>> ShadowFalls().check([step(0.1 * t, 3.0 - 0.1 * t) for t in range(20)])
        'since its best (10 scored steps ago) the shadow fell by 1 (2.55 to 1.55) and the reward rose by 1'
        """
        size = self.window
        if len(lines) < 2 * size:
            return ""
        quality, shadow = column(lines, QUALITY), column(lines, SHADOW)
        sums = [0.0, *accumulate(shadow)]
        ends = range(size, len(lines) - size + 1)
        best = max(ends, key=lambda end: sums[end] - sums[end - size])
        fell = (sums[best] - sums[best - size] - sums[-1] + sums[-1 - size]) / size
        rose = fmean(quality[-size:]) - fmean(quality[best - size : best])
        spread = fmean(column(lines, SPREAD))
        if fell <= max(self.effect * spread, self.sigmas * standard_error(shadow, size, size)):
            return ""
        if rose <= self.sigmas * standard_error(quality, size, size):
            return ""
        before = (sums[best] - sums[best - size]) / size
        return (
            f"since its best ({len(lines) - best} scored steps ago) the shadow fell by {fell:.2g} "
            f"({before:.3g} to {before - fell:.3g}) and the reward rose by {rose:.2g}"
        )
