"""Score texts with a writing reward model: any Hugging Face sequence classifier with one label.

A score is a float of any real scale; **None means that the text could not be scored** (NaN or infinity
from the model). It is never 0.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from rlmr.data import Message
from rlmr.models import ModelError, check_tokenizer, first_line, read_config
from rlmr.rewards.encoder import MOST_TOKENS, EncoderForSequenceClassification, EncoderRewardConfig
from rlmr.rewards.render import padded, render
from rlmr.rewards.settings import Precision

Prompt = str | Sequence[Message]
LongTexts = Literal["cut", "middle", "unknown"]
Show = Callable[[int, int], None]

BATCH_TOKENS = 32_768
"""Tokens of a batch, padding counted, at most."""
CPU_BATCH_TOKENS = 2_048
"""The same on a CPU, whose cache does not hold more."""
ENOUGH_TOKENS = 1_024
"""From here on a batch takes no text that would mostly be padding."""
MOST_PADDING = 0.1
"""Share of padding."""

CPU_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")
"""Instructions for bfloat16 on x86 and ARM, as PyTorch names them."""

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
    error: str = ""
    """Why none has a score: what a user's own scorer raised, or a server's most frequent fault; empty = it is
    not so, or there is nothing to say."""


def finite(value: float) -> float | None:
    """`value`, or None where it is NaN or infinite.

    >>> finite(1.5), finite(float("inf")), finite(float("nan"))
    (1.5, None, None)
    """
    return value if math.isfinite(value) else None


class RewardModel:
    """A sequence classifier in eval mode, never under autocast.

    Texts are rendered as in training (`rlmr.rewards.render`) and scored in batches of similar length, so that
    a score depends on its own text and not on its neighbours'.

    Args:
        path: folder or Hugging Face name of a model with one label.
        max_length: tokens to read of each text; None = as many as the model has positions, or as it was
            trained on.
        batch_size: texts per forward pass, at most.
        device: where to run it; None = this rank's GPU where there is one, else the CPU.
        precision: `auto` = bfloat16 where the device computes in it (`computes_in_bfloat16`), else float32.
        long_texts: what happens to a text longer than `max_length`, which is reported as truncated in any
            case: `cut` its end, cut its `middle`, or leave its score `unknown`.

    Raises ModelError where `path` is no such model.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        max_length: int | None = None,
        batch_size: int = 64,
        device: str | None = None,
        precision: Precision = "auto",
        long_texts: LongTexts = "cut",
    ) -> None:
        check_reward_model(path)
        self.device = torch.device(device or own_device())
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(path)
            self.model = AutoModelForSequenceClassification.from_pretrained(path)
        except (OSError, ValueError) as error:
            raise RewardModelError(f"reward.model: {path} cannot be loaded: {first_line(error)}") from error
        check_tokenizer(
            "reward.model", path, self.tokenizer, self.model.get_input_embeddings().num_embeddings
        )
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        if self.model.config.pad_token_id is None:
            self.model.config.pad_token_id = self.tokenizer.pad_token_id
        set_precision(self.model, precision, self.device)
        self.model.eval().requires_grad_(False).to(self.device)
        trained = getattr(self.model.config, "trained_max_length", None)
        self.max_length = max_length or trained or readable(self.model.config, self.tokenizer)
        self.reads_prompt = getattr(self.model.config, "reads_prompt", True)
        self.batch_size = batch_size
        self.long_texts = long_texts

    def score(self, prompts: Sequence[Prompt], answers: Sequence[str], show: Show | None = None) -> Scores:
        """Score B answers, each to its own prompt; the order in which they stand changes nothing.

        `show` is called with (texts scored, B) after each batch.
        """
        tokens = [self._tokens(prompt, answer) for prompt, answer in zip(prompts, answers, strict=True)]
        limit = self.max_length
        truncated = [limit is not None and len(ids) > limit for ids in tokens]
        values: list[float | None] = [None] * len(tokens)
        wanted = [i for i, cut in enumerate(truncated) if not (cut and self.long_texts == "unknown")]
        read = {i: shortened(tokens[i], limit, self.long_texts) for i in wanted}
        done = 0
        lengths = {i: len(ids) for i, ids in read.items()}
        for batch in by_length(lengths, self.batch_size, self.device.type):
            for i, value in zip(batch, self._forward([read[i] for i in batch]), strict=True):
                values[i] = finite(value)
            done += len(batch)
            if show is not None:
                show(done, len(wanted))
        return Scores(values, truncated)

    def _tokens(self, prompt: Prompt, answer: str) -> list[int]:
        return render(self.tokenizer, prompt, answer, reads_prompt=self.reads_prompt)

    def _forward(self, batch: list[list[int]]) -> list[float]:
        inputs = padded(batch, self.model.config.pad_token_id, self.device)  # what the model looks for
        with torch.inference_mode(), torch.autocast(self.device.type, enabled=False):
            output = self.model(**inputs)
        scores: list[float] = output.logits[:, 0].double().tolist()
        return scores


def most_batch_tokens(device: str) -> int:
    """Tokens of a batch on a kind of device (`cpu`, `cuda`), at most."""
    return CPU_BATCH_TOKENS if device == "cpu" else BATCH_TOKENS


def by_length(lengths: Mapping[int, int], batch_size: int, device: str) -> Iterator[list[int]]:
    """Indices in batches of similar length, the longest first.

    A batch holds at most `batch_size` texts and `most_batch_tokens` tokens (but always one text), and once it
    holds `ENOUGH_TOKENS` no text whose padding would make `MOST_PADDING` of it.

    >>> list(by_length({0: 5, 1: 3000, 2: 6}, 2, "cpu"))
    [[1], [2, 0]]
    """
    most = most_batch_tokens(device)
    batch: list[int] = []
    held = 0
    for i in sorted(lengths, key=lambda i: (-lengths[i], i)):
        width, area = lengths[batch[0]] if batch else 0, len(batch) * (lengths[batch[0]] if batch else 0)
        padding = area + width - held - lengths[i]
        if batch and (
            len(batch) == batch_size
            or area + width > most
            or (area >= ENOUGH_TOKENS and padding > MOST_PADDING * (area + width))
        ):
            yield batch
            batch, held = [], 0
        batch.append(i)
        held += lengths[i]
    if batch:
        yield batch


def shortened(ids: list[int], limit: int | None, long_texts: LongTexts) -> list[int]:
    """At most `limit` of a text's tokens: the first ones, or as many from the start as from the end.

    >>> shortened([1, 2, 3, 4, 5], 3, "cut"), shortened([1, 2, 3, 4, 5], 3, "middle")
    ([1, 2, 3], [1, 2, 5])
    """
    if limit is None or len(ids) <= limit:
        return ids
    behind = limit // 2 if long_texts == "middle" else 0
    return ids[: limit - behind] + ids[len(ids) - behind :]


def set_precision(model: Any, precision: Precision, device: torch.device) -> None:
    """Put the weights into a precision; the head of an encoder's reward model stays in float32."""
    if precision == "auto":
        precision = "bfloat16" if computes_in_bfloat16(device) else "float32"
    body = model.encoder if isinstance(model, EncoderForSequenceClassification) else model
    body.to(getattr(torch, precision))


def computes_in_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16; where they are only emulated, it is slower."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return device.type == "cpu" and any(capabilities.get(name, False) for name in CPU_BFLOAT16)


def own_device() -> str:
    """The device of this process: the GPU of its local rank (`torchrun` sets LOCAL_RANK), else the CPU."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"


def check_reward_model(path: str | Path, field: str = "reward.model") -> None:
    """Raise ModelError where the `path` that a `field` gives is no sequence classifier with one label; loads
    no weights."""
    wanted = "a reward model is a sequence classifier (…ForSequenceClassification) with one label"
    config = read_config(field, path, ("ForSequenceClassification",), wanted)
    if config.num_labels != 1:
        raise RewardModelError(f"{field}: {path} has {config.num_labels} labels; a reward model has 1")


def readable(config: Any, tokenizer: Any) -> int | None:
    """How many tokens the model reads, by its positions and its tokenizer; None where neither says. An
    encoder's reward model reads in windows, whatever its positions."""
    if isinstance(config, EncoderRewardConfig):
        return MOST_TOKENS
    limits = [getattr(config, "max_position_embeddings", None), tokenizer.model_max_length]
    known = [int(limit) for limit in limits if limit and limit < UNSTATED]
    return min(known, default=None)
