"""An evaluation, and a comparison of several: JSON, a Markdown table, an HTML page that loads nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from rlmr.data import SCHEMA_VERSION
from rlmr.evals.breaks import SET_MEASURES, TEXT_MEASURES
from rlmr.evals.comparison import Comparison
from rlmr.evals.evaluation import Evaluated
from rlmr.evals.pairwise import Pairwise
from rlmr.evals.results import Results
from rlmr.evals.stats import Estimate, Ranking
from rlmr.report.plots import BOX, Plot, plot
from rlmr.report.render import environment
from rlmr.runs.environment import package_versions
from rlmr.runs.files import write_json, write_whole

Found = Sequence[tuple[Evaluated, Results]]

MEASURES = {one.name: one for one in (*TEXT_MEASURES, *SET_MEASURES)}
"""What writing RL breaks, by name."""

SHOWN_TEXTS = 12
"""Texts of a suite that its page shows: those that break something first."""


def write_evaluation(found: Found, folder: Path) -> Path:
    """`results.json` and `index.html` of one model's evaluations, at least one; gives the page."""
    suites = {r.facts.suite: {**to_json(r), "sampling": evaluated.sampling} for evaluated, r in found}
    model = found[0][0].model
    content = {"schema": SCHEMA_VERSION, "model": model, "suites": suites}
    write_json(folder / "results.json", {**content, "versions": package_versions()})
    page = (
        environment()
        .get_template("evaluation.html.j2")
        .render(
            model=model,
            suites=[
                (results, evaluated, _examples(evaluated), lengths(evaluated)) for evaluated, results in found
            ],
            pct=pct,
            limits=limits,
            mean=mean,
            value=value,
            span=span,
            measures=MEASURES,
            box=BOX,
        )
    )
    write_whole(folder / "index.html", page.encode())
    return folder / "index.html"


def write_comparison(found: Sequence[Comparison], folder: Path) -> Path:
    """`comparison.json`, `table.md` and `index.html` of models side by side; gives the page."""
    content = {"schema": SCHEMA_VERSION, "suites": {one.facts.suite: to_json(one) for one in found}}
    write_json(folder / "comparison.json", {**content, "versions": package_versions()})
    write_whole(folder / "table.md", markdown(found).encode())
    page = (
        environment()
        .get_template("comparison.html.j2")
        .render(
            found=found,
            pct=pct,
            limits=limits,
            mean=mean,
            value=value,
            span=span,
            headers=headers,
            cells=cells,
            signed=signed,
            planes=planes,
            strength=strength,
            box=BOX,
        )
    )
    write_whole(folder / "index.html", page.encode())
    return folder / "index.html"


def to_json(value: Any) -> Any:
    """Dataclasses and estimates as JSON values; unknown is null, functions are left out.

    >>> to_json(Estimate(0.5, 0.4, 0.6, 9))
    {'value': 0.5, 'low': 0.4, 'high': 0.6, 'n': 9}
    """
    if isinstance(value, Estimate):
        return {name: to_json(part) for name, part in value._asdict().items()}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {name: getattr(value, name) for name in value.__dataclass_fields__}
        return {name: to_json(part) for name, part in parts.items() if not callable(part)}
    if isinstance(value, dict):
        return {str(key): to_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(part) for part in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def headers(one: Comparison) -> list[str]:
    """The columns of a suite's results table."""
    first = one.results[0]
    rates = ["prompts", "constraints"]
    if first.loose is not None:
        rates = ["prompt strict", "instruction strict", "prompt loose", "instruction loose"]
    win = [f"wins by {name}" for name in dict.fromkeys(pair.judge for pair in one.pairwise)]
    return [*rates, "words", *first.scores, *win]


def cells(one: Comparison, place: int) -> list[str]:
    """The table's row of the model at `place`, a dash where nothing is known."""
    results = one.results[place]
    rates = [results.strict.prompts, results.strict.constraints]
    if results.loose is not None:
        rates += [results.loose.prompts, results.loose.constraints]
    row = [with_limits(rate) for rate in rates] + [mean(results.words, 0)]
    row += [mean(results.scores.get(name), 2) for name in one.results[0].scores]
    for judge in dict.fromkeys(pair.judge for pair in one.pairwise):
        met = [p for p in one.pairwise if p.judge == judge and p.candidate == one.names[place]]
        row.append(with_limits(met[0].win.rate) if met else "baseline" if place == 0 else "–")
    return row


def markdown(found: Sequence[Comparison]) -> str:
    """The results as Markdown tables, one a suite, ready for a README."""
    lines: list[str] = []
    for one in found:
        names = [cell(name) for name in headers(one)]
        lines += [f"**{one.facts.suite}** ({one.facts.tasks} tasks, {one.facts.digest})", ""]
        lines += ["| model | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
        lines += [f"| {cell(name)} | {' | '.join(cells(one, i))} |" for i, name in enumerate(one.names)]
        lines += ["", *(f"- {cell(note)}" for note in notes(one)), ""]
    return "\n".join(lines)


def cell(text: str) -> str:
    """A text that ends no cell and no line of a Markdown table, and opens no tag.

    >>> print(cell("a|b <i>"))
    a\\|b \\<i>
    """
    return re.sub(r"([\\|<`])", r"\\\1", " ".join(text.split()))


def notes(one: Comparison) -> list[str]:
    """What has to be said beside a suite's table."""
    found = [
        f"{name} against {one.names[0]}: {signed(difference)} points of texts that keep everything"
        for name, difference in zip(one.names[1:], one.differences, strict=True)
        if difference.n
    ]
    for pair in one.pairwise:
        found.append(f"{pair.candidate} against {pair.baseline} by {pair.judge}: {said(pair)}")
    for name, changes in zip(one.names[1:], one.changes, strict=True):
        worse = [f"{c.measure.says} {value(c.before)} to {value(c.after)}" for c in changes if c.worse]
        found.append(
            f"{name} against {one.names[0]}, what moved: {'; '.join(worse) or 'nothing beyond chance'}"
        )
    for name, drifts in zip(one.names[1:], one.drift, strict=True):
        for other, drift in drifts.items():
            found.append(
                f"{name}: the score it was trained on sees {pct(drift.train.rate)} wins, {other} "
                f"{pct(drift.held_out.rate)}: {signed(drift.gap)} points apart"
            )
    for judge, ranking in one.rankings.items():
        fair = one.rankings_at_equal_length.get(judge)
        then = scale(fair) if fair else one.unranked_at_equal_length[judge]
        found.append(f"Bradley-Terry by {judge}, log odds: {scale(ranking)}")
        found.append(f"Bradley-Terry by {judge} at equal length: {then}")
    return [*found, *(f"Bradley-Terry by {judge}: {why}" for judge, why in one.unranked.items())]


def scale(ranking: Ranking) -> str:
    """Models from the strongest to the weakest, and what a longer text is worth where that is known."""
    parts = [*zip(ranking.systems, ranking.strengths, strict=True), ("a longer text", ranking.slope)]
    return ", ".join(f"{name} {e.value:+.2f} [{e.low:+.2f}, {e.high:+.2f}]" for name, e in parts if known(e))


def strength(one: Comparison, judge: str, name: str) -> Estimate | None:
    """A model's strength at equal length by a judge, None where there is no such scale."""
    ranking = one.rankings_at_equal_length.get(judge)
    return None if ranking is None else ranking.strengths[ranking.systems.index(name)]


def said(pair: Pairwise) -> str:
    """One comparison in words."""
    win = pair.win
    text = f"{win.wins} won, {win.ties} tied, {win.losses} lost (sign test p = {win.p:.3g})"
    if known(pair.controlled.rate):
        text += f"; at equal length {with_limits(pair.controlled.rate)}"
    if pair.flips is not None:
        text += f"; {pct(pair.flips)} change with the order"
    if not math.isnan(pair.detectable):
        text += f"; its prompts could have told {pair.detectable:.0%} from one half (80 % power)"
    return " ".join([f"{text}.", *pair.warnings])


def known(e: Estimate) -> bool:
    """Whether there is anything behind an estimate."""
    return e.n > 0 and math.isfinite(e.value)


def pct(e: Estimate | None) -> str:
    """A share in percent, or a dash.

    >>> pct(Estimate(0.123, 0.1, 0.2, 50)), pct(None)
    ('12.3%', '–')
    """
    return f"{e.value:.1%}" if e is not None and known(e) else "–"


def limits(e: Estimate | None) -> str:
    """The interval of a share."""
    return f"{e.low * 100:.0f}–{e.high * 100:.0f}%" if e is not None and known(e) else ""


def with_limits(e: Estimate | None) -> str:
    """A share and its interval: '12.3% [10, 20]'."""
    return f"{pct(e)} [{e.low * 100:.0f}, {e.high * 100:.0f}]" if e is not None and known(e) else "–"


def mean(e: Estimate | None, digits: int = 2) -> str:
    """A mean, or a dash."""
    return f"{e.value:,.{digits}f}" if e is not None and known(e) else "–"


def value(e: Estimate) -> str:
    """Three significant digits, or a dash.

    >>> value(Estimate(0.01234, 0, 1, 9)), value(Estimate(123.4, 0, 1, 9))
    ('0.0123', '123')
    """
    return f"{e.value:.3g}" if known(e) else "–"


def span(e: Estimate, form: str) -> str:
    """The interval of a mean, or a dash.

    >>> span(Estimate(1.0, 0.5, 1.5, 9), "+.1f"), span(Estimate(1.0, math.nan, math.nan, 1), ".1f")
    ('+0.5 to +1.5', '–')
    """
    return f"{e.low:{form}} to {e.high:{form}}" if math.isfinite(e.low) and math.isfinite(e.high) else "–"


def signed(e: Estimate) -> str:
    """A difference of shares in points.

    >>> signed(Estimate(0.05, 0.01, 0.09, 50))
    '+5.0 [+1.0, +9.0]'
    """
    if not e.n:
        return "–"
    return f"{100 * e.value:+.1f} [{100 * e.low:+.1f}, {100 * e.high:+.1f}]"


def lengths(found: Evaluated) -> Plot | None:
    """Words against the first score, or against nothing where there is none: a dot a text."""
    names = [name for row in found.rows[:1] for name in row.scores]
    if not names:
        return None
    points = [
        (float(row.words), value, 2.0) for row in found.rows if (value := row.scores[names[0]]) is not None
    ]
    if not points:
        return None
    ys = [y for _, y, _ in points]
    return plot(points, (0.0, max(1.0, *(x for x, _, _ in points))), (min(ys), max(ys)), share=False)


def planes(one: Comparison) -> list[tuple[str, str, Plot]]:
    """Where the models stand: mean score against what is kept, and against length; none without scores."""
    if not one.results[0].scores:
        return []
    name = next(iter(one.results[0].scores))
    ys = [r.scores[name].value for r in one.results]
    columns = {
        "texts that keep everything": [r.strict.prompts.value for r in one.results],
        "words": [r.words.value for r in one.results],
    }
    drawn = []
    for x_name, xs in columns.items():
        if all(math.isfinite(value) for value in (*xs, *ys)):
            points = [(x, y, 5.0) for x, y in zip(xs, ys, strict=True)]
            frame = plot(points, (0.0, max(*xs, 0.1)), (min(*ys, 0.0), max(ys)), share=False)
            drawn.append((x_name, f"mean {name}", frame))
    return drawn


def _examples(found: Evaluated) -> list[Any]:
    """Texts for the page: those that break something first, then the others."""
    return sorted(found.rows, key=lambda row: row.passed is not False)[:SHOWN_TEXTS]
