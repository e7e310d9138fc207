"""Tasks of the sandbox: a brief and one to three constraints, and stories written for them.

Every draw is sensible: one limit of length per task, no word both asked and forbidden, no forbidden
word in the brief. Held-out tasks use (hero, object) pairs that no training task has.
"""

from __future__ import annotations

import random
from typing import Literal

from rlmr.constraints.base import Constraint, Status
from rlmr.constraints.types.edges import FirstSentenceContains, LastSentenceContains
from rlmr.constraints.types.length import SentenceCount, WordCount
from rlmr.constraints.types.structure import Dialogue, Title
from rlmr.constraints.types.words import ExcludeWords, IncludeWords
from rlmr.data import Task
from rlmr.sandbox.stories import WORDS_PER_SENTENCE, Plan, write
from rlmr.sandbox.world import grammar

Split = Literal["train", "heldout"]

WORD_LIMITS = ((None, 40), (None, 50), (None, 60), (30, 40), (40, 50), (50, 60), (45, None), (55, None))
SENTENCE_LIMITS = ((4, 4), (5, 5), (6, 6), (7, 7), (None, 5), (None, 6), (7, None))
COMMON = ("then", "but", "felt", "door", "home", "help", "back", "day", "again", "one", "so", "friend")
"""Words that stories of the world often use, to be asked for or forbidden."""


def phrase(constraint: Constraint) -> str:
    """The constraint in the sandbox's few words, which the shipped policy has learned to read.

    `Constraint.describe` is for people and may be reworded; these phrases are part of the checkpoint.

    >>> phrase(WordCount(at_least=None, at_most=40))
    'Use at most 40 words.'
    """
    match constraint:
        case WordCount(at_least=low, at_most=high):
            return f"Use {_bounds(low, high)} words."
        case SentenceCount(at_least=low, at_most=high):
            return f"Write {_bounds(low, high)} sentences."
        case IncludeWords(words=words):
            return f"Use the word {' and the word '.join(words)}."
        case ExcludeWords(words=words):
            return f"Do not use the word {' or the word '.join(words)}."
        case FirstSentenceContains(words=words):
            return f"Use the word {words[0]} in the first sentence."
        case LastSentenceContains(words=words):
            return f"Use the word {words[0]} in the last sentence."
        case Dialogue(at_least=low):
            return f"Let somebody speak at least {low} times."
        case Title():
            return "Give it a title."
    raise ValueError(f"the sandbox has no phrase for {constraint.type!r}")


def _bounds(low: int | None, high: int | None) -> str:
    if low == high:
        return f"exactly {low}"
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"


KINDS = ("include", "exclude", "first", "last", "dialogue", "title")
"""What a task can ask beside its limit of length."""
OTHERS = (0, 1, 1, 2, 2)
"""How many of them it asks: one of these."""


def make_tasks(n: int, seed: int, split: Split = "train", others: tuple[int, ...] = OTHERS) -> list[Task]:
    """`n` tasks, the same for the same arguments.

    >>> task = make_tasks(1, seed=0)[0]
    >>> task.prompt.startswith("Write a story about a")
    True
    """
    rng = random.Random(f"{split}-{seed}")
    return [_draw(f"{split}-{seed}-{i}", split, others, rng) for i in range(n)]


def _draw(name: str, split: Split, others: tuple[int, ...], rng: random.Random) -> Task:
    lists = grammar().lists
    while True:
        i, j = rng.randrange(len(lists["hero"])), rng.randrange(len(lists["object"]))
        if ((3 * i + j) % 10 == 0) == (split == "heldout"):
            break
    hero, thing = lists["hero"][i], lists["object"][j]
    constraints = _draw_constraints((hero, thing), others, rng)
    article = {word: "an" if word[0] in "aeiou" else "a" for word in (hero, thing)}
    brief = f"Write a story about {article[hero]} {hero} and {article[thing]} {thing}."
    prompt = " ".join([brief, *map(phrase, constraints)])
    return Task(name, prompt, constraints, {"hero": hero, "object": thing})


def _draw_constraints(
    brief: tuple[str, str], others: tuple[int, ...], rng: random.Random
) -> tuple[Constraint, ...]:
    """One limit of length, and some of the other kinds, each with its own word."""
    if rng.random() < 0.7:
        low, high = rng.choice(WORD_LIMITS)
        drawn: list[Constraint] = [WordCount(at_least=low, at_most=high)]
    else:
        low, high = rng.choice(SENTENCE_LIMITS)
        drawn = [SentenceCount(at_least=low, at_most=high)]
    asked, forbidden = rng.sample(COMMON, 2)
    for kind in sorted(rng.sample(KINDS, rng.choice(others))):
        if kind == "include":
            drawn.append(IncludeWords(words=(asked,)))
        elif kind == "exclude":
            drawn.append(ExcludeWords(words=(forbidden,)))
        elif kind == "first":
            drawn.append(FirstSentenceContains(words=(rng.choice(brief),)))
        elif kind == "last":
            drawn.append(LastSentenceContains(words=(rng.choice(brief),)))
        elif kind == "dialogue":
            drawn.append(Dialogue(at_least=rng.choice((1, 2)), at_most=None))
        else:
            drawn.append(Title(style="first_line"))
    return tuple(drawn)


def write_for(task: Task, rng: random.Random, *, skill: float, obey: float = 0.7, tries: int = 30) -> str:
    """A world story for the task, by a writer of this skill who obeys each constraint with chance `obey`.

    Whether each constraint is to be kept is drawn first; then stories are written until one does exactly
    that, at most `tries` times; failing that, the nearest.
    """
    wanted = [rng.random() < obey for _ in task.constraints]
    best, best_match = "", -1
    for _ in range(tries):
        text = write(_plan(task, wanted, skill, rng), rng)
        kept = [c.check(text).status is Status.PASS for c in task.constraints]
        match = sum(k == w for k, w in zip(kept, wanted, strict=True))
        if match == len(wanted):
            return text
        if match > best_match:
            best, best_match = text, match
    return best


def _plan(task: Task, wanted: list[bool], skill: float, rng: random.Random) -> Plan:
    """A plan that keeps the wanted constraints on purpose and neglects the others."""
    count = rng.randint(4, 9)
    parts: dict[str, tuple[str, ...]] = {}
    spoken: int | None = None
    title = False
    for constraint, keep in zip(task.constraints, wanted, strict=True):
        match constraint:
            case WordCount(at_least=low, at_most=high) if keep:
                count = round(_inside(low, high, 25, 70, rng) / WORDS_PER_SENTENCE)
            case SentenceCount(at_least=low, at_most=high) if keep:
                count = round(_inside(low, high, 4, 9, rng))
            case IncludeWords(words=words) if keep:
                parts["anywhere"] = words
            case FirstSentenceContains(words=words) if keep:
                parts["first"] = words
            case LastSentenceContains(words=words) if keep:
                parts["last"] = words
            case ExcludeWords(words=words) if keep:
                parts["avoid"] = words
            case Dialogue(at_least=low):
                spoken = (low or 1) + rng.randint(0, 1) if keep else rng.randint(0, (low or 1) - 1)
            case Title():
                title = keep
    return Plan(
        task.meta["hero"],
        task.meta["object"],
        skill,
        max(3, count),
        title=title,
        first=parts.get("first", ()),
        last=parts.get("last", ()),
        anywhere=parts.get("anywhere", ()),
        avoid=frozenset(parts.get("avoid", ())),
        spoken=spoken,
    )


def _inside(low: int | None, high: int | None, least: int, most: int, rng: random.Random) -> float:
    """A number within the bounds, kept to what stories of this world are like."""
    return rng.uniform(least if low is None else low, most if high is None else high)
