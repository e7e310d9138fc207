"""What to do with a group in which every known text fails.

A reward, whatever it is, cannot help here: centred rewards sum to 0, so some would be >= 0. These
policies set the advantages themselves. Axes: P prompts, G texts of one prompt, 1 a kept dimension.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from rlmr.mixing.groups import Groups
from rlmr.mixing.normalize import standardize

AllFail = Literal["push", "skip", "rank"]
"""push: every advantage negative; skip: every advantage 0; rank: centred, the least bad is rewarded."""


class Shift(NamedTuple):
    """Advantages in units of a deviation, and that deviation in units of the quality's own."""

    score_PG: Tensor
    std_P1: Tensor


def all_fail_scores(
    policy: AllFail, groups: Groups, quality_PG: Tensor, gamma: float, push_scale: float
) -> Shift:
    """Scores of groups in which all known texts, at least one, fail. `quality_PG` is standardised.

    Texts are put in order (`order_texts`): by severity, then by quality; h is that order with mean 0
    and std 1. `rank` gives h. `push` gives what the texts would get if one more text, of average
    standing, had written the same prompt and passed: the smallest penalty that puts the best of n
    violators gamma below the mean of n + 1 texts leaves them h - max h - gamma away from it, hence

        A = push_scale * (h - b) / sqrt(sum h**2 / (n + 1) + n b**2),   b = max h + gamma.

    So the sizes are those of a mixed group with a single compliant text (they sum to about -sqrt(n)),
    and a group does not get a jolt at the moment when its last compliant text disappears. One known
    text gets -push_scale, as a violator beside one compliant text does.
    """
    known_PG, n_P1 = groups.known_PG, groups.n_P1
    if policy == "skip":
        return Shift(torch.zeros_like(quality_PG), torch.ones_like(n_P1))
    h_PG = order_texts(groups, quality_PG, gamma)
    if policy == "rank":
        return Shift(h_PG, torch.ones_like(n_P1))
    b_P1 = torch.where(known_PG, h_PG, -torch.inf).amax(1, keepdim=True) + gamma
    std_P1 = (h_PG.square().sum(1, keepdim=True) / (n_P1 + 1) + n_P1 * b_P1**2).sqrt()
    return Shift(push_scale * known_PG * (h_PG - b_P1) / std_P1, std_P1)


def order_texts(groups: Groups, quality_PG: Tensor, gap: float) -> Tensor:
    """Texts ordered by severity, then by quality, as (P, G) numbers with mean 0 and std 1.

    Each further severity lies a whole range of qualities and `gap` below the one before. Within one
    severity the distances are those of quality; with only one severity the result *is* quality.
    """
    known_PG = groups.known_PG
    severity_PG = torch.where(known_PG, groups.severity_PG, torch.inf)
    sorted_PG, index_PG = severity_PG.sort(dim=1)
    steps_PG = (sorted_PG[:, 1:] > sorted_PG[:, :-1]).double().cumsum(1)
    tier_PG = torch.zeros_like(quality_PG).scatter(1, index_PG[:, 1:], steps_PG)
    low_P1 = torch.where(known_PG, quality_PG, torch.inf).amin(1, keepdim=True)
    high_P1 = torch.where(known_PG, quality_PG, -torch.inf).amax(1, keepdim=True)
    span_P1 = high_P1 - low_P1 + gap
    return standardize(torch.where(known_PG, quality_PG - tier_PG * span_P1, 0.0), known_PG).score_PG
