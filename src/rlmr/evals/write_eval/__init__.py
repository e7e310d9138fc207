"""WriteEval, open: writing tasks in English and Chinese with typed constraints, and a rubric per category.

An open benchmark in the spirit of the WriteEval of the RLMR paper (arXiv:2508.18642), which is not public;
this is not it. See docs/write_eval.md.
"""

from rlmr.evals.write_eval.difficulty import DIFFICULTIES, difficulty
from rlmr.evals.write_eval.rubrics import rubric
from rlmr.evals.write_eval.suite import (
    CATEGORIES,
    DIGEST,
    SPLITS,
    VERSION,
    Reference,
    digest,
    load,
    references,
    split_of,
)

__all__ = [
    "CATEGORIES",
    "DIFFICULTIES",
    "DIGEST",
    "SPLITS",
    "VERSION",
    "Reference",
    "difficulty",
    "digest",
    "load",
    "references",
    "rubric",
    "split_of",
]
