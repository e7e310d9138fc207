"""Shares of texts that are no independent coins: several of a prompt, or several constraints of a text."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from rlmr.evals.stats.binomial import score_limits
from rlmr.evals.stats.bootstrap import cluster_codes
from rlmr.evals.stats.estimate import NOTHING, Estimate, Floats, check_lengths, two_sided


def clustered_wilson(
    passed: Sequence[float] | Floats, clusters: Sequence[Hashable], level: float = 0.95
) -> Estimate:
    """A share of N outcomes (1, 0, NaN unknown) in M clusters, with Wilson's interval at the effective size.

    n_e = p (1 - p) / v, with v = M / (M - 1) sum_m (sum_i (x_mi - p))^2 / N^2, the linearised variance of p
    (Kish 1965: N / n_e is the design effect; Korn & Graubard 1998 put n_e into an exact interval). Unlike a
    bootstrap's it has a width where all or none passed: there the clusters count, n_e = M, as if each were
    one coin. n_e is at most N; one cluster is one coin. Of nothing nothing is known: all NaN.

    Raises:
        ValueError: lengths differ, or a level outside (0, 1).

    >>> [round(x, 4) for x in clustered_wilson([1, 1, 1, 1], "aabb")]
    [1.0, 0.3424, 1.0, 4]
    """
    check_lengths(passed=passed, clusters=clusters)
    x = np.asarray(passed, dtype=np.float64)
    known = ~np.isnan(x)
    x, code = x[known], cluster_codes([c for c, k in zip(clusters, known, strict=True) if k])
    if not x.size:
        return NOTHING
    n, p, m = x.size, float(x.mean()), int(code.max()) + 1
    residuals = np.bincount(code, weights=x - p, minlength=m)
    variance = m / max(1, m - 1) * float(residuals @ residuals) / n**2
    size = min(n, p * (1 - p) / variance) if variance > 1e-15 else m
    return Estimate(p, *score_limits(p, 1 if m == 1 else size, two_sided(level)), n)
