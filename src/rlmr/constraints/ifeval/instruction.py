"""One instruction of a row, and the verdicts on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from rlmr.constraints.base import one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.ifeval.table import INSTRUCTIONS, PARAMETERS, Allowed, Rule


@dataclass(frozen=True, slots=True)
class Instruction:
    """One of the 25 instructions with its parameters, complete at birth.

    Another profile of the same kind subclasses it with tables of its own.

    >>> Instruction("punctuation:no_comma").check("So, it ran.")
    False
    """

    rules: ClassVar[Mapping[str, tuple[Rule, tuple[str, ...]]]] = INSTRUCTIONS
    parameters: ClassVar[Mapping[str, Allowed]] = PARAMETERS

    id: str
    """As in the table `INSTRUCTIONS`."""
    kwargs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Every parameter of the instruction, and no other."""

    def __post_init__(self) -> None:
        """Refuse what the official checker would replace by a random draw, ignore or die of."""
        one_of("instruction_id", self.id, self.rules)
        _, names = self.rules[self.id]
        for name in names:
            if name not in self.kwargs:
                raise ConstraintError(f"{self.id}: {name}: missing; it takes {', '.join(names)}", name)
        for name, value in self.kwargs.items():
            if name not in names:
                takes = ", ".join(names) or "no parameters"
                raise ConstraintError(f"{self.id}: {name}: not allowed; it takes {takes}", name)
            is_allowed, allowed = self.parameters[name]
            if not is_allowed(value):
                raise ConstraintError(f"{self.id}: {name}: {value!r} is not allowed; give {allowed}", name)
        if self.kwargs.get("nth_paragraph", 0) > self.kwargs.get("num_paragraphs", 0):
            raise ConstraintError(
                f"{self.id}: nth_paragraph: {self.kwargs['nth_paragraph']} is not allowed; "
                f"there are {self.kwargs['num_paragraphs']} paragraphs",
                "nth_paragraph",
            )

    @classmethod
    def read_row(cls, row: Mapping[str, Any]) -> tuple[Self, ...]:
        """The instructions of one row with IFEval's keys; its nulls are dropped.

        Reads `instruction_id_list` and `kwargs` (lists of one length), and `key` for the messages. Raises
        ConstraintError that names the row's key and the instruction.

        >>> Instruction.read_row({"instruction_id_list": ["startend:quotation"], "kwargs": [{"n": None}]})
        (Instruction(id='startend:quotation', kwargs={}),)
        """
        place = f"row {row.get('key', '(no key)')}"
        ids, parameters = row.get("instruction_id_list"), row.get("kwargs")
        if (
            not isinstance(ids, list | tuple)
            or not isinstance(parameters, list | tuple)
            or len(ids) != len(parameters)
        ):
            raise ConstraintError(f"{place}: instruction_id_list and kwargs are two lists of one length")
        instructions = []
        for instruction_id, kwargs in zip(ids, parameters, strict=True):
            if not isinstance(kwargs, Mapping):
                raise ConstraintError(
                    f"{place}: {instruction_id}: {kwargs!r} is not allowed; kwargs are objects"
                )
            given = {name: value for name, value in kwargs.items() if value is not None}
            try:
                instructions.append(cls(instruction_id, given))
            except ConstraintError as error:
                raise ConstraintError(f"{place}: {error}", error.field) from None
        return tuple(instructions)

    @classmethod
    def decide(cls, instruction_id: str, kwargs: Mapping[str, Any], prompt: str, response: str) -> bool:
        """Whether `response` follows one instruction, as the official checker decides it (strict).

        `kwargs` holds the instruction's parameters, without nulls. `prompt` is the official signature's; no
        instruction reads it. Raises ConstraintError (a ValueError) for an unknown id and for missing, extra
        or impossible parameters.

        >>> Instruction.decide("startend:end_checker", {"end_phrase": "The end."}, "", "It ran. THE END.")
        True
        """
        return cls(instruction_id, kwargs).check(response)

    @classmethod
    def decide_loose(cls, instruction_id: str, kwargs: Mapping[str, Any], prompt: str, response: str) -> bool:
        r"""Whether any of the eight edited `variants` of `response` follows the instruction.

        For benchmark reports only: as a reward it is a hack channel.

        >>> Instruction.decide_loose("startend:quotation", {}, "", 'Sure!\n"It ran."')
        True
        """
        return cls(instruction_id, kwargs).check_loose(response)

    @classmethod
    def decide_row(cls, row: Mapping[str, Any], response: str, loose: bool = False) -> list[bool]:
        """One verdict per instruction of the row, in its order; strict unless `loose`. See `read_row`.

        >>> row = {"key": 7, "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"num_words": None}]}
        >>> Instruction.decide_row(row, "So it ran.")
        [True]
        """
        instructions = cls.read_row(row)
        return [one.check_loose(response) if loose else one.check(response) for one in instructions]

    def check(self, response: str) -> bool:
        """The strict verdict: whether the response follows the instruction. A blank one follows none."""
        rule, _ = self.rules[self.id]
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
