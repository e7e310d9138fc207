"""The one place that centres and scales: masked means, population deviations, advantages.

Axes: P prompts, G texts of one prompt, 1 a kept dimension. Unknown texts take no part.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

Scale = Literal["group", "batch", "none"]
"""What the distances from a group's mean are divided by: see `to_advantages`."""

TINY = 1e-12
"""Groups whose standard deviation is at most this share of their largest |value| count as constant."""


class Standard(NamedTuple):
    """Values in units of their group's standard deviation, and the way back."""

    score_PG: Tensor
    """(value - mean) / std; 0 for unknown texts and in constant groups."""
    mean_P1: Tensor
    """Mean of the group's known values; 0 where there are none."""
    std_P1: Tensor
    """Their population standard deviation; 1 for constant groups."""


def mean(value_PG: Tensor, mask_PG: Tensor) -> Tensor:
    """(P, 1) mean over the masked texts; 0 where there are none. Unmasked values must be finite.

    >>> mean(torch.tensor([[1.0, 3.0, 9.0]]), torch.tensor([[True, True, False]])).item()
    2.0
    """
    return (value_PG * mask_PG).sum(1, keepdim=True) / mask_PG.sum(1, keepdim=True).clamp(min=1)


def standardize(value_PG: Tensor, known_PG: Tensor) -> Standard:
    """Centre and divide by the population standard deviation of each group, without an epsilon.

    The largest |value| is divided out first, so that no square overflows, and the mean is taken off
    twice, so that what is left is centred to the last digit also when the values lie 1e12 standard
    deviations from zero. Constant groups (and those of one text) get score 0 and std 1. Values of
    unknown texts must be finite and do not matter.

    >>> standardize(torch.tensor([[1.0, 3.0]]), torch.tensor([[True, True]])).score_PG.tolist()
    [[-1.0, 1.0]]
    """
    mask_PG = known_PG.double()
    value_PG = value_PG * mask_PG
    n_P1 = mask_PG.sum(1, keepdim=True).clamp(min=1)
    peak_P1 = value_PG.abs().amax(1, keepdim=True)
    peak_P1 = torch.where(peak_P1 > 0, peak_P1, 1.0)
    unit_PG = value_PG / peak_P1
    mean_P1 = unit_PG.sum(1, keepdim=True) / n_P1
    centred_PG = (unit_PG - mean_P1) * mask_PG
    centred_PG = (centred_PG - centred_PG.sum(1, keepdim=True) / n_P1) * mask_PG
    std_P1 = (centred_PG.square().sum(1, keepdim=True) / n_P1).sqrt()
    constant_P1 = std_P1 <= TINY
    return Standard(
        centred_PG * torch.where(constant_P1, 0.0, 1 / std_P1),
        mean_P1 * peak_P1,
        torch.where(constant_P1, 1.0, std_P1 * peak_P1),
    )


def to_advantages(score_PG: Tensor, std_P1: Tensor, known_PG: Tensor, scale: Scale) -> Tensor:
    """Distances from the group's mean, on the scale that the trainer wants.

    - `group`: in units of the group's standard deviation (GRPO, arXiv:2402.03300).
    - `none`: in the reward's own units (Dr.GRPO, arXiv:2503.20783).
    - `batch`: in units of the root mean square distance over the whole batch.

    Each divides by a positive number, which keeps every sign. Subtracting a mean over the batch
    would not, so there is no such choice; nor may the trainer do it afterwards. `none` keeps the size
    of the rewards, so it is for scores whose distances float32 can hold.

    >>> one = torch.ones(1, 2, dtype=torch.bool)
    >>> to_advantages(torch.tensor([[-1.0, 1.0]]), torch.tensor([[3.0]]), one, "none").tolist()
    [[-3.0, 3.0]]
    """
    if scale == "group":
        return score_PG
    distance_PG = score_PG * std_P1
    if scale == "none":
        return distance_PG
    peak = distance_PG.abs().max()
    unit_PG = distance_PG / torch.where(peak > 0, peak, 1.0)
    rms = (unit_PG.square().sum() / known_PG.sum().clamp(min=1)).sqrt()
    return unit_PG / torch.where(rms > 0, rms, 1.0)
