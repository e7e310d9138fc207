"""How far raters agree: Krippendorff's alpha, Cohen's kappa. Legend: U units, R raters, V values, D draws."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from rlmr.evals.stats.bootstrap import bootstrap
from rlmr.evals.stats.estimate import DRAWS, NOTHING, Estimate, Floats, check_lengths
from rlmr.names import nearest

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
"""What the ratings are: names, ranks, numbers with a unit, numbers with a unit and a zero."""
Weights = Literal["plain", "linear", "quadratic"]
"""What a disagreement of two raters costs: 1, the distance of the categories, or its square."""
Rating = Hashable | None


def _codes(ratings_UR: Sequence[Sequence[Rating]]) -> tuple[npt.NDArray[np.intp], list[Hashable]]:
    """Ratings as numbers into the sorted values, -1 for unknown: (U, R); and the values."""
    width = {len(row) for row in ratings_UR}
    if len(width) > 1:
        raise ValueError(f"every unit needs one place per rater, but rows have {sorted(width)} places")
    known = {rating for row in ratings_UR for rating in row if not _missing(rating)}
    numbers = all(isinstance(value, int | float | np.number) for value in known)
    values = sorted(known) if numbers else sorted(known, key=lambda value: (type(value).__name__, str(value)))  # type: ignore[type-var]
    index = {value: code for code, value in enumerate(values)}
    codes = [[-1 if _missing(rating) else index[rating] for rating in row] for row in ratings_UR]
    return np.array(codes, dtype=np.intp).reshape(len(ratings_UR), max(width, default=0)), list(values)


def _missing(rating: Rating) -> bool:
    return rating is None or (isinstance(rating, float) and math.isnan(rating))


def _distances(values: Sequence[Hashable], metric: Metric) -> Floats:
    """Squared distances between the values, (V, V), for a metric that does not depend on the marginals."""
    if metric == "nominal":
        return 1.0 - np.eye(len(values))
    x = np.array(values, dtype=np.float64)
    gap = x[:, None] - x[None, :]
    if metric == "interval":
        return np.square(gap)
    total = x[:, None] + x[None, :]
    return np.square(np.divide(gap, total, out=np.zeros_like(gap), where=total != 0))


def _check_metric(values: Sequence[Hashable], metric: Metric) -> None:
    if metric not in get_args(Metric):
        raise ValueError(f"no metric {metric!r}: {nearest(metric, get_args(Metric))}")
    if metric == "nominal":
        return
    strange = [value for value in values if not isinstance(value, int | float | np.number)]
    if strange:
        raise ValueError(f"{metric} ratings are numbers, but one is {strange[0]!r}")
    if metric == "ratio" and any(float(value) < 0 for value in values):  # type: ignore[arg-type]
        raise ValueError(f"ratio ratings are not negative, but one is {min(values)!r}")  # type: ignore[type-var]


def _alpha(counts_UV: Floats, weights_DU: Floats, fixed_VV: Floats | None) -> Floats:
    """Alpha for every draw of units; `fixed_VV` are distances, None means the ordinal ones."""
    marginal_DV = weights_DU @ counts_UV
    total_D = marginal_DV.sum(axis=1)
    share_U = 1.0 / (counts_UV.sum(axis=1) - 1.0)
    if fixed_VV is not None:
        unit_U = np.einsum("uv,vw,uw->u", counts_UV, fixed_VV, counts_UV, optimize=True) * share_U
        observed_D = weights_DU @ unit_U
        expected_D = ((marginal_DV @ fixed_VV) * marginal_DV).sum(axis=1)
    else:  # ordinal: squared differences of midranks, which each draw has its own of
        rank_DV = np.cumsum(marginal_DV, axis=1) - marginal_DV / 2.0
        rank_DV -= rank_DV.mean(axis=1, keepdims=True)
        first_DU, second_DU = rank_DV @ counts_UV.T, np.square(rank_DV) @ counts_UV.T
        unit_DU = 2.0 * (counts_UV.sum(axis=1) * second_DU - np.square(first_DU)) * share_U
        observed_D = (weights_DU * unit_DU).sum(axis=1)
        first_D, second_D = (marginal_DV * rank_DV).sum(axis=1), (marginal_DV * rank_DV**2).sum(axis=1)
        expected_D = 2.0 * (total_D * second_D - np.square(first_D))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = 1.0 - (total_D - 1.0) * observed_D / expected_D
    varied = (marginal_DV > 0).sum(axis=1) > 1
    return np.where(varied & (expected_D > 0), found, np.nan)


def krippendorff_alpha(
    ratings_UR: Sequence[Sequence[Rating]],
    metric: Metric = "nominal",
    *,
    clusters: Sequence[Hashable] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Krippendorff's alpha with a bootstrap interval over units: 1 is full agreement, 0 is chance.

    alpha = 1 - D_o / D_e, the observed disagreement of two ratings of one unit over that of any two ratings.
    A squared distance of two values is, by `metric`: nominal, 1 where they differ; ordinal, the square of the
    ratings between their midranks; interval, (a - b)^2; ratio, ((a - b) / (a + b))^2. Source: Krippendorff,
    *Content Analysis*; Hayes & Krippendorff 2007 (who resample disagreements; here units are drawn).

    Args:
        ratings_UR: one row per unit, one place per rater; None and NaN are missing. For all metrics but
            nominal they are numbers, for ratio not negative ones.
        metric: what the ratings are.
        clusters: shape (U,); units that belong together (pairs of one prompt); None: each on its own.
        draws: bootstrap draws, at least 1.
        seed: the same seed gives the same interval.
        level: the interval's coverage.

    Units with fewer than two ratings say nothing and are left out; `n` counts the others. Where only one
    value was ever used, agreement by chance is certain and alpha unknown: NaN.

    Raises:
        ValueError: rows of different widths, an unknown metric, ratings that the metric does not allow.

    >>> round(krippendorff_alpha([[0, 1], [1, 1], [0, 0], [1, None]]).value, 6)
    0.444444
    """
    codes_UR, values = _codes(ratings_UR)
    _check_metric(values, metric)
    clusters = range(len(codes_UR)) if clusters is None else clusters
    check_lengths(ratings_UR=ratings_UR, clusters=clusters)
    counts_UV = (codes_UR[:, :, None] == np.arange(len(values))).sum(axis=1).astype(np.float64)
    paired = counts_UV.sum(axis=1) > 1
    if not paired.any():
        return NOTHING
    counts_UV = counts_UV[paired]
    fixed_VV = None if metric == "ordinal" else _distances(values, metric)
    kept = [cluster for cluster, one in zip(clusters, paired, strict=True) if one]
    return bootstrap(lambda w: _alpha(counts_UV, w, fixed_VV), kept, draws=draws, seed=seed, level=level)


def cohen_kappa(
    first: Sequence[Rating],
    second: Sequence[Rating],
    weights: Weights = "plain",
    *,
    categories: Sequence[Hashable] | None = None,
    clusters: Sequence[Hashable] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Cohen's kappa of two raters with a bootstrap interval over units: 1 is full agreement, 0 is chance.

    kappa = 1 - sum(w O) / sum(w E) over pairs of categories: O is how often the pair was given, E how often
    it would be by chance with each rater's own marginals; the weight w is 0 for the same category and else
    1 (plain), |i - j| (linear) or (i - j)^2 (quadratic), with i and j the categories' places. Source: Cohen
    1960, 1968.

    Args:
        first: shape (U,); None and NaN are missing, and leave their unit out.
        second: shape (U,); the other rater.
        weights: what a disagreement costs.
        categories: all categories in their order; None: those that were given, sorted. It matters for linear
            and quadratic weights where a category in between was never given.
        clusters: shape (U,); units that belong together; None: each on its own.
        draws: bootstrap draws, at least 1.
        seed: the same seed gives the same interval.
        level: the interval's coverage.

    Where both raters gave one and the same category only, kappa is unknown: NaN.

    Raises:
        ValueError: lengths differ, unknown weights, or a rating that is not among the categories.

    >>> round(cohen_kappa([1, 2, 3, 3], [1, 2, 3, 2]).value, 6)
    0.636364
    """
    if weights not in get_args(Weights):
        raise ValueError(f"no weights {weights!r}: {nearest(weights, get_args(Weights))}")
    clusters = range(len(first)) if clusters is None else clusters
    check_lengths(first=first, second=second, clusters=clusters)
    codes_U2, values = _codes(list(zip(first, second, strict=True)))
    known: npt.NDArray[np.bool_] = np.all(codes_U2.reshape(-1, 2) >= 0, axis=1)
    if not known.any():
        return NOTHING
    place = _places(values, categories)[codes_U2[known]]
    size = len(values) if categories is None else len(categories)
    gap = np.abs(np.arange(size)[:, None] - np.arange(size)[None, :]).astype(np.float64)
    cost = {"plain": (gap > 0).astype(np.float64), "linear": gap, "quadratic": gap**2}[weights]
    seen = [np.eye(size)[place[:, side]] for side in (0, 1)]
    cost_U = cost[place[:, 0], place[:, 1]]

    def statistic(weights_DU: Floats) -> Floats:
        by_chance = ((weights_DU @ seen[0]) @ cost * (weights_DU @ seen[1])).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = 1.0 - (weights_DU @ cost_U) * weights_DU.sum(axis=1) / by_chance
        return np.where(by_chance > 0, found, np.nan)

    kept = [cluster for cluster, one in zip(clusters, known, strict=True) if one]
    return bootstrap(statistic, kept, draws=draws, seed=seed, level=level)


def _places(values: Sequence[Hashable], categories: Sequence[Hashable] | None) -> npt.NDArray[np.intp]:
    """Where each value stands among the categories."""
    order = {category: place for place, category in enumerate(values if categories is None else categories)}
    for value in values:
        if value not in order:
            raise ValueError(f"rating {value!r} is not among the categories {list(order)}")
    return np.array([order[value] for value in values], dtype=np.intp)
