"""Where each policy ended: constraints kept against writing, as geometry, and its constraints by type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rlmr.evals.outcome import EvalRow
from rlmr.evals.stats import Estimate, wilson
from rlmr.report.curves import format_tick, ticks
from rlmr.report.study import Study

WIDTH, HEIGHT = 560, 410
LEFT, RIGHT, TOP, BOTTOM = 84, 540, 18, 340


@dataclass(frozen=True, slots=True)
class Point:
    """One policy in the plane, with the arms of its two intervals; all in view-box units."""

    label: str
    slot: int
    x: float
    y: float
    x_arm: tuple[float, float]
    y_arm: tuple[float, float]
    flip: bool
    """Whether the label stands to the left of the point, to stay inside."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Pass rate to the right, gold win rate against the start policy upwards."""

    points: tuple[Point, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    even: float
    """Height of a win rate of one half."""


def plane(study: Study) -> Plane | None:
    """The drawing, or None unless two policies were evaluated with known rates."""
    shown = [
        (slot, policy.label, policy.summary.pass_rate, policy.summary.gold_win_rate)
        for slot, policy in enumerate(study.policies)
        if policy.summary and policy.summary.pass_rate.n and policy.summary.gold_win_rate.n
    ]
    if len(shown) < 2:
        return None
    x_values = ticks(0.0, max(passed.high for _, _, passed, _ in shown))
    y_values = ticks(min(0.4, *(win.low for *_, win in shown)), max(0.6, *(win.high for *_, win in shown)))

    def at_x(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (value - x_values[0]) / (x_values[-1] - x_values[0])

    def at_y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - y_values[0]) / (y_values[-1] - y_values[0])

    return Plane(
        points=tuple(
            Point(
                label=label,
                slot=slot,
                x=at_x(passed.value),
                y=at_y(win.value),
                x_arm=(at_x(passed.low), at_x(passed.high)),
                y_arm=(at_y(win.low), at_y(win.high)),
                flip=at_x(passed.value) > RIGHT - 110,
            )
            for slot, label, passed, win in shown
        ),
        x_ticks=tuple((at_x(x), format_tick(x, True)) for x in x_values),
        y_ticks=tuple((at_y(y), format_tick(y, True)) for y in y_values),
        even=at_y(0.5),
    )


@dataclass(frozen=True, slots=True)
class TypeRates:
    """How often each policy kept one type of constraint."""

    name: str
    rates: tuple[Estimate, ...]
    """One per evaluated policy, in the study's order."""


def by_type(study: Study) -> list[TypeRates]:
    """Pass rates per type, the most frequent first, the gate last; unknown verdicts are left out."""
    rows = [policy.rows for policy in study.policies if policy.rows]
    names = Counter(verdict.type for texts in rows for row in texts for verdict in row.verdicts)
    ordered = sorted(names, key=lambda name: (name == "finished", -names[name], name))
    return [
        TypeRates(name.replace("_", " "), tuple(_rate(texts, name) for texts in rows)) for name in ordered
    ]


def _rate(rows: Iterable[EvalRow], name: str) -> Estimate:
    known = [v.passed for row in rows for v in row.verdicts if v.type == name and v.status != "unknown"]
    return wilson(sum(known), len(known))
