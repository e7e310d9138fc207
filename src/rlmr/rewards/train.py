"""Train a reward model on preferences: any sequence classifier or encoder, by prompt group.

Legend: N texts of a group, M pairs.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    TrainerCallback,
    set_seed,
)
from trl import RewardConfig

from rlmr.rewards.encoder import EncoderForSequenceClassification, from_encoder
from rlmr.rewards.preferences import Preference
from rlmr.rewards.probe import Pool, fit_head
from rlmr.rewards.render import render
from rlmr.rewards.reward_model import RewardModelError, readable
from rlmr.rewards.settings import Settings
from rlmr.rewards.trainer import GroupTrainer, log_length_sd
from rlmr.text import count_words

Show = Callable[[int, int, str], None]
"""Called with how much is done, of how much, and of what ("read texts", "train")."""

SCALE_TEXTS = 128
"""Training texts that a model's mean score and its spread are measured on."""


def train(
    preferences: Sequence[Preference],
    settings: Settings,
    output: str | Path,
    *,
    seed: int = 0,
    held_out: Sequence[Preference] = (),
    show: Show | None = None,
    pooled: Pool | None = None,
) -> Path:
    """Train on `preferences` and save model and tokenizer to `output`, which is returned.

    `seed` orders the groups and starts a new head; `held_out` is for the trainer's own evaluation (`reward:
    {eval_strategy: …}`); `pooled` gives an untouched encoder's mean states, where they are known.
    Raises RewardModelError for a model that cannot be one; TRL's own errors for its settings.
    """
    output = Path(output)
    set_seed(seed)
    tokenizer = load_tokenizer(settings.model)
    model = load_untrained(settings, tokenizer)
    config = reward_config(settings, output, seed)
    trains = config.num_train_epochs > 0 or config.max_steps > 0
    is_encoder = isinstance(model, EncoderForSequenceClassification)
    if settings.length.control == "residual" and (trains or not is_encoder):
        raise RewardModelError(
            "length.control: residual is for an encoder's head alone (reward.num_train_epochs: 0), since "
            "what is trained further learns length again; else there are decorrelate and term"
        )
    limit = settings.max_length or readable(model.config, tokenizer)
    rows = list(group_rows(preferences, tokenizer, settings, limit))
    length_sd = log_length_sd([length for row in rows for length in row["lengths"]])
    length_term = 0.0
    if isinstance(model, EncoderForSequenceClassification):
        length_term = fit_head(model, rows, settings.length, length_sd, pooled, show).length_term
    trainer = GroupTrainer(
        model,
        config,
        train_dataset=Dataset.from_list(rows),
        eval_dataset=Dataset.from_list(list(group_rows(held_out, tokenizer, settings, limit)))
        if held_out
        else None,
        processing_class=tokenizer,
        control=settings.length,
        texts_per_pass=settings.texts_per_pass,
        length_sd=length_sd,
        length_term=length_term,
        head_rate=settings.head_rate,
        callbacks=[_Shown(show)] if show else None,
    )
    if trains:
        trainer.train()
    model.config.reads_prompt = settings.reads_prompt
    model.config.trained_max_length = limit
    model.config.score_mean, model.config.score_std = measured_scale(trainer, rows)
    model.save_pretrained(output)
    tokenizer.save_pretrained(output)
    return output


@torch.no_grad()
def measured_scale(trainer: GroupTrainer, rows: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Mean and standard deviation of the scores of the first `SCALE_TEXTS` training texts; (mean, 1) if all
    are equal."""
    trainer.model.eval()
    texts = [ids for row in rows for ids in row["texts"]][:SCALE_TEXTS]
    scores_N = trainer.scores(trainer.model, texts)
    std = scores_N.std(correction=0).item()
    return scores_N.mean().item(), std if std > 1e-8 else 1.0


def score_scale(folder: str | Path) -> tuple[float, float]:
    """Mean and standard deviation of a trained model's scores over its training texts, as its configuration
    says.

    Raises RewardModelError for a model that was not trained here.
    """
    config = AutoConfig.from_pretrained(folder)
    mean, std = getattr(config, "score_mean", None), getattr(config, "score_std", None)
    if mean is None or std is None:
        raise RewardModelError(f"{folder}: its configuration has no score_mean and score_std")
    return float(mean), float(std)


def load_tokenizer(path: str | Path) -> Any:
    """The tokenizer of a model, with a padding token, padding on the right."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    return tokenizer


def load_untrained(settings: Settings, tokenizer: Any) -> Any:
    """The model that training starts from. Raises RewardModelError for one that is neither classifier nor
    encoder."""
    config = AutoConfig.from_pretrained(settings.model)
    names = config.architectures or []
    if any(name.endswith("ForSequenceClassification") for name in names) or any(
        name.endswith("ForCausalLM") for name in names
    ):
        model = AutoModelForSequenceClassification.from_pretrained(
            settings.model, num_labels=1, dtype=torch.float32
        )
        if settings.layers is not None or settings.frozen_layers:
            raise RewardModelError(
                "layers and frozen_layers are for encoders; the model is " + ", ".join(names)
            )
        return model
    encoder = from_encoder(
        settings.model,
        tokenizer,
        layers=settings.layers,
        features=settings.features,
        reads_prompt=settings.reads_prompt,
    )
    freeze(encoder, settings.frozen_layers)
    return encoder


def freeze(model: EncoderForSequenceClassification, layers: int) -> None:
    """Leave the embeddings and the first `layers` layers as they are; 0 freezes nothing.

    Raises RewardModelError where the encoder has fewer layers.
    """
    if not layers:
        return
    blocks = next((m for _, m in model.encoder.named_modules() if isinstance(m, torch.nn.ModuleList)), None)
    if blocks is None or len(blocks) < layers:
        raise RewardModelError(
            f"frozen_layers: {layers} is not allowed; the encoder has {len(blocks or [])} layers"
        )
    trained = {id(p) for block in blocks[layers:] for p in block.parameters()}
    for parameter in model.encoder.parameters():
        parameter.requires_grad_(id(parameter) in trained)


def group_rows(
    preferences: Sequence[Preference], tokenizer: Any, settings: Settings, limit: int | None
) -> Iterator[dict[str, Any]]:
    """One row per prompt group, or several where it has more than `max_texts` texts.

    Yields `texts` (N token lists, cut at `limit`), `lengths` (N, words), `pairs` (M, 2), `labels`, `margins`
    (M).
    """
    groups: dict[str, list[Preference]] = {}
    for p in preferences:
        groups.setdefault(p.group or p.place or str(id(p)), []).append(p)
    for members in groups.values():
        for part in parts_of(members, settings.max_texts):
            index: dict[tuple[str, str], int] = {}
            pairs = [
                [index.setdefault((str(p.prompt), text), len(index)) for text in (p.chosen, p.rejected)]
                for p in part
            ]
            prompts = {(str(p.prompt), text): p.prompt for p in part for text in (p.chosen, p.rejected)}
            yield {
                "texts": [
                    render(tokenizer, prompts[at], at[1], reads_prompt=settings.reads_prompt)[:limit]
                    for at in index
                ],
                "lengths": [float(count_words(text)) for _, text in index],
                "pairs": pairs,
                "labels": [aim(p, settings) for p in part],
                "margins": [(p.margin or 0.0) if settings.subtract_margin else 0.0 for p in part],
            }


def parts_of(members: Sequence[Preference], most: int) -> list[list[Preference]]:
    """A group's preferences in parts of at most `most` texts each (2 at least), in their order."""
    parts: list[list[Preference]] = [[]]
    texts: set[tuple[str, str]] = set()
    for p in members:
        added = {(str(p.prompt), p.chosen), (str(p.prompt), p.rejected)}
        if parts[-1] and len(texts | added) > max(2, most):
            parts.append([])
            texts = set()
        parts[-1].append(p)
        texts |= added
    return parts


def aim(preference: Preference, settings: Settings) -> float:
    """The probability that the loss aims at. Raises RewardModelError where `target` is margin and there is
    none.

    >>> settings = Settings(model="m", target="margin", margin_scale=0.5)
    >>> round(aim(Preference("", "a", "b", margin=0.5), settings), 2)
    0.73
    """
    if settings.target == "label":
        return preference.label
    if preference.margin is None:
        raise RewardModelError(f"{preference.place or 'a row'}: target is margin, but the row has no margin")
    return 1 / (1 + math.exp(-preference.margin / settings.margin_scale))


def reward_config(settings: Settings, output: Path, seed: int) -> RewardConfig:
    """TRL's configuration: what the settings say over defaults for small encoders on a CPU."""
    on_cpu = not torch.accelerator.is_available()
    values: dict[str, Any] = {
        "output_dir": str(output / "checkpoints"),
        "per_device_train_batch_size": settings.groups_per_step,
        "learning_rate": 5e-5,
        "num_train_epochs": 3,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.1,
        "weight_decay": 0.01,
        "max_length": None,
        "logging_steps": 10,
        "save_strategy": "no",
        "report_to": "none",
        "use_cpu": on_cpu,
        "bf16": not on_cpu,
        "activation_checkpointing": not on_cpu,
        "dataloader_pin_memory": not on_cpu,
        "disable_tqdm": True,
        "seed": seed,
    }
    return RewardConfig(**{**values, **settings.reward})


class _Shown(TrainerCallback):  # type: ignore[misc]
    """Hands each logged step on."""

    def __init__(self, show: Show) -> None:
        self.show = show

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        if int(os.environ.get("RANK", "0")) == 0:
            self.show(state.global_step, state.max_steps, "train")
