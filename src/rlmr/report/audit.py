"""An audit as one HTML page, and as a model card."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from rlmr.audit.audit import Audit
from rlmr.data import write_whole
from rlmr.evals.stats import Estimate
from rlmr.report.curves import format_tick, ticks
from rlmr.report.render import environment

TEMPLATE = "audit.html.j2"
WIDTH, HEIGHT = 360, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 352, 12, 204

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


def write_html(found: Audit, path: Path) -> Path:
    """Write the audit's page, whole or not at all."""
    with write_whole(path) as file:
        file.write(render_audit(found).encode())
    return path


def render_audit(found: Audit) -> str:
    """The audit as one HTML page that loads nothing."""
    rows = [(found.model or "the model", found.accuracy, True)]
    rows += [(name, value, False) for name, value in found.baselines.items()]
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            audit=found,
            rows=rows,
            share=share,
            number=number,
            interval=interval,
            reliability=reliability(found),
            scatter=scatter(found),
            box={
                "width": WIDTH,
                "height": HEIGHT,
                "left": LEFT,
                "right": RIGHT,
                "top": TOP,
                "bottom": BOTTOM,
            },
        )
    )


def reliability(found: Audit) -> Plot | None:
    """Accuracy against confidence; None without bins. A larger dot holds more pairs."""
    bins = found.calibration.bins
    if not bins:
        return None
    most = max(b.n for b in bins)
    points = [(b.confidence, b.accuracy, 3 + 5 * math.sqrt(b.n / most)) for b in bins]
    return _plot(
        points, (0.5, 1.0), (min(0.5, *(b.accuracy for b in bins)), 1.0), share=True, even=(0.5, 1.0)
    )


def scatter(found: Audit) -> Plot | None:
    """Score against words; None without points."""
    if not found.points:
        return None
    xs, ys = [x for x, _ in found.points], [y for _, y in found.points]
    return _plot([(x, y, 2.0) for x, y in found.points], (0.0, max(xs)), (min(ys), max(ys)), share=False)


def _plot(
    points: list[tuple[float, float, float]],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    share: bool,
    even: tuple[float, float] | None = None,
) -> Plot:
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


def card(name: str, base: str, pairs: int, found: Audit | None) -> str:
    """The model card, Markdown: what the model is, and its audit."""
    lines = [
        "---",
        "library_name: transformers",
        "tags: [reward-model, creative-writing]",
        "---",
        "",
        f"# {name}",
        "",
        f"A writing reward model on `{base}`, trained by rlmr with a Bradley-Terry loss on {pairs:,} "
        "preference pairs. One logit; higher is better; differences count, not absolute values.",
        "",
    ]
    if found is None:
        return "\n".join([*lines, "**Not audited**: no held-out pairs were given.", ""])
    lines += [f"**{found.verdict}**", "", "| held-out pairs | accuracy | 95 % interval |", "|---|---|---|"]
    rows = [("this model", found.accuracy), *found.baselines.items()]
    rows += [(part.name, part.accuracy) for part in found.slices]
    rows += [(f"{level} variants", value) for level, value in found.variants.items()]
    lines += [f"| {label} | {share(e.value)} | {interval(e)} |" for label, e in rows]
    c = found.calibration
    lines += [
        "",
        f"{found.pairs:,} pairs of {found.groups:,} prompts. Spearman of score and words "
        f"{number(found.spearman)}; temperature {c.temperature:.2f}, "
        f"NLL {share(c.nll)}, Brier {share(c.brier)}, ECE {share(c.ece)}. "
        f"{found.truncated} of {found.texts} texts were cut.",
        "",
    ]
    return "\n".join(lines)
