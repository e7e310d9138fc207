"""From a recipe's `validation` block to the prompts that a policy is tried on during training."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from rlmr.data import Task
from rlmr.recipes.schema import RecipeError, ValidationSettings


def hold_out(
    settings: ValidationSettings, tasks: Sequence[Task], others: Sequence[Task]
) -> tuple[list[Task], list[Task]]:
    """What is trained on, and what is validated on: at most `limit` tasks, those with the lowest `place_of`.

    With `split` they come out of the training `tasks`; else they are `others`, what `data` names. Raises
    RecipeError where nothing is left for one of the two, and where a validation prompt is trained on.
    """
    limit = settings.limit
    if settings.split is None:
        chosen = sorted(others, key=place_of)[:limit]
        trained = {task.prompt_text for task in tasks}
        if shared := [task.id for task in chosen if task.prompt_text in trained]:
            raise RecipeError(
                f"validation.data: {len(shared)} of its {len(chosen)} prompts are in data.train too (task "
                f"{shared[0]} is one); take them out of one of the two, or use validation.split"
            )
        return list(tasks), chosen
    below = [task for task in tasks if place_of(task) < settings.split]
    chosen = sorted(below, key=place_of)[:limit]
    prompts = {task.prompt_text for task in chosen}
    rest = [task for task in tasks if task.prompt_text not in prompts]
    if not chosen or not rest:
        what = "no task to validate on" if not chosen else "nothing to train on"
        raise RecipeError(
            f"validation.split: {settings.split:g} of {len(tasks)} tasks leaves {what}; give another share, "
            "or a file as validation.data"
        )
    return rest, chosen


def place_of(task: Task) -> float:
    """A number from 0 to 1 that a prompt has for good, wherever it stands: the start of its SHA-256.

    >>> round(place_of(Task("1", "Write.")), 3) == round(place_of(Task("2", "Write.")), 3)
    True
    """
    digest = hashlib.sha256(task.prompt_text.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def check_every(settings: ValidationSettings, window: int, steps: int) -> None:
    """Raise RecipeError where validations cut a generation's window or never come between start and end."""
    if settings.keep and settings.every % window:
        right = max(window, (settings.every + window // 2) // window * window)
        raise RecipeError(
            f"validation.every ({settings.every}) cuts a generation: {window} steps learn from each, and the "
            f"best checkpoint must lie between two; the nearest right number is {right}"
        )
    if settings.every > steps:
        raise RecipeError(
            f"validation.every ({settings.every}) is more than the run's {steps} steps; at most {steps}"
        )


def check_asked(tasks: Iterable[Task], column: str, rule: str) -> str:
    """What to say about training tasks without a constraint of their own; '' = every task has one.

    Raises RecipeError where none has one: then `column` is not where they stand, or the rule has nothing to
    mix. `writing_only` wants none.
    """
    tasks = list(tasks)
    bare = [task.id for task in tasks if not task.constraints]
    if not bare or rule == "writing_only":
        return ""
    if len(bare) == len(tasks):
        raise RecipeError(
            f"data.train: none of its {len(tasks)} tasks has a constraint (column {column!r}), and the rule "
            f"{rule} has nothing to mix; name the column (data.constraints_column), read them out of the "
            "prompts (rlmr constraints extract), or train on the score alone (mixing.rule=writing_only)"
        )
    some = ", ".join(bare[:3]) + (", …" if len(bare) > 3 else "")
    return (
        f"data.train: {len(bare)} of {len(tasks)} tasks have no constraint of their own ({some}); they learn "
        "from the score and the gates alone"
    )
