"""A fixed weight between score and verdict. Axes: P prompts, G texts of one prompt."""

from __future__ import annotations

from dataclasses import dataclass

from rlmr.mixing.groups import Groups
from rlmr.mixing.rule import GroupRule, Outcome, State, check_number


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedSum(GroupRule):
    """reward = w * quality + (1 - w) * pass.

    Source: the fixed-weight linear baseline of arXiv:2508.18642. Assumes that scores have a known
    scale: the penalty is (1 - w) / w score units in every group, too little wherever that is below
    the bound of `docs/mixing.md`. Degenerate: w = 1 is writing_only, w = 0 is verifier_only.

    >>> from rlmr.mixing import mix
    >>> quality, passed = [[1.0, 4.0]], [[True, False]]
    >>> [mix("weighted_sum", quality, passed, w=w).advantages[0, 1].item() for w in (0.1, 0.5)]
    [-1.0, 1.0]
    """

    w: float = 0.5
    """Weight of the writing score, 0 to 1."""

    def __post_init__(self) -> None:
        GroupRule.__post_init__(self)
        check_number("w", self.w, 0, 1)

    def mix(self, groups: Groups, state: State | None) -> Outcome:
        """GRPO on the weighted sum."""
        lost_PG = (1 - self.w) * groups.failed_PG
        return self.from_reward(groups, self.w * groups.quality_PG + (1 - self.w) - lost_PG, lost_PG)
