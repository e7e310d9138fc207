"""Two systems' texts for the same prompts, side by side."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rlmr.evals.breaks.measures import SET_MEASURES, TEXT_MEASURES, Measure, Sample
from rlmr.evals.breaks.profile import Profile, measure
from rlmr.evals.stats import (
    DRAWS,
    Estimate,
    Floats,
    clustered_mean,
    holm,
    permutation_test,
    student_mean,
    student_test,
)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one measure."""

    name: str
    """The measure; `across.NAME` and `within.NAME` for those of sets."""
    measure: Measure
    before: Estimate
    """Over the prompts that both have."""
    after: Estimate
    difference: Estimate
    """After minus before, prompt by prompt (set by set); `n` counts them."""
    p: float
    """Permutation test of the difference, of sets Student's; 1 where nothing is known."""
    adjusted_p: float = math.nan
    """Holm's, over all measures of the comparison."""

    @property
    def ratio(self) -> float:
        """After over before; NaN where before is 0 or unknown."""
        return self.after.value / self.before.value if self.before.value else math.nan

    @property
    def worse(self) -> bool:
        """Whether the measure moved in the direction in which writing RL breaks texts, beyond chance.

        The interval lies on that side of 0 and `adjusted_p` is below .05. For a measure whose every change
        counts, either side.
        """
        up, down = self.difference.low > 0, self.difference.high < 0
        moved = {"up": up, "down": down, "any": up or down}[self.measure.sign]
        return moved and self.adjusted_p < 0.05


def compare(before: Profile, after: Profile, *, draws: int = DRAWS, seed: int = 0) -> list[Change]:
    """What changed between two systems, paired by prompt: every measure with its difference and a test.

    Prompts that only one of them has are left out. Of several texts of a prompt the mean counts.
    Differences of texts and of prompts have a bootstrap interval over prompts, those of sets Student's over
    the sets.

    Raises:
        ValueError: no prompt in common.

    >>> calm = measure([Sample(f"Line {i} about rain.", f"Rain fell on day {i}.") for i in range(12)])
    >>> loud = measure([Sample(f"Line {i} about rain.", "Rain! Rain! Rain! " * 9) for i in range(12)])
    >>> change = compare(calm, loud)[0]
    >>> change.name, change.before.value, change.after.value, change.worse
    ('words', 5.0, 27.0, True)
    """
    shared = set(before.prompts) & set(after.prompts)
    if not shared:
        raise ValueError(
            f"nothing to compare: {len(before.prompts)} and {len(after.prompts)} prompts, none in common"
        )
    before, after = (_only(profile, shared) for profile in (before, after))
    estimates = [profile.estimates(draws=draws, seed=seed) for profile in (before, after)]
    changes = []
    for name, kind in _names():
        first, second, clusters = _columns(name, before, after)
        gap = second - first
        if name.startswith("across."):
            found, p = student_mean(gap), student_test(gap)
        else:
            found = clustered_mean(gap, clusters, draws=draws, seed=seed)
            p = permutation_test(gap, clusters, seed=seed)
        changes.append(Change(name, kind, estimates[0][name], estimates[1][name], found, p))
    known = [change.p if change.difference.n else math.nan for change in changes]
    return [replace(change, adjusted_p=float(p)) for change, p in zip(changes, holm(known), strict=True)]


def _names() -> list[tuple[str, Measure]]:
    """All measures by the name under which a profile reports them."""
    return [
        *((one.name, one) for one in TEXT_MEASURES),
        *((f"across.{one.name}", one) for one in SET_MEASURES),
        *((f"within.{one.name}", one) for one in SET_MEASURES),
    ]


def _only(profile: Profile, prompts: set[str]) -> Profile:
    """The profile of those prompts alone."""
    if prompts == set(profile.prompts):
        return profile
    return measure([sample for sample in profile.samples if sample.prompt in prompts])


def _columns(name: str, before: Profile, after: Profile) -> tuple[Floats, Floats, Sequence[Hashable]]:
    """Both systems' values of a measure for the same prompts (or sets), and what they belong to."""
    over, _, short = name.rpartition(".")
    if over == "across":
        return before.across[short], after.across[short], range(len(before.across[short]))
    first, second = (
        dict(zip(profile.prompts, profile.within[short], strict=True))
        if over
        else _by_prompt(profile.samples, profile.by_text[short])
        for profile in (before, after)
    )
    order = before.prompts
    return np.array([first[p] for p in order]), np.array([second[p] for p in order]), order


def _by_prompt(samples: Sequence[Sample], column: Floats) -> dict[str, float]:
    """The mean of the known values of each prompt's texts; NaN where there is none."""
    values: dict[str, list[float]] = {}
    for sample, value in zip(samples, column, strict=True):
        known = values.setdefault(sample.prompt, [])
        if not math.isnan(value):
            known.append(float(value))
    return {prompt: math.fsum(known) / len(known) if known else math.nan for prompt, known in values.items()}
