"""Texts scored by the rubric of their task's category, criterion by criterion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from rlmr.constraints import Lang
from rlmr.data import Task
from rlmr.endpoint import Client
from rlmr.evals.write_eval import CATEGORIES, rubric
from rlmr.rewards.judge import CRITERIA, Points, rubric_points

Rubrics = Callable[[Sequence[Task], Sequence[str]], list[Points | None]]
"""Points of B answers by criterion, each to its own task; None where they could not be had."""

NAME = "rubric"
"""Of the score: the mean of a text's points."""


def rubric_of(task: Task) -> Mapping[str, str]:
    """The criteria of a task: WriteEval's for its `category` and `lang`, general ones for any other category.

    >>> list(rubric_of(Task("1", "Tell me a joke.", meta={"category": "jokes"})))
    ['surprise', 'timing', 'voice', 'kindness']
    >>> list(rubric_of(Task("1", "Write.")))
    ['expression', 'emotion', 'originality', 'coherence']
    """
    category = task.meta.get("category")
    if category not in CATEGORIES:
        return CRITERIA
    lang = "zh" if task.meta.get("lang") == "zh" else "en"
    return rubric(str(category), cast(Lang, lang))


def by_rubric(client: Client) -> Rubrics:
    """A judge that gives each text points by `rubric_of` its task; it never sees who wrote it."""

    def ask(tasks: Sequence[Task], answers: Sequence[str]) -> list[Points | None]:
        asked = [(t.prompt, answer, rubric_of(t)) for t, answer in zip(tasks, answers, strict=True)]
        return rubric_points(client, asked)

    return ask
