"""Small charts as geometry, and the numbers of plain pages: shared by audits, evaluations and comparisons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rlmr.evals.stats import Estimate
from rlmr.report.curves import format_tick, ticks

WIDTH, HEIGHT = 360, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 352, 12, 204

BOX = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM}
"""The frame, for the template."""

Tick = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Plot:
    """Points in a frame, in the units of its view box, y downwards."""

    points: list[tuple[float, float, float]]
    """x, y, radius."""
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    even: tuple[float, float, float, float] | None
    """Ends of the line on which both axes are equal: x, y, x, y."""


def plot(
    points: Sequence[tuple[float, float, float]],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    share: bool,
    even: tuple[float, float] | None = None,
) -> Plot:
    """Points (x, y, radius) in a frame of round numbers around the ranges; `share`: axes in percent."""
    x_values, y_values = ticks(*x_range), ticks(*y_range)

    def at_x(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (value - x_values[0]) / (x_values[-1] - x_values[0])

    def at_y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - y_values[0]) / (y_values[-1] - y_values[0])

    return Plot(
        [(round(at_x(x), 1), round(at_y(y), 1), round(r, 1)) for x, y, r in points],
        [(at_x(x), format_tick(x, share)) for x in x_values],
        [(at_y(y), format_tick(y, share)) for y in y_values],
        None if even is None else (at_x(even[0]), at_y(even[0]), at_x(even[1]), at_y(even[1])),
    )


def share(value: float) -> str:
    """Three digits, or 'unknown'.

    >>> share(0.7164), share(float("nan"))
    ('.716', 'unknown')
    """
    return "unknown" if math.isnan(value) else f"{value:.3f}".replace("0.", ".", 1)


def number(value: float) -> str:
    """A signed number, or 'unknown'."""
    return "unknown" if math.isnan(value) else f"{value:+.3f}"


def interval(estimate: Estimate) -> str:
    """The interval's two ends, or nothing."""
    return "" if math.isnan(estimate.low) else f"{share(estimate.low)} to {share(estimate.high)}"
