"""Whether training prompts hold a suite's tasks: runs of words that both share.

A result on tasks that were trained on says nothing. Runs of 13 words are the usual measure (Brown et al.
2020, arXiv 2005.14165, appendix C); prompts are short, so that 8 words (13 hanzi) are taken here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rlmr.data import Task
from rlmr.evals.breaks.words import Gram, grams, tokens

WORDS, HANZI = 8, 13
"""Length of a run, in words; in hanzi where a task is mostly Chinese."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """A training prompt that holds runs of a task."""

    row: int
    """Place of the training prompt, from 0."""
    task: str
    """The task's id."""
    share: float
    """Share of the task's runs that stand in the training prompt, above 0, at most 1."""
    run: str
    """The first of them, folded."""


def overlaps(
    prompts: Iterable[str], tasks: Sequence[Task], *, words: int = WORDS, hanzi: int = HANZI
) -> list[Overlap]:
    """Every training prompt that shares a run with a task, in the prompts' order, the largest share first.

    Case, full width and script (traditional or simplified) do not matter, punctuation neither. A task that
    is shorter than a run counts as one run. A share near 1 is the task itself; a small one may be a turn of
    phrase that many requests have. Raises ValueError for a run below 1.

    >>> task = Task("t", "Write a short poem about the sea, please, for my aunt.")
    >>> found = overlaps(["Hi! write a short poem about the sea please. Thanks"], [task])
    >>> found[0].task, found[0].share, found[0].run
    ('t', 0.25, 'write a short poem about the sea please')
    """
    runs: dict[Gram, set[int]] = {}
    totals = []
    for i, task in enumerate(tasks):
        said = tokens(task.prompt_text)
        chinese = sum(len(word) == 1 and not word.isascii() for word in said) > len(said) / 2
        size = min(hanzi if chinese else words, len(said))
        own = set(grams(said, size)) if said else set()
        totals.append(len(own))
        for gram in own:
            runs.setdefault(gram, set()).add(i)
    sizes = sorted({len(gram) for gram in runs})
    found = []
    for row, prompt in enumerate(prompts):
        said = tokens(prompt)
        held: dict[int, set[Gram]] = {}
        first: dict[int, Gram] = {}
        for size in sizes:
            for gram in grams(said, size):
                for i in runs.get(gram, ()):
                    held.setdefault(i, set()).add(gram)
                    first.setdefault(i, gram)
        here = [
            Overlap(row, tasks[i].id, len(own) / totals[i], " ".join(first[i])) for i, own in held.items()
        ]
        found += sorted(here, key=lambda one: (-one.share, one.task))
    return found
