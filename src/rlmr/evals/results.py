"""What an evaluation comes to: rates with intervals, strict and loose, by type, category and language."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rlmr.constraints.base import Status, Verdict
from rlmr.data import GATES
from rlmr.evals.breaks import Profile, Sample, measure
from rlmr.evals.evaluation import Evaluated
from rlmr.evals.outcome import EvalRow
from rlmr.evals.policy import ASPECTS
from rlmr.evals.stats import NOTHING, Estimate, bounded_mean, clustered_mean
from rlmr.evals.suites import Facts

NOT_ASKED = frozenset({*GATES, "finished"})
"""Gates: every text has to keep them, but nobody asked for them, and nearly all do."""


@dataclass(frozen=True, slots=True)
class Level:
    """How much was kept, in one reading. Unknown is left out of a rate and of its n."""

    prompts: Estimate
    """Share of texts that keep everything that is hard; Wilson's interval (see `share`)."""
    constraints: Estimate
    """Share of what was asked that is kept, constraint by constraint (instruction level), gates left out; its
    interval takes the constraints of a task as one cluster."""


@dataclass(frozen=True, slots=True)
class Results:
    """One model on one suite, in numbers."""

    model: str
    """Who wrote."""
    facts: Facts
    """Of the suite."""
    texts: int
    """Texts that were written; the rest is missing."""
    samples: int
    """Texts of a task, at most; intervals resample whole tasks."""
    missing: dict[str, int]
    """Texts that could not be had, by cause."""
    unknown: int
    """Texts of which nobody can say whether they keep everything."""
    strict: Level
    """As the texts stand."""
    loose: Level | None
    """A benchmark's loose reading; None where the suite has none."""
    types: dict[str, Estimate]
    """Share of passes by type of constraint, or by instruction."""
    by: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    """Share of texts that keep everything, by aspect and its value: `by["category"]["poems"]`."""
    words: Estimate = NOTHING
    """Words (or hanzi) of a text, on average."""
    finished: Estimate = NOTHING
    """Share of texts that ended by themselves."""
    scores: dict[str, Estimate] = field(default_factory=dict)
    """Mean score by who gave it."""
    points: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    """Mean points by category and criterion of its rubric: `points["poems"]["image"]`; '' = no category."""
    breaks: dict[str, Estimate] = field(default_factory=dict)
    """What writing RL breaks (`rlmr.evals.breaks`), by measure."""


def results_of(found: Evaluated, *, seed: int = 0) -> Results:
    """The numbers of an evaluation; intervals are 95 %, bootstraps seeded."""
    rows = found.rows
    ids = [row.task for row in rows]
    loose = None if found.facts.profile == "native" else level([row.loose for row in rows], ids)
    names = dict.fromkeys(name for row in rows for name in row.scores)
    return Results(
        model=found.model,
        facts=found.facts,
        texts=len(rows),
        samples=1 + max((row.sample for row in rows), default=0),
        missing=dict(Counter(found.missing.values()).most_common()),
        unknown=sum(row.passed is None for row in rows),
        strict=level([row.verdicts for row in rows], ids),
        loose=loose,
        types=by_type([row.verdicts for row in rows], ids),
        by={name: split for name in ASPECTS if (split := by_aspect(rows, name))},
        words=clustered_mean([float(row.words) for row in rows], ids, seed=seed),
        finished=share([row.finished for row in rows], ids),
        scores={
            name: clustered_mean([_or_nan(row.scores[name]) for row in rows], ids, seed=seed)
            for name in names
        },
        points=by_criterion(rows, seed),
        breaks=profile_of(rows).estimates(seed=seed),
    )


def profile_of(rows: Sequence[EvalRow]) -> Profile:
    """Length, repetition, worn-out phrases, sameness and gaming in the answers; tasks without a language
    count as English."""
    samples = [
        Sample(row.prompt, row.answer, "zh" if row.aspects.get("lang") == "zh" else "en") for row in rows
    ]
    return measure(samples)


def level(verdicts: Sequence[Sequence[Verdict]], tasks: Sequence[str]) -> Level:
    """Rates over N texts, each with its hard verdicts and its task; a text passes where all do.

    An unknown text (one verdict unknown, none failed) is left out of the prompt level, an unknown verdict
    out of the constraint level.
    """
    hard = [[v for v in row if v.role == "hard"] for row in verdicts]
    whole = [
        False if any(v.status is Status.FAIL for v in row) else all(v.passed for v in row) or None
        for row in hard
    ]
    flat = [(task, v) for task, row in zip(tasks, hard, strict=True) for v in row if v.type not in NOT_ASKED]
    kept = [None if v.status is Status.UNKNOWN else v.passed for _, v in flat]
    return Level(share(whole, tasks), share(kept, [task for task, _ in flat]))


def share(passed: Sequence[bool | None], tasks: Sequence[str]) -> Estimate:
    """The share of what is known that passed, None being unknown; shape (N,) each.

    Wilson's interval; where a task stands several times, tasks count, not texts (`bounded_mean`).

    >>> share([True, False, None], ["a", "b", "c"]).value
    0.5
    """
    return bounded_mean([math.nan if one is None else float(one) for one in passed], tasks)


Tally = dict[str, list[tuple[bool | None, str]]]
"""Whether something was kept, and for which task, by name."""


def by_type(verdicts: Sequence[Sequence[Verdict]], tasks: Sequence[str]) -> dict[str, Estimate]:
    """The share of passes of each type, the most frequent first."""
    found: Tally = {}
    for row, task in zip(verdicts, tasks, strict=True):
        for verdict in row:
            kept = None if verdict.status is Status.UNKNOWN else verdict.passed
            found.setdefault(verdict.type, []).append((kept, task))
    return _shares(dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))))


def by_aspect(rows: Sequence[EvalRow], name: str) -> dict[str, Estimate]:
    """The share of texts that keep everything, by one aspect of their tasks."""
    found: Tally = {}
    for row in rows:
        if name in row.aspects:
            found.setdefault(row.aspects[name], []).append((row.passed, row.task))
    return _shares(found)


def _shares(found: Tally) -> dict[str, Estimate]:
    return {
        name: share([kept for kept, _ in part], [task for _, task in part]) for name, part in found.items()
    }


def by_criterion(rows: Sequence[EvalRow], seed: int = 0) -> dict[str, dict[str, Estimate]]:
    """Mean points by category and criterion; texts without points are left out."""
    found: dict[str, dict[str, list[tuple[int, str]]]] = {}
    for row in rows:
        for criterion, points in row.points.items():
            category = found.setdefault(row.aspects.get("category", ""), {})
            category.setdefault(criterion, []).append((points, row.task))
    return {
        category: {
            name: clustered_mean([float(p) for p, _ in given], [task for _, task in given], seed=seed)
            for name, given in criteria.items()
        }
        for category, criteria in found.items()
    }


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
