"""The bootstrap that draws whole prompts, and Student's interval for a few independent values."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from rlmr.evals.stats.estimate import (
    DRAWS,
    NOTHING,
    Estimate,
    Floats,
    check_draws,
    check_lengths,
    check_level,
)

_CHUNK = 1 << 21
"""Counts held at once while drawing."""

Statistic = Callable[[Floats], Floats]
"""Takes how often each observation was drawn, (D, N), and gives one number per draw, (D,), or M, (D, M)."""


def cluster_codes(clusters: Sequence[Hashable]) -> npt.NDArray[np.intp]:
    """The clusters as numbers from 0, in order of first sight: shape (N,).

    >>> cluster_codes(["b", "a", "b"]).tolist()
    [0, 1, 0]
    """
    index: dict[Hashable, int] = {}
    return np.array([index.setdefault(cluster, len(index)) for cluster in clusters], dtype=np.intp)


def cluster_counts(clusters: int, *, draws: int = DRAWS, seed: int = 0, width: int = 1) -> Iterator[Floats]:
    """How often each cluster is drawn, in blocks of shape (D, clusters); every row sums to `clusters`.

    Blocks are as small as a caller needs them who makes `width` numbers of each draw.

    >>> [block.sum(axis=1).tolist() for block in cluster_counts(3, draws=2)]
    [[3.0, 3.0]]
    """
    generator = np.random.default_rng(seed)
    block = max(1, _CHUNK // max(clusters, width))
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        drawn = generator.integers(clusters, size=(rows, clusters))
        drawn += np.arange(rows)[:, None] * clusters
        counts = np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters)
        yield counts.astype(np.float64)


def bootstrap(
    statistic: Statistic,
    clusters: Sequence[Hashable],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Any statistic of N observations with a percentile interval that resamples whole clusters.

    Each draw takes as many clusters as there are, with replacement (Efron 1979; by clusters: Cameron, Gelbach
    & Miller 2008). `statistic` sees the draw as weights: how often each observation was taken. Draws in which
    it is NaN are left out of the limits; where it is NaN for the sample itself, all is NaN.

    Args:
        statistic: (D, N) weights to (D,) values; the estimate is its value for weights of 1.
        clusters: shape (N,); the prompt that each observation belongs to.
        draws: bootstrap draws, at least 1.
        seed: the same seed gives the same interval.
        level: the interval's coverage.

    Raises:
        ValueError: no observation, no draws, or a level outside (0, 1).

    >>> x = np.array([1.0, 2.0, 6.0])
    >>> bootstrap(lambda w: w @ x / w.sum(axis=1), "abc")
    Estimate(value=3.0, low=1.0, high=6.0, n=3)
    """
    return bootstrap_all(
        lambda weights: statistic(weights)[:, None], clusters, draws=draws, seed=seed, level=level
    )[0]


def bootstrap_all(
    statistic: Statistic,
    clusters: Sequence[Hashable],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> list[Estimate]:
    """As `bootstrap`, for M statistics of the same draws: `statistic` gives (D, M).

    Raises:
        ValueError: no observation, no draws, or a level outside (0, 1).

    >>> x = np.array([1.0, 2.0, 6.0])
    >>> [one.value for one in bootstrap_all(lambda w: np.column_stack([w @ x, w @ -x]), "abc")]
    [9.0, -9.0]
    """
    check_draws(draws)
    tail = (1.0 - check_level(level)) / 2.0
    member = cluster_codes(clusters)
    if not member.size:
        raise ValueError("nothing to draw from: no observation")
    values = statistic(np.ones((1, member.size)))[0]
    blocks = cluster_counts(int(member.max()) + 1, draws=draws, seed=seed, width=member.size)
    found_DM = np.concatenate([statistic(block[:, member]) for block in blocks])
    return [
        _limits(float(value), found, tail, member.size)
        for value, found in zip(values, found_DM.T, strict=True)
    ]


def _limits(value: float, found_D: Floats, tail: float, n: int) -> Estimate:
    """An estimate with the quantiles of its known draws; no limits where it, or every draw, is unknown."""
    known_D = found_D[~np.isnan(found_D)]
    if math.isnan(value) or not known_D.size:
        return Estimate(value, math.nan, math.nan, n)
    low, high = np.quantile(known_D, [tail, 1.0 - tail])
    return Estimate(value, float(low), float(high), n)


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
    check_lengths(values=values, clusters=clusters)
    check_draws(draws)
    tail = (1.0 - check_level(level)) / 2.0
    value_N = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(value_N)
    value_N = value_N[known]
    member = cluster_codes([cluster for cluster, kept in zip(clusters, known, strict=True) if kept])
    if not value_N.size:
        return NOTHING
    sums, counts = np.bincount(member, value_N), np.bincount(member).astype(np.float64)
    blocks = cluster_counts(len(sums), draws=draws, seed=seed)
    means = np.concatenate([(block @ sums) / (block @ counts) for block in blocks])
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Estimate(float(value_N.mean()), float(low), float(high), value_N.size)


def paired_difference(
    candidate: Sequence[float] | Floats,
    baseline: Sequence[float] | Floats,
    clusters: Sequence[Hashable],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """The mean of candidate minus baseline, prompt by prompt: the paired bootstrap.

    Both have shape (N,) and hold the two systems' values for the same prompt; a pair with an unknown side is
    left out. Drawing pairs keeps what a prompt does to both sides out of the interval (Koehn 2004).

    Raises:
        ValueError: lengths differ, no draws, or a level outside (0, 1).

    >>> paired_difference([3.0, 4.0], [1.0, 2.0], ["a", "b"])
    Estimate(value=2.0, low=2.0, high=2.0, n=2)
    """
    check_lengths(candidate=candidate, baseline=baseline, clusters=clusters)
    difference = np.asarray(candidate, dtype=np.float64) - np.asarray(baseline, dtype=np.float64)
    return clustered_mean(difference, clusters, draws=draws, seed=seed, level=level)


def student_mean(values: Sequence[float] | Floats, level: float = 0.95) -> Estimate:
    """The mean of a few independent values with Student's interval: mean ± t s / sqrt(n).

    For what there are too few of for a bootstrap: seeds, sets of texts. Source: Student 1908. NaN is unknown
    and left out; a single value has a mean and unknown limits; equal values an interval without width.

    Raises:
        ValueError: a level outside (0, 1).

    >>> [round(x, 4) for x in student_mean([1.0, 2.0, 3.0])]
    [2.0, -0.4841, 4.4841, 3]
    """
    check_level(level)
    value_N = np.asarray(values, dtype=np.float64)
    value_N = value_N[~np.isnan(value_N)]
    n = value_N.size
    if n < 2:
        return Estimate(float(value_N[0]), math.nan, math.nan, 1) if n else NOTHING
    half = float(stdtrit(n - 1, 0.5 + level / 2.0) * value_N.std(ddof=1) / math.sqrt(n))
    mean = float(value_N.mean())
    return Estimate(mean, mean - half, mean + half, n)


def student_test(values: Sequence[float] | Floats) -> float:
    """Two-sided p-value that the mean of a few independent values is 0: Student's t test.

    For the differences of sets, which are too few for `permutation_test`. NaN is left out. Fewer than two
    values cannot tell: p = 1. Equal values: 1 where they are 0, else 0.

    >>> round(student_test([1.0, 2.0, 3.0]), 4)
    0.0742
    """
    value_N = np.asarray(values, dtype=np.float64)
    value_N = value_N[~np.isnan(value_N)]
    n = value_N.size
    if n < 2:
        return 1.0
    mean, error = abs(float(value_N.mean())), float(value_N.std(ddof=1)) / math.sqrt(n)
    if error == 0.0:
        return 0.0 if mean else 1.0
    return float(2.0 * stdtr(n - 1, -mean / error))
