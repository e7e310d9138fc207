"""All measures of a system's texts. Legend: N texts, P prompts, S sets of texts of different prompts."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rlmr.evals.breaks.measures import SET_MEASURES, TEXT_MEASURES, Sample
from rlmr.evals.stats import DRAWS, Estimate, Floats, clustered_mean, student_mean

SET = 25
"""Texts in a set, each of another prompt."""


@dataclass(frozen=True)
class Profile:
    """What a system's texts are like; `measure` makes it, `compare` compares two."""

    samples: tuple[Sample, ...]
    """The N texts."""
    by_text: dict[str, Floats]
    """Of each text, (N,), by the names in `TEXT_MEASURES`; NaN unknown."""
    across: dict[str, Floats]
    """Of each set of `SET` texts of different prompts, (S,), by the names in `SET_MEASURES`."""
    within: dict[str, Floats]
    """Of the texts of each prompt, (P,), in order of first sight; NaN where a prompt has one text."""

    @cached_property
    def prompts(self) -> tuple[str, ...]:
        """The P prompts, in order of first sight."""
        return tuple(dict.fromkeys(sample.prompt for sample in self.samples))

    def estimates(self, *, draws: int = DRAWS, seed: int = 0) -> dict[str, Estimate]:
        """Each measure's mean by name; those of sets as `across.NAME` and `within.NAME`.

        Intervals: of texts and of prompts by bootstrap over prompts (`clustered_mean`), of sets Student's
        over the sets (`student_mean`), unknown for a single set.
        """
        clusters = [sample.prompt for sample in self.samples]
        found = {
            name: clustered_mean(column, clusters, draws=draws, seed=seed)
            for name, column in self.by_text.items()
        }
        found |= {f"across.{name}": student_mean(column) for name, column in self.across.items()}
        found |= {
            f"within.{name}": clustered_mean(column, self.prompts, draws=draws, seed=seed)
            for name, column in self.within.items()
        }
        return found


def measure(samples: Sequence[Sample]) -> Profile:
    """All measures of a system's texts.

    Sets `across` prompts hold `SET` texts of one language, one per prompt; which prompts stand together
    depends on the prompts alone, so that two systems are compared set by set. A number of
    prompts that is not a multiple of `SET` leaves some out; fewer than `SET` make one set, to be compared
    only with its like. Of several texts of a prompt each has its turn. Of no sample at all nothing is
    known.

    About 3 ms of one core for a text of 2,000 characters (`python -m benchmarks.breaks`).

    >>> profile = measure([Sample("Write a line about rain.", "It rained."), Sample("A line.", "It rained.")])
    >>> profile.by_text["words"].tolist(), profile.across["opening_share"].tolist()
    ([2.0, 2.0], [1.0])
    """
    by_prompt: dict[str, list[Sample]] = {}
    for sample in samples:
        by_prompt.setdefault(sample.prompt, []).append(sample)
    sets = _sets(by_prompt)
    return Profile(
        samples=tuple(samples),
        by_text={one.name: np.array([one.of(sample) for sample in samples]) for one in TEXT_MEASURES},
        across={
            one.name: np.array([_mean([one.of(texts) for texts in turns]) for turns in sets])
            for one in SET_MEASURES
        },
        within={
            one.name: np.array(
                [
                    one.of([sample.completion for sample in group]) if len(group) > 1 else math.nan
                    for group in by_prompt.values()
                ]
            )
            for one in SET_MEASURES
        },
    )


def _sets(by_prompt: dict[str, list[Sample]]) -> list[list[list[str]]]:
    """For each set of prompts its turns: in turn k stands the k-th text of each prompt."""
    found = []
    for lang in ("en", "zh"):
        names = sorted(prompt for prompt, group in by_prompt.items() if group[0].lang == lang)
        random.Random(0).shuffle(names)
        size = min(SET, len(names))
        for start in range(0, len(names) - size + 1, size) if size > 1 else ():
            groups = [by_prompt[name] for name in names[start : start + size]]
            turns = min(len(group) for group in groups)
            found.append([[group[k].completion for group in groups] for k in range(turns)])
    return found


def _mean(values: Sequence[float]) -> float:
    """Mean of the known values; NaN where there is none."""
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan
