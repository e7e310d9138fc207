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

from collections.abc import Mapping
from typing import Any

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


def check(instruction_id: str, kwargs: Mapping[str, Any], prompt: str, response: str) -> bool:
    """Whether `response` follows one instruction, as the official checker decides it (strict).

    `kwargs` holds the instruction's parameters, without nulls. `prompt` is there for the face of
    `rlmr.constraints.ifeval`; none of the 58 instructions reads it. Raises ConstraintError (a ValueError) for
    an unknown id and for missing, extra or impossible parameters.

    >>> check("format:title_case", {}, "", "The Fox Ran.")
    True
    """
    return Instruction(instruction_id, kwargs).check(response)


def check_loose(instruction_id: str, kwargs: Mapping[str, Any], prompt: str, response: str) -> bool:
    r"""Whether any of the eight edited `variants` of `response` follows the instruction.

    For benchmark reports only: as a reward it is a hack channel.

    >>> check_loose("format:title_case", {}, "", "sure!\nThe Fox Ran.")
    True
    """
    return Instruction(instruction_id, kwargs).check_loose(response)


def from_ifeval(row: Mapping[str, Any]) -> tuple[Instruction, ...]:
    """The instructions of one row of an IFBench file, whose keys are IFEval's; its nulls are dropped.

    See `rlmr.constraints.ifeval.Instruction.read_row`.

    >>> row = {"key": "7", "instruction_id_list": ["count:numbers"], "kwargs": [{"N": 5.0, "n": None}]}
    >>> from_ifeval(row)
    (Instruction(id='count:numbers', kwargs={'N': 5.0}),)
    """
    return Instruction.read_row(row)


def check_row(row: Mapping[str, Any], response: str, loose: bool = False) -> list[bool]:
    """One verdict per instruction of the row, in its order; strict unless `loose`.

    >>> row = {"instruction_id_list": ["format:no_whitespace"], "kwargs": [{"num_words": None}]}
    >>> check_row(row, "So it ran.")
    [False]
    """
    instructions = from_ifeval(row)
    if loose:
        return [instruction.check_loose(response) for instruction in instructions]
    return [instruction.check(response) for instruction in instructions]
