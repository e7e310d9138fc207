"""Several models' evaluations side by side: the same tasks, paired differences, win rates, a ranking."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from rlmr.evals import breaks
from rlmr.evals.breaks import Change, Drift, judge_drift
from rlmr.evals.evaluation import Evaluated, EvaluationError, read_evaluated
from rlmr.evals.outcome import EvalRow
from rlmr.evals.pairwise import Meeting, Pairwise, compare, meet_by_scores, paired, rank
from rlmr.evals.results import Results, profile_of, results_of
from rlmr.evals.stats import Estimate, Ranking, share_difference
from rlmr.evals.suites import Facts
from rlmr.names import nearest


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models on one suite. The first is the baseline of every difference and win rate."""

    facts: Facts
    """Of the suite, the same for all."""
    names: tuple[str, ...]
    """Of the models, as given."""
    results: tuple[Results, ...]
    """Of each."""
    differences: tuple[Estimate, ...]
    """Share of texts that keep everything, minus the baseline's, task by task; one for each further model."""
    pairwise: tuple[Pairwise, ...]
    """Each further model against the baseline, for every judge and score."""
    rankings: dict[str, Ranking]
    """By judge or score, where there are three models or more: all on one scale."""
    unranked: dict[str, str]
    """By judge or score, why there is no such scale."""
    rankings_at_equal_length: dict[str, Ranking]
    """The same with what length has to do with it set aside, for each of `rankings` that allows it."""
    unranked_at_equal_length: dict[str, str]
    """Why the others do not."""
    changes: tuple[tuple[Change, ...], ...]
    """What writing RL breaks, against the baseline; one for each further model."""
    drift: tuple[dict[str, Drift], ...]
    """The score that a model was trained on beside each other one; one for each further model, empty where
    nobody said what that score is."""


def find_suites(folder: Path) -> dict[str, Path]:
    """The finished evaluations in `folder`, by suite; a run folder's stand in its `evaluation`.

    Raises EvaluationError where there is none.
    """
    for place in (folder, folder / "evaluation"):
        found = sorted(path.parent for path in place.glob("*/rows.jsonl.gz"))
        if found:
            return {path.name: path for path in found}
    raise EvaluationError(
        f"{folder}: no finished evaluation; make one: rlmr evaluate MODEL --output {folder}"
    )


def common_suites(folders: Sequence[Path]) -> dict[str, list[Evaluated]]:
    """By suite, the evaluations of all `folders`, in their order; suites that not all have are left out.

    Raises EvaluationError for a folder without evaluations, for no suite in common, and for evaluations of
    different tasks under one name.
    """
    found = [find_suites(folder) for folder in folders]
    names = [name for name in found[0] if all(name in other for other in found[1:])]
    if not names:
        had = "; ".join(
            f"{folder} has {', '.join(suites)}" for folder, suites in zip(folders, found, strict=True)
        )
        raise EvaluationError(f"no suite that all have: {had}")
    together = {name: [read_evaluated(suites[name]) for suites in found] for name in names}
    for name, evaluations in together.items():
        for folder, one in zip(folders, evaluations, strict=True):
            if one.facts.digest != evaluations[0].facts.digest:
                raise EvaluationError(
                    f"{name}: {folder} and {folders[0]} were evaluated on different tasks (digests "
                    f"{one.facts.digest} and {evaluations[0].facts.digest})"
                )
    return together


def labels(folders: Sequence[Path], given: Sequence[str]) -> tuple[str, ...]:
    """What the models are called: `given` names, else their folders' last parts that differ.

    >>> labels([Path("runs/a/evaluation"), Path("runs/b/evaluation")], [])
    ('a', 'b')
    """
    if given:
        if len(given) != len(folders):
            raise EvaluationError(f"{len(given)} names for {len(folders)} evaluations; one each is needed")
        names = tuple(given)
    else:
        names = tuple((f.parent if f.name == "evaluation" else f).name for f in folders)
    if len(set(names)) < len(names):
        raise EvaluationError(f"names {', '.join(names)}: two are the same; give --names")
    return names


def compare_models(
    names: Sequence[str],
    evaluations: Sequence[Evaluated],
    judged: dict[str, dict[tuple[int, int], list[Meeting]]],
    scores: Sequence[str] | None = None,
    *,
    trained_on: str | None = None,
    seed: int = 0,
) -> Comparison:
    """Everything about models on one suite.

    Args:
        names: of K models, the baseline first.
        evaluations: of each, on the same tasks.
        judged: by judge, the meetings of each pair (i, j) of models that it was asked about, i the candidate.
        scores: names of scores by which texts are compared, too; None = all that every text has.
        trained_on: the score that was optimised, held against all others.
        seed: of the bootstraps.

    Raises EvaluationError for a score that is none, and for models without a task in common with the first.
    """
    known = _scores(evaluations)
    chosen = known if scores is None else scores
    _check(names, evaluations, known, (*chosen, *([] if trained_on is None else [trained_on])))
    for name in set(judged) & set(chosen):
        raise EvaluationError(f"judge {name!r}: a score has this name; --score says which scores to take")
    meetings = dict(judged)
    for name in chosen:
        meetings[name] = {
            (j, i): meet_by_scores(name, evaluations[j].rows, evaluations[i].rows)
            for i, j in combinations(range(len(names)), 2)
        }
    pairwise = [
        compare(names[i], names[0], judge, met, ordered=judge in judged, seed=seed)
        for judge, pairs in meetings.items()
        for (i, j), met in sorted(pairs.items())
        if j == 0
    ]
    rankings, unranked = _rankings(names, meetings, seed)
    fair, unfair = _rankings(names, {name: meetings[name] for name in rankings}, seed, at_equal_length=True)
    profiles = [profile_of(one.rows) for one in evaluations]
    others = [] if trained_on is None else [name for name in known if name != trained_on]
    return Comparison(
        facts=evaluations[0].facts,
        names=tuple(names),
        results=tuple(results_of(one, seed=seed) for one in evaluations),
        differences=tuple(_difference(one, evaluations[0]) for one in evaluations[1:]),
        pairwise=tuple(pairwise),
        rankings=rankings,
        unranked=unranked,
        rankings_at_equal_length=fair,
        unranked_at_equal_length=unfair,
        changes=tuple(tuple(breaks.compare(profiles[0], one, seed=seed)) for one in profiles[1:]),
        drift=tuple(
            {name: _drift(one, evaluations[0], str(trained_on), name, seed) for name in others}
            for one in evaluations[1:]
        ),
    )


def _rankings(
    names: Sequence[str],
    meetings: Mapping[str, Mapping[tuple[int, int], Sequence[Meeting]]],
    seed: int,
    *,
    at_equal_length: bool = False,
) -> tuple[dict[str, Ranking], dict[str, str]]:
    """By judge, three models or more on one scale, or why there is none."""
    found, unranked = {}, {}
    for judge, pairs in meetings.items():
        if len(names) < 3 or len(pairs) < len(names) - 1:
            continue
        known: dict[tuple[str, str], Sequence[Meeting]] = {
            (names[i], names[j]): some
            for (i, j), met in pairs.items()
            if (some := [one for one in met if not math.isnan(one.first + one.second)])
        }
        alone = set(names) - {name for pair in known for name in pair}
        if alone:
            unranked[judge] = f"no comparison of {', '.join(sorted(alone))} is known"
            continue
        try:
            found[judge] = rank(known, seed, at_equal_length=at_equal_length)
        except ValueError as error:  # no chain of comparisons, or of overlapping lengths, connects them
            unranked[judge] = str(error)
    return found, unranked


def _check(
    names: Sequence[str], evaluations: Sequence[Evaluated], known: Sequence[str], asked: Sequence[str]
) -> None:
    """Raises EvaluationError for scores that are not known, and models without a text to compare."""
    for name, one in zip(names[1:], evaluations[1:], strict=True):
        if not paired(one.rows, evaluations[0].rows):
            raise EvaluationError(
                f"{evaluations[0].facts.suite}: {name} and {names[0]} have texts for no task in common"
            )
    for name in asked:
        if name not in known:
            hint = nearest(name, known) if known else "they share none (rlmr evaluate --score NAME=MODEL)"
            raise EvaluationError(f"score {name!r}: not in every evaluation; {hint}")


def _drift(one: Evaluated, baseline: Evaluated, train: str, held_out: str, seed: int) -> Drift:
    """The score that was optimised beside another, over tasks that both models have texts for."""
    pairs = paired(one.rows, baseline.rows)
    after, before = [a for a, _ in pairs], [b for _, b in pairs]

    def column(rows: Sequence[EvalRow], name: str) -> list[float]:
        return [math.nan if (value := row.scores[name]) is None else value for row in rows]

    return judge_drift(
        column(after, train),
        column(after, held_out),
        column(before, train),
        column(before, held_out),
        [row.task for row in after],
        seed=seed,
    )


def _scores(evaluations: Sequence[Evaluated]) -> list[str]:
    """Names of scores that every evaluation has."""
    found = [{name for row in one.rows for name in row.scores} for one in evaluations]
    return sorted(set.intersection(*found))


def _difference(one: Evaluated, baseline: Evaluated) -> Estimate:
    """The share that keeps everything, minus the baseline's, over tasks that both have decided texts for."""
    pairs = paired(one.rows, baseline.rows)
    a = [math.nan if x.passed is None else float(x.passed) for x, _ in pairs]
    b = [math.nan if y.passed is None else float(y.passed) for _, y in pairs]
    return share_difference(a, b, [x.task for x, _ in pairs])
