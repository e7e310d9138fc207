"""One model's texts against another's, task by task: by a judge in both orders, or by scores.

A judge is audited by its own comparisons: how often it changes its mind with the order, whether it prefers
a place, and whether it prefers what is longer.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rlmr.data import Message
from rlmr.evals.finished_items import FinishedItems
from rlmr.evals.outcome import EvalRow
from rlmr.evals.stats import (
    Comparison,
    Estimate,
    Floats,
    LengthControlled,
    Ranking,
    WinRate,
    bradley_terry,
    detectable,
    first_place_rate,
    flip_rate,
    length_controlled_win_rate,
    merge_orders,
    outcomes,
    win_rate,
)

Order = tuple[float | None, float | None]
"""What the candidate got (1 won, .5 tied, 0 lost) when it stood first, and when it stood second; None where
that could not be had."""

TOGETHER = 64
"""Pairs that a judge is asked about together; their outcomes are kept when they are there."""

FEWEST = 20
"""Comparisons below which nothing is said of a judge's habits."""


class PairJudge(Protocol):
    """Compares two texts in both orders: `rlmr.rewards.judge.PairwiseJudge`, or your own."""

    def orders(self, pairs: Sequence[tuple[str | Sequence[Message], str, str]]) -> list[Order]:
        """One `Order` for each (prompt, candidate's text, baseline's text)."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two texts for one task, and what a judge says of the candidate's."""

    task: str
    first: float
    """Outcome with the candidate's text first; NaN unknown."""
    second: float
    """Outcome with it second."""
    longer: float
    """Words (or hanzi) that it is longer by."""


def meet_by_scores(name: str, candidate: Sequence[EvalRow], baseline: Sequence[EvalRow]) -> list[Meeting]:
    """Meetings decided by the rows' scores of that name, which know no order; equal scores tie."""
    pairs = paired(candidate, baseline)
    won = outcomes(
        [_or_nan(a.scores.get(name)) for a, _ in pairs], [_or_nan(b.scores.get(name)) for _, b in pairs]
    )
    return [
        Meeting(a.task, float(o), float(o), float(a.words - b.words))
        for (a, b), o in zip(pairs, won, strict=True)
    ]


def meet_by_judge(
    judge: PairJudge,
    candidate: Sequence[EvalRow],
    baseline: Sequence[EvalRow],
    log: FinishedItems,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> list[Meeting]:
    """Meetings decided by a judge; those in `log` are not asked again, those that stay unknown are.

    The judge sees the prompt and the two answers, never who wrote them.
    """
    pairs = paired(candidate, baseline)
    left = list({_key(a, b): (a, b) for a, b in pairs if _key(a, b) not in log.items}.values())
    for start in range(0, len(left), TOGETHER):
        part = left[start : start + TOGETHER]
        show(len(pairs) - len(left) + start, len(pairs))
        found = judge.orders([(a.prompt, a.answer, b.answer) for a, b in part])
        for (a, b), order in zip(part, found, strict=True):
            if None not in order:
                log.add(_key(a, b), list(order))
    show(len(pairs), len(pairs))
    meetings = []
    for a, b in pairs:
        first, second = log.items.get(_key(a, b), (math.nan, math.nan))
        meetings.append(Meeting(a.task, first, second, float(a.words - b.words)))
    return meetings


def _key(a: EvalRow, b: EvalRow) -> str:
    """A meeting's key: task and texts, so that a new text is judged anew."""
    texts = json.dumps([a.answer, b.answer]).encode()
    return f"{a.key} {hashlib.sha256(texts).hexdigest()[:16]}"


def paired(candidate: Sequence[EvalRow], baseline: Sequence[EvalRow]) -> list[tuple[EvalRow, EvalRow]]:
    """The rows of tasks that both have a text for, in the candidate's order; of several texts of a task the
    first meets the first, and so on."""
    others = {row.key: row for row in baseline}
    return [(row, others[row.key]) for row in candidate if row.key in others]


@dataclass(frozen=True, slots=True)
class Pairwise:
    """One model against another by one judge."""

    candidate: str
    baseline: str
    judge: str
    win: WinRate
    """Wins, ties, losses, the win rate and its sign test; orders that disagree tie."""
    controlled: LengthControlled
    """The win rate at equal length, and the judge's taste for length."""
    flips: Estimate | None
    """Share of pairs decided otherwise with the texts exchanged; None for scores, which know no order."""
    first_place: Estimate | None
    """How often the text that stands first wins; .5 is no favourite place; None for scores."""
    longer: Estimate
    """How often the longer text of a pair wins (ties a half), whoever wrote it."""
    detectable: float
    """Win rate above one half that this many prompts can tell from it at 80 % power; NaN for too few."""
    warnings: tuple[str, ...]
    """What a reader has to know of the judge, in words; empty where nothing was found."""


def compare(
    candidate: str,
    baseline: str,
    judge: str,
    meetings: Sequence[Meeting],
    *,
    ordered: bool,
    seed: int = 0,
) -> Pairwise:
    """The numbers of all meetings of two models; `ordered`: the judge saw both orders."""
    tasks = [one.task for one in meetings]
    first = np.array([one.first for one in meetings], dtype=np.float64)
    second = np.array([one.second for one in meetings], dtype=np.float64)
    longer = np.array([one.longer for one in meetings], dtype=np.float64)
    won = merge_orders(first, second)
    win = win_rate(won, tasks)
    prompts = len({task for task, one in zip(tasks, won, strict=True) if not math.isnan(one)})
    controlled = length_controlled_win_rate(won, longer, tasks, seed=seed)
    flips = flip_rate(first, second, tasks) if ordered else None
    place = first_place_rate(first, second, tasks) if ordered else None
    longer_wins = win_rate(_for_the_longer(won, longer), tasks).rate
    return Pairwise(
        candidate=candidate,
        baseline=baseline,
        judge=judge,
        win=win,
        controlled=controlled,
        flips=flips,
        first_place=place,
        longer=longer_wins,
        detectable=detectable(prompts) if prompts else math.nan,
        warnings=tuple(_warnings(win, controlled, longer_wins, flips, place)),
    )


def _for_the_longer(won: Floats, longer: Floats) -> Floats:
    """Outcomes for the longer text of each pair; NaN where they are equally long."""
    return np.where(longer > 0, won, np.where(longer < 0, 1.0 - won, np.nan))


def _warnings(
    win: WinRate,
    controlled: LengthControlled,
    longer: Estimate,
    flips: Estimate | None,
    place: Estimate | None,
) -> list[str]:
    """What the judge's habits do to its verdicts, where intervals show it."""
    found = []
    if win.unknown:
        found.append(f"{win.unknown} of {win.unknown + win.rate.n} comparisons are unknown.")
    if win.rate.n < FEWEST:
        return [*found, f"Only {win.rate.n} comparisons: too few to say anything of the judge."]
    if place is not None and flips is not None and not place.low <= 0.5 <= place.high:
        where = "first" if place.value > 0.5 else "second"
        found.append(
            f"Position bias: the text that stands {where} wins {max(place.value, 1 - place.value):.0%}; "
            f"{flips.value:.0%} of the verdicts change with the order and count as ties."
        )
    slope = controlled.slope
    if math.isnan(controlled.rate.value):
        found.append(
            f"Length cannot be told from quality: one model's texts are longer in nearly all pairs (the "
            f"longer text wins {longer.value:.0%}), so that these comparisons say nothing about equal length."
        )
    elif slope.n and (slope.low > 0 or slope.high < 0):
        habit = "follow" if slope.low > 0 else "go against"
        found.append(
            f"Verdicts {habit} length: the longer text wins {longer.value:.0%}; at equal length the win rate "
            f"would be {controlled.rate.value:.0%} instead of {win.rate.value:.0%}."
        )
    return found


def rank(
    meetings: dict[tuple[str, str], Sequence[Meeting]], seed: int = 0, *, at_equal_length: bool = False
) -> Ranking:
    """Several models on one scale (Bradley-Terry with ties), from the meetings of each (candidate, baseline).

    Raises ValueError: see `bradley_terry`.
    """
    found = [
        Comparison(a, b, float(won), one.task, one.longer)
        for (a, b), part in meetings.items()
        for one, won in zip(
            part, merge_orders([m.first for m in part], [m.second for m in part]), strict=True
        )
    ]
    return bradley_terry(found, at_equal_length=at_equal_length, seed=seed)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
