"""Choices and versions: one option out of several, several versions of one text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.types.words import WordList, check_words
from rlmr.text import Span

_MARKS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Choice(WordList):
    """Exactly one of the options stands in the text, once or more.

    Source: IFEval `detectable_format:constrained_response`, which accepts all three options at once. An
    option inside a longer one (no in "no idea") counts for the longer.

    >>> Choice(("yes", "no")).check("My answer is no.").passed, Choice(("yes", "no")).check("yes, no").passed
    (True, False)
    """

    type: ClassVar[str] = "choice"

    def validate(self) -> None:
        """Refuse fewer than two options."""
        check_words(self.words)
        if len(self.words) < 2:
            raise ConstraintError(f"{self.words!r} is not allowed; a choice needs two options", "words")

    def describe(self) -> str:
        """The options."""
        if self.lang == "zh":
            return f"从以下选项中选一个作答：{self.list_zh()}。"
        return f"Answer with exactly one of {self.list_en()}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for each option, the longest first."""
        folded = txt.fold(text)
        taken: list[Span] = []
        chosen = []
        for option in sorted(self.words, key=len, reverse=True):
            spans = [
                s
                for s in txt.find_phrase(folded, option)
                if not any(a <= s[0] and s[1] <= b for a, b in taken)
            ]
            if spans:
                chosen.append(option)
                taken += spans
        reason = "" if len(chosen) == 1 else f"chosen: {', '.join(chosen)}" if chosen else "none is chosen"
        return self.verdict(len(chosen) == 1, len(chosen), f"one of {self.list_en()}", sorted(taken), reason)


@dataclass(frozen=True, slots=True)
class Versions(Constraint):
    """`count` different versions of the text, told apart by the separator.

    Source: IFEval `combination:two_responses` (`******`). Each holds a word, no two are the same.

    >>> Versions(2).check("Rain falls.\\n******\\nIt rains.").passed
    True
    """

    type: ClassVar[str] = "versions"
    count: int = 2
    """Number of versions; 2 or more."""
    separator: str = "******"
    """What stands between them."""

    def validate(self) -> None:
        """Refuse one version and an empty separator."""
        if self.count < 2:
            raise ConstraintError(f"{self.count} is not allowed; give 2 or more", "count")
        if not self.separator.strip():
            raise ConstraintError(
                f"{self.separator!r} is not allowed; a separator holds a character", "separator"
            )

    def describe(self) -> str:
        """The number and the separator."""
        if self.lang == "zh":
            return f"写 {self.count} 个不同的版本，用 {self.separator} 隔开。"
        return f"Write {self.count} different versions, separated by {self.separator}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Cut and compare."""
        folded = (txt.fold(part)[0] for part in text.split(self.separator))
        parts = [part for part in folded if txt.has_words(part)]
        different = len({_MARKS.sub(" ", part).strip() for part in parts}) if len(parts) > 1 else len(parts)
        passed = len(parts) == different == self.count
        reason = "" if passed else f"{len(parts)} versions, {different} different"
        return self.verdict(passed, len(parts), f"{self.count} different versions", (), reason)
