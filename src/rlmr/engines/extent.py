"""How long a run is, how much it writes, and where it begins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from trl import GRPOConfig

from rlmr.constraints.spec import to_specs
from rlmr.data import Task
from rlmr.engines.checkpoints import Found, find_newest
from rlmr.engines.settings import window_of
from rlmr.models import ModelError
from rlmr.runs import RunError

ROW_BYTES = 400
"""A recorded completion's verdicts and numbers, compressed, generously."""

TOKEN_BYTES = 2
"""A recorded token, compressed, generously."""


class PolicyError(ModelError):
    """A policy, or tasks for it, that cannot be trained; the message says which and why."""


def planned_steps(config: GRPOConfig, tasks: int) -> int:
    """Optimiser steps of a run on that many tasks. Raises PolicyError where a generation needs more."""
    steps = steps_per_epoch(config, tasks)
    return int(config.max_steps if config.max_steps > 0 else steps * config.num_train_epochs)


def steps_per_epoch(config: GRPOConfig, tasks: int) -> int:
    """Optimiser steps of one pass over that many tasks, without those that fill no generation.

    Raises PolicyError where one generation needs more tasks.
    """
    prompts: int = config.generation_batch_size // config.num_generations
    if tasks < prompts:
        raise PolicyError(
            f"data: {tasks} tasks, but one generation takes {prompts} different prompts (generation batch "
            f"{config.generation_batch_size} / num_generations {config.num_generations}); lower "
            "grpo.per_device_train_batch_size or raise data.limit"
        )
    return tasks // prompts * window_of(config)


def needed_bytes(config: GRPOConfig, steps: int, model_bytes: int = 0, best: bool = False) -> int:
    """About how much a run writes, in bytes: completions, policy, checkpoints (`best`: one more is kept)."""
    generations = max(1, steps * config.gradient_accumulation_steps // config.steps_per_generation)
    rows = generations // config.num_iterations * config.generation_batch_size
    checkpoints = int(best)
    if config.save_strategy != "no":
        checkpoints += min((config.save_total_limit or steps) + 1, steps)  # the newest comes before one goes
    return int(
        rows * (ROW_BYTES + TOKEN_BYTES * config.max_completion_length) + model_bytes * (1 + 3 * checkpoints)
    )


def find_start(run: Path, config: GRPOConfig, tasks: Sequence[Task], steps: int) -> Found:
    """Where the run in the folder `run` goes on: its newest whole checkpoint, or its beginning.

    Raises RunError where its processes or its tasks (training's, then evaluation's) are not those of now.
    """
    found = find_newest(run / "checkpoints", window_of(config), steps)
    newest = found.newest
    if newest is None:
        return found
    if newest.processes != config.world_size:
        raise RunError(
            f"{run}: the run has {newest.processes} processes, each with its own random state; this one has "
            f"{config.world_size}"
        )
    if newest.memory["tasks"] != fingerprint(tasks):
        raise RunError(f"{run}: data: the tasks are not those that the run began with")
    return found


def fingerprint(tasks: Iterable[Task]) -> str:
    """A SHA-256 of ids, prompts and constraints, in order.

    >>> fingerprint([Task("1", "Write.")])[:8] == fingerprint([Task("2", "Write.")])[:8]
    False
    """
    rows = [[task.id, task.prompt, to_specs(task.constraints)] for task in tasks]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
