"""What a recipe's model names stand for, checked from the configuration alone: no weights are loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoConfig


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


def first_line(error: Exception) -> str:
    """The first line of what an exception says; libraries go on for many.

    >>> first_line(OSError("no such model\\nplease check ..."))
    'no such model'
    """
    return str(error).strip().split("\n")[0]
