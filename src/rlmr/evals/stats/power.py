"""How many prompts a difference needs, and what a number of prompts can tell."""

from __future__ import annotations

import math
from statistics import NormalDist

from rlmr.evals.stats.estimate import check_level, two_sided


def sample_size(win_rate: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Prompts needed to tell `win_rate` from one half with this power, two-sided, ties aside.

    n = ((z_level / 2 + z_power sqrt(w (1 - w))) / (w - 1/2))^2, the normal approximation.

    Raises:
        ValueError: a win rate of exactly 0.5 or outside [0, 1], power or level outside (0, 1).

    >>> sample_size(0.55), sample_size(0.60), sample_size(0.7275)
    (783, 194, 36)
    """
    if not 0.0 <= win_rate <= 1.0 or win_rate == 0.5:
        raise ValueError(f"win_rate must lie in [0, 1] and differ from 0.5, but is {win_rate!r}")
    z_level, z_power = two_sided(level), NormalDist().inv_cdf(check_level(power, "power"))
    root = (z_level / 2.0 + z_power * math.sqrt(win_rate * (1.0 - win_rate))) / (win_rate - 0.5)
    return max(1, math.ceil(root * root))


def detectable(n: int, *, power: float = 0.8, level: float = 0.95) -> float:
    """The smallest win rate above one half that `n` prompts tell from it with this power.

    The inverse of `sample_size`, to 1e-6. Below about 4 prompts not even a clean sweep is enough: NaN.

    Raises:
        ValueError: n below 1.

    >>> round(detectable(300), 3)
    0.581
    """
    _check_n(n)
    low, high = 0.5, 1.0
    if sample_size(high, power=power, level=level) > n:
        return math.nan
    while high - low > 1e-6:
        middle = (low + high) / 2.0
        low, high = (low, middle) if sample_size(middle, power=power, level=level) <= n else (middle, high)
    return high


def sample_size_difference(
    difference: float, deviation: float, *, power: float = 0.8, level: float = 0.95
) -> int:
    """Prompts needed to tell a mean paired difference from 0, two-sided.

    n = ((z_level + z_power) deviation / difference)^2, the normal approximation; `deviation` is the standard
    deviation of the paired differences, in the same unit. Equal to statsmodels' one-sample `NormalIndPower`
    but for the far tail, which it counts.

    Raises:
        ValueError: a difference of 0, a negative deviation, power or level outside (0, 1).

    >>> sample_size_difference(0.5, 2.0)
    126
    """
    if difference == 0 or not deviation >= 0:
        raise ValueError(
            f"difference must not be 0 and deviation not negative, but are {difference} and {deviation}"
        )
    z = two_sided(level) + NormalDist().inv_cdf(check_level(power, "power"))
    return max(1, math.ceil((z * deviation / difference) ** 2))


def detectable_difference(n: int, deviation: float, *, power: float = 0.8, level: float = 0.95) -> float:
    """The smallest mean paired difference that `n` prompts tell from 0 with this power: MDE.

    (z_level + z_power) deviation / sqrt(n); see `sample_size_difference`.

    Raises:
        ValueError: n below 1, a negative deviation, power or level outside (0, 1).

    >>> round(detectable_difference(126, 2.0), 3)
    0.499
    """
    _check_n(n)
    if not deviation >= 0:
        raise ValueError(f"deviation must be at least 0, but is {deviation}")
    z = two_sided(level) + NormalDist().inv_cdf(check_level(power, "power"))
    return z * deviation / math.sqrt(n)


def _check_n(n: int) -> None:
    if n < 1:
        raise ValueError(f"n must be at least 1, but is {n}")
