"""From a classifier's logits to probabilities: two numbers, fitted on examples that it was not trained on.

P(kept) = sigmoid(logit / temperature + shift). The temperature says how sure the classifier may be (Guo et
al. 2017); the shift gives back the share of passes that balanced training takes away (Platt 1999). Legend: N
examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]

TEMPERATURES = (0.01, 1000.0)
"""Where the temperature is looked for."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns a logit into a probability."""

    temperature: float = 1.0
    """Divides logits; above 1 where the classifier is too sure of itself."""
    shift: float = 0.0
    """Is added after that; above 0 where passes are more frequent than in training."""

    def probability(self, logit: float) -> float:
        """P(kept) of one logit.

        >>> Calibration().probability(0.0), round(Calibration(2.0, 1.0).probability(2.0), 3)
        (0.5, 0.881)
        """
        return float(np.exp(-np.logaddexp(0.0, -(logit / self.temperature + self.shift))))


def fit(logits: Sequence[float], passed: Sequence[bool]) -> Calibration:
    """The temperature and shift with the least cross-entropy over N examples.

    Labels are drawn in a little, to (n + 1) / (n + 2), as Platt does, so that a few examples, or examples of
    one label only, still give a finite answer. Without examples: temperature 1, shift 0.

    >>> found = fit([3.0] * 4 + [-3.0] * 4, [True, True, True, False, False, False, False, True])
    >>> found.temperature > 2, abs(found.shift) < 0.01  # three of four right: less sure than the logits say
    (True, True)
    """
    if not logits:
        return Calibration()
    logit_N, passed_N = np.asarray(logits, dtype=np.float64), np.asarray(passed, dtype=bool)
    passes, fails = int(passed_N.sum()), int((~passed_N).sum())
    target_N = np.where(passed_N, (passes + 1) / (passes + 2), 1 / (fails + 2))

    def loss(parameters: Floats) -> float:
        z_N = logit_N * math.exp(-parameters[0]) + parameters[1]
        return float((np.logaddexp(0.0, z_N) - target_N * z_N).mean())

    limits = [tuple(map(math.log, TEMPERATURES)), (None, None)]
    found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=limits)
    return Calibration(math.exp(float(found.x[0])), float(found.x[1]))
