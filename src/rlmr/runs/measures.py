"""The numbers of one step, from its mixed rows: one name per column, per verdict type, per cause."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from statistics import fmean, pstdev

from rlmr.constraints.base import Status
from rlmr.mixing import Mixed, diagnostics
from rlmr.runs.duplicates import duplicates
from rlmr.runs.remixing import STATE, MixedRows
from rlmr.runs.row import Row
from rlmr.text import count_words

NAN = math.nan
"""In metrics in memory, 'no data'; null in the record."""

RENAMED = {"penalty_std": "penalty_mean_std"}
"""Diagnostics that the record calls otherwise."""

TOP = ("pass_rate", "violators", "violators_rewarded", "unknown_share", "penalty_mean_std")
"""Diagnostics under their own names, always there; the others are 'mixing/…', where they have data."""


def measure(mixed: MixedRows, state: Iterable[tuple[str, float]] = ()) -> dict[str, float]:
    """Flat metrics of a step; NaN = no data.

    Shares are of the step's texts: `pass_rate` of those that are known, `pass_rate/TYPE` of those whose
    verdict of that type is known, `unknown/CAUSE` of all. `words_mean` counts the words of the answers (a
    hanzi is one), `tokens_mean` the tokens of the completions. `state` is what the rule remembered before the
    step.
    """
    rows = [row for group in mixed.groups for row in group]
    table = mix_metrics(mixed.mixed)
    table.update(_scores(rows))
    table.update(_pass_rates(rows))
    table.update(_causes(rows))
    table.update(duplicates([[row.answer for row in group] for group in mixed.groups]))
    table["words_mean"] = fmean(count_words(row.answer) for row in rows)
    table["tokens_mean"] = fmean(row.tokens for row in rows)
    table["finished_share"] = fmean(row.finished for row in rows)
    table.update({STATE + name: value for name, value in state})
    return table


def mix_metrics(mixed: Mixed) -> dict[str, float]:
    """What the mixing core says about a mix, under the record's names; NaN = no data.

    >>> from rlmr.mixing import mix
    >>> mix_metrics(mix("rlmr", [[1.0, 2.0]], [[True, False]]))["violators_rewarded"]
    0.0
    """
    numbers = {RENAMED.get(name, name): value for name, value in diagnostics(mixed).items()}
    table = {name: numbers.pop(name, NAN) for name in TOP}
    return table | {f"mixing/{name}": value for name, value in numbers.items()}


def _scores(rows: Sequence[Row]) -> dict[str, float]:
    """Mean and population standard deviation of every raw reward column, over the texts that have it."""
    table = {}
    for name in dict.fromkeys(name for row in rows for name in row.scores):
        known = [score for row in rows if (score := row.scores.get(name)) is not None]
        table[f"reward/{name}_mean"] = fmean(known) if known else NAN
        table[f"reward/{name}_std"] = pstdev(known) if known else NAN
    return table


def _pass_rates(rows: Sequence[Row]) -> dict[str, float]:
    """Per verdict type: passes over decided verdicts."""
    decided: dict[str, list[bool]] = {}
    for row in rows:
        for verdict in row.verdicts:
            outcomes = decided.setdefault(verdict.type, [])
            if verdict.status is not Status.UNKNOWN:
                outcomes.append(verdict.status is Status.PASS)
    return {
        f"pass_rate/{kind}": fmean(outcomes) if outcomes else NAN
        for kind, outcomes in sorted(decided.items())
    }


def _causes(rows: Sequence[Row]) -> dict[str, float]:
    """Share of texts that something is unknown about, by cause; a text may have several."""
    count: dict[str, int] = {}
    for row in rows:
        causes = {f"score_{name}" for name, score in row.scores.items() if score is None}
        causes |= {_metric(verdict.cause) for verdict in row.verdicts if verdict.status is Status.UNKNOWN}
        for name in causes:
            count[name] = count.get(name, 0) + 1
    return {f"unknown/{name}": number / len(rows) for name, number in sorted(count.items())}


def _metric(cause: str) -> str:
    """A verdict's cause as part of a metric's name.

    >>> _metric("too long")
    'too_long'
    """
    return re.sub(r"\W+", "_", cause.lower())[:40]
