"""Verdicts as a gate on the score. Axes: P prompts, G texts of one prompt, 1 a kept dimension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch

from rlmr.mixing.groups import Groups
from rlmr.mixing.normalize import standardize
from rlmr.mixing.rule import GroupRule, Outcome, State, check_choice, check_number

Form = Literal["multiply", "floor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(GroupRule):
    """multiply: reward = quality * pass. floor: violators get (lowest quality) - gamma * std.

    Source: common practice in reinforcement learning from verifiable rewards; the floor is our own.
    Assumes, for multiply, that scores are positive: among negative scores the violators' 0 is the
    *best* reward of the group. Assumes, for floor, that all violators are equally bad: the sign is
    guaranteed in mixed groups, but nothing tells the violators apart.
    Degenerate: where all fail, both forms give 0 everywhere; f = 0 is plain GRPO.

    >>> from rlmr.mixing import mix
    >>> quality, passed = [[-1.0, -3.0]], [[True, False]]
    >>> [mix("gate", quality, passed, form=f).advantages[0, 1].item() for f in ("multiply", "floor")]
    [1.0, -1.0]
    """

    form: Form = "multiply"
    """multiply, or floor."""
    gamma: float = 0.5
    """Floor only: distance below the group's lowest quality, in standard deviations of quality."""

    def __post_init__(self) -> None:
        GroupRule.__post_init__(self)
        check_choice("form", self.form, get_args(Form))
        check_number("gamma", self.gamma, 1e-6, 1e6)

    def mix(self, groups: Groups, state: State | None) -> Outcome:
        """GRPO on the gated score."""
        quality_PG, known_PG = groups.quality_PG, groups.known_PG
        if self.form == "multiply":
            return self.from_reward(groups, quality_PG * ~groups.failed_PG, quality_PG)
        quality = standardize(quality_PG, known_PG)
        lowest_P1 = torch.where(known_PG, quality.score_PG, torch.inf).amin(1, keepdim=True)
        gated_PG = torch.where(groups.failed_PG, lowest_P1 - self.gamma, quality.score_PG)
        reward_PG = quality.mean_P1 + quality.std_P1 * gated_PG
        return self.from_reward(groups, reward_PG, quality_PG - reward_PG)
