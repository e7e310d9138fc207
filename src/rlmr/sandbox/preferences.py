"""Preference pairs of the sandbox: two texts for one task, and which one a reader chose."""

from __future__ import annotations

import random
from dataclasses import dataclass

from rlmr.data import Task
from rlmr.sandbox.gold import gold_score
from rlmr.sandbox.readers import panel
from rlmr.sandbox.spoil import spoil
from rlmr.sandbox.tasks import write_for

SPOILED = 0.5
"""Share of pairs in which one text is a spoiled copy."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A choice: columns `prompt, chosen, rejected`, and what a perfect predictor could reach on it."""

    prompt: str
    chosen: str
    rejected: str
    certainty: float
    """max(p, 1 - p) of the reader's choice: the best possible accuracy on this pair."""
    longer_wins: float
    """1 where the longer text (in words) was chosen, .5 for equal lengths, else 0."""


def make_pairs(texts: list[tuple[Task, list[str]]], n: int, seed: int) -> list[Pair]:
    """`n` choices by the panel between the given texts, world stories and spoiled copies of them.

    Args:
        texts: tasks with texts sampled for them by a policy.
        n: number of pairs; tasks are used in turn.
        seed: of the draws, the readers' choices and the world's writers.
    """
    rng = random.Random(seed)
    readers = panel()
    pairs = []
    for i in range(n):
        task, samples = texts[i % len(texts)]
        a, b = _two_texts(task, samples, rng)
        if a == b:
            continue
        words_a, words_b = len(a.split()), len(b.split())
        p = rng.choice(readers).prefers(gold_score(task, a) - gold_score(task, b), words_a - words_b)
        chosen, rejected = (a, b) if rng.random() < p else (b, a)
        difference = len(chosen.split()) - len(rejected.split())
        longer = 0.5 if difference == 0 else float(difference > 0)
        pairs.append(Pair(task.prompt_text, chosen, rejected, max(p, 1 - p), longer))
    return pairs


def _two_texts(task: Task, samples: list[str], rng: random.Random) -> tuple[str, str]:
    """Two different sources: samples of the policy, a story of a writer of any skill, a spoiled copy."""
    story = write_for(task, rng, skill=rng.random(), tries=3)
    pool = [*samples, story]
    a, b = rng.sample(pool, 2)
    if rng.random() < SPOILED:
        b = spoil(rng.choice((a, *pool)), rng)
    return a, b
