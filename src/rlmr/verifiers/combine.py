"""One verdict table from several verifiers: programs first, then a classifier, then a judge.

Axes: B texts, each with its own task; C constraints of a task. A verifier is asked only about what those
before it left unknown, and about the same text and constraint once, however often they stand in the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from rlmr.constraints.base import Constraint, Status, Verdict
from rlmr.constraints.conditional import If
from rlmr.data import Task
from rlmr.verifiers.program import MAX_CHARACTERS, all_pass, verify

Item = tuple[str, Constraint, str]
"""A prompt as text, a constraint, and the text that is to keep it."""

SKIPPED = "skipped: a program failed a hard constraint"
"""Why a judged constraint is unknown under `skip_failed`."""


class Verifier(Protocol):
    """Whatever decides items: a judge, a trained classifier, your own."""

    def verify_many(self, items: Sequence[Item]) -> list[Verdict]:
        """One verdict per item, in their order; unknown, with its cause, where there is no decision."""


def verify_all(
    tasks: Sequence[Task],
    texts: Sequence[str],
    *,
    judge: Verifier | None = None,
    classifier: Verifier | None = None,
    skip_failed: bool = False,
) -> list[list[Verdict]]:
    """Verdicts of B texts, each to its own task: one per constraint, in the task's order.

    Programs decide what they can. What they leave unknown, and a question can be asked about
    (`Constraint.question`), goes to the classifier; what it leaves unknown goes to the judge. The verdict is
    that of the last one asked. A judged part of an `if` (whose scope is the whole text) is asked by itself.

    `skip_failed` leaves the judged constraints of a text unknown ("skipped: ...") where a program has already
    failed a hard one: it spares calls, but severity and the record then lack them. Raises ValueError for
    different numbers of tasks and texts.

    >>> from rlmr.constraints import Tone, WordCount
    >>> task = Task("1", "Write.", (WordCount(at_most=9), Tone("wistful")))
    >>> [verdict.status.value for verdict in verify_all([task], ["A fox ran."])[0]]
    ['pass', 'unknown']
    """
    pairs = list(zip(tasks, texts, strict=True))
    rows = [verify(task.prompt_text, text, task.constraints) for task, text in pairs]
    if judge is None and classifier is None:
        return rows
    places: list[tuple[int, int, Item]] = []
    for row, ((task, text), verdicts) in enumerate(zip(pairs, rows, strict=True)):
        skip = skip_failed and all_pass(verdicts) is False
        for column, (constraint, verdict) in enumerate(zip(task.constraints, verdicts, strict=True)):
            item = (task.prompt_text, constraint, text)
            if verdict.status is not Status.UNKNOWN or not _leaves(item):
                continue
            if skip:
                verdicts[column] = constraint.unknown(SKIPPED)
            else:
                places.append((row, column, item))
    answers = _ask([item for _, _, item in places], [v for v in (classifier, judge) if v is not None])
    for row, column, item in places:
        rows[row][column] = _settle(item, answers)
    return rows


VerifyAll = Callable[[Sequence[Task], Sequence[str]], list[list[Verdict]]]
"""`verify_all` with its verifiers already chosen."""


def verify_group(
    task: Task,
    texts: Sequence[str],
    *,
    judge: Verifier | None = None,
    classifier: Verifier | None = None,
    skip_failed: bool = False,
) -> list[list[Verdict]]:
    """`verify_all` for the G texts of one task."""
    tasks = [task] * len(texts)
    return verify_all(tasks, texts, judge=judge, classifier=classifier, skip_failed=skip_failed)


def _ask(items: Iterable[Item], verifiers: Iterable[Verifier]) -> dict[Item, Verdict]:
    """The verdicts of each leaf of `items`, once; each verifier sees what those before it left unknown."""
    answers: dict[Item, Verdict] = {}
    asked = list(dict.fromkeys(leaf for item in items for leaf in _leaves(item)))
    for verifier in verifiers:
        answers.update(zip(asked, verifier.verify_many(asked), strict=True))
        asked = [leaf for leaf in asked if answers[leaf].status is Status.UNKNOWN]
    return answers


def _leaves(item: Item) -> list[Item]:
    """What to ask about an item that programs leave unknown: itself, or the judged parts of an `if`."""
    prompt, constraint, text = item
    if len(text) > MAX_CHARACTERS:
        return []
    if constraint.question() is not None:
        return [item]
    if not isinstance(constraint, If) or constraint.scope != "text":
        return []
    open_parts = [
        (prompt, part, text)
        for part in constraint.parts()
        if verify(prompt, text, [part])[0].status is Status.UNKNOWN
    ]
    return [leaf for part in open_parts for leaf in _leaves(part)]


def _settle(item: Item, answers: Mapping[Item, Verdict]) -> Verdict:
    """An item's verdict, given those of its leaves."""
    prompt, constraint, text = item
    if item in answers:
        return answers[item]
    if isinstance(constraint, If):
        return constraint.resolve(lambda part: _settle((prompt, part, text), answers))
    return verify(prompt, text, [constraint])[0]
