"""对联 and 成语接龙: Chinese couplets and idiom chains."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span, chinese_sounds

_COUPLET_LABEL = re.compile(r"[ \t\u3000]*[（(【]?(上联|下联|横批|横额)[）)】]?[ \t]*[:：]?[ \t]*")
_CLAUSE_END = re.compile(r"[，。！？；、,;]")
_IDIOM_SEPARATOR = re.compile(r"[\s，。、,.；;→—\-~>！!]+")


@dataclass(frozen=True, slots=True)
class Couplet(Constraint):
    """对联: two lines of equal length, no hanzi shared, the first ending oblique (仄), the second level (平).

    Clauses inside match in length too. Labels (上联：) and a 横批 are set aside; `hanzi` fixes the length.
    Sense (对仗) is for a judge. Source: nobody's program.

    >>> Couplet().check("上联：海阔凭鱼跃\\n下联：天高任鸟飞").passed
    True
    """

    type: ClassVar[str] = "couplet"
    hanzi: int | None = None
    """Hanzi in each line; any number where left out."""
    tones: bool = True
    """Whether the last tones have to be 仄 and 平."""

    def validate(self) -> None:
        """Refuse a line without hanzi; read the tables of sounds."""
        if self.hanzi is not None and self.hanzi < 1:
            raise ConstraintError(f"{self.hanzi} is not allowed; a line has 1 hanzi or more", "hanzi")
        chinese_sounds.load()

    def describe(self) -> str:
        """The form."""
        if self.lang == "zh":
            length = f"，每联 {self.hanzi} 字" if self.hanzi else ""
            return f"写一副对联{length}，上下联字数相等、用字不重{'、仄起平收' * self.tones}。"
        return f"Write a Chinese couplet{f' of {self.hanzi} hanzi a line' if self.hanzi else ''}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare the two lines."""
        halves = _couplet_lines(text)
        required = "two lines of equal length, no shared hanzi, 仄 then 平"
        if len(halves) != 2:
            return self.verdict(False, len(halves), required, halves, f"{len(halves)} lines instead of 2")
        upper, lower = (text[slice(*span)] for span in halves)
        shapes = [
            [txt.count_hanzi(part) for part in _CLAUSE_END.split(half) if txt.has_words(part)]
            for half in (upper, lower)
        ]
        first, second = ("".join(txt.HANZI.findall(half)) for half in (upper, lower))
        problems = []
        if shapes[0] != shapes[1] or not first:
            problems.append(f"{len(first)} and {len(second)} hanzi")
        if self.hanzi is not None and len(first) != self.hanzi:
            problems.append(f"{len(first)} hanzi instead of {self.hanzi}")
        if shared := sorted(set(first) & set(second)):
            problems.append(f"shared: {''.join(shared)}")
        if self.tones and first and second:
            ends = chinese_sounds.tones(first[-1]), chinese_sounds.tones(second[-1])
            if "仄" not in ends[0] or "平" not in ends[1]:
                problems.append(f"ends {ends[0]} and {ends[1]}")
        return self.verdict(not problems, len(first), required, halves, "; ".join(problems))


@dataclass(frozen=True, slots=True)
class IdiomChain(Constraint):
    """成语接龙: at least `at_least` idioms of four hanzi, each starting with the last one's last hanzi.

    Source: Meeseeks. With `by_sound` the same syllable will do, whatever its tone; none may repeat. Whether
    each is an idiom is for a judge or a list.

    >>> IdiomChain(3).check("一心一意、意气风发、发扬光大").passed
    True
    """

    type: ClassVar[str] = "idiom_chain"
    at_least: int = 3
    """Lowest number of idioms; 2 or more."""
    by_sound: bool = False
    """Whether the same sound is enough."""

    def validate(self) -> None:
        """Refuse a chain of fewer than two; read the tables of sounds."""
        if self.at_least < 2:
            raise ConstraintError(f"{self.at_least} is not allowed; a chain has 2 idioms or more", "at_least")
        chinese_sounds.load()

    def describe(self) -> str:
        """The chain."""
        if self.lang == "zh":
            return f"成语接龙，至少 {self.at_least} 个，{'可谐音' if self.by_sound else '首尾同字'}。"
        each = "each starting with the last hanzi of the one before"
        return f"Write a chain of at least {self.at_least} four-hanzi idioms, {each}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Follow the chain."""
        items = [item for item in _IDIOM_SEPARATOR.split(text.strip()) if txt.has_words(item)]
        required = f"a chain of at least {self.at_least}"
        bad = next((item for item in items if len(item) != 4 or txt.count_hanzi(item) != 4), None)
        if bad is not None:
            return self.verdict(False, len(items), required, (), f"{bad[:20]!r} has not four hanzi")
        if len(set(items)) < len(items):
            return self.verdict(False, len(items), required, (), "an idiom repeats")
        for one, other in pairwise(items):
            if not self._joins(one[-1], other[0]):
                return self.verdict(False, len(items), required, (), f"{one} does not lead to {other}")
        passed = len(items) >= self.at_least
        return self.verdict(passed, len(items), required, (), "" if passed else f"only {len(items)}")

    def _joins(self, last: str, first: str) -> bool:
        """Whether two hanzi join."""
        if txt.to_simplified(last) == txt.to_simplified(first):
            return True
        sounds = [{reading[:2] for reading in chinese_sounds.readings(c)} for c in (last, first)]
        return self.by_sound and bool(sounds[0] & sounds[1])


def _couplet_lines(text: str) -> list[Span]:
    """The two lines of a couplet, without labels and 横批; one line with a clear middle is cut there."""
    found = []
    for start, end in txt.lines(text):
        label = _COUPLET_LABEL.match(text, start, end)
        if label and label[1].startswith("横"):
            continue
        found.append((label.end() if label else start, end))
    found = [(a, b) for a, b in found if txt.has_words(text[a:b])]
    if len(found) == 1:
        clauses = [m.span() for m in re.finditer(r"[^；;。\s]+", text[slice(*found[0])])]
        if len(clauses) != 2:
            clauses = [m.span() for m in re.finditer(r"[^，,；;。\s]+", text[slice(*found[0])])]
        found = [(a + found[0][0], b + found[0][0]) for a, b in clauses]
    return found
