"""Counts: exact tests and intervals of a share, pass@k, and corrections for many tests."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import betaincinv

from rlmr.evals.stats.estimate import NOTHING, Estimate, Floats, check_level, two_sided


def sign_test(wins: int, losses: int) -> float:
    """Two-sided exact p-value of `wins` against `losses` under a fair coin; ties are left out before.

    p = min(1, 2 P(X <= min(wins, losses))) with X binomial(wins + losses, 1/2), summed in integers.
    Without a decided comparison there is no evidence: p = 1. Source: Arbuthnot 1710; Dixon & Mood 1946.

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

    Source: Wilson 1927, without continuity correction. Of n = 0 nothing is known: all NaN. It covers 95 % on
    average over the shares; `clopper_pearson` covers at least 95 % for every one, and is wider.

    Raises:
        ValueError: `successes` outside 0..n, or a level outside (0, 1).

    >>> [round(x, 4) for x in wilson(8, 10)]
    [0.8, 0.4902, 0.9433, 10]
    """
    _check_counts(successes, n)
    z = two_sided(level)
    if n == 0:
        return NOTHING
    share = successes / n
    return Estimate(share, *score_limits(share, n, z), n)


def score_limits(share: float, size: float, z: float) -> tuple[float, float]:
    """The two ends of Wilson's interval of a share of `size` coins, which need not be a whole number.

    >>> [round(x, 4) for x in score_limits(0.8, 10, 1.959964)]
    [0.4902, 0.9433]
    """
    scale = 1 + z * z / size
    centre = (share + z * z / (2 * size)) / scale
    half = z * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size)) / scale
    return 0.0 if share == 0 else centre - half, 1.0 if share == 1 else centre + half


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """A share with the exact interval: the shares that an exact one-sided test on either side would keep.

    Limits are quantiles of Beta(k, n - k + 1) and Beta(k + 1, n - k). Source: Clopper & Pearson 1934. It
    never covers less than `level`, and more for small n. Of n = 0 nothing is known: all NaN.

    Raises:
        ValueError: `successes` outside 0..n, or a level outside (0, 1).

    >>> [round(x, 4) for x in clopper_pearson(8, 10)]
    [0.8, 0.4439, 0.9748, 10]
    """
    _check_counts(successes, n)
    tail = (1.0 - check_level(level)) / 2.0
    if n == 0:
        return NOTHING
    k = successes
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1.0 - tail))
    return Estimate(k / n, low, high, n)


def _check_counts(successes: int, n: int) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie in 0..{n}, but is {successes}")


def pass_at_k(n: int, passed: int, k: int) -> float:
    """Chance that at least one of k texts passes, of n sampled ones of which `passed` did: unbiased.

    1 - C(n - passed, k) / C(n, k), in integers. Source: Chen et al. 2021 (arXiv 2107.03374). Average it over
    prompts with `clustered_mean`. Fewer than k texts cannot tell: NaN.

    Raises:
        ValueError: k below 1, or `passed` outside 0..n.

    >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 2), pass_at_k(1, 1, 2)
    (0.25, 0.5, nan)
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, but is {k}")
    if not 0 <= passed <= n:
        raise ValueError(f"passed must lie in 0..{n}, but is {passed}")
    if k > n:
        return math.nan
    all_ways = math.comb(n, k)
    return (all_ways - math.comb(n - passed, k)) / all_ways


def _p_values(p_values: Sequence[float] | Floats) -> Floats:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or bool(((p < 0) | (p > 1)).any()):
        raise ValueError(f"p-values are one row of numbers in [0, 1] or NaN, but got {p.tolist()}")
    return p


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Holm's adjusted p-values, (M,): rejecting those below alpha errs anywhere with chance alpha at most.

    The i-th smallest of M becomes the largest of (M - j + 1) p_j over j <= i, at most 1. Source: Holm 1979.
    NaN (a test that could not be made) stays NaN and is not counted.

    Raises:
        ValueError: a value outside [0, 1].

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = _p_values(p_values)
    order = np.argsort(p)[: int((~np.isnan(p)).sum())]
    adjusted = np.full(p.shape, np.nan)
    scaled = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return adjusted


def benjamini_hochberg(p_values: Sequence[float] | Floats) -> Floats:
    """Adjusted p-values, (M,): of those below q, a share of q at most is expected to be false.

    The i-th smallest of M becomes the smallest of M p_j / j over j >= i, at most 1. Source: Benjamini &
    Hochberg 1995, for independent or positively dependent tests. NaN stays NaN and is not counted.

    Raises:
        ValueError: a value outside [0, 1].

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    p = _p_values(p_values)
    order = np.argsort(p)[: int((~np.isnan(p)).sum())]
    adjusted = np.full(p.shape, np.nan)
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted
