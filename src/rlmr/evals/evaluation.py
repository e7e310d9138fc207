"""One model on one suite: write, verify, score; each finished step is kept, so that a stopped one goes on.

The folder holds `settings.json`, `texts.jsonl` and `scores/NAME.jsonl` (logs of what is finished) and, at the
end, `rows.jsonl.gz`: every text with its verdicts and scores, from which all results are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from rlmr.data import GATES, Task, with_gates
from rlmr.evals.finished_items import FinishedItems
from rlmr.evals.generate import Completion, Sampling
from rlmr.evals.outcome import EvalRow, read_rows, text_key, write_rows
from rlmr.evals.policy import to_row
from rlmr.evals.rubric_scores import NAME, Rubrics
from rlmr.evals.suites import Facts, Suite
from rlmr.evals.writers import FileWriter, Missing, Writer
from rlmr.rewards.judge import Points
from rlmr.rewards.reward_model import Scores
from rlmr.runs.files import read_json, write_json
from rlmr.verifiers.combine import VerifyAll, verify_all
from rlmr.verifiers.finished import answer_of, finished_verdict
from rlmr.verifiers.profiles import PROFILES

Scorer = Callable[[Sequence[Task], Sequence[str]], Scores]
"""Scores B answers, each to its own task; unknown scores are None."""

Drawn = tuple[Task, int, Completion]
"""A task, which of its texts, and the text."""

Show = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

TOGETHER = 64
"""Texts that are scored together, and kept when they are."""


class EvaluationError(ValueError):
    """An evaluation that cannot go on; the message says what differs and what to do."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A model's texts for a suite, decided and scored."""

    model: str
    """Who wrote them."""
    facts: Facts
    """Of the suite."""
    rows: list[EvalRow]
    """In the tasks' order, each task's texts together; a task without a text has none."""
    missing: dict[str, str] = field(default_factory=dict)
    """Texts that could not be had, by their key (`EvalRow.key`), and the cause."""
    sampling: dict[str, Any] = field(default_factory=dict)
    """How they were sampled (`Sampling`); empty for texts that were there already."""


def evaluate_suite(
    suite: Suite,
    writer: Writer,
    sampling: Sampling,
    folder: Path,
    *,
    verify: VerifyAll = verify_all,
    scorers: Mapping[str, Scorer] | None = None,
    rubrics: Rubrics | None = None,
    samples: int = 1,
    about: Mapping[str, Any] | None = None,
    gates: bool = True,
    show: Show = lambda what, done, total: None,
) -> Evaluated:
    """Everything that `writer` writes for `suite`, decided and scored; goes on with what `folder` holds.

    Args:
        suite: the tasks.
        writer: who writes.
        sampling: how.
        folder: where it is kept; made if it is not there.
        verify: decides native constraints; programs alone by default.
        scorers: further scores by name; they see tasks and answers, never who wrote them.
        rubrics: gives points by criterion; their mean is the score `rubric`.
        samples: texts for each task. More may be added to an evaluation that is there.
        about: further settings that make another evaluation of it; `scores` says what each score is, by name.
        gates: whether the gates stand beside every native task's constraints, as in training.
        show: see `Show`.

    A text, a score or a judge's cached reply that is there is not asked for again; what could not be had is.

    Raises:
        EvaluationError: `folder` holds another evaluation (the message names what differs), or several greedy
            texts of a task are asked for, which would all be the same.
    """
    if samples > 1 and sampling.temperature == 0 and not isinstance(writer, FileWriter):
        raise EvaluationError(f"{samples} samples at temperature 0: a task's texts would all be the same")
    tasks = suite.tasks
    if gates and suite.profile == "native":
        tasks = tuple(with_gates(task, GATES.values()) for task in tasks)
    settings = {
        "model": writer.name,
        **asdict(suite.facts),
        "gates": gates,
        "sampling": {} if isinstance(writer, FileWriter) else asdict(sampling),
        **(about or {}),
    }
    kept = _begin(folder, settings)
    drawn, missing = _written(tasks, writer, sampling, samples, FinishedItems(folder / "texts.jsonl"), show)
    show("verify", 0, len(drawn))
    rows = _decided(suite, drawn, verify)
    show("verify", len(rows), len(rows))
    rows = _scored(
        rows, [task for task, _, _ in drawn], scorers or {}, rubrics, kept, folder / "scores", show
    )
    write_rows(folder / "rows.jsonl.gz", rows)
    write_json(folder / "missing.json", missing)
    return Evaluated(writer.name, suite.facts, rows, missing, settings["sampling"])


def read_evaluated(folder: Path) -> Evaluated:
    """A finished evaluation of one suite. Raises EvaluationError where the folder holds none.

    An evaluation that was stopped has no rows yet.
    """
    settings = read_json(folder / "settings.json")
    if not settings or not (folder / "rows.jsonl.gz").is_file():
        state = "has not finished; type its command again" if settings else "is no evaluation of a suite"
        raise EvaluationError(f"{folder} {state}")
    facts = Facts(**{field.name: settings[field.name] for field in fields(Facts)})
    rows = read_rows(folder / "rows.jsonl.gz")
    missing = read_json(folder / "missing.json")
    return Evaluated(settings["model"], facts, rows, missing, settings["sampling"])


def _begin(folder: Path, settings: dict[str, Any]) -> list[str]:
    """Note the settings, or compare them with those of the evaluation that the folder holds.

    Scores may be added to one that is there; everything else has to be the same. Gives the names of the
    scores that it has already.
    """
    path = folder / "settings.json"
    before = read_json(path)
    had = before.get("scores", {})
    scores = {**had, **settings.get("scores", {})}
    now = {**settings, "scores": scores}
    for name in now if before else ():
        was = {**scores, **had} if name == "scores" else before.get(name)
        if was != now[name]:
            raise EvaluationError(
                f"{folder} holds an evaluation with {name} {was!r}, but this one has {now[name]!r}; "
                f"give another --output, or --overwrite to begin anew"
            )
    write_json(path, now)
    return list(had)


def _written(
    tasks: Sequence[Task], writer: Writer, sampling: Sampling, samples: int, log: FinishedItems, show: Show
) -> tuple[list[Drawn], dict[str, str]]:
    """The texts, each task's together, and the causes of those that are missing.

    Raises EvaluationError where two texts would have one key.
    """
    wanted = {text_key(task.id, k): (task, k) for task in tasks for k in range(samples)}
    if len(wanted) < len(tasks) * samples:
        raise EvaluationError("ids of tasks such as 'x' and 'x#1' do not go with --samples; rename them")
    missing: dict[str, str] = {}
    show("write", sum(key in log.items for key in wanted), len(wanted))
    for k in range(samples):
        keys = [text_key(task.id, k) for task in tasks]
        done = {i for i, key in enumerate(keys) if key in log.items}
        for part in writer.write(tasks, sampling, done, k):
            for i, written in part.items():
                if isinstance(written, Missing):
                    missing[keys[i]] = written.cause
                elif i not in done:
                    log.add(keys[i], asdict(written))
            show("write", sum(key in log.items or key in missing for key in wanted), len(wanted))
    found = [(task, k, Completion(**log.items[key])) for key, (task, k) in wanted.items() if key in log.items]
    return found, missing


def _decided(suite: Suite, drawn: Sequence[Drawn], verify: VerifyAll) -> list[EvalRow]:
    """A row per text. The official programs know no `finished` gate; native texts have to keep it."""
    answers = [answer_of(text.text, text.opened) for _, _, text in drawn]
    if suite.profile != "native":
        decide = PROFILES[suite.profile]
        found = [
            (decide(task.meta, task.prompt_text, answer, True))
            for (task, _, _), (answer, _) in zip(drawn, answers, strict=True)
        ]
        rows = [
            to_row(task, text, tuple(decided.verdicts), decided.loose)
            for (task, _, text), decided in zip(drawn, found, strict=True)
        ]
    else:
        verdicts = verify([task for task, _, _ in drawn], [answer for answer, _ in answers])
        rows = [
            to_row(task, text, (*decided, finished_verdict(text.tokens, text.finished, closed)))
            for (task, _, text), (_, closed), decided in zip(drawn, answers, verdicts, strict=True)
        ]
    return [replace(row, sample=k) for row, (_, k, _) in zip(rows, drawn, strict=True)]


def _scored(
    rows: list[EvalRow],
    tasks: Sequence[Task],
    scorers: Mapping[str, Scorer],
    rubrics: Rubrics | None,
    kept: Sequence[str],
    folder: Path,
    show: Show,
) -> list[EvalRow]:
    """The rows with every score that is asked for, and those that were given before."""
    for name in dict.fromkeys([*kept, *scorers, *([] if rubrics is None else [NAME])]):
        log = FinishedItems(folder / f"{name}.jsonl")
        if name in scorers:
            _ask(name, partial(_values, scorers[name]), tasks, rows, log, show)
        elif name == NAME and rubrics is not None:
            _ask(name, rubrics, tasks, rows, log, show)
        rows = [_with_score(row, name, log.items.get(row.key)) for row in rows]
    return rows


def _values(scorer: Scorer, tasks: Sequence[Task], answers: Sequence[str]) -> list[float | None]:
    return scorer(tasks, answers).values


def _ask(
    name: str,
    scorer: Callable[[Sequence[Task], Sequence[str]], Sequence[Any]],
    tasks: Sequence[Task],
    rows: Sequence[EvalRow],
    log: FinishedItems,
    show: Show,
) -> None:
    """Ask for what the log does not have, and put there what is known."""
    left = [i for i, row in enumerate(rows) if row.key not in log.items]
    for start in range(0, len(left), TOGETHER):
        part = left[start : start + TOGETHER]
        show(f"score by {name}", len(rows) - len(left) + start, len(rows))
        found = scorer([tasks[i] for i in part], [rows[i].answer for i in part])
        for i, value in zip(part, found, strict=True):
            if value is not None:
                log.add(rows[i].key, value)
    show(f"score by {name}", len(rows), len(rows))


def _with_score(row: EvalRow, name: str, value: Any) -> EvalRow:
    """The row with one more score; a rubric's is the mean of its points."""
    points: Points = value if isinstance(value, dict) else {}
    score = sum(points.values()) / len(points) if points else value
    return replace(row, scores={**row.scores, name: score}, points=points or row.points)
