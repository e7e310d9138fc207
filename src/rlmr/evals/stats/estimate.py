"""An estimate with its interval, and the checks that every statistic shares."""

from __future__ import annotations

import math
from collections.abc import Sized
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


def check_level(level: float, name: str = "level") -> float:
    """`level` itself, or ValueError where it is no probability strictly between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"{name} must lie between 0 and 1, exclusive, but is {level!r}")
    return level


def check_lengths(**columns: Sized) -> None:
    """ValueError that names the columns where they are not of one length."""
    if len({len(column) for column in columns.values()}) > 1:
        given = ", ".join(f"{len(column)} {name}" for name, column in columns.items())
        raise ValueError(f"need columns of one length, but got {given}")


def check_draws(draws: int) -> None:
    """ValueError where there are no draws."""
    if draws < 1:
        raise ValueError(f"draws must be at least 1, but is {draws}")


def two_sided(level: float) -> float:
    """The normal quantile that leaves (1 - level) / 2 above it: 1.96 for 0.95.

    >>> round(two_sided(0.95), 4)
    1.96
    """
    return NormalDist().inv_cdf(0.5 + check_level(level) / 2.0)
