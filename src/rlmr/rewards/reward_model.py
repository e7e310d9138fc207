"""Score texts with a writing reward model: any Hugging Face sequence classifier with one label.

A score is a float of any real scale; **None means that the text could not be scored** (NaN or infinity
from the model). It is never 0.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from rlmr.data import Message
from rlmr.models import ModelError, first_line, read_config

Prompt = str | Sequence[Message]


UNSTATED = 10**9
"""Tokenizers that know no limit state one above this."""


class RewardModelError(ModelError):
    """A reward model that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of B texts."""

    values: list[float | None]
    """One per text; None = could not be scored."""
    truncated: list[bool]
    """One per text: it was longer than the model reads, and its end was cut off."""


def finite(value: float) -> float | None:
    """`value`, or None where it is NaN or infinite.

    >>> finite(1.5), finite(float("inf")), finite(float("nan"))
    (1.5, None, None)
    """
    return value if math.isfinite(value) else None


class RewardModel:
    """A sequence classifier in eval mode, in its own precision, never under autocast.

    Texts are rendered as TRL's RewardTrainer renders them in training: the prompt's messages and the answer
    through the tokenizer's chat template, or, where it has none, prompt + answer + end token. They are scored
    in batches of similar length, so that a score depends on its own text and not on its neighbours'.

    Args:
        path: folder or Hugging Face name of a model with one label.
        max_length: tokens to read of each text; None = as many as the model has positions. Longer ones lose
            their end and are reported as truncated.
        batch_size: texts per forward pass.
        device: where to run it; None = this rank's GPU where there is one, else the CPU.

    Raises ModelError where `path` is no such model.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        max_length: int | None = None,
        batch_size: int = 64,
        device: str | None = None,
    ) -> None:
        check_reward_model(path)
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(path)
            self.model = AutoModelForSequenceClassification.from_pretrained(path)
        except (OSError, ValueError) as error:
            raise RewardModelError(f"reward.model: {path} cannot be loaded: {first_line(error)}") from error
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        if self.model.config.pad_token_id is None:
            self.model.config.pad_token_id = self.tokenizer.pad_token_id
        self.device = torch.device(device or own_device())
        self.model.eval().requires_grad_(False).to(self.device)
        self.max_length = max_length or readable(self.model.config, self.tokenizer)
        self.batch_size = batch_size

    def score(self, prompts: Sequence[Prompt], answers: Sequence[str]) -> Scores:
        """Score B answers, each to its own prompt; the order in which they stand changes nothing."""
        tokens = [self._tokens(prompt, answer) for prompt, answer in zip(prompts, answers, strict=True)]
        limit = self.max_length
        truncated = [limit is not None and len(ids) > limit for ids in tokens]
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        values: list[float | None] = [None] * len(tokens)
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            for i, value in zip(batch, self._forward([tokens[i][:limit] for i in batch]), strict=True):
                values[i] = finite(value)
        return Scores(values, truncated)

    def _tokens(self, prompt: Prompt, answer: str) -> list[int]:
        if self.tokenizer.chat_template is None:
            text = prompt if isinstance(prompt, str) else "\n".join(message["content"] for message in prompt)
            end = self.tokenizer.eos_token or ""
            ids: list[int] = self.tokenizer(text + answer + ("" if answer.endswith(end) else end))[
                "input_ids"
            ]
            return ids
        before = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
        messages = [*before, {"role": "assistant", "content": answer}]
        rendered: list[int] = self.tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True)[
            "input_ids"
        ]
        return rendered

    def _forward(self, batch: list[list[int]]) -> list[float]:
        width = max(len(ids) for ids in batch)
        ids_BT = torch.full((len(batch), width), self.tokenizer.pad_token_id)
        mask_BT = torch.zeros((len(batch), width), dtype=torch.long)
        for row, ids in enumerate(batch):
            ids_BT[row, : len(ids)] = torch.tensor(ids)
            mask_BT[row, : len(ids)] = 1
        with torch.inference_mode(), torch.autocast(self.device.type, enabled=False):
            output = self.model(input_ids=ids_BT.to(self.device), attention_mask=mask_BT.to(self.device))
        scores: list[float] = output.logits[:, 0].double().tolist()
        return scores


def own_device() -> str:
    """The device of this process: the GPU of its local rank (`torchrun` sets LOCAL_RANK), else the CPU."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"


def check_reward_model(path: str | Path) -> None:
    """Raise ModelError where `path` is no sequence classifier with one label; loads no weights."""
    wanted = "a reward model is a sequence classifier (…ForSequenceClassification) with one label"
    config = read_config("reward.model", path, ("ForSequenceClassification",), wanted)
    if config.num_labels != 1:
        raise RewardModelError(f"reward.model: {path} has {config.num_labels} labels; a reward model has 1")


def readable(config: Any, tokenizer: Any) -> int | None:
    """How many tokens the model reads, by its positions and its tokenizer; None where neither says."""
    limits = [getattr(config, "max_position_embeddings", None), tokenizer.model_max_length]
    known = [int(limit) for limit in limits if limit and limit < UNSTATED]
    return min(known, default=None)
