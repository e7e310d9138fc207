"""English fixed forms: sonnet, limerick, villanelle, couplets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal, NamedTuple

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.types.verse.lines import find_misses, line_end, verse_lines
from rlmr.text import Span, english_sounds


class Form(NamedTuple):
    """A fixed form of verse."""

    name_en: str
    name_zh: str
    schemes: tuple[str, ...]
    """Rhyme schemes, one letter a line; any of them will do."""
    refrains: tuple[tuple[int, ...], ...] = ()
    """Lines (from 0) that are the same."""


_PETRARCHAN = ("ABBAABBACDECDE", "ABBAABBACDCDCD", "ABBAABBACDEDCE", "ABBAABBACDCDEE")

FORMS = {
    "sonnet": Form(
        "a sonnet of 14 rhymed lines",
        "十四行诗",
        ("ABABCDCDEFEFGG", "ABABBCBCCDCDEE", "ABBACDDCEFEFGG", *_PETRARCHAN),
    ),
    "shakespearean_sonnet": Form(
        "a Shakespearean sonnet (ABAB CDCD EFEF GG)", "莎士比亚十四行诗", ("ABABCDCDEFEFGG",)
    ),
    "petrarchan_sonnet": Form(
        "a Petrarchan sonnet (ABBA ABBA and a sestet)",
        "彼特拉克十四行诗",
        _PETRARCHAN,
    ),
    "limerick": Form("a limerick of five lines (AABBA)", "五行打油诗（AABBA）", ("AABBA",)),
    "villanelle": Form(
        "a villanelle of 19 lines with its two refrains",
        "维拉内拉诗（19 行，两个叠句）",
        ("ABAABAABAABAABAABAA",),
        ((0, 5, 11, 17), (2, 8, 14, 18)),
    ),
    "rhyming_couplets": Form("rhyming couplets (AABB ...)", "双行押韵诗", ("AA",)),
}
"""Forms by name. `rhyming_couplets` is any even number of lines."""


@dataclass(frozen=True, slots=True)
class VerseForm(Constraint):
    """An English poem in a fixed form: its number of lines, its rhymes, its refrains.

    Source: nobody's program; forms in `FORMS`. Metre is not looked at. `tolerance` lines may fail to rhyme,
    as great poems' do for today's ear.

    >>> VerseForm("limerick").check("A fox\\nin a box\\ncould hop\\non a mop\\nin his socks").passed
    True
    """

    type: ClassVar[str] = "verse_form"
    form: Literal[
        "sonnet", "shakespearean_sonnet", "petrarchan_sonnet", "limerick", "villanelle", "rhyming_couplets"
    ]  # fmt: skip
    """The form's name."""
    tolerance: int = 0
    """Lines that may fail to rhyme."""

    def validate(self) -> None:
        """Refuse an unknown form."""
        one_of("form", self.form, FORMS)
        if self.tolerance < 0:
            raise ConstraintError(f"{self.tolerance} is not allowed; give 0 or more", "tolerance")

    def prepare(self) -> None:
        """Read the dictionary."""
        english_sounds.pronunciations()

    def describe(self) -> str:
        """The form."""
        form = FORMS[self.form]
        return f"写一首英文{form.name_zh}。" if self.lang == "zh" else f"Write {form.name_en}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count the lines, compare their ends under every scheme, then the refrains."""
        form = FORMS[self.form]
        size = len(form.schemes[0])
        found = verse_lines(text, "en", size)
        fits = bool(found) and (
            len(found) % 2 == 0 if self.form == "rhyming_couplets" else len(found) == size
        )
        if not fits:
            return self.verdict(False, len(found), form.name_en, found, f"{len(found)} lines")
        ends = [line_end(text, span, "en") for span in found]
        words = [text[slice(*end)] for end in ends]
        free = {i for lines in form.refrains for i in lines[1:]}
        tries = [
            [
                i
                for i in find_misses(words, _stretch(scheme, len(found)), "en", same=bool(form.refrains))
                if i not in free
            ]
            for scheme in form.schemes
        ]
        misses = min(tries, key=len)
        if broken := self._broken_refrains(text, found):
            spans = [found[i] for i in broken]
            return self.verdict(False, len(broken), form.name_en, spans, "a refrain differs")
        passed = len(misses) <= self.tolerance
        reason = "" if passed else f"does not rhyme: {', '.join(words[i] for i in misses[:4])}"
        return self.verdict(passed, len(misses), form.name_en, [ends[i] for i in misses] or ends, reason)

    def _broken_refrains(self, text: str, found: Sequence[Span]) -> list[int]:
        """Lines that should repeat an earlier one and do not."""
        groups = FORMS[self.form].refrains
        shown = {i: " ".join(txt.fold(text[slice(*found[i])])[0].split()) for group in groups for i in group}
        return [i for group in groups for i in group[1:] if not _same_line(shown[group[0]], shown[i])]


@cache
def _stretch(scheme: str, count: int) -> str:
    """A couplet scheme over as many lines as there are: AABBCC...; others as they are."""
    if scheme != "AA":
        return scheme
    return "".join(chr(0x4E00 + i // 2) for i in range(count))


def _same_line(one: str, other: str) -> bool:
    """Whether two lines are the same, punctuation aside."""
    return re.sub(r"[^\w ]", "", one).split() == re.sub(r"[^\w ]", "", other).split()
