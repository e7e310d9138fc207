"""The statistics of an evaluation: shares and means with intervals, paired comparisons, agreement, rankings.

Everything here takes plain numbers and knows nothing of texts. An unknown value is NaN or `None`: it
is left out of the estimate and out of its n, and an estimate of nothing is NaN, never 0. What resamples,
resamples prompts: texts of one prompt are not independent. docs/statistics.md says which to use when, and
how often each interval covers the truth.
"""

from rlmr.evals.stats.agreement import cohen_kappa, krippendorff_alpha
from rlmr.evals.stats.binomial import (
    benjamini_hochberg,
    clopper_pearson,
    holm,
    pass_at_k,
    sign_test,
    wilson,
)
from rlmr.evals.stats.bootstrap import (
    bootstrap,
    bootstrap_all,
    clustered_mean,
    paired_difference,
    student_mean,
    student_test,
)
from rlmr.evals.stats.bounded import bounded_mean
from rlmr.evals.stats.bradley_terry import Comparison, Ranking, bradley_terry
from rlmr.evals.stats.estimate import DRAWS, NOTHING, Estimate, Floats
from rlmr.evals.stats.length_control import LengthControlled, length_controlled_win_rate
from rlmr.evals.stats.paired import (
    WinRate,
    first_place_rate,
    flip_rate,
    merge_orders,
    outcomes,
    permutation_test,
    rank_correlation,
    share_difference,
    spearman,
    win_rate,
)
from rlmr.evals.stats.power import (
    detectable,
    detectable_difference,
    sample_size,
    sample_size_difference,
)

__all__ = [
    "DRAWS",
    "NOTHING",
    "Comparison",
    "Estimate",
    "Floats",
    "LengthControlled",
    "Ranking",
    "WinRate",
    "benjamini_hochberg",
    "bootstrap",
    "bootstrap_all",
    "bounded_mean",
    "bradley_terry",
    "clopper_pearson",
    "clustered_mean",
    "cohen_kappa",
    "detectable",
    "detectable_difference",
    "first_place_rate",
    "flip_rate",
    "holm",
    "krippendorff_alpha",
    "length_controlled_win_rate",
    "merge_orders",
    "outcomes",
    "paired_difference",
    "pass_at_k",
    "permutation_test",
    "rank_correlation",
    "sample_size",
    "sample_size_difference",
    "share_difference",
    "sign_test",
    "spearman",
    "student_mean",
    "student_test",
    "wilson",
    "win_rate",
]
