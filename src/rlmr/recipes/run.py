"""From a recipe to a training run: every input read and checked before anything is written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlmr import threads
from rlmr.constraints.spec import to_specs
from rlmr.data import GATES, Task, choose_gates, read_tasks, with_gates
from rlmr.longbench import read_longbench_write
from rlmr.recipes.schema import SANDBOX, Data, Recipe, RecipeError, Reward, Standard
from rlmr.recipes.verifying import check_decidable, check_verifier, load_verify
from rlmr.runs import check_folder

if TYPE_CHECKING:
    from rlmr.engines.grade import Scorer
    from rlmr.engines.trl import Job, Show
    from rlmr.runs.write import State

SANDBOX_TASKS = 2_000
"""Tasks that the sandbox makes where the recipe sets no limit."""

SANDBOX_EVAL_TASKS = 200
"""Held-out tasks that the sandbox makes for `data.eval`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a checked recipe comes to, before any weights are loaded."""

    recipe: Recipe
    """With everything that stood for something else replaced by it (numbers, defaults)."""
    tasks: list[Task]
    """What is trained on, with the recipe's gates."""
    eval_tasks: list[Task]
    """What TRL evaluates on, with the same; empty without `data.eval`."""
    steps: int
    """Optimiser steps."""
    group: int
    """Texts per prompt."""
    texts: int
    """Texts per generation."""
    resume: bool = False
    """The output folder holds this run, begun; it goes on."""

    @property
    def gates_and_asked(self) -> tuple[int, int]:
        """How many of the training tasks' constraints are gates, and how many are not."""
        gates = sum(constraint.type in GATES for task in self.tasks for constraint in task.constraints)
        return gates, sum(len(task.constraints) for task in self.tasks) - gates


def plan(recipe: Recipe, *, overwrite: bool = False, resume: bool = False) -> Plan:
    """Check everything that can be checked without weights; writes nothing.

    To `resume` is to go on with the run that the recipe's output folder holds; `rlmr.recipes.resume` has
    compared the two.

    Raises RecipeError, DataError, RunError, ModelError or SettingsError, all ValueErrors
    with one sentence for the user.
    """
    threads.configure(recipe.threads)
    if int(os.environ.get("RANK", "0")) == 0 and not resume:
        check_folder(Path(recipe.output), overwrite)
    gates = choose_gates(recipe.gates)
    tasks = [with_gates(task, gates) for task in load_tasks(recipe.data, recipe.seed)]
    eval_tasks = [with_gates(task, gates) for task in load_eval_tasks(recipe.data, recipe.seed)]
    check_decidable(recipe, [*tasks, *eval_tasks])

    from rlmr.engines.extent import planned_steps  # the first imports of torch; seconds
    from rlmr.engines.settings import check_save_steps, defaults, make_config, quiet_libraries
    from rlmr.engines.trl import check_policy
    from rlmr.mixing import check_rule
    from rlmr.rewards.ensemble import check_scorer
    from rlmr.rewards.function import load_function

    quiet_libraries()
    try:
        check_rule(recipe.mixing.rule, recipe.mixing.parameters)
    except ValueError as error:
        raise RecipeError(f"mixing: {error}") from error
    config = make_config(recipe.grpo, Path(recipe.output) / "checkpoints", recipe.seed)
    if not eval_tasks and (config.eval_strategy != "no" or config.eval_on_start):
        raise RecipeError("grpo.eval_strategy and grpo.eval_on_start need tasks: set data.eval")
    check_policy(locate(recipe.policy))
    check_verifier(recipe, [*tasks, *eval_tasks])
    if names_function(recipe.reward.model):
        load_function(recipe.reward.model)
    else:
        check_scorer(locate(recipe.reward.model))
    steps = planned_steps(config, len(tasks))
    check_save_steps(config, steps)
    reward = recipe.reward.model_copy(update={"standardize": standard_of(recipe.reward)})
    grpo = {**defaults(), **recipe.grpo}
    resolved = recipe.model_copy(update={"reward": reward, "grpo": grpo, "gates": to_specs(gates)})
    return Plan(
        resolved,
        tasks,
        eval_tasks,
        steps,
        config.num_generations,
        config.generation_batch_size,
        resume,
    )


def job_of(planned: Plan, *, overwrite: bool = False) -> Job:
    """The engine's job of a plan; loads the reward model."""
    from rlmr.engines.trl import Job
    from rlmr.runs import mixture_of

    recipe = planned.recipe
    config = recipe.model_dump(mode="json")
    return Job(
        policy=locate(recipe.policy),
        tasks=planned.tasks,
        eval_tasks=planned.eval_tasks,
        scorer=load_scorer(recipe.reward),
        mixture=mixture_of(config),
        verify=load_verify(recipe),
        unknown_alarm=recipe.unknown_alarm,
        unknown_pause=recipe.unknown_pause,
        output=Path(recipe.output),
        grpo=recipe.grpo,
        config=config,
        seed=recipe.seed,
        overwrite=overwrite,
        resume=planned.resume,
    )


def train(recipe: Recipe, *, overwrite: bool = False, show: Show | None = None) -> State:
    """Train as `recipe` says; gives 'finished', 'interrupted' or 'paused'. Raises as `plan` does."""
    job = job_of(plan(recipe, overwrite=overwrite), overwrite=overwrite)
    from rlmr.engines import trl

    return trl.train(job, show)


def load_tasks(data: Data, seed: int) -> list[Task]:
    """The tasks that `data.train` names. Raises DataError; RecipeError for a missing file."""
    if data.train.startswith(SANDBOX):
        from rlmr.sandbox.tasks import make_tasks

        return make_tasks(data.limit or SANDBOX_TASKS, seed, "train")
    return _read("data.train", data.train, data)[: data.limit]


def load_eval_tasks(data: Data, seed: int) -> list[Task]:
    """The tasks that `data.eval` names, all of them; none for null. Raises as `load_tasks` does."""
    if data.eval is None:
        return []
    if data.eval.startswith(SANDBOX):
        from rlmr.sandbox.tasks import make_tasks

        return make_tasks(SANDBOX_EVAL_TASKS, seed, "heldout")
    return _read("data.eval", data.eval, data)


def _read(field: str, path: str, data: Data) -> list[Task]:
    """The tasks of a file, in the format and columns of the `data` block."""
    if not Path(path).is_file():
        raise RecipeError(f"{field}: no file {path!r} (paths are relative to {Path.cwd()})")
    if data.format == "longbench_write":
        return read_longbench_write(path)
    return read_tasks(path, data.prompt_column, data.constraints_column)


def locate(name: str) -> str:
    """The folder or Hugging Face name behind a recipe's model name."""
    if not name.startswith(SANDBOX):
        return name
    from rlmr import sandbox

    return str(sandbox.checkpoint(name.removeprefix(SANDBOX)))


def names_function(name: str) -> bool:
    """Whether a reward model is given as `module:Name`.

    >>> [names_function(name) for name in ("my_rewards:score", "sandbox:reward_model", "org/model")]
    [True, False, False]
    """
    return ":" in name and not name.startswith(SANDBOX) and not Path(name).exists()


def load_scorer(reward: Reward) -> Scorer:
    """The scorer that a recipe's `reward` block names. Raises RewardModelError."""
    from rlmr.rewards import ensemble
    from rlmr.rewards.function import load_function

    if names_function(reward.model):
        return load_function(reward.model)
    return ensemble.load_scorer(
        locate(reward.model), max_length=reward.max_length, batch_size=reward.batch_size
    )


def standard_of(reward: Reward) -> Standard | None:
    """Mean and standard deviation that standardise scores, as numbers; None leaves scores as they are."""
    if not isinstance(reward.standardize, str):
        return reward.standardize
    from rlmr import sandbox

    metrics: dict[str, Any] = sandbox.metrics()
    return Standard(mean=float(metrics["quality_mean"]), std=float(metrics["quality_std"]))
