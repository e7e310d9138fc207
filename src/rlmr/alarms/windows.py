"""Means over steps, and how far two of them may lie apart by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean


def noise(values: Sequence[float]) -> float:
    """Standard deviation of one step's value around a level that may drift; NaN below two steps.

    sqrt(mean((x[t+1] - x[t])^2) / 2): half the mean square successive difference (von Neumann et al., Annals
    of Mathematical Statistics 12, 1941). A drift leaves it nearly as it is, where the plain deviation grows
    with it. Assumes that steps err independently of each other, as fresh prompts do; where neighbours err
    alike it is too small (at a correlation of .5 a mean errs 2.4 times as far as it says), so the alarms ask
    for many standard errors.

    >>> noise([1.0, 3.0, 1.0, 3.0])
    1.4142135623730951
    """
    if len(values) < 2:
        return math.nan
    return math.sqrt(fmean((b - a) ** 2 for a, b in pairwise(values)) / 2)


def standard_error(values: Sequence[float], before: int, after: int) -> float:
    """Of the difference of two means, of `before` and of `after` steps, in a run of these values."""
    return noise(values) * math.sqrt(1 / before + 1 / after)


def too_high(values: Sequence[float], window: int, above: float, rise: float) -> str:
    """Why a share (0 to 1) is too high over the last `window` steps, in a few words; empty where it is not.

    Too high is a mean above `above`, or one that is both twice that of the first `window` steps and more than
    `rise` above it.

    >>> too_high([0.5, 0.5], 2, 0.4, 0.1), too_high([0.1, 0.1, 0.3, 0.3], 2, 0.4, 0.1)
    ('above 40%', '10% in the first 2')
    >>> too_high([0.3, 0.3, 0.35, 0.35], 2, 0.4, 0.1)
    ''
    """
    first, last = values[:window], values[-window:]
    before, now = fmean(first), fmean(last)
    if now > above:
        return f"above {above:.0%}"
    if now > before + rise and now > 2 * before:
        return f"{before:.0%} in the first {len(first)}"
    return ""
