"""Recipes of reward models: one YAML file trains, audits and describes one model or an ensemble.

Paths are relative to the folder in which the command runs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, model_validator

from rlmr.recipes.judging import Part
from rlmr.recipes.load import (
    check_values,
    find_recipe,
    read_override,
    read_values,
    set_value,
)
from rlmr.recipes.schema import RecipeError
from rlmr.rewards.preferences import (
    HUB,
    Preference,
    PreferenceError,
    check_splits,
    read_preferences,
    repeated,
    without_repeats,
)
from rlmr.rewards.public import read_hanna, read_lamp
from rlmr.rewards.settings import Settings


class Pairs(Part):
    """Where the preferences come from."""

    train: str
    """.jsonl, .jsonl.gz or .parquet with `prompt, chosen, rejected` (and perhaps label, margin, split), a
    published file of HANNA or LAMP (see `format`), or `hub:owner/name[:split]`."""
    test: str | None = None
    """Held-out preferences for the audit, in the same format; null = the rows of `train` whose split is
    `test_split`."""
    format: Literal["pairs", "hanna", "lamp"] = "pairs"
    """`pairs`, or the format of a public set (docs/reward_model.md)."""
    train_split: str | None = None
    """Take only the rows of `train` whose `split` is this; null = all."""
    test_split: str | None = None
    """Take only the rows of `test` (or of `train`) whose `split` is this; null = all."""
    held_out: float = Field(default=0.2, ge=0, lt=1)
    """Share of the prompts of `train` that is kept for the audit where neither `test` nor `test_split` is
    given; 0 trains on all, and the model is not audited."""
    prompt_column: str | None = "prompt"
    """null for data without prompts."""
    chosen_column: str = "chosen"
    rejected_column: str = "rejected"


class EnsembleBlock(Part):
    """How several seeds become one score."""

    combine: Literal["mean", "worst", "lower"] = "mean"
    """Their mean, their worst, or `lower`: mean - penalty * standard deviation."""
    penalty: float = Field(default=1.0, ge=0)
    """For `lower`."""


class RewardRecipe(Settings):
    """One reward model, or an ensemble of them: how it is trained, on what, and where it goes."""

    name: str
    """What it is called."""
    data: Pairs
    """Preferences."""
    seeds: list[NonNegativeInt] = Field(default=[0], min_length=1)
    """One model per seed; several make an ensemble."""
    ensemble: EnsembleBlock = Field(default_factory=EnsembleBlock)
    """How their scores are combined."""
    output: str = ""
    """The model's folder; models/NAME if empty."""

    @model_validator(mode="before")
    @classmethod
    def _output(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("output") and isinstance(values.get("name"), str):
            return {**values, "output": f"models/{values['name']}"}
        return values


def read_reward_recipe(name: str, overrides: Sequence[str] = ()) -> RewardRecipe:
    """The reward recipe `name`, a file or a shipped one, with `key=value` overrides on top. Raises
    RecipeError."""
    path = find_recipe(name, "reward")
    values = read_values(path)
    for keys, value in (read_override(text) for text in overrides):
        set_value(values, keys, value)
    return check_values(RewardRecipe, values, str(path))


def load_pairs(data: Pairs) -> tuple[list[Preference], list[Preference], list[str]]:
    """Training and held-out preferences, and warnings (rows that stand twice, which are taken once).

    Raises PreferenceError where the two sides share a prompt or a text, or a row is bad; RecipeError for a
    file that is not there.
    """
    train = read_pairs(data, "data.train", data.train, data.train_split)
    held: list[Preference] = []
    if data.test is not None or data.test_split is not None:
        held = read_pairs(data, "data.test", data.test or data.train, data.test_split)
    elif data.held_out:
        train, held = _part(train, data.held_out)
    warnings = [f"taken once: {line}" for side in (train, held) for line in repeated(side)]
    check_splits(train, held)
    return without_repeats(train), without_repeats(held), warnings


def _part(pairs: Sequence[Preference], share: float) -> tuple[list[Preference], list[Preference]]:
    """Pairs to train on and held-out ones: whole groups, drawn at random, always the same ones. Raises
    RecipeError for a single group."""
    groups = sorted({p.group for p in pairs})
    if len(groups) < 2:
        raise RecipeError(
            "data.held_out: all pairs belong to one prompt; give data.test, or 0 to audit nothing"
        )
    random.Random(0).shuffle(groups)
    away = set(groups[: min(len(groups) - 1, max(1, round(share * len(groups))))])
    return [p for p in pairs if p.group not in away], [p for p in pairs if p.group in away]


def read_pairs(data: Pairs, field: str, source: str, split: str | None) -> list[Preference]:
    """Preferences of `source` (all, or those of a split) in the format and columns of `data`.

    Raises RecipeError for a missing file, which names the `field`; PreferenceError for no rows, or a bad one.
    """
    if not source.startswith(HUB) and not Path(source).is_file():
        raise RecipeError(f"{field}: no file {source!r} (paths are relative to {Path.cwd()})")
    if data.format == "pairs":
        return read_preferences(
            source,
            prompt_column=data.prompt_column,
            chosen_column=data.chosen_column,
            rejected_column=data.rejected_column,
            split=split,
        )
    pairs = read_hanna(source) if data.format == "hanna" else read_lamp(source)
    kept = [p for p in pairs if split is None or p.split == split]
    if not kept:
        raise PreferenceError(f"{field}: {source} has no rows of split {split!r}")
    return kept
