"""Training curves as geometry: what is drawn where. The template turns it into SVG.

All positions are in the units of one panel's view box, `WIDTH` x `HEIGHT`, y downwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlmr.report.study import Study

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 44, 352, 12, 184

PANELS = (
    ("pass_rate", "Texts that keep every constraint", True),
    ("reward/quality_mean", "Writing score by the reward model", False),
    ("reward/shadow_mean", "Score by the shadow judge", False),
    ("words_mean", "Words per text", False),
    ("penalty_mean_std", "Mean penalty, in standard deviations", False),
    ("violators_rewarded", "Violators rewarded per step", False),
    ("kl", "KL divergence from the start policy", False),
)
"""Metric, title, and whether it is a share; a metric that no run recorded gets no panel."""


@dataclass(frozen=True, slots=True)
class Line:
    """One policy's curve in one panel."""

    rule: str
    slot: int
    """Which colour and dash."""
    raw: str
    """Every step, as an SVG path."""
    smooth: str
    """Its moving average, as an SVG path."""
    end: tuple[float, float]
    """Where the average ends."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart."""

    title: str
    y_ticks: tuple[tuple[float, str], ...]
    """Position and label."""
    x_ticks: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]
    reference: float | None
    """Height of the start policy's evaluated value, where it was evaluated."""


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers that enclose [low, high], about `most` of them: 1, 2 or 5 times a power of ten apart.

    >>> ticks(0.03, 0.61)
    [0.0, 0.2, 0.4, 0.6, 0.8]
    >>> ticks(7, 7)
    [6.0, 8.0, 10.0, 12.0, 14.0]
    """
    if high - low <= 1e-9 * max(1.0, abs(low), abs(high)):
        high = low + max(1.0, abs(low))
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def smooth(values: Sequence[float], window: int) -> list[float]:
    """Moving average over `window` neighbours, centred, shorter at the ends.

    >>> smooth([0.0, 3.0, 6.0], 3)
    [1.5, 3.0, 4.5]
    """
    half = window // 2
    parts = [values[max(0, i - half) : i + half + 1] for i in range(len(values))]
    return [math.fsum(part) / len(part) for part in parts]


def format_tick(value: float, share: bool) -> str:
    """A tick's label: a percentage, or the number without needless zeros.

    >>> format_tick(0.4, True), format_tick(-0.5, False), format_tick(1200.0, False)
    ('40%', '−0.5', '1,200')
    """
    text = f"{value * 100:.4g}%" if share else f"{value:,.6g}"
    return text.replace("-", "−")


def path(points: Sequence[tuple[float, float]]) -> str:
    """An SVG path through the points.

    >>> path([(0, 0), (1.234, 5)])
    'M0.0 0.0L1.2 5.0'
    """
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def series(metrics: Sequence[dict[str, Any]], key: str) -> list[tuple[float, float]]:
    """(step, value) for each step that recorded a finite `key`."""
    return [(float(row["step"]), float(row[key])) for row in metrics if row.get(key) is not None]


def panels(study: Study) -> list[Panel]:
    """One panel per metric of `PANELS` that a run recorded at two steps or more."""
    start = study.start.summary if study.start else None
    references = {"pass_rate": start.pass_rate.value, "words_mean": start.mean_words} if start else {}
    found = []
    for key, title, share in PANELS:
        curves = {
            (slot, policy.rule): series(policy.run.metrics, key)
            for slot, policy in enumerate(study.policies)
            if policy.run
        }
        drawn = {name: points for name, points in curves.items() if len(points) > 1}
        if drawn:
            found.append(panel(title, share, drawn, references.get(key)))
    return found


def panel(
    title: str, share: bool, curves: dict[tuple[int, str], list[tuple[float, float]]], reference: float | None
) -> Panel:
    """One chart of the curves, by (slot, rule); `reference` is a value to draw a level line at."""
    values = [y for points in curves.values() for _, y in points] + ([] if reference is None else [reference])
    low, high = (0.0, max(values)) if min(values) >= 0 else (min(values), max(values))
    y_values = ticks(low, high)
    last = max(x for points in curves.values() for x, _ in points)
    x_values = [x for x in ticks(0, last) if x <= last]

    def at_x(step: float) -> float:
        return LEFT + (RIGHT - LEFT) * step / last

    def at_y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - y_values[0]) / (y_values[-1] - y_values[0])

    lines = []
    for (slot, rule), points in curves.items():
        xs, ys = [at_x(x) for x, _ in points], [y for _, y in points]
        average = [at_y(y) for y in smooth(ys, 1 + 2 * (len(ys) // 30))]
        raw = path([(x, at_y(y)) for x, y in zip(xs, ys, strict=True)])
        lines.append(Line(rule, slot, raw, path(list(zip(xs, average, strict=True))), (xs[-1], average[-1])))
    return Panel(
        title=title,
        y_ticks=tuple((at_y(y), format_tick(y, share)) for y in y_values),
        x_ticks=tuple((at_x(x), format_tick(x, False)) for x in x_values),
        lines=tuple(lines),
        reference=None if reference is None else at_y(reference),
    )
