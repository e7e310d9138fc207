"""How far probabilities are to be believed: the measures, for verifiers and reward models alike.

Legend: N forecasts. An empty list measures as NaN: nothing is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BINS = 10
"""Equal bins of the probability."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of the reliability plot."""

    confidence: float
    """Mean probability of its forecasts."""
    accuracy: float
    """Share of them that came true; a half counts as a half."""
    n: int


def log_sigmoid(x: Floats) -> Floats:
    """log sigmoid(x), without overflow."""
    return -np.logaddexp(0.0, -x)


def reliability(
    probabilities: Sequence[float] | Floats, came_true: Sequence[float] | Floats, bins: int = BINS
) -> list[Bin]:
    """N forecasts by probability, in `bins` equal bins of [0, 1]; empty bins are left out.

    >>> reliability([0.9, 0.95], [True, False])
    [Bin(confidence=0.925, accuracy=0.5, n=2)]
    """
    p_N, true_N = np.asarray(probabilities, dtype=np.float64), np.asarray(came_true, dtype=np.float64)
    bin_N = np.minimum((p_N * bins).astype(int), bins - 1)
    return [
        Bin(float(p_N[bin_N == k].mean()), float(true_N[bin_N == k].mean()), int((bin_N == k).sum()))
        for k in np.unique(bin_N).tolist()
    ]


def nll(probabilities: Sequence[float] | Floats, came_true: Sequence[float] | Floats) -> float:
    """Mean negative log likelihood of N labels, in nats; log 2 = .693 for a coin, NaN for none.

    >>> round(nll([0.5, 0.5], [True, False]), 3)
    0.693
    """
    if not len(probabilities):
        return math.nan
    p_N = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-12, 1 - 1e-12)
    return float(-np.log(np.where(np.asarray(came_true, dtype=bool), p_N, 1 - p_N)).mean())


def brier(probabilities: Sequence[float] | Floats, came_true: Sequence[float] | Floats) -> float:
    """Mean squared error of N probabilities; .25 for a coin, NaN for none.

    >>> brier([0.5, 0.5], [True, False])
    0.25
    """
    if not len(probabilities):
        return math.nan
    gap_N = np.asarray(probabilities, dtype=np.float64) - np.asarray(came_true, dtype=np.float64)
    return float((gap_N**2).mean())


def ece(
    probabilities: Sequence[float] | Floats, came_true: Sequence[float] | Floats, bins: int = BINS
) -> float:
    """Expected calibration error: mean |probability - share that came true| over `reliability`'s bins,
    weighted by size; NaN for none.

    >>> round(ece([0.9, 0.9], [True, False]), 3)
    0.4
    """
    if not len(probabilities):
        return math.nan
    found = reliability(probabilities, came_true, bins)
    return sum(b.n * abs(b.confidence - b.accuracy) for b in found) / len(probabilities)
