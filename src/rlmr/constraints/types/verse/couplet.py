"""对联: Chinese couplets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span, chinese_sounds

_COUPLET_LABEL = re.compile(r"[ \t\u3000]*[（(【]?(上联|下联|横批|横额)[）)】]?[ \t]*[:：]?[ \t]*")
_CLAUSE_END = re.compile(r"[，。！？；、,;]")


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
        """Refuse a line without hanzi."""
        if self.hanzi is not None and self.hanzi < 1:
            raise ConstraintError(f"{self.hanzi} is not allowed; a line has 1 hanzi or more", "hanzi")

    def prepare(self) -> None:
        """Read the tables of sounds."""
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
