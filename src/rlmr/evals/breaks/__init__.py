"""What writing RL breaks: length, repetition, worn-out phrases, self-praise, sameness, gaming, drift.

`measure` takes a system's texts and gives a `Profile`; `compare` puts two side by side, paired by prompt.
Every number has a function of its own in this folder, which defines it, and a line in `TEXT_MEASURES` or
`SET_MEASURES`. docs/what_breaks.md is the user's page.
"""

from rlmr.evals.breaks.compare import Change, compare
from rlmr.evals.breaks.judges import Drift, judge_drift
from rlmr.evals.breaks.measures import SET_MEASURES, TEXT_MEASURES, Measure, Sample
from rlmr.evals.breaks.profile import SET, Profile, measure

__all__ = [
    "SET",
    "SET_MEASURES",
    "TEXT_MEASURES",
    "Change",
    "Drift",
    "Measure",
    "Profile",
    "Sample",
    "compare",
    "judge_drift",
    "measure",
]
