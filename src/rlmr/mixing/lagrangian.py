"""A weight that follows the violation rate. Axes: P prompts, G texts of one prompt."""

from __future__ import annotations

from dataclasses import dataclass

from rlmr.mixing.groups import Groups
from rlmr.mixing.normalize import Scale, standardize
from rlmr.mixing.rule import GroupRule, Outcome, State, check_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Lagrangian(GroupRule):
    """reward = (z(quality) - dual * z(fail)) / (1 + dual); dual += rate * (violation rate - target).

    Source: constrained GRPO (arXiv:2602.05863), whose advantage is a sum of separately standardised
    columns weighted by the multipliers. Dividing by 1 + dual, so that a large multiplier does not
    act as a larger learning rate, and the clipping to [0, ceiling], are our choices. Assumes that a
    violation *rate* is wanted: single violators keep positive advantages, early on above all.
    `state` is {"dual": value}: the mix uses the value that came in and returns the updated one.
    Degenerate: where all pass or all fail the verdicts' column is 0; without known texts the dual stays.

    >>> from rlmr.mixing import mix
    >>> quality, passed = [[1.0, 0.0]], [[False, True]]
    >>> mix("lagrangian", quality, passed, rate=1.0, target=0.25).state
    {'dual': 1.25}
    """

    scale: Scale = "none"
    """What the reward's distances are divided by; none is the paper's sum as it is."""
    rate: float = 0.05
    """Step of the dual per update and unit of violation rate."""
    target: float = 0.0
    """Tolerated violation rate, 0 to 1."""
    start: float = 1.0
    """The dual at the first step."""
    ceiling: float = 100.0
    """Largest dual."""

    def __post_init__(self) -> None:
        GroupRule.__post_init__(self)
        check_number("rate", self.rate, 0, 1e6)
        check_number("target", self.target, 0, 1)
        check_number("ceiling", self.ceiling, 0, 1e6)
        check_number("start", self.start, 0, self.ceiling)

    def mix(self, groups: Groups, state: State | None) -> Outcome:
        """GRPO on the Lagrangian, and one step of dual ascent."""
        dual = self._dual(state)
        quality = standardize(groups.quality_PG, groups.known_PG)
        failed = standardize(groups.failed_PG.double(), groups.known_PG)
        reward_PG = (quality.score_PG - dual * failed.score_PG) / (1 + dual)
        penalty_PG = dual / (1 + dual) * groups.some_P1 / failed.std_P1
        n = groups.n_P1.sum().item()
        if n > 0:
            excess = groups.f_P1.sum().item() / n - self.target
            dual = min(max(dual + self.rate * excess, 0.0), self.ceiling)
        return self.from_reward(groups, reward_PG, penalty_PG.expand_as(reward_PG), {"dual": dual})

    def _dual(self, state: State | None) -> float:
        """The multiplier that came in; ValueError for a state of something else."""
        if state is None:
            return self.start
        if set(state) != {"dual"}:
            raise ValueError(f"state of lagrangian must hold just 'dual'; got {sorted(state)}")
        check_number("state['dual']", state["dual"], 0, self.ceiling)
        return state["dual"]
