"""The `grpo:` block: TRL's own settings, checked by TRL's dataclass, with defaults that suit this engine."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import torch
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from transformers.utils.logging import disable_progress_bar
from trl import GRPOConfig

from rlmr.engines.launch import check_launch
from rlmr.names import nearest


class SettingsError(ValueError):
    """A setting of the `grpo:` block that TRL does not know, or that would undo the mix."""


OURS = {
    "output_dir": "the recipe's own `output` decides it",
    "seed": "the recipe's own `seed` decides it",
    "data_seed": "the recipe's own `seed` decides it",
    "logging_steps": "every step is logged",
    "logging_strategy": "every step is logged",
    "disable_tqdm": "progress is shown by rlmr (--quiet hides it)",
    "report_to": "the recipe's own `report_to` decides it",
    "remove_unused_columns": "the task's column is needed",
    "hub_token": "a secret does not belong into a recipe; set HF_TOKEN in the environment",
    "push_to_hub_token": "a secret does not belong into a recipe; set HF_TOKEN in the environment",
    "scale_rewards": "advantages come from the mix; use mixing.scale",
    "multi_objective_aggregation": "advantages come from the mix; normalising again would undo it",
    "reward_weights": "advantages come from the mix; use a rule with weights: mixing.rule=weighted_sum",
    "mask_truncated_completions": "cut-off texts fail the `finished` gate; masking them would undo it",
    "use_kl_in_reward": "a KL term in the reward would undo the mix; use grpo.beta, the KL in the loss",
    "resume_from_checkpoint": "use rlmr train --resume RUN",
    "ignore_data_skip": "a resumed run goes on where it stopped",
    "restore_callback_states_from_checkpoint": "rlmr restores what a run needs",
}
"""Settings that a recipe may not make, and why."""

LOSSES = ("grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo")
"""What TRL's `_compute_loss` knows as `loss_type`."""

LIMITS = {
    "num_generations": Field(ge=2),
    "per_device_train_batch_size": Field(ge=1),
    "gradient_accumulation_steps": Field(ge=1),
    "steps_per_generation": Field(ge=1),
    "num_iterations": Field(ge=1),
    "max_completion_length": Field(ge=1),
    "learning_rate": Field(ge=0),
    "beta": Field(ge=0),
    "temperature": Field(gt=0),
    "top_p": Field(gt=0, le=1),
    "loss_type": Field(pattern=f"^({'|'.join(LOSSES)})$"),
    "importance_sampling_level": Field(pattern="^(token|sequence)$"),
}
"""What TRL takes as it comes, and a run then fails on or learns nothing from."""

VLLM_MODES = ("colocate", "server")
"""Where vLLM runs: beside the training on the same GPUs, or on its own (`vllm serve`)."""


def defaults() -> dict[str, Any]:
    """What this engine changes of TRL's defaults; a recipe changes it back where it wants.

    bf16 and activation (gradient) checkpointing slow a CPU down; TRL's learning rate of 1e-6 suits models of
    billions of parameters; nothing is reported to services that were not asked for.
    """
    gpu = torch.cuda.is_available()
    return {
        "bf16": gpu,
        "activation_checkpointing": gpu,
        "learning_rate": 1e-6 if gpu else 1e-5,
        "save_total_limit": 2,
    }


def check_settings(grpo: Mapping[str, Any]) -> None:
    """Raise SettingsError for a name that TRL does not know, one that is ours, or a value that cannot be.

    >>> check_settings({"lerning_rate": 1e-4})
    Traceback (most recent call last):
    rlmr.engines.settings.SettingsError: grpo: unknown key 'lerning_rate'; did you mean 'learning_rate'?
    """
    fields = {field.name for field in dataclasses.fields(GRPOConfig) if field.init}
    kinds = get_type_hints(GRPOConfig)
    for name, value in grpo.items():
        if name in OURS:
            raise SettingsError(f"grpo.{name} cannot be set: {OURS[name]}")
        if name not in fields:
            hint = nearest(name, fields, "see the fields of trl.GRPOConfig")
            raise SettingsError(f"grpo: unknown key {name!r}; {hint}")
        kind: Any = Annotated[kinds[name], LIMITS[name]] if name in LIMITS else kinds[name]
        try:
            TypeAdapter(kind, config=ConfigDict(arbitrary_types_allowed=True)).validate_python(value)
        except ValidationError as error:
            reason = error.errors(include_url=False)[0]["msg"]
            raise SettingsError(f"grpo.{name}: {reason[0].lower()}{reason[1:]}; got {value!r}") from None


def check_vllm(config: GRPOConfig) -> None:
    """Raise SettingsError for settings of vLLM that contradict each other."""
    if config.vllm_mode not in VLLM_MODES:
        raise SettingsError(f"grpo.vllm_mode: {config.vllm_mode!r} is not allowed; {' or '.join(VLLM_MODES)}")
    if config.use_vllm and config.use_transformers_continuous_batching:
        raise SettingsError("grpo.use_vllm and grpo.use_transformers_continuous_batching: choose one of them")
    share = config.vllm_gpu_memory_utilization
    if config.use_vllm and config.vllm_mode == "colocate" and not 0 < share < 1:
        raise SettingsError(
            f"grpo.vllm_gpu_memory_utilization: {share} is not allowed; above 0 and below 1, the rest is for "
            "training"
        )


def quiet_libraries() -> None:
    """No progress bars for loading weights, no warnings of the pinned libraries about each other."""
    disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers|trl")


def make_config(grpo: Mapping[str, Any], checkpoints: Path, seed: int) -> GRPOConfig:
    """TRL's configuration for a run. Raises SettingsError with TRL's own reason for what it refuses.

    Raises LaunchError where the processes are not those that were asked for: batches depend on their number.
    """
    check_launch()
    check_settings(grpo)
    settings = {
        **defaults(),
        **grpo,
        **(
            {"activation_checkpointing": grpo["gradient_checkpointing"]}
            if "gradient_checkpointing" in grpo
            else {}
        ),
        "output_dir": str(checkpoints),
        "seed": seed,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "disable_tqdm": True,
        "report_to": "none",
        "remove_unused_columns": False,
        "use_cpu": grpo.get("use_cpu", not torch.cuda.is_available()),
        "reward_weights": [1.0, 0.0],
    }
    try:
        config = GRPOConfig(**settings)
    except ValueError as error:
        raise SettingsError(f"grpo: {error}") from error
    check_vllm(config)
    if config.steps_per_generation % config.gradient_accumulation_steps != 0:
        raise SettingsError(
            f"grpo.steps_per_generation ({config.steps_per_generation}) must be a multiple of "
            f"grpo.gradient_accumulation_steps ({config.gradient_accumulation_steps}): one update "
            "learns from one generation"
        )
    if "save_steps" not in grpo:
        config.save_steps = nearest_multiple(int(config.save_steps), window_of(config))
    return config


def window_of(config: GRPOConfig) -> int:
    """Optimiser steps that learn from one generation: a checkpoint in the middle could not go on."""
    return int(config.steps_per_generation * config.num_iterations // config.gradient_accumulation_steps)


def check_save_steps(config: GRPOConfig, steps: int) -> None:
    """Raise SettingsError where checkpoints would cut a generation's window; names the nearest right number.

    The texts of a generation are not in a checkpoint, so one may only lie between two generations. `steps`
    are the run's; a `save_steps` below 1 is a share of them, as in TRL.
    """
    window = window_of(config)
    every = {"steps": ("save_steps", config.save_steps), "best": ("eval_steps", config.eval_steps)}
    name, given = every.get(str(config.save_strategy.value), ("", 0))
    number = math.ceil(given * steps) if 0 < given < 1 else int(given or 0)
    if number % window:
        raise SettingsError(
            f"grpo.{name} ({given:g}) cuts a generation: {window} steps learn from each (steps_per_generation"
            " x num_iterations / gradient_accumulation_steps), and a checkpoint in between could not go on; "
            f"the nearest right number is {nearest_multiple(number, window)}"
        )


def nearest_multiple(number: int, of: int) -> int:
    """The multiple of `of` (above 0) that is nearest to `number`.

    >>> nearest_multiple(500, 3), nearest_multiple(1, 4)
    (501, 4)
    """
    return max(of, (number + of // 2) // of * of)
