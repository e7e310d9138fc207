"""What an evaluation found: its rows on disk, and a policy's summary beside the start policy's texts.

Loads no torch: a report reads evaluations without a model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rlmr.constraints.base import Verdict
from rlmr.data import SCHEMA_VERSION
from rlmr.evals.stats import Estimate, bounded_mean, outcomes, sign_test, wilson
from rlmr.runs.files import read_lines, write_lines_gz
from rlmr.runs.row import verdict_of


@dataclass(frozen=True, slots=True)
class EvalRow:
    """One evaluated text."""

    task: str
    """The task's id."""
    prompt: str
    """The prompt as plain text."""
    completion: str
    """All that the policy wrote."""
    answer: str
    """The part that verdicts and judge saw: what follows a reasoning block."""
    words: int
    """Words of the answer."""
    tokens: int | None
    """Generated tokens, the end token included; None where a server did not say."""
    finished: bool
    """Whether the policy ended the text itself, its reasoning block (if any) closed."""
    verdicts: tuple[Verdict, ...]
    """One per asked constraint, and `finished`."""
    passed: bool | None
    """Whether every hard constraint holds; None where that is unknown (see `all_pass`)."""
    gold: float | None = None
    """The judge's score of the answer; None where it gave none."""
    loose: tuple[Verdict, ...] = ()
    """The same verdicts in a benchmark's loose reading; empty where it has none."""
    scores: dict[str, float | None] = field(default_factory=dict)
    """Scores of the answer by who gave them; None where one gave none."""
    aspects: dict[str, str] = field(default_factory=dict)
    """What of its task results are shown by: category, lang, difficulty."""
    sample: int = 0
    """Which of its task's texts it is, from 0."""
    points: dict[str, int] = field(default_factory=dict)
    """Points of the answer by criterion of a rubric; empty where nobody asked, or none could be had."""

    @property
    def key(self) -> str:
        """Its name among all texts for a suite; see `text_key`."""
        return text_key(self.task, self.sample)


def text_key(task: str, sample: int) -> str:
    """The name of a task's text: the first has the task's own.

    >>> text_key("t1", 0), text_key("t1", 2)
    ('t1', 't1#2')
    """
    return f"{task}#{sample}" if sample else task


def write_rows(path: Path, rows: Sequence[EvalRow]) -> None:
    """Write `rows` as gzipped JSONL, whole or not at all; folders are made.

    The same rows give the same bytes.
    """
    write_lines_gz(path, [{"schema": SCHEMA_VERSION, **_plain(row)} for row in rows])


def _plain(row: EvalRow) -> dict[str, Any]:
    """As JSON values; what few rows have is left out where there is nothing."""
    decided = {name: [verdict.to_dict() for verdict in getattr(row, name)] for name in VERDICTS}
    rare = {name for name in ("sample", "points") if not getattr(row, name)}
    return {name: value for name, value in (asdict(row) | decided).items() if name not in rare}


VERDICTS = ("verdicts", "loose")
"""The fields of a row that hold verdicts."""


def read_rows(path: Path) -> list[EvalRow]:
    """Read what `write_rows` wrote.

    Raises:
        ValueError: no such file, or rows of a newer schema than this version knows.
    """
    if not path.is_file():
        raise ValueError(f"no evaluation at {path}")
    rows = []
    for row in read_lines(path):
        if row["schema"] > SCHEMA_VERSION:
            raise ValueError(f"{path}: schema {row['schema']}, but this version reads up to {SCHEMA_VERSION}")
        del row["schema"]
        decided = {name: tuple(verdict_of(verdict) for verdict in row.get(name, ())) for name in VERDICTS}
        rows.append(EvalRow(**{**row, **decided}))
    return rows


@dataclass(frozen=True, slots=True)
class Summary:
    """One policy's evaluation, in numbers."""

    rule: str
    """The mixing rule that it was trained with, or 'start'."""
    texts: int
    """Evaluated texts."""
    gold_win_rate: Estimate
    """Share of its texts that the judge prefers to the start policy's for the same task, ties a half."""
    sign_p: float
    """Exact sign test of those wins against the losses; 1 where nothing was decided."""
    gold_mean: float
    """The judge's mean score; NaN where none is known."""
    pass_rate: Estimate
    """Share of known texts that keep every hard constraint."""
    pass_and_better: Estimate
    """Share that keeps every constraint and beats the start policy's text for the same task."""
    mean_words: float
    """Words per text."""
    finished: float
    """Share of texts that the policy ended itself."""
    violators_rewarded: int | None
    """Violators with an advantage of at least 0, over the whole training; None without training."""
    violators: int | None
    """Violators in the whole training; None without training."""

    def to_json(self) -> dict[str, Any]:
        """The row of `rlmr quickstart --json`: rounded to 6 digits, null where nothing is known."""
        win, passed = self.gold_win_rate, self.pass_rate
        return {
            "rule": self.rule,
            "gold_win_rate": _number(win.value),
            "gold_win_rate_ci": [_number(win.low), _number(win.high)],
            "gold_mean": _number(self.gold_mean),
            "pass_rate": _number(passed.value),
            "pass_rate_ci": [_number(passed.low), _number(passed.high)],
            "pass_and_better": _number(self.pass_and_better.value),
            "mean_words": _number(self.mean_words),
            "violators_rewarded": self.violators_rewarded,
        }


def _number(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def summarize(
    rule: str,
    rows: Sequence[EvalRow],
    start: Sequence[EvalRow],
    *,
    violators_rewarded: int | None = None,
    violators: int | None = None,
) -> Summary:
    """Numbers of one policy, each text compared with the start policy's for the same task.

    Wins are by the judge's score alone; `pass_and_better` also asks that every hard constraint holds.
    A failed text counts as not better; one whose constraints or comparison are unknown is left out.
    Intervals of comparisons are score intervals over tasks (`bounded_mean`), the pass rate's is Wilson's.

    Raises:
        ValueError: no rows, or rows that are not for the same tasks in the same order.
    """
    if not rows:
        raise ValueError(f"nothing to summarize for {rule!r}: no rows")
    tasks = [row.task for row in rows]
    if [(row.task, row.prompt) for row in rows] != [(row.task, row.prompt) for row in start]:
        raise ValueError(f"{rule!r} and the start policy must answer the same tasks in the same order")
    won = outcomes([_or_nan(row.gold) for row in rows], [_or_nan(row.gold) for row in start])
    better = [
        0.0 if row.passed is False else math.nan if row.passed is None or math.isnan(w) else float(w == 1.0)
        for row, w in zip(rows, won, strict=True)
    ]
    known = [row.passed for row in rows if row.passed is not None]
    gold = [row.gold for row in rows if row.gold is not None]
    return Summary(
        rule=rule,
        texts=len(rows),
        gold_win_rate=bounded_mean(won, tasks),
        sign_p=sign_test(int((won == 1.0).sum()), int((won == 0.0).sum())),
        gold_mean=math.fsum(gold) / len(gold) if gold else math.nan,
        pass_rate=wilson(sum(known), len(known)),
        pass_and_better=bounded_mean(better, tasks),
        mean_words=sum(row.words for row in rows) / len(rows),
        finished=sum(row.finished for row in rows) / len(rows),
        violators_rewarded=violators_rewarded,
        violators=violators,
    )
