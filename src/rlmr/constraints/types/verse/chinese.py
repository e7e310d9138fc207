"""Chinese regulated verse: its forms and 平仄."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.types.verse.lines import find_misses, line_end, verse_lines
from rlmr.text import chinese_sounds

FormName = Literal["五言绝句", "七言绝句", "五言律诗", "七言律诗"]
FORMS: dict[str, tuple[int, int]] = {
    "五言绝句": (4, 5),
    "七言绝句": (4, 7),
    "五言律诗": (8, 5),
    "七言律诗": (8, 7),
}
"""Lines and hanzi a line."""
_LINES = {"A": "仄仄平平仄", "B": "平平仄仄平", "C": "平平平仄仄", "D": "仄仄仄平平"}
_ORDERS = ("ABCDABCD", "CDABCDAB", "DBCDABCD", "BDABCDAB")


@dataclass(frozen=True, slots=True)
class ChineseVerse(Constraint):
    """绝句 or 律诗: the number of lines, hanzi in each, and rhyme on the even lines.

    Source: Meeseeks. Rhyme is by 中华新韵 in any reading of a hanzi; `first_line_rhymes` asks 首句入韵 too,
    `rhyme=False` looks at the shape alone. A title above is set aside.

    >>> ChineseVerse("五言绝句").check("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。").passed
    True
    """

    type: ClassVar[str] = "chinese_verse"
    form: FormName
    """五言绝句, 七言绝句, 五言律诗 or 七言律诗."""
    rhyme: bool = True
    """Whether the even lines have to rhyme."""
    first_line_rhymes: bool = False
    """Whether the first line has to rhyme with them."""

    def validate(self) -> None:
        """Refuse an unknown form."""
        one_of("form", self.form, FORMS)

    def prepare(self) -> None:
        """Read the tables of sounds."""
        chinese_sounds.load()

    def describe(self) -> str:
        """The form."""
        if self.lang == "zh":
            parts = ["偶数句押韵"] * self.rhyme + ["首句入韵"] * (self.rhyme and self.first_line_rhymes)
            return f"写一首{self.form}{'，' + '，'.join(parts) if parts else ''}。"
        lines, hanzi = FORMS[self.form]
        return f"Write a {self.form}: {lines} lines of {hanzi} hanzi{' that rhyme' if self.rhyme else ''}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count, then compare the rhymes."""
        lines, hanzi = FORMS[self.form]
        found = verse_lines(text, "zh", lines)
        counts = [txt.count_hanzi(text[slice(*span)]) for span in found]
        required = f"{lines} lines of {hanzi} hanzi"
        if counts != [hanzi] * lines:
            shape = ", ".join(map(str, counts[:12]))
            return self.verdict(False, shape, required, found, f"lines of {shape} hanzi")
        if self.rhyme:
            ends = [line_end(text, span, "zh") for span in found]
            scheme = ("A" if self.first_line_rhymes else "x") + "A" + "xA" * (lines // 2 - 1)
            misses = find_misses([text[slice(*end)] for end in ends], scheme, "zh")
            if misses:
                shown = "、".join(text[slice(*ends[i])] for i in misses)
                return self.verdict(
                    False, lines, f"{required}, rhymed", [ends[i] for i in misses], f"does not rhyme: {shown}"
                )
        return self.verdict(True, lines, required, found)


@dataclass(frozen=True, slots=True)
class TonalPattern(Constraint):
    """The lines follow one of the four base patterns of 平仄 (仄起 or 平起, 首句入韵 or not).

    Without `strict` the first, third and (of seven) fifth hanzi of a line are free (一三五不论). A hanzi of
    several readings, or of the old entering tone, passes as either. `tolerance` hanzi may miss.
    Source: Meeseeks asks equal patterns alone.

    >>> TonalPattern("五言绝句").check("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。").passed
    True
    """

    type: ClassVar[str] = "tonal_pattern"
    form: FormName
    """五言绝句, 七言绝句, 五言律诗 or 七言律诗."""
    strict: bool = False
    """Whether every hanzi counts."""
    tolerance: int = 0
    """Hanzi that may miss."""

    def validate(self) -> None:
        """Refuse an unknown form."""
        one_of("form", self.form, FORMS)

    def prepare(self) -> None:
        """Read the tables of sounds."""
        chinese_sounds.load()

    def describe(self) -> str:
        """The pattern."""
        if self.lang == "zh":
            return f"平仄合{self.form}的格律{'' if self.strict else '（一三五不论）'}。"
        return f"Follow the tonal pattern of a {self.form}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare with each of the four patterns; the nearest one is told."""
        lines, hanzi = FORMS[self.form]
        found = verse_lines(text, "zh", lines)
        poem = ["".join(txt.HANZI.findall(text[slice(*span)])) for span in found]
        required = f"平仄 of {self.form}"
        if [len(line) for line in poem] != [hanzi] * lines:
            return self.verdict(False, None, required, found, f"not {lines} lines of {hanzi} hanzi")
        tries = []
        for order in _ORDERS:
            pattern = [tonal_line(name, hanzi) for name in order[:lines]]
            tries.append([(i, k) for i, line in enumerate(poem) for k in self._counted(hanzi)
                          if pattern[i][k] not in chinese_sounds.tones(line[k])])  # fmt: skip
        misses = min(tries, key=len)
        passed = len(misses) <= self.tolerance
        shown = "、".join(f"第{i + 1}句第{k + 1}字“{poem[i][k]}”" for i, k in misses[:4])
        spans = [found[i] for i in sorted({i for i, _ in misses})] or found
        return self.verdict(passed, len(misses), required, spans, "" if passed else f"失律：{shown}")

    def _counted(self, hanzi: int) -> list[int]:
        """Indices of the hanzi that count."""
        return [k for k in range(hanzi) if self.strict or k % 2 == 1 or k == hanzi - 1]


def tonal_line(name: str, hanzi: int) -> str:
    """The pattern of one line; of seven hanzi, the opposite of its second tone stands twice before it.

    >>> tonal_line("B", 7)
    '仄仄平平仄仄平'
    """
    line = _LINES[name]
    return line if hanzi == 5 else ("平平" if line[1] == "仄" else "仄仄") + line
