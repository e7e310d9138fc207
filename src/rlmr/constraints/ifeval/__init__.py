"""The `ifeval` profile: the verdicts of the official IFEval checker, its defects included.

Source: IFEval (arXiv:2311.07911), 25 instructions on English texts. It is for benchmark reports, where a
number has to be comparable; never for rewards, which use the repaired types of `rlmr.constraints`. Each rule
names the defects that it keeps.

>>> check("length_constraints:number_words", {"relation": "at least", "num_words": 3}, "", "It ran off.")
True
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlmr.constraints.ifeval.instruction import Instruction, variants
from rlmr.constraints.ifeval.table import INSTRUCTIONS

__all__ = ["INSTRUCTIONS", "Instruction", "check", "check_loose", "check_row", "from_ifeval", "variants"]


def check(instruction_id: str, kwargs: Mapping[str, Any], prompt: str, response: str) -> bool:
    """Whether `response` follows one instruction, as the official checker decides it (strict).

    `kwargs` holds the instruction's parameters, without nulls. `prompt` is the official signature's; none of
    the 25 instructions reads it. Raises ConstraintError (a ValueError) for an unknown id and for missing,
    extra or impossible parameters.

    >>> check("startend:end_checker", {"end_phrase": "The end."}, "", "It ran. THE END.")
    True
    """
    return Instruction(instruction_id, kwargs).check(response)


def check_loose(instruction_id: str, kwargs: Mapping[str, Any], prompt: str, response: str) -> bool:
    r"""Whether any of the eight edited `variants` of `response` follows the instruction.

    For benchmark reports only: as a reward it is a hack channel.

    >>> check_loose("startend:quotation", {}, "", 'Sure!\n"It ran."')
    True
    """
    return Instruction(instruction_id, kwargs).check_loose(response)


def from_ifeval(row: Mapping[str, Any]) -> tuple[Instruction, ...]:
    """The instructions of one row of an IFEval file; its nulls are dropped.

    See `Instruction.read_row`.

    >>> row = {"key": 7, "instruction_id_list": ["keywords:existence"], "kwargs": [{"keyword": "fox"}]}
    >>> from_ifeval(row)
    Traceback (most recent call last):
    rlmr.constraints.errors.ConstraintError: row 7: keywords:existence: keywords: missing; it takes keywords
    """
    return Instruction.read_row(row)


def check_row(row: Mapping[str, Any], response: str, loose: bool = False) -> list[bool]:
    """One verdict per instruction of the row, in its order; strict unless `loose`.

    >>> row = {"key": 7, "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"num_words": None}]}
    >>> check_row(row, "So it ran.")
    [True]
    """
    instructions = from_ifeval(row)
    if loose:
        return [instruction.check_loose(response) for instruction in instructions]
    return [instruction.check(response) for instruction in instructions]
