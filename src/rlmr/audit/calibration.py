"""How far a reward model's differences are probabilities: one temperature, fitted on other prompts than it is
measured on.

P(chosen wins) = sigmoid(d / T) with d the difference of scores (Guo et al. 2017, temperature scaling).
Legend: M pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from rlmr.calibration import Bin, brier, ece, log_sigmoid, nll, reliability

Floats = npt.NDArray[np.float64]

BINS = 20
"""Bins of probability; confidence, at least .5, fills the upper ten."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Measured on each half of the groups with the other half's temperature; NaN where nothing is known."""

    temperature: float
    """Over all pairs; what to divide differences of scores by."""
    nll: float
    """Mean -log P(chosen); log 2 = .693 for a coin."""
    brier: float
    """Mean (1 - P(chosen))^2; .25 for a coin."""
    ece: float
    """Mean |confidence - accuracy|, weighted by bin."""
    bins: tuple[Bin, ...]


def fit_temperature(d_M: Floats) -> float:
    """The T in [0.01, 1000] with the least NLL; 1 without pairs.

    >>> round(fit_temperature(np.array([1.0, 1.0, 1.0, -1.0])), 3)  # 3 of 4 right: sigmoid(1 / T) = .75
    0.91
    """
    if not len(d_M):
        return 1.0
    found = minimize_scalar(
        lambda log_t: -float(log_sigmoid(d_M / math.exp(log_t)).mean()),
        bounds=(math.log(0.01), math.log(1000)),
        method="bounded",
    )
    return math.exp(float(found.x))


def calibrate(d: Sequence[float] | Floats, groups: Sequence[str]) -> Calibration:
    """Calibration of (M,) differences, NaN left out; with fewer than two groups nothing is known."""
    known = [(float(x), g) for x, g in zip(d, groups, strict=True) if not math.isnan(x)]
    names = sorted({g for _, g in known})
    if len(names) < 2:
        return Calibration(math.nan, math.nan, math.nan, math.nan, ())
    order = np.random.default_rng(0).permutation(len(names))
    half = {names[i]: rank % 2 for rank, i in enumerate(order)}
    d_M, half_M = np.array([x for x, _ in known]), np.array([half[g] for _, g in known])
    scaled_M = np.empty_like(d_M)
    for side in (0, 1):
        scaled_M[half_M == side] = d_M[half_M == side] / fit_temperature(d_M[half_M != side])
    p_M = np.exp(log_sigmoid(scaled_M))
    chosen_M = np.ones(len(p_M))
    sure_M, right_M = np.maximum(p_M, 1 - p_M), (p_M > 0.5) + 0.5 * (p_M == 0.5)
    return Calibration(
        fit_temperature(d_M),
        nll(p_M, chosen_M),
        brier(p_M, chosen_M),
        ece(sure_M, right_M, BINS),
        tuple(reliability(sure_M, right_M, BINS)),
    )
