"""An audit as one HTML page, and as a model card."""

from __future__ import annotations

import math
from pathlib import Path

from rlmr.audit.audit import Audit
from rlmr.data import write_whole
from rlmr.report.plots import BOX, Plot, interval, number, plot, share
from rlmr.report.render import environment

TEMPLATE = "audit.html.j2"


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
            box=BOX,
        )
    )


def reliability(found: Audit) -> Plot | None:
    """Accuracy against confidence; None without bins. A larger dot holds more pairs."""
    bins = found.calibration.bins
    if not bins:
        return None
    most = max(b.n for b in bins)
    points = [(b.confidence, b.accuracy, 3 + 5 * math.sqrt(b.n / most)) for b in bins]
    return plot(points, (0.5, 1.0), (min(0.5, *(b.accuracy for b in bins)), 1.0), share=True, even=(0.5, 1.0))


def scatter(found: Audit) -> Plot | None:
    """Score against words; None without points."""
    if not found.points:
        return None
    xs, ys = [x for x, _ in found.points], [y for _, y in found.points]
    return plot([(x, y, 2.0) for x, y in found.points], (0.0, max(xs)), (min(ys), max(ys)), share=False)


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
