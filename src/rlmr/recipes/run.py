"""From a recipe to a training run: every input read and checked before anything is written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlmr import threads
from rlmr.alarms import choose_alarms
from rlmr.constraints.spec import to_specs
from rlmr.data import GATES, Task, choose_gates, read_tasks, with_gates
from rlmr.longbench import read_longbench_write
from rlmr.recipes.memory import explain_memory
from rlmr.recipes.models import locate, names_function, only_facts
from rlmr.recipes.schema import SANDBOX, Data, Recipe, RecipeError, Reward, Standard
from rlmr.recipes.scorers import check_groups_whole, load_scorer, load_shadow
from rlmr.recipes.validation import check_asked, check_every, hold_out
from rlmr.recipes.verifying import check_decidable, check_verifier, load_verify
from rlmr.runs import check_folder
from rlmr.tracking import resolve_trackers

if TYPE_CHECKING:
    from rlmr.engines.trl import Job, Show
    from rlmr.engines.validation import Validation
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
    validation_tasks: list[Task] = field(default_factory=list)
    """What the policy is tried on during training, with the same gates; empty without `validation`."""
    notes: tuple[str, ...] = ()
    """What the user should know before it starts, one sentence each."""

    @property
    def gates_and_asked(self) -> tuple[int, int]:
        """How many of the training tasks' constraints are gates, and how many are not."""
        gates = sum(constraint.type in GATES for task in self.tasks for constraint in task.constraints)
        return gates, sum(len(task.constraints) for task in self.tasks) - gates


def plan(recipe: Recipe, *, overwrite: bool = False, resume: bool = False, dry_run: bool = False) -> Plan:
    """Check everything that can be checked without weights; writes nothing.

    A `dry_run` goes on where the hub cannot be reached but the model's sizes are public facts.

    To `resume` is to go on with the run that the recipe's output folder holds; `rlmr.recipes.resume` has
    compared the two.

    Raises RecipeError, DataError, RunError, ModelError or SettingsError, all ValueErrors
    with one sentence for the user.
    """
    threads.configure(recipe.threads)
    if int(os.environ.get("RANK", "0")) == 0 and not resume:
        check_folder(Path(recipe.output), overwrite)
    trackers = resolve_trackers(recipe.report_to)
    gates = choose_gates(recipe.gates)
    *loaded, note = load_every_task(recipe)
    tasks, eval_tasks, validation_tasks = ([with_gates(task, gates) for task in some] for some in loaded)
    check_decidable(recipe, [*tasks, *eval_tasks, *validation_tasks])

    from rlmr.engines.extent import planned_steps  # the first imports of torch; seconds
    from rlmr.engines.settings import check_save_steps, defaults, make_config, quiet_libraries, window_of
    from rlmr.mixing import check_rule

    quiet_libraries()
    try:
        check_rule(recipe.mixing.rule, recipe.mixing.parameters)
    except ValueError as error:
        raise RecipeError(f"mixing: {error}") from error
    config = make_config(recipe.grpo, Path(recipe.output) / "checkpoints", recipe.seed)
    if not eval_tasks and (config.eval_strategy != "no" or config.eval_on_start):
        raise RecipeError("grpo.eval_strategy and grpo.eval_on_start need tasks: set data.eval")
    check_models(recipe, dry_run)
    check_groups_whole(recipe, config)
    check_verifier(recipe, [*tasks, *eval_tasks, *validation_tasks])
    steps = planned_steps(config, len(tasks))
    check_save_steps(config, steps)
    if recipe.validation is not None:
        check_every(recipe.validation, window_of(config), steps)
    reward = recipe.reward.model_copy(update={"standardize": standard_of(recipe.reward)})
    grpo = {**defaults(), **recipe.grpo}
    kept = {"reward": reward, "grpo": grpo, "gates": to_specs(gates), "report_to": trackers}
    resolved = recipe.model_copy(update=kept)
    return Plan(
        resolved,
        tasks,
        eval_tasks,
        steps,
        config.num_generations,
        config.generation_batch_size,
        resume,
        validation_tasks,
        (note,) if note else (),
    )


def check_models(recipe: Recipe, dry_run: bool = False) -> None:
    """Check policy, adapter, reward model and shadow judge; loads no weights.

    A `dry_run` asks nothing of a model whose sizes are public facts and that is not here. Raises ModelError,
    SettingsError or RewardModelError, which name the field.
    """
    from rlmr.engines.lora import check_lora
    from rlmr.engines.trl import check_policy
    from rlmr.rewards.ensemble import check_scorer
    from rlmr.rewards.function import load_function

    if not (dry_run and only_facts(recipe.policy)):
        check_policy(locate(recipe.policy))
    check_lora(recipe.lora.model_dump() if recipe.lora else None, locate(recipe.policy))
    for model in (recipe.reward.model, recipe.shadow.model if recipe.shadow else None):
        if model and names_function(model):
            load_function(model)
        elif model and not (dry_run and only_facts(model)):
            check_scorer(locate(model))


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
        validation=validation_of(planned),
        scorer=load_scorer(recipe.reward),
        mixture=mixture_of(config),
        verify=load_verify(recipe),
        alarms=choose_alarms(recipe.alarms, recipe.mixing.rule),
        report_to=recipe.report_to or [],
        shadow=load_shadow(recipe.shadow),
        unknown_pause=recipe.unknown_pause,
        output=Path(recipe.output),
        grpo=recipe.grpo,
        lora=config["lora"],
        config=config,
        seed=recipe.seed,
        overwrite=overwrite,
        resume=planned.resume,
        memory_advice=partial(explain_memory, planned),
    )


def validation_of(planned: Plan) -> Validation | None:
    """The engine's part of the recipe's `validation` block."""
    settings = planned.recipe.validation
    if settings is None:
        return None
    from rlmr.engines.validation import Validation

    return Validation(
        planned.validation_tasks,
        settings.every,
        settings.samples,
        settings.metric,
        settings.keep,
        planned.recipe.seed,
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
    return load_heldout("data.eval", data.eval, data, seed)


def load_every_task(recipe: Recipe) -> tuple[list[Task], list[Task], list[Task], str]:
    """What is trained on, what TRL evaluates on, what is validated on; and what to say of the first.

    Raises as `load_tasks`, `check_asked` and `hold_out` do.
    """
    tasks, held_out = load_tasks(recipe.data, recipe.seed), list[Task]()
    note = check_asked(tasks, recipe.data.constraints_column, recipe.mixing.rule)
    if recipe.validation is not None:
        others = load_heldout("validation.data", recipe.validation.data, recipe.data, recipe.seed)
        tasks, held_out = hold_out(recipe.validation, tasks, others)
    return tasks, load_eval_tasks(recipe.data, recipe.seed), held_out, note


def load_heldout(field: str, name: str | None, data: Data, seed: int) -> list[Task]:
    """The tasks that a recipe's `field` names, all of them; none for null. Raises as `load_tasks` does."""
    if name is None:
        return []
    if name.startswith(SANDBOX):
        from rlmr.sandbox.tasks import make_tasks

        return make_tasks(SANDBOX_EVAL_TASKS, seed, "heldout")
    return _read(field, name, data)


def _read(field: str, path: str, data: Data) -> list[Task]:
    """The tasks of a file, in the format and columns of the `data` block."""
    if not Path(path).is_file():
        raise RecipeError(f"{field}: no file {path!r} (paths are relative to {Path.cwd()})")
    if data.format == "longbench_write":
        return read_longbench_write(path)
    return read_tasks(path, data.prompt_column, data.constraints_column)


def standard_of(reward: Reward) -> Standard | None:
    """Mean and standard deviation that standardise scores, as numbers; None leaves scores as they are."""
    if not isinstance(reward.standardize, str):
        return reward.standardize
    from rlmr import sandbox

    metrics: dict[str, Any] = sandbox.metrics()
    return Standard(mean=float(metrics["quality_mean"]), std=float(metrics["quality_std"]))
