"""The `ifbench` profile: the verdicts of the official IFBench checker, its defects included.

Source: IFBench (arXiv:2507.02833), 58 instructions on English texts. It is for benchmark reports, where a
number has to be comparable; never for rewards, which use the repaired types of `rlmr.constraints`: under the
official rules a lone full stop or letter follows 19 of the 58. Each rule names the defects that it keeps.

The checker's first published revision is meant, to which the official results on its sample outputs belong. A
later one changed eight ids (`REVISED`).

>>> check("count:word_count_range", {"min_words": 2, "max_words": 3}, "", "It ran off.")
True
"""

from __future__ import annotations

from rlmr.constraints.ifbench.instruction import Instruction
from rlmr.constraints.ifbench.table import INSTRUCTIONS
from rlmr.constraints.ifeval.instruction import variants

__all__ = [
    "INSTRUCTIONS",
    "REVISED",
    "Instruction",
    "check",
    "check_loose",
    "check_row",
    "from_ifeval",
    "variants",
]

REVISED = {
    "count:keywords_multiple": "whole words are counted",
    "count:pronouns": "demonstrative, interrogative and indefinite pronouns count too",
    "custom:sentence_alphabet": "quotes and other marks before the letter are skipped",
    "ratio:overlap": "a trigram is three words",
    "ratio:sentence_words": "no word may stand twice",
    "repeat:repeat_span": "the last word belongs to the span",
    "words:keywords_specific_position": "marks are no words",
    "words:words_position": "marks are no words",
}
"""Ids that the official checker has come to decide otherwise since its first revision, and how."""

check = Instruction.decide
check_loose = Instruction.decide_loose
check_row = Instruction.decide_row
from_ifeval = Instruction.read_row
