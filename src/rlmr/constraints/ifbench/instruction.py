"""One instruction of an IFBench row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rlmr.constraints import ifeval
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.ifbench.table import INSTRUCTIONS, PARAMETERS
from rlmr.constraints.ifeval.table import Allowed, Rule


@dataclass(frozen=True, slots=True)
class Instruction(ifeval.Instruction):
    """One of the 58 instructions with its parameters, complete at birth.

    >>> Instruction("format:no_whitespace").check("So, it ran.")
    False
    """

    rules: ClassVar[Mapping[str, tuple[Rule, tuple[str, ...]]]] = INSTRUCTIONS
    parameters: ClassVar[Mapping[str, Allowed]] = PARAMETERS

    def __post_init__(self) -> None:
        """Refuse what the official checker would replace by a random draw, ignore or die of."""
        ifeval.Instruction.__post_init__(self)
        if self.id in ("count:words_japanese", "sentence:keyword") and self.kwargs["N"] == 0:
            raise ConstraintError(f"{self.id}: N: 0 is not allowed; give a whole number from 1", "N")
