"""GRPO on the writing score; verdicts are ignored. Axes: P prompts, G texts of one prompt."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rlmr.mixing.groups import Groups
from rlmr.mixing.rule import GroupRule, Outcome, State


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingOnly(GroupRule):
    """reward = quality.

    Source: GRPO (arXiv:2402.03300) on a reward model; the writing-only baseline of arXiv:2508.18642.
    Assumes that the reward model alone knows what is wanted: it rewards violators as readily as others.
    Degenerate: a constant group, or one known text, gives 0.

    >>> from rlmr.mixing import mix
    >>> mix("writing_only", [[1.0, 2.0, 3.0, 2.0]], [[True, True, False, True]]).advantages[0, 2] > 1
    tensor(True)
    """

    def mix(self, groups: Groups, state: State | None) -> Outcome:
        """GRPO on quality."""
        return self.from_reward(groups, groups.quality_PG, torch.zeros_like(groups.quality_PG))
