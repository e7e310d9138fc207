"""GRPO on the verdicts; the writing score is ignored. Axes: P prompts, G texts of one prompt."""

from __future__ import annotations

from dataclasses import dataclass

from rlmr.mixing.groups import Groups
from rlmr.mixing.rule import GroupRule, Outcome, State


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierOnly(GroupRule):
    """reward = 1 if the text passes, else 0.

    Source: reinforcement learning from verifiable rewards; the verification-only baseline of
    arXiv:2508.18642. Assumes that passing is all that matters: quality drifts freely.
    Degenerate: where all pass or all fail, every advantage is 0.

    >>> from rlmr.mixing import mix
    >>> mix("verifier_only", [[5.0, 0.0]], [[False, True]]).advantages.tolist()
    [[-1.0, 1.0]]
    """

    def mix(self, groups: Groups, state: State | None) -> Outcome:
        """GRPO on pass and fail."""
        failed_PG = groups.failed_PG.double()
        return self.from_reward(groups, 1.0 - failed_PG, failed_PG)
