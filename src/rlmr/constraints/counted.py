"""What the countable constraints share: a range, its wording, and the evidence where it is missed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span


@dataclass(frozen=True, slots=True)
class Counted(Constraint):
    """Between `at_least` and `at_most` of something, both ends included; either may be left out."""

    unit_en: ClassVar[tuple[str, str]]
    """Singular and plural: ('word', 'words')."""
    unit_zh: ClassVar[str]
    """With its measure word: '个句子'."""
    verb_en: ClassVar[str] = "Write"
    verb_zh: ClassVar[str] = "写"

    at_least: int | None = None
    """Lowest count that passes; 0 or more."""
    at_most: int | None = None
    """Highest count that passes."""

    def validate(self) -> None:
        """Refuse an empty, negative or inverted range."""
        check_range(self.at_least, self.at_most)

    @abstractmethod
    def find(self, text: str) -> Sequence[Span]:
        """Spans of what is counted, in order."""

    def describe(self) -> str:
        """The range as an instruction."""
        if self.lang == "zh":
            if self.at_most == 0:
                unit = (
                    self.unit_zh[1:]
                    if self.unit_zh[0] in "个处条行" and len(self.unit_zh) > 1
                    else self.unit_zh
                )
                return f"不要{self.verb_zh}{unit}。"
            return f"{self.verb_zh}{range_zh(self.at_least, self.at_most)}{self.unit_zh}。"
        if self.at_most == 0:
            return f"{self.verb_en} no {self.unit_en[1]}."
        if self.at_least is not None and self.at_most is not None and self.at_least < self.at_most:
            return f"{self.verb_en} between {self.at_least} and {self.at_most} {self.unit_en[1]}."
        return f"{self.verb_en} {range_en(self.at_least, self.at_most, self.unit_en)}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count, compare, and point at the surplus or at what was found."""
        found = self.find(text)
        return self.judge_count(len(found), found)

    def judge_count(self, count: int, found: Sequence[Span] = ()) -> Verdict:
        """The verdict on a count; the spans are the surplus, or what was found where there is none."""
        return count_verdict(self, count, found, self.at_least, self.at_most, self.unit_en)


def count_verdict(
    constraint: Constraint,
    count: int,
    found: Sequence[Span],
    at_least: int | None,
    at_most: int | None,
    unit: tuple[str, str],
) -> Verdict:
    """The verdict of `constraint` on a count in a range; the spans are the surplus, or what was found."""
    required = range_en(at_least, at_most, unit)
    low = at_least is not None and count < at_least
    high = at_most is not None and count > at_most
    spans = found[at_most:] if high else found
    reason = f"wanted {required}, counted {count}" if low or high else ""
    return constraint.verdict(not (low or high), count, required, spans, reason)


def check_range(at_least: int | None, at_most: int | None) -> None:
    """Raise ConstraintError unless 0 <= at_least <= at_most with one of them given and one to break.

    >>> check_range(3, 2)
    Traceback (most recent call last):
    rlmr.constraints.errors.ConstraintError: 3 is not allowed; it is above at_most (2)
    """
    if at_least is None and at_most is None:
        raise ConstraintError("missing; give at_least, at_most or both", "at_least")
    for field, value in (("at_least", at_least), ("at_most", at_most)):
        if value is not None and value < 0:
            raise ConstraintError(f"{value} is not allowed; a count is 0 or more", field)
    if at_most is None and at_least == 0:
        raise ConstraintError("0 is not allowed alone; every text has at least 0", "at_least")
    if at_least is not None and at_most is not None and at_least > at_most:
        raise ConstraintError(f"{at_least} is not allowed; it is above at_most ({at_most})", "at_least")


def range_en(at_least: int | None, at_most: int | None, unit: tuple[str, str]) -> str:
    """The range in English, as verdicts state it.

    >>> range_en(2, 3, ("word", "words")), range_en(None, 1, ("word", "words"))
    ('2 to 3 words', 'at most 1 word')
    """
    if at_least is not None and at_most is not None:
        number = str(at_least) if at_least == at_most else f"{at_least} to {at_most}"
        prefix, last = ("exactly " if at_least == at_most else ""), at_most
        return f"{prefix}{number} {unit[last != 1]}"
    if at_least is not None:
        return f"at least {at_least} {unit[at_least != 1]}"
    return f"at most {at_most} {unit[at_most != 1]}"


def range_zh(at_least: int | None, at_most: int | None) -> str:
    """The range in Chinese, without its unit.

    >>> range_zh(2, 3), range_zh(5, 5), range_zh(None, 9)
    (' 2 到 3 ', '恰好 5 ', '至多 9 ')
    """
    if at_least is not None and at_most is not None:
        return f"恰好 {at_least} " if at_least == at_most else f" {at_least} 到 {at_most} "
    return f"至少 {at_least} " if at_least is not None else f"至多 {at_most} "
