"""Each column normalised by itself, then added. Axes: P prompts, G texts of one prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch

from rlmr.mixing.groups import Groups
from rlmr.mixing.normalize import TINY, standardize
from rlmr.mixing.rule import Outcome, Rule, State, check_choice, check_number

After = Literal["batch", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gdpo(Rule):
    """reward = a * z(quality) + b * z(pass), z within the group; advantage = z(reward) over the batch.

    Source: GDPO (arXiv:2601.05242), here with population deviations and no epsilon; then every group's
    columns sum to 0 and the last step only scales. Assumes that a trade between columns is wanted: a
    violator that writes well enough for its group keeps a positive advantage.
    Degenerate: where all pass or all fail the verdict's column is 0; a constant batch gives 0.

    >>> from rlmr.mixing import mix
    >>> quality, passed = [[3.0, 0.0, 0.0, 0.0]], [[False, False, True, True]]
    >>> mix("gdpo", quality, passed).advantages[0, 0] > 0
    tensor(True)
    """

    quality_weight: float = 1.0
    """a, weight of the standardised writing score."""
    pass_weight: float = 1.0
    """b, weight of the standardised verdict."""
    after: After = "batch"
    """batch: centre and scale over the batch as in the paper; none: leave the sum as it is."""

    def __post_init__(self) -> None:
        check_number("quality_weight", self.quality_weight, 0, 1e6)
        check_number("pass_weight", self.pass_weight, 0, 1e6)
        check_choice("after", self.after, get_args(After))

    def mix(self, groups: Groups, state: State | None) -> Outcome:
        """Sum of the columns' own advantages."""
        known_PG = groups.known_PG
        quality = standardize(groups.quality_PG, known_PG)
        failed = standardize(groups.failed_PG.double(), known_PG)
        sum_PG = self.quality_weight * quality.score_PG - self.pass_weight * failed.score_PG
        penalty_PG = self.pass_weight * groups.some_P1 * groups.failed_PG / failed.std_P1
        advantages_PG = sum_PG
        if self.after == "batch":
            n = known_PG.sum().clamp(min=1)
            centred_PG = (sum_PG - sum_PG.sum() / n) * known_PG
            std = (centred_PG.square().sum() / n).sqrt()
            advantages_PG = torch.where(std > TINY, centred_PG / std, 0.0)
        return Outcome(advantages_PG, sum_PG, penalty_PG)
