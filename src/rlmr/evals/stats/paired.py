"""Two systems on the same prompts: win rates, shares, a judge's two orders, permutation, rank correlation."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from rlmr.evals.stats.binomial import sign_test
from rlmr.evals.stats.bootstrap import bootstrap, cluster_codes
from rlmr.evals.stats.bounded import bounded_mean
from rlmr.evals.stats.estimate import DRAWS, NOTHING, Estimate, Floats, check_draws, check_lengths

EXACT = 14
"""Clusters up to which a permutation test goes through all sign patterns: 16,384 of them."""


def outcomes(candidate: Sequence[float] | Floats, baseline: Sequence[float] | Floats) -> Floats:
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


def check_outcomes(won: Sequence[float] | Floats) -> Floats:
    """Outcomes as an array; ValueError where one is not 0, 0.5, 1 or NaN."""
    found = np.asarray(won, dtype=np.float64)
    wrong = found[~(np.isin(found, (0.0, 0.5, 1.0)) | np.isnan(found))]
    if wrong.size:
        raise ValueError(f"an outcome is 0 (lost), 0.5 (tie), 1 (won) or NaN (unknown), but got {wrong[0]}")
    return found


def share_difference(
    candidate: Sequence[float] | Floats, baseline: Sequence[float] | Floats, clusters: Sequence[Hashable]
) -> Estimate:
    """The candidate's share minus the baseline's, of the same prompts, with a score interval over prompts.

    Both have shape (N,) and hold 0 and 1 (kept or not), outcomes with ties, or any values from 0 to 1; a pair
    with an unknown side is left out. With one pair a prompt it is Tango's interval (1998), see
    `bounded_mean`, and has a width where no pair differs, or all do. `paired_difference` is for values
    without bounds.

    Raises:
        ValueError: lengths differ, or values outside 0 and 1.

    >>> [round(x, 3) for x in share_difference([1, 1, 0, 1], [0, 1, 0, 1], "abcd")]
    [0.25, -0.362, 0.699, 4]
    """
    check_lengths(candidate=candidate, baseline=baseline, clusters=clusters)
    difference = np.asarray(candidate, dtype=np.float64) - np.asarray(baseline, dtype=np.float64)
    return bounded_mean(difference, clusters, least=-1.0)


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often one system beats another."""

    wins: int
    ties: int
    losses: int
    unknown: int
    """Comparisons without an outcome."""
    rate: Estimate
    """(wins + ties / 2) / known, with a score interval over prompts (`bounded_mean`)."""
    p: float
    """Exact two-sided sign test over prompts: those won more than lost against those lost more than won."""


def win_rate(won: Sequence[float] | Floats, prompts: Sequence[Hashable]) -> WinRate:
    """The win rate of outcomes (N,) (see `outcomes`), ties a half, unknown ones left out.

    Several comparisons of one prompt are one cluster in the interval, and one coin in the sign test.

    Raises:
        ValueError: lengths differ, or a value that is no outcome.

    >>> found = win_rate([1, 1, 0, 0.5], "abcd")
    >>> found.wins, found.ties, found.losses, found.rate.value, found.p
    (2, 1, 1, 0.625, 1.0)
    """
    check_lengths(outcomes=won, prompts=prompts)
    won_N = check_outcomes(won)
    known = ~np.isnan(won_N)
    balance = np.bincount(cluster_codes(prompts)[known], won_N[known] - 0.5) if known.any() else np.zeros(0)
    return WinRate(
        wins=int((won_N == 1.0).sum()),
        ties=int((won_N == 0.5).sum()),
        losses=int((won_N == 0.0).sum()),
        unknown=int((~known).sum()),
        rate=bounded_mean(won_N, prompts),
        p=sign_test(int((balance > 0).sum()), int((balance < 0).sum())),
    )


def merge_orders(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> Floats:
    """One outcome per pair, (N,), from a judge who saw the candidate first, and then second.

    Both are outcomes for the candidate. Where the two agree, that is it; a disagreement is a tie (MT-Bench,
    Zheng et al. 2023, arXiv 2306.05685); unknown in one order is unknown.

    Raises:
        ValueError: lengths differ, or a value that is no outcome.

    >>> merge_orders([1, 1, 0.5, 0], [1, 0, 1, float("nan")]).tolist()
    [1.0, 0.5, 0.5, nan]
    """
    check_lengths(first=first, second=second)
    a, b = check_outcomes(first), check_outcomes(second)
    return np.where(np.isnan(a) | np.isnan(b), np.nan, np.where(a == b, a, 0.5))


def flip_rate(
    first: Sequence[float] | Floats, second: Sequence[float] | Floats, prompts: Sequence[Hashable]
) -> Estimate:
    """Share of pairs that a judge decides otherwise when the two texts change places: 0 is best.

    Arguments as for `merge_orders`; a tie in one order and a win in the other is a flip, too. A judge who
    always names the first text flips always; a fair coin without ties flips half of the time.

    Raises:
        ValueError: lengths differ, or a value that is no outcome.

    >>> flip_rate([1, 1, 0, 0], [1, 0, 0, 0], "abcd").value
    0.25
    """
    check_lengths(first=first, second=second, prompts=prompts)
    a, b = check_outcomes(first), check_outcomes(second)
    flipped = np.where(np.isnan(a) | np.isnan(b), np.nan, a != b)
    return bounded_mean(flipped, prompts)


def first_place_rate(
    first: Sequence[float] | Floats, second: Sequence[float] | Floats, prompts: Sequence[Hashable]
) -> Estimate:
    """How often the text that is shown first wins, ties a half: 0.5 is a judge without a favourite place.

    Arguments as for `merge_orders`: the mean of (first + 1 - second) / 2 over pairs known in both orders, so
    that the better system cancels out.

    Raises:
        ValueError: lengths differ, or a value that is no outcome.

    >>> first_place_rate([1, 1, 0, 0], [1, 0, 0, 0], "abcd").value
    0.625
    """
    check_lengths(first=first, second=second, prompts=prompts)
    a, b = check_outcomes(first), check_outcomes(second)
    return bounded_mean((a + 1.0 - b) / 2.0, prompts)


def permutation_test(
    differences: Sequence[float] | Floats, clusters: Sequence[Hashable], *, draws: int = 10_000, seed: int = 0
) -> float:
    """Two-sided p-value that the mean of paired differences (N,) is 0: signs are flipped cluster by cluster.

    Under the null hypothesis which system wrote which text of a prompt is exchangeable (Fisher 1935). Up to
    `EXACT` clusters all sign patterns are tried; beyond, `draws` random ones, and p = (1 + as extreme) /
    (1 + draws), never 0 (Phipson & Smyth 2010). NaN is left out; without a difference that is not 0, p = 1.

    Raises:
        ValueError: lengths differ, or no draws.

    >>> permutation_test([1.0, 1.0, 1.0, 1.0], "abcd")
    0.125
    """
    check_lengths(differences=differences, clusters=clusters)
    check_draws(draws)
    value_N = np.asarray(differences, dtype=np.float64)
    known = ~np.isnan(value_N)
    if not known.any():
        return 1.0
    sums = np.bincount(cluster_codes(clusters)[known], value_N[known])
    sums = sums[sums != 0.0]
    n = sums.size
    least = abs(math.fsum(sums)) * (1.0 - 1e-12)
    if n <= EXACT:
        signs = 1.0 - 2.0 * (np.arange(1 << n)[:, None] >> np.arange(n) & 1)
        return float((np.abs(signs @ sums) >= least).mean())
    generator = np.random.default_rng(seed)
    extreme = 0
    for start in range(0, draws, 1_000):
        rows = min(1_000, draws - start)
        signs = generator.integers(2, size=(rows, n)) * 2.0 - 1.0
        extreme += int((np.abs(signs @ sums) >= least).sum())
    return (1 + extreme) / (1 + draws)


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing their average rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    average: Floats = (2 * last - counts + 1) / 2.0
    return average[inverse]


def spearman(x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> float:
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


def _weighted_ranks(values_N: Floats, weights_DN: Floats) -> Floats:
    """Average ranks of N values, each taken as often as the draw says: (D, N), from 0.5."""
    _, inverse = np.unique(values_N, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    starts = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    masses = np.add.reduceat(weights_DN[:, order], starts, axis=1)
    ranks: Floats = (np.cumsum(masses, axis=1) - masses / 2.0)[:, inverse]
    return ranks


def rank_correlation(
    x: Sequence[float] | Floats,
    y: Sequence[float] | Floats,
    clusters: Sequence[Hashable],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """`spearman` with a bootstrap interval over clusters; every draw is ranked anew.

    Raises:
        ValueError: lengths differ, no draws, or a level outside (0, 1).

    >>> found = rank_correlation([1, 2, 3, 4], [10, 30, 20, 40], "abcd")
    >>> round(found.value, 6), found.n
    (0.8, 4)
    """
    check_lengths(x=x, y=y, clusters=clusters)
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = ~(np.isnan(a) | np.isnan(b))
    a, b = a[known], b[known]
    if not a.size:
        return NOTHING

    def statistic(weights_DN: Floats) -> Floats:
        total = weights_DN.sum(axis=1, keepdims=True)
        u, v = (_weighted_ranks(side, weights_DN) - total / 2.0 for side in (a, b))
        spread = (weights_DN * u * u).sum(axis=1) * (weights_DN * v * v).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = np.where(spread > 0, (weights_DN * u * v).sum(axis=1) / np.sqrt(spread), np.nan)
        return found

    kept = [cluster for cluster, one in zip(clusters, known, strict=True) if one]
    return bootstrap(statistic, kept, draws=draws, seed=seed, level=level)
