"""Sampling texts from a policy: batched, seeded, and honest about how each text ended.

Legend: B texts of a batch, T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from rlmr.data import Message
from rlmr.verifiers.finished import OPEN, decode

Prompt = str | tuple[Message, ...]
Progress = Callable[[int, int], None]
"""Called with (texts finished, texts asked) after every batch."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled text."""

    text: str
    """Decoded, without special tokens other than the marks of a reasoning block."""
    tokens: int
    """Generated tokens, the end token included."""
    finished: bool
    """Whether the model ended the text itself; False where the token limit cut it off."""
    opened: bool = False
    """Whether the prompt, as rendered, ends inside a reasoning block."""


def load_policy(path: str | Path) -> tuple[Any, Any]:
    """The causal language model and its tokenizer, from a folder or a Hugging Face name.

    The model is in evaluation mode, on the first accelerator where there is one.

    Raises:
        ValueError: `path` is a folder's path and no such folder holds a model.
    """
    if isinstance(path, Path) and not (path / "config.json").is_file():
        raise ValueError(f"no model at {path}: a Hugging Face model folder with a config.json is needed")
    tokenizer = AutoTokenizer.from_pretrained(path, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(path)
    if torch.accelerator.is_available():
        model = model.to(torch.accelerator.current_accelerator())
    return model.eval(), tokenizer


def render(tokenizer: Any, prompt: Prompt) -> str:
    """The prompt as the policy reads it: through the chat template, a plain text as one user message.

    A tokenizer without a chat template reads a plain text as it is.

    Raises:
        ValueError: chat messages for a tokenizer without a chat template.
    """
    if tokenizer.chat_template is None:
        if isinstance(prompt, str):
            return prompt
        raise ValueError("the prompt is a list of chat messages, but this tokenizer has no chat template")
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
    return str(tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """The ids that end a text: the model's generation settings and the tokenizer's, without repeats.

    Raises:
        ValueError: neither names one, so that no text could ever be called finished.
    """
    configured = model.generation_config.eos_token_id
    listed = configured if isinstance(configured, list) else [configured]
    ids = [i for i in dict.fromkeys([*listed, tokenizer.eos_token_id]) if i is not None]
    if not ids:
        raise ValueError("the policy has no end-of-sequence token, so no text can end by itself")
    return ids


def sampling(temperature: float) -> dict[str, Any]:
    """Generation settings for sampling from the whole distribution (no top-k, no nucleus); 0 is greedy.

    Raises:
        ValueError: a negative temperature.

    >>> sampling(0.0)
    {'do_sample': False}
    """
    if temperature < 0:
        raise ValueError(f"temperature must be at least 0, but is {temperature!r}")
    if temperature == 0:
        return {"do_sample": False}
    return {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}


def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Prompt],
    *,
    max_new_tokens: int,
    temperature: float = 1.0,
    seed: int = 0,
    batch_size: int = 512,
    progress: Progress | None = None,
) -> list[Completion]:
    """One completion for each prompt, in the prompts' order.

    Prompts are sorted by length and padded on the left, so a batch wastes little. The caller's random
    state is left as it was.

    Args:
        model: a causal language model of transformers.
        tokenizer: its tokenizer, padding on the left.
        prompts: N texts or chats.
        max_new_tokens: limit per text, the end token included; at least 1.
        temperature: divides the logits; see `sampling`.
        seed: the same seed, prompts and batch size give the same texts on the same machine.
        batch_size: texts generated at once; a tiny model is fastest with one big batch.
        progress: see `Progress`.

    Raises:
        ValueError: a limit or a size below 1, or see `render`, `end_tokens` and `sampling`.
    """
    if max_new_tokens < 1 or batch_size < 1:
        raise ValueError(
            f"max_new_tokens and batch_size must be at least 1, but are {max_new_tokens} and {batch_size}"
        )
    ends = end_tokens(model, tokenizer)
    pad = ends[0] if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    limits = {"max_new_tokens": max_new_tokens, "eos_token_id": ends, "pad_token_id": pad}
    config = GenerationConfig(**limits, **sampling(temperature))
    rendered = [render(tokenizer, prompt) for prompt in prompts]
    ids = [tokenizer(text, add_special_tokens=False).input_ids for text in rendered]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    found: dict[int, Completion] = {}
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(seed)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            tokens_BT, mask_BT = pad_left([ids[i] for i in batch], pad)
            device = model.device
            out_BT = model.generate(
                tokens_BT.to(device), attention_mask=mask_BT.to(device), generation_config=config
            )
            for i, row in zip(batch, out_BT[:, tokens_BT.shape[1] :].tolist(), strict=True):
                found[i] = read_completion(tokenizer, row, ends, rendered[i].rstrip().endswith(OPEN))
            if progress is not None:
                progress(len(found), len(ids))
    return [found[i] for i in range(len(ids))]


def pad_left(ids: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, both (B, T) with T the longest row, padded on the left.

    >>> tokens_BT, mask_BT = pad_left([[5], [6, 7]], pad=0)
    >>> tokens_BT.tolist(), mask_BT.tolist()
    ([[0, 5], [6, 7]], [[0, 1], [1, 1]])
    """
    longest = max(len(row) for row in ids)
    tokens_BT = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in ids])
    mask_BT = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in ids])
    return tokens_BT, mask_BT


def read_completion(tokenizer: Any, row: Sequence[int], ends: Sequence[int], opened: bool) -> Completion:
    """The completion in one row of generated ids: up to its first end token, padding dropped."""
    stop = next((i for i, token in enumerate(row) if token in ends), None)
    body = row if stop is None else row[:stop]
    return Completion(decode(tokenizer, body), len(body) + (stop is not None), stop is not None, opened)
