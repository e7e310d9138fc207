"""Numbers about a mix for every step's log. Axes: P prompts, G texts, C constraints of a prompt."""

from __future__ import annotations

from collections import Counter

from rlmr.mixing.mixed import Mixed
from rlmr.mixing.normalize import mean, standardize


def diagnostics(mixed: Mixed) -> dict[str, float]:
    """A flat table of floats. A number that has no data this step is left out, never 0.

    - `groups_none`, `groups_some`, `groups_all`, `groups_unknown`: share of groups in which so many of
      the known texts fail; unknown where no text is known.
    - `pass_rate`: of known texts. `unknown_share`: of the texts that exist.
    - `violators`: how many. `violators_rewarded`: those with advantage >= 0; for `rlmr` in its
      default setting always 0 (`skip` gives its violators exactly 0, and they count here).
    - `penalty_std`: mean penalty of violators in mixed groups, in standard deviations of what quality
      supplies to the reward (for `rlmr`: of quality); groups where that is constant are left out.
    - `variance_verdicts`, `variance_quality`: share of the mixed reward's variance that each column
      supplies, cov(column, reward) / var(reward), mean over mixed groups; they sum to 1, and one of
      them is negative where the two columns pull against each other.
    - `advantage_abs`: mean |advantage| of known texts.

    >>> from rlmr.mixing import mix
    >>> diagnostics(mix("rlmr", [[1.0, 2.0]], [[True, False]]))["violators_rewarded"]
    0.0
    """
    groups, known_PG = mixed.groups, mixed.known
    cases = Counter(mixed.case)
    table = {f"groups_{case}": cases[case] / len(mixed.case) for case in ("none", "some", "all", "unknown")}
    violators = int(mixed.failed.sum())
    table["violators"] = float(violators)
    table["violators_rewarded"] = float((mixed.failed & (mixed.advantages >= 0)).sum())
    if present := int(mixed.present.sum()):
        table["unknown_share"] = 1 - int(known_PG.sum()) / present
    if known := int(known_PG.sum()):
        table["pass_rate"] = 1 - violators / known
        table["advantage_abs"] = mixed.advantages.abs().sum().item() / known
    if groups.some_P1.any():
        table |= _mixed_groups(mixed)
    return table


def _mixed_groups(mixed: Mixed) -> dict[str, float]:
    """Groups with violators and compliant texts, whose reward is const + what quality supplies - penalty."""
    rows = mixed.groups.some_P1[:, 0]
    failed_PG, known_PG, penalty_PG = mixed.failed[rows], mixed.known[rows], mixed.penalty[rows]
    reward_PG = mixed.reward[rows]
    part, reward = standardize(reward_PG + penalty_PG, known_PG), standardize(reward_PG, known_PG)
    table: dict[str, float] = {}
    counted_PG = failed_PG & (part.score_PG != 0).any(1, keepdim=True)
    if counted_PG.any():
        table["penalty_std"] = (penalty_PG / part.std_P1)[counted_PG].mean().item()
    varies_P = (reward.score_PG != 0).any(1)
    if varies_P.any():
        share_P1 = -mean(penalty_PG / reward.std_P1 * reward.score_PG, known_PG)
        table["variance_verdicts"] = share_P1[varies_P].mean().item()
        table["variance_quality"] = 1 - table["variance_verdicts"]
    return table
