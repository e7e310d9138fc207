"""Mixing a writing score with constraint verdicts: groups in, advantages and their reasons out.

Pure functions on numbers; this package knows nothing of text, models or trainers. The mathematics is
in docs/mixing.md. Start with `mix`; `reduce_verdicts` prepares its input, `diagnostics` sums it up.
"""

from rlmr.mixing.diagnostics import diagnostics
from rlmr.mixing.ensemble import lower_bound
from rlmr.mixing.groups import Groups
from rlmr.mixing.mixed import Case, Explanation, Mixed, explain_all
from rlmr.mixing.mixers import MIXERS, check_rule, mix
from rlmr.mixing.rule import GroupRule, Outcome, Rule, State
from rlmr.mixing.verdicts import ROLES, Reduced, reduce_verdicts

__all__ = [
    "MIXERS",
    "ROLES",
    "Case",
    "Explanation",
    "GroupRule",
    "Groups",
    "Mixed",
    "Outcome",
    "Reduced",
    "Rule",
    "State",
    "check_rule",
    "diagnostics",
    "explain_all",
    "lower_bound",
    "mix",
    "reduce_verdicts",
]
