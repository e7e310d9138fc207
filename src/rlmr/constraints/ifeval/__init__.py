"""The `ifeval` profile: the verdicts of the official IFEval checker, its defects included.

Source: IFEval (arXiv:2311.07911), 25 instructions on English texts. It is for benchmark reports, where a
number has to be comparable; never for rewards, which use the repaired types of `rlmr.constraints`. Each rule
names the defects that it keeps.

>>> check("length_constraints:number_words", {"relation": "at least", "num_words": 3}, "", "It ran off.")
True
"""

from __future__ import annotations

from rlmr.constraints.ifeval.instruction import Instruction, variants
from rlmr.constraints.ifeval.table import INSTRUCTIONS

__all__ = ["INSTRUCTIONS", "Instruction", "check", "check_loose", "check_row", "from_ifeval", "variants"]

check = Instruction.decide
check_loose = Instruction.decide_loose
check_row = Instruction.decide_row
from_ifeval = Instruction.read_row
