"""Sampling texts from a policy: batched, seeded, and honest about how each text ended.

Legend: B texts of a batch, T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
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


class GenerationError(ValueError):
    """Texts that cannot be sampled so; the message says what was given and what is needed."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled text."""

    text: str
    """Decoded, without special tokens other than the marks of a reasoning block."""
    tokens: int | None
    """Generated tokens, the end token included; None where a server did not say."""
    finished: bool
    """Whether the model ended the text itself; False where the token limit cut it off."""
    opened: bool = False
    """Whether the prompt, as rendered, ends inside a reasoning block."""


def load_policy(path: str | Path) -> tuple[Any, Any]:
    """The causal language model and its tokenizer, from a folder or a Hugging Face name.

    The model is in evaluation mode, on the first accelerator where there is one.

    Raises:
        GenerationError: `path` is a folder's path and no such folder holds a model.
    """
    holds = ("config.json", "adapter_config.json")  # an adapter's folder names its base model
    if isinstance(path, Path) and not any((path / name).is_file() for name in holds):
        raise GenerationError(f"no model at {path}: a Hugging Face model folder with a config.json is needed")
    tokenizer = AutoTokenizer.from_pretrained(path, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(path)
    if torch.accelerator.is_available():
        model = model.to(torch.accelerator.current_accelerator())
    return model.eval(), tokenizer


def render(tokenizer: Any, prompt: Prompt, **template: Any) -> str:
    """The prompt as the policy reads it: through the chat template, a plain text as one user message.

    A tokenizer without a chat template reads a plain text as it is. `template`: what the chat template knows
    beside the messages, such as `enable_thinking`.

    Raises:
        GenerationError: chat messages for a tokenizer without a chat template.
    """
    if tokenizer.chat_template is None:
        if isinstance(prompt, str):
            return prompt
        raise GenerationError("the prompt is a list of chat messages, but the tokenizer has no chat template")
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
    return str(
        tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False, **template)
    )


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """The ids that end a text: the model's generation settings and the tokenizer's, without repeats.

    Raises:
        GenerationError: neither names one, so that no text could ever be called finished.
    """
    configured = model.generation_config.eos_token_id
    listed = configured if isinstance(configured, list) else [configured]
    ids = [i for i in dict.fromkeys([*listed, tokenizer.eos_token_id]) if i is not None]
    if not ids:
        raise GenerationError("the policy has no end-of-sequence token, so no text can end by itself")
    return ids


@dataclass(frozen=True, slots=True)
class Sampling:
    """How texts are sampled; part of every evaluation's record.

    Raises GenerationError, which names the field, for a value that cannot be.
    """

    max_new_tokens: int = 2_048
    """Tokens of a text, at most, the end token included."""
    temperature: float = 1.0
    """Divides the logits; 0 is greedy."""
    top_p: float = 1.0
    """Smallest set of tokens whose probability reaches it; 1 = the whole distribution."""
    top_k: int = 0
    """That many most probable tokens; 0 = all."""
    seed: int = 0
    """The same seed, prompts and batch size give the same texts on the same machine."""
    batch_size: int = 512
    """Texts generated at once by a local model; a tiny one is fastest with one big batch."""

    def __post_init__(self) -> None:
        allowed = {
            "max_new_tokens": (self.max_new_tokens >= 1, "at least 1"),
            "temperature": (self.temperature >= 0, "at least 0"),
            "top_p": (0 < self.top_p <= 1, "above 0 and at most 1"),
            "top_k": (self.top_k >= 0, "at least 0"),
            "batch_size": (self.batch_size >= 1, "at least 1"),
        }
        for name, (right, words) in allowed.items():
            if not right:
                raise GenerationError(f"{name} must be {words}, but is {getattr(self, name)!r}")

    def config(self) -> dict[str, Any]:
        """As transformers' generation settings.

        >>> Sampling(temperature=0).config()
        {'max_new_tokens': 2048, 'do_sample': False}
        """
        return {"max_new_tokens": self.max_new_tokens, **sampling(self.temperature, self.top_p, self.top_k)}


def sampling(temperature: float, top_p: float = 1.0, top_k: int = 0) -> dict[str, Any]:
    """Generation settings for sampling, from the whole distribution unless it is cut; 0 is greedy.

    >>> sampling(0.0)
    {'do_sample': False}
    """
    if temperature == 0:
        return {"do_sample": False}
    return {"do_sample": True, "temperature": temperature, "top_k": top_k, "top_p": top_p}


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
    """One completion for each prompt, in the prompts' order; see `generate_batches`.

    Args:
        model: a causal language model of transformers.
        tokenizer: its tokenizer, padding on the left.
        prompts: N texts or chats.
        max_new_tokens, temperature, seed, batch_size: see `Sampling`.
        progress: see `Progress`.

    Raises:
        GenerationError: see `Sampling`, `render` and `end_tokens`.
    """
    chosen = Sampling(max_new_tokens, temperature, seed=seed, batch_size=batch_size)
    found: dict[int, Completion] = {}
    for batch in generate_batches(model, tokenizer, prompts, chosen):
        found |= batch
        if progress is not None:
            progress(len(found), len(prompts))
    return [found[i] for i in range(len(prompts))]


def generate_batches(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Prompt],
    chosen: Sampling,
    done: Container[int] = (),
    template: Mapping[str, Any] | None = None,
) -> Iterator[dict[int, Completion]]:
    """Completions by the place of their prompt, batch after batch; batches that are `done` are left out.

    Prompts are sorted by length and padded on the left, so a batch wastes little. Each batch has a seed of
    its own, so that it comes out the same whether or not those before it were generated in this process.
    The caller's random state is left as it was.

    Raises:
        GenerationError: see `render` and `end_tokens`.
    """
    ends = end_tokens(model, tokenizer)
    pad = ends[0] if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    config = GenerationConfig(eos_token_id=ends, pad_token_id=pad, **chosen.config())
    rendered = [render(tokenizer, prompt, **(template or {})) for prompt in prompts]
    ids = [tokenizer(text, add_special_tokens=False).input_ids for text in rendered]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    for number, start in enumerate(range(0, len(order), chosen.batch_size)):
        batch = order[start : start + chosen.batch_size]
        if all(i in done for i in batch):
            continue
        tokens_BT, mask_BT = (part.to(model.device) for part in pad_left([ids[i] for i in batch], pad))
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(chosen.seed + number * SEED_STEP)
            out_BT = model.generate(tokens_BT, attention_mask=mask_BT, generation_config=config)
        rows = out_BT[:, tokens_BT.shape[1] :].tolist()
        yield {
            i: read_completion(tokenizer, row, ends, rendered[i].rstrip().endswith(OPEN))
            for i, row in zip(batch, rows, strict=True)
        }


SEED_STEP = 1_000_003
"""Between the seeds of neighbouring batches: far enough that runs with neighbouring seeds share none."""


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
