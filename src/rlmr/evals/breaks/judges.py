"""The judge that a policy was trained on against one that it was not: do they agree, does it drift?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from rlmr.evals.stats import (
    DRAWS,
    Estimate,
    Floats,
    WinRate,
    bounded_mean,
    outcomes,
    rank_correlation,
    share_difference,
    win_rate,
)


@dataclass(frozen=True, slots=True)
class Drift:
    """What two judges make of a policy beside its baseline."""

    train: WinRate
    """The policy against the baseline by the judge that it was trained on."""
    held_out: WinRate
    """The same by the judge that no training has seen."""
    gap: Estimate
    """Training judge's win rate minus the held-out judge's, paired: above 0, the gain is partly taste."""
    same_order: Estimate
    """Share of the pairs which both judges decide that they decide alike."""
    agreement: Estimate
    """Rank correlation of the two judges' scores over the policy's texts."""
    agreement_before: Estimate
    """The same over the baseline's texts: where the first is lower, training has used up the agreement."""


def judge_drift(
    train: Sequence[float] | Floats,
    held_out: Sequence[float] | Floats,
    train_before: Sequence[float] | Floats,
    held_out_before: Sequence[float] | Floats,
    prompts: Sequence[Hashable],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Drift:
    """How much of a gain by the training judge a held-out judge confirms.

    All four have shape (N,): the two judges' scores of the policy's text and of the baseline's text for the
    same prompt; NaN is unknown. Only orders are used, so that the judges need no common scale. An optimised
    judge parts from the gold one as in Gao et al. 2022 (arXiv 2210.10760): `gap` grows, `agreement` falls
    below `agreement_before`. Differences of quality that shrink lower the agreement, too: read both.

    Raises:
        ValueError: lengths differ.

    >>> found = judge_drift([2, 2, 2, 2], [1, 3, 1, 3], [1, 1, 1, 1], [2, 2, 2, 2], "abcd")
    >>> found.train.rate.value, found.held_out.rate.value, found.gap.value
    (1.0, 0.5, 0.5)
    """
    by_train, by_held_out = outcomes(train, train_before), outcomes(held_out, held_out_before)
    decided = (by_train != 0.5) & (by_held_out != 0.5) & ~np.isnan(by_train) & ~np.isnan(by_held_out)
    alike = np.where(decided, by_train == by_held_out, np.nan)
    return Drift(
        train=win_rate(by_train, prompts),
        held_out=win_rate(by_held_out, prompts),
        gap=share_difference(by_train, by_held_out, prompts),
        same_order=bounded_mean(alike, prompts),
        agreement=rank_correlation(train, held_out, prompts, draws=draws, seed=seed),
        agreement_before=rank_correlation(train_before, held_out_before, prompts, draws=draws, seed=seed),
    )
