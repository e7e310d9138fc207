"""What a recipe's model names stand for, checked from the configuration alone: no weights are loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoConfig

LANGUAGE_MODELS = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
"""Endings of the architectures that write."""


class ModelError(ValueError):
    """A model that cannot be used; the message names the recipe's field, the model, what is allowed."""


def read_config(field: str, path: str | Path, endings: tuple[str, ...], wanted: str) -> Any:
    """The configuration of the model at `path`, a folder or a Hugging Face name.

    Raises ModelError, for the recipe's `field`, where there is no model, or where none of its architectures
    ends with one of `endings`; `wanted` says in words what is.
    """
    if str(path).startswith((".", "/", "~")) and not Path(path).is_dir():
        raise ModelError(f"{field}: no folder {path}")
    try:
        config = AutoConfig.from_pretrained(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{field}: {path} is no model: {first_line(error)}") from error
    architectures: list[str] = config.architectures or []
    if not any(name.endswith(endings) for name in architectures):
        held = ", ".join(architectures) or "no architecture"
        raise ModelError(f"{field}: {path} holds {held}; {wanted}")
    return config


def check_tokenizer(field: str, path: str | Path, tokenizer: Any, ids: int) -> None:
    """Raise ModelError where a tokenizer cannot belong to a model that knows so many `ids`, or cannot pad.

    A model may know more ids than its tokenizer gives (padded embeddings); never fewer. The end-of-text token
    pads where the tokenizer names no padding.
    """
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if highest >= ids:
        raise ModelError(
            f"{field}: {path}: its tokenizer gives ids up to {highest}, but the model knows 0 to {ids - 1}; "
            "tokenizer and weights are of two different models: take both from one"
        )
    if tokenizer.pad_token_id is None and tokenizer.eos_token_id is None:
        raise ModelError(
            f"{field}: {path}: its tokenizer names neither a padding nor an end-of-text token; set pad_token "
            "and eos_token in tokenizer_config.json to those that the model was trained with"
        )


def first_line(error: Exception) -> str:
    """The first line of what an exception says; libraries go on for many.

    >>> first_line(OSError("no such model\\nplease check ..."))
    'no such model'
    """
    return str(error).strip().split("\n")[0]
