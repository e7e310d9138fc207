"""How a reward model is trained: what a recipe and `rlmr.rewards.train` share. Loads no torch."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt

Precision = Literal["auto", "float32", "bfloat16"]
"""Of a scorer's weights; auto = bfloat16 where the device computes in it, else float32."""

Feature = Literal["states", "surface", "words", "prompt"]
FEATURES: tuple[Feature, ...] = ("states", "surface", "words", "prompt")
"""What an encoder's reward model may read of a text (`rlmr.rewards.encoder`)."""

CHECKED = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, strict=True)


class Length(BaseModel):
    """Length control: what keeps a score from being a count of words."""

    model_config = CHECKED

    control: Literal["none", "term", "decorrelate", "residual"] = "none"
    """none; `term`: the logit gets beta * (difference in log length / sd), beta learned with the model and
    left out when it scores (the idea of length-controlled AlpacaEval, arXiv 2404.04475); `decorrelate`: the
    squared correlation of score and log length in a batch is added to the loss (the length loss of ODIN,
    arXiv 2402.07319, on a single head); `residual`, for an encoder's head alone: the part of its score that
    follows log length, by least squares, is taken out of it."""
    weight: float = Field(default=1.0, ge=0)
    """Weight of that correlation."""


class Settings(BaseModel):
    """How a reward model is trained.

    >>> Settings(model="encoder", length=Length(control="decorrelate")).length.weight
    1.0
    """

    model_config = CHECKED

    model: str
    """Folder or Hugging Face name of a sequence classifier, a causal language model, or an encoder, which
    gets a scoring head."""
    layers: PositiveInt | None = None
    """Of an encoder: keep its first layers only; null = all."""
    frozen_layers: NonNegativeInt = 0
    """Of an encoder: leave the embeddings and this many first layers as they are; 0 trains everything."""
    features: list[Feature] = Field(default=list(FEATURES), min_length=1)
    """Of an encoder: what its head reads. `states`: mean token states; `surface`: length, repetition,
    punctuation; `words`: TF-IDF; `prompt`: how near the text is to its prompt."""
    reads_prompt: bool = True
    """Whether the model sees the prompt before the text."""
    max_length: PositiveInt | None = None
    """Tokens to read of prompt and text; what is longer loses its end. null = as many as the model has
    positions; for an encoder, which reads in windows, 8,192."""
    target: Literal["label", "margin"] = "label"
    """What the loss aims at: each row's label (1 without one), or sigmoid(margin / margin_scale), so that a
    narrow choice counts as nearly even."""
    margin_scale: PositiveFloat = 1.0
    """The margin at which `target: margin` means a probability of .73."""
    subtract_margin: bool = False
    """Ask for scores that differ by the margin, as TRL does with a `margin` column."""
    length: Length = Field(default_factory=Length)
    """Length control."""
    groups_per_step: PositiveInt = 2
    """Prompt groups in one optimiser step; each text is encoded once."""
    max_texts: PositiveInt = 16
    """Texts of one group in a step; larger groups are spread over several."""
    texts_per_pass: PositiveInt = 8
    """Texts per forward pass inside a step."""
    head_rate: PositiveFloat | None = None
    """Learning rate of the scoring head; null = that of the rest."""
    reward: dict[str, Any] = Field(default_factory=dict)
    """TRL's own settings (its RewardConfig): learning_rate, num_train_epochs, … `num_train_epochs: 0` fits an
    encoder's head and leaves the encoder as it is: seconds, and no seed."""
