"""The statistics of an evaluation: rates with intervals, paired wins, rank correlation, sample size.

Everything here takes plain numbers and knows nothing of texts. An unknown value is NaN or `None`: it
is left out of the estimate and out of its n, and an estimate of nothing is NaN, never 0.

Golden values from SciPy are in `tests/evals/test_stats.py`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DRAWS = 2_000
"""Bootstrap draws: the 95 % limits then move by about a tenth of the interval's width between seeds."""


class Estimate(NamedTuple):
    """A number with its interval and the count of known observations behind it."""

    value: float
    """The estimate; NaN where nothing is known."""
    low: float
    """Lower limit; NaN where nothing is known."""
    high: float
    """Upper limit; NaN where nothing is known."""
    n: int
    """Known observations."""


NOTHING = Estimate(math.nan, math.nan, math.nan, 0)
"""The estimate of no observations."""


def _level(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, exclusive, but is {level!r}")
    return level


def outcomes(candidate: Sequence[float], baseline: Sequence[float]) -> Floats:
    """What each paired comparison says: 1 the candidate wins, 0 it loses, 0.5 a tie, NaN unknown.

    Both sequences have shape (N,) and hold the judge's scores of the two texts for the same prompt.
    Exactly equal scores tie. A NaN on either side makes the comparison unknown.

    Raises:
        ValueError: the lengths differ.

    >>> outcomes([2.0, 1.0, 1.0], [1.0, 1.0, float("nan")]).tolist()
    [1.0, 0.5, nan]
    """
    if len(candidate) != len(baseline):
        raise ValueError(f"paired scores need one length, but got {len(candidate)} and {len(baseline)}")
    a, b = np.asarray(candidate, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    won = np.where(a > b, 1.0, np.where(a < b, 0.0, 0.5))
    return np.where(np.isnan(a) | np.isnan(b), np.nan, won)


def clustered_mean(
    values: Sequence[float] | Floats,
    clusters: Sequence[Hashable],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """The mean of `values` with a percentile bootstrap interval that resamples whole clusters.

    Texts of one prompt are not independent, so prompts are drawn, not texts: each draw takes as many
    clusters as there are, with replacement, and pools their values (Cameron, Gelbach & Miller 2008).

    Args:
        values: shape (N,); NaN is unknown and left out. For wins, 0, 0.5 and 1 (see `outcomes`).
        clusters: shape (N,); the prompt that each value belongs to.
        draws: bootstrap draws, at least 1.
        seed: the same seed gives the same interval.
        level: the interval's coverage.

    With one cluster or equal values the interval has no width; with no known value all is NaN.

    Raises:
        ValueError: lengths differ, no draws, or a level outside (0, 1).

    >>> estimate = clustered_mean([1, 0, 1, 1], ["a", "b", "c", "d"])
    >>> estimate.value, estimate.low, estimate.high, estimate.n
    (0.75, 0.25, 1.0, 4)
    """
    if len(values) != len(clusters):
        raise ValueError(
            f"need one cluster per value, but got {len(values)} values, {len(clusters)} clusters"
        )
    if draws < 1:
        raise ValueError(f"draws must be at least 1, but is {draws}")
    tail = (1.0 - _level(level)) / 2.0
    index: dict[Hashable, int] = {}
    known = [
        (index.setdefault(cluster, len(index)), float(value))
        for value, cluster in zip(values, clusters, strict=True)
        if not math.isnan(value)
    ]
    if not known:
        return NOTHING
    member, value_N = np.asarray([c for c, _ in known]), np.asarray([v for _, v in known])
    sums, counts = np.bincount(member, value_N), np.bincount(member)
    drawn = np.random.default_rng(seed).integers(len(index), size=(draws, len(index)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Estimate(float(value_N.mean()), float(low), float(high), len(known))


def sign_test(wins: int, losses: int) -> float:
    """Two-sided exact p-value of `wins` against `losses` under a fair coin; ties are left out before.

    p = min(1, 2 P(X <= min(wins, losses))) with X binomial(wins + losses, 1/2), summed in integers.
    Without a decided comparison there is no evidence: p = 1.

    Raises:
        ValueError: a negative count.

    >>> sign_test(9, 1)
    0.021484375
    """
    if wins < 0 or losses < 0:
        raise ValueError(f"wins and losses must be at least 0, but are {wins} and {losses}")
    n = wins + losses
    ways = tail = 1  # n choose k, and its sum over k
    for k in range(min(wins, losses)):
        ways = ways * (n - k) // (k + 1)
        tail += ways
    return min(1.0, 2 * tail / (1 << n))


def wilson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """A share with Wilson's score interval, which stays in [0, 1] and has width at 0 and at 1.

    Source: Wilson 1927, without continuity correction. Of n = 0 nothing is known: all NaN.

    Raises:
        ValueError: `successes` outside 0..n, or a level outside (0, 1).

    >>> [round(x, 4) for x in wilson(8, 10)]
    [0.8, 0.4902, 0.9433, 10]
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie in 0..{n}, but is {successes}")
    z = NormalDist().inv_cdf(0.5 + _level(level) / 2.0)
    if n == 0:
        return NOTHING
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Estimate(share, low, high, n)


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing their average rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    average: Floats = (2 * last - counts + 1) / 2.0
    return average[inverse]


def spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Spearman's rank correlation of two (N,) sequences; ties share their average rank.

    Pairs with a NaN are left out. Fewer than two pairs, or a constant side, have no correlation: NaN.

    Raises:
        ValueError: the lengths differ.

    >>> round(spearman([1, 2, 3, 4], [10, 30, 20, 40]), 6)
    0.8
    """
    if len(x) != len(y):
        raise ValueError(f"a correlation needs one length, but got {len(x)} and {len(y)}")
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = ~(np.isnan(a) | np.isnan(b))
    a, b = a[known], b[known]
    if a.size < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def sample_size(win_rate: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Prompts needed to tell `win_rate` from one half with this power, two-sided, ties aside.

    n = ((z_level / 2 + z_power sqrt(w (1 - w))) / (w - 1/2))^2, the normal approximation.

    Raises:
        ValueError: a win rate of exactly 0.5 or outside [0, 1], power or level outside (0, 1).

    >>> sample_size(0.55), sample_size(0.60), sample_size(0.7275)
    (783, 194, 36)
    """
    if not 0.0 <= win_rate <= 1.0 or win_rate == 0.5:
        raise ValueError(f"win_rate must lie in [0, 1] and differ from 0.5, but is {win_rate!r}")
    z_level = NormalDist().inv_cdf(0.5 + _level(level) / 2.0)
    z_power = NormalDist().inv_cdf(_level(power))
    root = (z_level / 2.0 + z_power * math.sqrt(win_rate * (1.0 - win_rate))) / (win_rate - 0.5)
    return max(1, math.ceil(root * root))


def detectable(n: int, *, power: float = 0.8, level: float = 0.95) -> float:
    """The smallest win rate above one half that `n` prompts tell from it with this power.

    The inverse of `sample_size`, to 1e-6. Below about 4 prompts not even a clean sweep is enough: NaN.

    Raises:
        ValueError: n below 1.

    >>> round(detectable(300), 3)
    0.581
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, but is {n}")
    low, high = 0.5, 1.0
    if sample_size(high, power=power, level=level) > n:
        return math.nan
    while high - low > 1e-6:
        middle = (low + high) / 2.0
        low, high = (low, middle) if sample_size(middle, power=power, level=level) <= n else (middle, high)
    return high
