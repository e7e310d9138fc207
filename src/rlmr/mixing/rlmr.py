"""The dynamic mix: the smallest penalty that puts every violator below its group's mean.

Axes: P prompts, G texts of one prompt (the group), 1 a kept dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import torch
from torch import Tensor

from rlmr.mixing.all_fail import AllFail, all_fail_scores
from rlmr.mixing.groups import Groups
from rlmr.mixing.normalize import mean, standardize, to_advantages
from rlmr.mixing.rule import GroupRule, Outcome, State, check_choice, check_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Rlmr(GroupRule):
    """reward = quality - p for violators, quality for the others, with the group's own p.

        p = max(0, n / (n - f) * (max_violator quality - mean quality + gamma * std quality))

    over the n known texts of a group, f of them violators, 0 < f < n. This is the smallest penalty
    after which every violator lies at least gamma standard deviations of quality below the group's
    mean, so that its advantage is negative:

        A_violator <= -gamma / (1 + sqrt(f / (n - f)) * (sqrt(n - 1) + gamma)).

    Source: our reading of arXiv:2508.18642, which states the property; its equation could not be
    obtained (derivation in docs/mixing.md). Assumes that a violation outweighs any quality.
    Degenerate: f = 0 is GRPO on quality; f = n goes to the policy `all_fail`; a group of constant
    quality takes std = 1. Unknown texts take no part and get 0.

    >>> from rlmr.mixing import mix
    >>> mixed = mix("rlmr", [[1.0, 4.0, 2.0]], [[True, False, True]])
    >>> [round(a, 2) for a in mixed.advantages[0].tolist()]
    [-0.31, -1.04, 1.35]
    """

    gamma: float = 0.5
    """Margin below the mean, in standard deviations of the group's quality; 1e-6 to 1e6."""
    all_fail: AllFail = "push"
    """Groups without a compliant text: push, skip or rank (`rlmr.mixing.all_fail`)."""
    push_scale: float = 1.0
    """Factor on the advantages of `push`; 1 is the size in a group with one compliant text."""
    grade: float = 0.0
    """Further penalty per unit of severity, in standard deviations, 0 to 1000; 0 treats violators alike."""
    least: float = 0.0
    """Least size of a violator's advantage in a mixed group, as far as a penalty can reach it: the limit
    is sqrt((n - f) / f), and 0.9 of that is the most that is asked for; 0 leaves the size to gamma."""
    even: bool = False
    """Give the compliant texts of a mixed group deviation 1 among themselves, around their mean."""

    def __post_init__(self) -> None:
        GroupRule.__post_init__(self)
        check_number("gamma", self.gamma, 1e-6, 1e6)
        check_choice("all_fail", self.all_fail, get_args(AllFail))
        check_number("push_scale", self.push_scale, 1e-6, 1e6)
        check_number("grade", self.grade, 0, 1e3)
        check_number("least", self.least, 0, 1e3)
        check_choice("even", self.even, (False, True))

    def mix(self, groups: Groups, state: State | None) -> Outcome:
        """Penalise, centre, scale; then the policy for groups in which all fail."""
        known_PG = groups.known_PG
        quality = standardize(groups.quality_PG, known_PG)
        penalty_PG = self._penalty(groups, quality.score_PG)
        mixed = standardize(quality.score_PG - penalty_PG, known_PG)
        score_PG, std_P1 = mixed.score_PG, mixed.std_P1
        if self.even:
            score_PG = torch.where(groups.some_P1, _even(groups, quality.score_PG, score_PG), score_PG)
        rows_P = groups.all_P1[:, 0]
        if rows_P.any():
            part, part_PG = groups.at(rows_P), quality.score_PG[rows_P]
            pushed = all_fail_scores(self.all_fail, part, part_PG, self.gamma, self.push_scale)
            score_PG[rows_P], std_P1[rows_P] = pushed
        advantages_PG = to_advantages(score_PG, std_P1 * quality.std_P1, known_PG, self.scale)
        penalty_PG = penalty_PG * quality.std_P1
        return Outcome(advantages_PG, groups.quality_PG - penalty_PG, penalty_PG)

    def _penalty(self, groups: Groups, quality_PG: Tensor) -> Tensor:
        """(P, G) penalties on standardised quality: the violators' of mixed groups, else 0."""
        failed_PG, some_P1 = groups.failed_PG, groups.some_P1
        if self.grade > 0:
            quality_PG = quality_PG - self.grade * groups.severity_PG
            quality_PG = (quality_PG - mean(quality_PG, groups.known_PG)) * groups.known_PG
        best_P1 = torch.where(failed_PG, quality_PG, -torch.inf).amax(1, keepdim=True)
        flat_P1 = (groups.n_P1 / (groups.n_P1 - groups.f_P1) * (best_P1 + self.gamma)).clamp(min=0)
        if self.least > 0:
            flat_P1 = torch.maximum(flat_P1, _penalty_for(self.least, quality_PG, best_P1, groups))
        penalty_PG = failed_PG * torch.where(some_P1, flat_P1, 0.0)
        return penalty_PG + self.grade * some_P1 * groups.severity_PG if self.grade > 0 else penalty_PG


def _penalty_for(least: float, value_PG: Tensor, best_P1: Tensor, groups: Groups) -> Tensor:
    """(P, 1) smallest flat penalty after which no violator's advantage is above -least.

    With c = 1 - f/n, the best violator d above the mean, variance v and k = mean(value * failed), a
    penalty p moves it to d - p c at variance v - 2 p k + p**2 c f/n. Asking for p c - d >= a * deviation
    and squaring gives a quadratic that is negative at p c = d: its larger root is the answer.
    """
    share_P1 = groups.f_P1 / groups.n_P1
    c_P1 = 1 - share_P1
    a2_P1 = (0.81 * c_P1 / share_P1).clamp(max=least**2)
    k_P1 = mean(value_PG * groups.failed_PG, groups.known_PG)
    v_P1 = mean(value_PG.square(), groups.known_PG)
    lead_P1 = c_P1 * (c_P1 - a2_P1 * share_P1)
    half_P1 = c_P1 * best_P1 - a2_P1 * k_P1
    root_P1 = (half_P1.square() - lead_P1 * (best_P1.square() - a2_P1 * v_P1)).clamp(min=0).sqrt()
    return (half_P1 + root_P1) / lead_P1


def _even(groups: Groups, quality_PG: Tensor, score_PG: Tensor) -> Tensor:
    """Compliant texts around their mean advantage, at one deviation of their own qualities."""
    compliant_PG = groups.known_PG & ~groups.failed_PG
    among = standardize(quality_PG, compliant_PG)
    return torch.where(compliant_PG, mean(score_PG, compliant_PG) + among.score_PG, score_PG)
