"""The tasks and what is known of them: category, difficulty, split, references."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Literal, get_args

from rlmr.constraints import Lang, to_specs
from rlmr.data import Task, read_tasks
from rlmr.evals.write_eval.difficulty import difficulty
from rlmr.names import nearest

Split = Literal["test", "dev", "all"]
SPLITS: tuple[Split, ...] = get_args(Split)

VERSION = "1.0"
"""Of the tasks. A change to any task raises it; scores of different versions do not compare."""
DIGEST = "32f25670a23aaff8"
"""`digest()` of this version's tasks, to stand beside every number."""
CATEGORIES = (
    "stories",
    "poems",
    "slogans",
    "letters",
    "speeches",
    "scripts",
    "product_copy",
    "social_posts",
    "essays",
    "lyrics",
    "jokes",
    "world_building",
    "notices",
    "memoir",
)
"""What is asked for; each has tasks in both languages and a rubric."""
_DEV_OF_10 = 2


@dataclass(frozen=True, slots=True)
class Reference:
    """A text that keeps all of a task's constraints, and the same text spoiled so that it breaks some."""

    id: str
    """The task's."""
    passing: str
    """Keeps every constraint: proof that the task can be done."""
    broken: str
    """The same with something spoiled."""
    breaks: tuple[str, ...]
    """Types of the constraints that `broken` fails, in the task's order."""


def split_of(group: str) -> Literal["test", "dev"]:
    """The split of a group of tasks, by hash, so that new tasks move no old one: two in ten are dev.

    >>> split_of("en-poems-haiku-bus-stop")
    'test'
    """
    bucket = int(hashlib.sha256(f"write_eval:{group}".encode()).hexdigest(), 16) % 10
    return "dev" if bucket < _DEV_OF_10 else "test"


def load(split: Split = "test", lang: Lang | None = None) -> list[Task]:
    """The tasks of a split and a language (None: both), in a fixed order, English first.

    `meta` holds `lang`, `category` (one of `CATEGORIES`), `difficulty` (easy, medium, hard), `split`, `group`
    (briefs that are near to each other share one, and so a split) and `decided_by`: 'program' where no
    constraint needs a judge to be decided, else 'judge'. Gates are not added: see
    `rlmr.data.with_gates`. Raises ValueError for an unknown split or language.

    >>> task = load("all", "zh")[0]
    >>> task.id, task.meta["category"], task.meta["difficulty"]
    ('zh-stories-barbershop', 'stories', 'medium')
    >>> load("train")
    Traceback (most recent call last):
    ValueError: split 'train' is not allowed; allowed: test, dev, all
    """
    if split not in SPLITS:
        raise ValueError(f"split {split!r} is not allowed; {nearest(split, SPLITS)}")
    if lang not in (None, "en", "zh"):
        raise ValueError(f"lang {lang!r} is not allowed; {nearest(lang, ('en', 'zh'))}")
    return [
        replace(task, meta=dict(task.meta))
        for task in _tasks()
        if split in ("all", task.meta["split"]) and lang in (None, task.meta["lang"])
    ]


@cache
def _tasks() -> tuple[Task, ...]:
    """Every task, with what is known of it."""
    return tuple(_describe(task) for lang in ("en", "zh") for task in _read(lang))


def _read(lang: Lang) -> list[Task]:
    """One language's file."""
    source = resources.files("rlmr.evals.write_eval").joinpath(f"{lang}.jsonl")
    with resources.as_file(source) as path:
        return read_tasks(path)


def _describe(task: Task) -> Task:
    """The task with difficulty, split, group and decider in its meta."""
    group = task.meta.get("group", task.id)
    judged = any(constraint.question() is not None for constraint in task.constraints)
    found = {
        "group": group,
        "split": split_of(group),
        "difficulty": difficulty(task.constraints),
        "decided_by": "judge" if judged else "program",
    }
    return replace(task, meta={**task.meta, **found})


def digest() -> str:
    """The first 16 hexadecimal digits of the SHA-256 of all tasks: id, prompt, constraints, what they are.

    >>> digest() == DIGEST
    True
    """
    rows = [
        [task.id, task.prompt, to_specs(task.constraints), task.meta["category"], task.meta["group"]]
        for task in sorted(_tasks(), key=lambda task: task.id)
    ]
    source = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def references() -> list[Reference]:
    """Texts written for some of the tasks, each with a spoiled variant, in the tasks' order.

    They prove that a task can be done, and that its constraints fail what they should. None is for training.

    >>> references()[0].id, references()[0].breaks
    ('en-stories-hedgehog-bedtime', ('names', 'ends_with'))
    """
    source = resources.files("rlmr.evals.write_eval").joinpath("references.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in source.splitlines()]
    return [Reference(row["id"], row["passing"], row["broken"], tuple(row["breaks"])) for row in rows]
