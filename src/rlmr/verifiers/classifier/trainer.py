"""The training loop: transformers' Trainer with a weighted cross-entropy. Legend: B examples of a batch."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from rlmr.models import first_line
from rlmr.names import nearest
from rlmr.rewards.render import padded
from rlmr.verifiers.classifier.classifier import one_logit, pad_of
from rlmr.verifiers.classifier.data import Example, VerifierError

Show = Callable[[int, int, dict[str, Any]], None]
"""Called with step, steps and the trainer's last metrics."""

MOST_WEIGHT = 10.0
"""A rare label of a type weighs at most this much."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a verifier is trained."""

    model: str
    """Folder or Hugging Face name of a sequence classifier, encoder or language model."""
    reads_prompt: bool = True
    """Whether the model sees the prompt before the requirement; without it, it reads less and faster."""
    max_length: int | None = None
    """Tokens to read; longer examples are left out, and longer texts unknown later. None = the model's
    positions."""
    balance: bool = True
    """Passes and fails of a type weigh the same in the loss; calibration gives their shares back."""
    threshold: float = 0.5
    """Of the card."""
    band: float = 0.1
    """Of the card."""
    seed: int = 0
    """Of the split, the order and a new head."""
    config: dict[str, Any] = field(default_factory=dict)
    """transformers' own settings (its TrainingArguments): learning_rate, num_train_epochs, …"""


def weights(examples: Sequence[Example], balance: bool) -> list[float]:
    """Weights of the examples: a type's passes weigh as much as its fails, and the type what it did.

    >>> from rlmr.constraints import Tone
    >>> yes, no = (Example(("", Tone("sad"), "A."), passed) for passed in (True, False))
    >>> [round(weight, 2) for weight in weights([yes, yes, yes, no], True)]
    [0.67, 0.67, 0.67, 2.0]
    """
    if not balance:
        return [1.0] * len(examples)
    cells = Counter((e.kind, e.passed) for e in examples)
    kinds = Counter(e.kind for e in examples)
    return [min(MOST_WEIGHT, kinds[e.kind] / (2 * cells[e.kind, e.passed])) for e in examples]


def fit_model(
    model: Any,
    tokenizer: Any,
    rows: Sequence[tuple[list[int], bool, float]],
    settings: Settings,
    folder: Path,
    show: Show | None,
) -> None:
    """Minimise the weighted binary cross-entropy over rows of (tokens, label, weight), in place."""
    data = [{"ids": ids, "label": float(passed), "weight": weight} for ids, passed, weight in rows]
    callbacks = [_Shown(show)] if show else None
    trainer = VerifierTrainer(
        model,
        training_arguments(settings, folder),
        data_collator=Collator(pad_of(tokenizer)),
        train_dataset=data,
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()


@dataclass(frozen=True, slots=True)
class Collator:
    """Rows into one padded batch."""

    pad: int

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """`input_ids`, `attention_mask` (B, T); `labels`, `weights` (B,)."""
        labels = torch.tensor([row["label"] for row in rows])
        weights = torch.tensor([row["weight"] for row in rows])
        return {**padded([row["ids"] for row in rows], self.pad), "labels": labels, "weights": weights}


class VerifierTrainer(Trainer):  # type: ignore[misc]
    """transformers' Trainer with a weighted binary cross-entropy on the log odds of 'kept'."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The batch's mean loss."""
        labels_B, weights_B = inputs.pop("labels"), inputs.pop("weights")
        logits_B = one_logit(model(**inputs).logits.float())
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits_B, labels_B, weight=weights_B)
        return (loss, {"logits": logits_B}) if return_outputs else loss


def training_arguments(settings: Settings, folder: Path) -> TrainingArguments:
    """transformers' settings: what is asked for over defaults for small classifiers.

    Raises VerifierError for a setting that it does not know or refuses.
    """
    known = [f.name for f in fields(TrainingArguments)]
    for name in settings.config:
        if name not in known:
            hint = nearest(name, known, "see transformers' TrainingArguments")
            raise VerifierError(f"{name}: no setting of the trainer; {hint}")
    on_cpu = not torch.accelerator.is_available()
    values: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 32,
        "learning_rate": 5e-5,
        "num_train_epochs": 3,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.05,
        "weight_decay": 0.01,
        "logging_steps": 10,
        "save_strategy": "no",
        "report_to": "none",
        "use_cpu": on_cpu,
        "bf16": not on_cpu,
        "dataloader_pin_memory": not on_cpu,
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "seed": settings.seed,
    }
    try:
        return TrainingArguments(**{**values, **settings.config})
    except (TypeError, ValueError) as error:
        raise VerifierError(f"settings of the trainer: {first_line(error)}") from error


class _Shown(TrainerCallback):  # type: ignore[misc]
    """Hands each logged step on."""

    def __init__(self, show: Show) -> None:
        self.show = show

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Called by the trainer."""
        if int(os.environ.get("RANK", "0")) == 0:
            self.show(state.global_step, state.max_steps, dict(logs or {}))
