"""One instruction of a row, and the verdicts on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rlmr.constraints.base import one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.ifeval.table import INSTRUCTIONS, PARAMETERS


@dataclass(frozen=True, slots=True)
class Instruction:
    """One of the 25 instructions with its parameters, complete at birth.

    >>> Instruction("punctuation:no_comma").check("So, it ran.")
    False
    """

    id: str
    """As in the table `INSTRUCTIONS`."""
    kwargs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Every parameter of the instruction, and no other."""

    def __post_init__(self) -> None:
        """Refuse what the official checker would replace by a random draw, ignore or die of."""
        one_of("instruction_id", self.id, INSTRUCTIONS)
        _, names = INSTRUCTIONS[self.id]
        for name in names:
            if name not in self.kwargs:
                raise ConstraintError(f"{self.id}: {name}: missing; it takes {', '.join(names)}", name)
        for name, value in self.kwargs.items():
            if name not in names:
                takes = ", ".join(names) or "no parameters"
                raise ConstraintError(f"{self.id}: {name}: not allowed; it takes {takes}", name)
            is_allowed, allowed = PARAMETERS[name]
            if not is_allowed(value):
                raise ConstraintError(f"{self.id}: {name}: {value!r} is not allowed; give {allowed}", name)
        if self.kwargs.get("nth_paragraph", 0) > self.kwargs.get("num_paragraphs", 0):
            raise ConstraintError(
                f"{self.id}: nth_paragraph: {self.kwargs['nth_paragraph']} is not allowed; "
                f"there are {self.kwargs['num_paragraphs']} paragraphs",
                "nth_paragraph",
            )

    def check(self, response: str) -> bool:
        """The strict verdict: whether the response follows the instruction. A blank one follows none."""
        rule, _ = INSTRUCTIONS[self.id]
        return response.strip() != "" and rule(response, **self.kwargs)

    def check_loose(self, response: str) -> bool:
        """Whether any of the eight `variants` follows the instruction: for reports only, never a reward."""
        return any(map(self.check, variants(response)))


def variants(response: str) -> Iterator[str]:
    r"""The response and its seven edits, each text once.

    Without the first line, the last, or both; and each of the four without asterisks.

    >>> list(variants("Sure!\n*So*"))
    ['Sure!\n*So*', 'Sure!\nSo', '*So*', 'So', 'Sure!', '']
    """
    seen = set()
    _, _, tail = response.partition("\n")
    head, _, _ = response.rpartition("\n")
    _, _, core = head.partition("\n")
    for text in (response, tail.strip(), head.strip(), core.strip()):
        for edited in (text, text.replace("*", "")):
            if edited not in seen:
                seen.add(edited)
                yield edited
