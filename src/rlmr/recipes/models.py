"""What a recipe's model names stand for, and the sizes of what they name, without any weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rlmr.memory import FACTS, Shape, shape_of
from rlmr.recipes.schema import SANDBOX, RecipeError

FROM_CONFIG = "sizes from its configuration"
"""The better of two sources."""


def locate(name: str) -> str:
    """The folder or Hugging Face name behind a model's name. Raises RecipeError for none of the sandbox's."""
    if not name.startswith(SANDBOX):
        return name
    from rlmr import sandbox

    try:
        return str(sandbox.checkpoint(name.removeprefix(SANDBOX)))
    except ValueError as error:
        raise RecipeError(str(error)) from None


def names_function(name: str) -> bool:
    """Whether a reward model is given as `module:Name`.

    >>> [names_function(name) for name in ("my_rewards:score", "sandbox:reward_model", "org/model")]
    [True, False, False]
    """
    return ":" in name and not name.startswith(SANDBOX) and not Path(name).exists()


@dataclass(frozen=True, slots=True)
class Known:
    """Sizes of a model."""

    shape: Shape | None
    """None = unknown."""
    source: str
    """Where they are from, in words."""
    dtype: str = "bfloat16"
    """In which its weights are stored."""
    positions: int | None = None
    """Tokens that it has positions for; None = unknown."""


def sizes(name: str) -> Known:
    """Sizes of a folder's or a Hugging Face name's model: from its configuration, else from public facts."""
    from transformers import AutoConfig

    from rlmr.models import first_line

    try:
        config = AutoConfig.from_pretrained(name)
    except (OSError, ValueError) as error:
        if name in FACTS:
            return Known(FACTS[name], "sizes from rlmr's table of public facts: the hub cannot be reached")
        return Known(None, f"the configuration of {name} cannot be had: {first_line(error)}")
    shape = shape_of(config)
    if shape is None:
        return Known(None, f"{name} is a {config.model_type}, whose memory is not understood here")
    dtype = str(config.dtype or "float32").removeprefix("torch.")
    return Known(shape, FROM_CONFIG, dtype, getattr(config, "max_position_embeddings", None))


def only_facts(name: str) -> bool:
    """Whether a model is known from the table of public facts alone: its configuration cannot be had."""
    return name in FACTS and sizes(name).source != FROM_CONFIG
