"""From a checked recipe to the memory that it takes: what a dry run shows, and refuses."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlmr.data import Task, prompt_text
from rlmr.memory import (
    ALL_LINEAR,
    GIB,
    Fit,
    Judge,
    Lora,
    Setup,
    Vllm,
    advice,
    fit,
    table,
    verdict,
)
from rlmr.recipes.models import Known, locate, names_function, sizes
from rlmr.recipes.schema import Recipe, RecipeError

if TYPE_CHECKING:
    from trl import GRPOConfig

    from rlmr.recipes.run import Plan

TEMPLATE_TOKENS = 32
"""What a chat template adds to a prompt, where the tokenizer cannot be had."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a run takes, where that was known from, and what was assumed."""

    lines: list[str]
    """For a person."""
    problem: str = ""
    """Why it does not fit, with what to lower; empty = it fits, or nothing is known about it."""
    advice: tuple[str, ...] = ()
    """Settings that lower the peak, and to what; the mildest of each."""


def account(planned: Plan) -> Account:
    """The memory of a planned run beside its recipe's `hardware`, or beside this machine."""
    from rlmr.engines.settings import make_config

    recipe = planned.recipe
    config = make_config(recipe.grpo, Path(recipe.output) / "checkpoints", recipe.seed)
    known = sizes(locate(recipe.policy))
    if known.shape is None:
        return Account([f"memory: unknown, {known.source}"])
    prompt, how = longest_prompt(recipe.policy, [*planned.tasks, *planned.validation_tasks], config)
    devices, capacity, cuda, where = device_of(recipe)
    setup = setup_of(recipe, config, known, prompt, devices=devices, cuda=cuda)
    found = fit(setup, capacity)
    lines = _lines(recipe, setup, known, found, (where, how))
    return Account(lines, found.problem, tuple(advice(setup, capacity)))


def explain_memory(planned: Plan) -> str:
    """For a run that ran out of memory: what lowers it, and the estimate that it was thought to need."""
    found = account(planned)
    lowers = [f"to lower it: {'; '.join(found.advice)}"] if found.advice else []
    return "\n".join([*lowers, *found.lines])


def check_memory(problem: str) -> None:
    """Raise RecipeError where a run does not fit."""
    if problem:
        raise RecipeError(f"this run does not fit: {problem}")


def _lines(recipe: Recipe, setup: Setup, known: Known, found: Fit, assumed: Sequence[str]) -> list[str]:
    size = f"{setup.shape.parameters / 1e9:.2f} B parameters, {setup.trained / 1e9:.3g} B of them trained"
    sampled = setup.generated * setup.devices
    texts = f"{sampled} texts at once, {setup.batch} of them in a pass, of {setup.length} tokens at most"
    lines = [
        f"memory of {recipe.policy}: {size} ({known.source}); {texts}",
        *(line for line in assumed if line),
        "",
        *table(found.estimate),
        verdict(found),
    ]
    lines += [f"unknown: {what}" for what in found.estimate.unknown]
    return lines


def longest_prompt(policy: str, tasks: Sequence[Task], config: GRPOConfig) -> tuple[int, str]:
    """Tokens of the longest prompt, and a sentence where they are guessed from its characters."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(locate(policy))
    except (OSError, ValueError):
        longest = max(guessed_tokens(prompt_text(task.prompt)) for task in tasks) + TEMPLATE_TOKENS
        return (
            longest,
            f"prompts: at most {longest} tokens, guessed from characters: the tokenizer cannot be had",
        )
    from rlmr.engines.trl import prompt_of

    template = tokenizer.chat_template is not None
    prompts = [prompt_of(task, template) for task in tasks]
    lengths = [_tokens(tokenizer, prompt, config.chat_template_kwargs or {}) for prompt in prompts]
    return max(lengths), ""


def _tokens(tokenizer: Any, prompt: Any, template: dict[str, Any]) -> int:
    if isinstance(prompt, str):
        return len(tokenizer(prompt)["input_ids"])
    text = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True, **template)
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def guessed_tokens(text: str) -> int:
    """About how many tokens a text has, rather too many: one for a wide character, one for three others.

    >>> guessed_tokens("Write a story."), guessed_tokens("写一个故事")
    (5, 5)
    """
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return wide + -(-(len(text) - wide) // 3)


def device_of(recipe: Recipe) -> tuple[int, int, bool, str]:
    """Devices that train, bytes of each, whether they are GPUs, and where that is known from."""
    if recipe.hardware is not None:
        stated = recipe.hardware
        total = stated.devices * stated.nodes
        return (
            total,
            int(stated.memory_gb * GIB),
            True,
            f"hardware: as the recipe states, {stated.describe()}",
        )
    import torch

    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        return processes, int(card.total_memory), True, f"hardware: {card.name}, {processes} of them"
    import psutil

    share = int(psutil.virtual_memory().total) // processes
    return processes, share, False, f"hardware: this machine's memory over {processes} processes"


def setup_of(
    recipe: Recipe, config: GRPOConfig, known: Known, prompt: int, *, devices: int, cuda: bool
) -> Setup:
    """The settings that decide memory. Raises RecipeError where they contradict the hardware."""
    assert known.shape is not None
    loading = config.model_init_kwargs if isinstance(config.model_init_kwargs, dict) else {}
    dtype = str(loading.get("dtype", "float32"))
    dtype = known.dtype if dtype == "auto" else dtype
    batch = config.per_device_train_batch_size
    return Setup(
        shape=known.shape,
        prompt=prompt,
        completion=int(config.max_completion_length),
        batch=batch,
        accumulation=config.gradient_accumulation_steps,
        generated=batch * config.steps_per_generation,
        weight_bytes=4 if dtype == "float32" else 2,
        autocast=bool(config.bf16 or config.fp16),
        checkpointing=bool(config.activation_checkpointing),
        reference=config.beta != 0,
        lora=_lora(recipe),
        optimizer=str(config.optim.value),
        attention=str(loading.get("attn_implementation", "sdpa")),
        vllm=_vllm(config, devices, known.positions),
        judges=tuple(_judges(recipe, prompt + int(config.max_completion_length), cuda)),
        sharding=recipe.hardware.sharding if recipe.hardware else "none",
        devices=devices,
        cuda=cuda,
    )


def _lora(recipe: Recipe) -> Lora | None:
    if recipe.lora is None:
        return None
    chosen = recipe.lora.target_modules
    targets = ALL_LINEAR if chosen == "all-linear" else tuple(name for name in ALL_LINEAR if name in chosen)
    return Lora(recipe.lora.r, targets, recipe.lora.dropout)


def _vllm(config: GRPOConfig, devices: int, positions: int | None) -> Vllm | None:
    if not config.use_vllm:
        return None
    parallel = config.vllm_tensor_parallel_size
    if config.vllm_mode == "colocate" and devices % parallel:
        raise RecipeError(
            f"grpo.vllm_tensor_parallel_size ({parallel}) must divide the {devices} devices of `hardware`"
        )
    return Vllm(
        config.vllm_mode,
        config.vllm_gpu_memory_utilization,
        config.vllm_enable_sleep_mode,
        parallel,
        config.vllm_max_model_length or positions,
    )


def _judges(recipe: Recipe, length: int, cuda: bool) -> list[Judge]:
    """Models that the recipe loads beside the policy, each with the tokens of its largest pass."""
    import torch

    from rlmr.rewards.reward_model import computes_in_bfloat16, most_batch_tokens

    device = "cuda" if cuda else "cpu"
    auto = 2 if cuda or computes_in_bfloat16(torch.device("cpu")) else 4
    blocks = {"reward model": recipe.reward, "shadow judge": recipe.shadow}
    judges = []
    for name, block in blocks.items():
        if block is None or block.model is None or names_function(block.model):
            continue
        tokens = min(block.batch_size * min(block.max_length or length, length), most_batch_tokens(device))
        bytes_each = {"auto": auto, "bfloat16": 2, "float32": 4}[block.precision]
        judges.append(Judge(name, sizes(locate(block.model)).shape, bytes_each, tokens))
    if recipe.verifier is not None:
        judges.append(Judge("verifier", sizes(recipe.verifier.classifier).shape, 2 if cuda else 4))
    return judges
