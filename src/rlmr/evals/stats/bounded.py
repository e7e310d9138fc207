"""Shares, win rates and their differences: means of values with a least and a greatest one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from rlmr.evals.stats.bootstrap import cluster_codes
from rlmr.evals.stats.estimate import NOTHING, Estimate, Floats, check_lengths, two_sided

_HALVINGS = 40
"""Of the range in which a limit is sought: to 1e-12 of it."""


def bounded_mean(
    values: Sequence[float] | Floats,
    clusters: Sequence[Hashable],
    *,
    least: float = 0.0,
    most: float = 1.0,
    level: float = 0.95,
) -> Estimate:
    """The mean of N values between `least` and `most`, in M clusters, with a score interval.

    For what a bootstrap gives no width at the edge: all passed, all won, no pair differs. The interval holds
    every mean that Rao's score test keeps (1948). Clusters are drawn from an unknown distribution on what was
    seen and the bounds, whose shares are fitted under the mean in question. Of single values it is Wilson's
    interval for 0 and 1 (1927), Tango's for -1, 0 and 1 (1998, for paired shares), and so for the wins, ties
    and losses of a win rate; in general that of a multinomial's mean (Lang 2008). Larger clusters weigh more,
    as in `clustered_mean`. Where all values lie at 1, the lower limit is M / (M + z^2): clusters count, not
    texts, and that a whole cluster at the other bound may be unseen keeps the interval wide near the edge.

    Args:
        values: shape (N,); NaN is unknown and left out.
        clusters: shape (N,); the prompt that each value belongs to.
        least: no value can be below it: 0 for shares and wins, -1 for differences of two such.
        most: no value can be above it.
        level: the interval's coverage.

    Of no known value nothing is known: all NaN.

    Raises:
        ValueError: lengths differ, a value outside the bounds, or a level outside (0, 1).

    >>> [round(x, 4) for x in bounded_mean([1, 1, 1, 1], "abcd")]
    [1.0, 0.5101, 1.0, 4]
    >>> [round(x, 4) for x in bounded_mean([0, 0, 0, 0], "abcd", least=-1)]
    [0.0, -0.4899, 0.4899, 4]
    """
    check_lengths(values=values, clusters=clusters)
    z = two_sided(level)
    value_N = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(value_N)
    value_N = value_N[known]
    if not value_N.size:
        return NOTHING
    if value_N.min() < least or value_N.max() > most:
        found = f"{value_N.min():g} to {value_N.max():g}"
        raise ValueError(f"values must lie in [{least:g}, {most:g}], but go from {found}")
    code_N = cluster_codes([cluster for cluster, one in zip(clusters, known, strict=True) if one])
    sums_M, counts_M = np.bincount(code_N, value_N), np.bincount(code_N).astype(np.float64)
    mean, size = float(value_N.mean()), float(counts_M.mean())
    low = lower_limit(lambda m: (sums_M - m * counts_M) / size, least, mean, z)
    high = -lower_limit(lambda m: (-sums_M - m * counts_M) / size, -most, -mean, z)
    return Estimate(mean, low, high, value_N.size)


def lower_limit(surplus: Callable[[float], Floats], least: float, estimate: float, z: float) -> float:
    """The smallest mean m in [least, estimate] that Rao's score test keeps, by bisection.

    `surplus` gives by how much each cluster lies above m, u (M,); what was not seen may lie as low as
    least - m. Under m the clusters' fitted shares are 1 / (1 + t u) / M: t makes the mean of u under them 0,
    or, where that cannot be, is so large that the bound takes the rest. The statistic is M t mean(u), so that
    m is kept where t <= z^2 / (M mean(u)).
    """
    below, above = least, estimate
    if above <= below:
        return least
    for _ in range(_HALVINGS):
        m = (below + above) / 2.0
        u_M = surplus(m)
        mean = float(u_M.mean())
        if mean <= 0.0:  # the estimate itself
            break
        t = z * z / (u_M.size * mean)
        beyond = t * max(m - least, -float(u_M.min())) >= 1.0
        kept = beyond or float((u_M / (1.0 + t * u_M)).sum()) <= 0.0
        below, above = (below, m) if kept else (m, above)
    return above
