"""What a mixing rule is: a frozen dataclass whose parameters are fields, complete at birth."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, get_args

import torch
from torch import Tensor

from rlmr.mixing.groups import Groups
from rlmr.mixing.normalize import Scale, standardize, to_advantages

State: TypeAlias = Mapping[str, float]
"""What a rule remembers between steps, ready for JSON and for a checkpoint."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule decides about a batch."""

    advantages_PG: Tensor
    """Final advantages; 0 for texts that are not known."""
    reward_PG: Tensor
    """The mixed reward before it is centred, in the rule's own units; 0 for texts that are not known."""
    penalty_PG: Tensor
    """How much more reward a violator would have had if it had passed; 0 for every other text."""
    state: State | None = None
    """What the next call wants back; None for a rule that remembers nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(ABC):
    """One way to turn quality and verdicts into advantages. Subclasses add parameters as fields."""

    @abstractmethod
    def mix(self, groups: Groups, state: State | None) -> Outcome:
        """Advantages of a batch of groups. Pure: equal inputs give equal outputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule(Rule):
    """A rule whose advantages are distances from the group's mean."""

    scale: Scale = "group"
    """What those distances are divided by: group, batch or none (`rlmr.mixing.normalize`)."""

    def __post_init__(self) -> None:
        check_choice("scale", self.scale, get_args(Scale))

    def from_reward(
        self, groups: Groups, reward_PG: Tensor, penalty_PG: Tensor, state: State | None = None
    ) -> Outcome:
        """The outcome of GRPO on one mixed reward."""
        reward_PG = torch.where(groups.known_PG, reward_PG, 0.0)
        reward = standardize(reward_PG, groups.known_PG)
        advantages_PG = to_advantages(reward.score_PG, reward.std_P1, groups.known_PG, self.scale)
        return Outcome(advantages_PG, reward_PG, penalty_PG * groups.failed_PG, state)


def check_number(name: str, value: object, low: float, high: float) -> None:
    """Raise ValueError unless `value` is a number from `low` to `high`, both included.

    >>> check_number("gamma", "big", 0, 1)
    Traceback (most recent call last):
    ValueError: gamma must be a number from 0 to 1; got 'big'
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or math.isnan(value) or not low <= value <= high:  # type: ignore[arg-type,operator]
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}; got {value!r}")


def check_choice(name: str, value: object, allowed: Sequence[object]) -> None:
    """Raise ValueError unless `value` is one of `allowed`.

    >>> check_choice("form", "flor", ("multiply", "floor"))
    Traceback (most recent call last):
    ValueError: form must be one of 'multiply', 'floor'; got 'flor'
    """
    if value not in allowed or type(value) not in {type(choice) for choice in allowed}:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}; got {value!r}")
