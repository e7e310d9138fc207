"""English and Chinese verse: syllables, rhyme, acrostics."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rlmr import text as txt
from rlmr.constraints.base import MAX_SPANS, Constraint, Verdict, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.types.verse.lines import edge_letter, find_misses, inner_letter, line_end, verse_lines
from rlmr.text import Span, chinese_sounds, english_sounds

_SCHEME = re.compile(r"[A-Zx]{2,64}")


@dataclass(frozen=True, slots=True)
class SyllablePattern(Constraint):
    """Each line has the given number of syllables (in Chinese: hanzi); there are as many lines as numbers.

    Source: nobody's program. English by the CMU dictionary: of words with several readings any that fits,
    unknown words by their spelling; `tolerance` is per line. A title is no line.

    >>> SyllablePattern((5, 7)).check("An old silent pond\\nA frog jumps into the pond").passed
    True
    """

    type: ClassVar[str] = "syllables"
    per_line: tuple[int, ...]
    """Syllables of each line, in order."""
    tolerance: int = 0
    """Syllables that a line may be over or under."""

    def validate(self) -> None:
        """Refuse an empty list and empty lines."""
        if not self.per_line or min(self.per_line) < 1:
            raise ConstraintError(
                f"{self.per_line!r} is not allowed; each line has 1 syllable or more", "per_line"
            )
        if self.tolerance < 0:
            raise ConstraintError(f"{self.tolerance} is not allowed; give 0 or more", "tolerance")

    def prepare(self) -> None:
        """Read the dictionary."""
        if self.lang == "en":
            english_sounds.pronunciations()

    def describe(self) -> str:
        """The lines and their lengths."""
        counts = "-".join(map(str, self.per_line))
        if self.lang == "zh":
            return f"共 {len(self.per_line)} 行，各行字数为 {counts}。"
        return f"Write {len(self.per_line)} lines of {counts} syllables."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count lines, then each line's syllables."""
        found = verse_lines(text, self.lang, len(self.per_line))
        counts = [self._count(text[slice(*span)]) for span in found[: len(self.per_line) + 16]]
        shown = "-".join(str(a if a == b else f"{a}/{b}") for a, b in counts[:20])
        required = "-".join(map(str, self.per_line))
        if len(found) != len(self.per_line):
            return self.verdict(
                False, shown, required, found, f"{len(found)} lines instead of {len(self.per_line)}"
            )
        for number, ((low, high), wanted) in enumerate(zip(counts, self.per_line, strict=True), 1):
            if not low - self.tolerance <= wanted <= high + self.tolerance:
                reason = f"line {number} has {low if low == high else f'{low} to {high}'}, wanted {wanted}"
                return self.verdict(False, shown, required, (found[number - 1],), reason)
        return self.verdict(True, shown, required, found)

    def _count(self, line: str) -> Span:
        """Lowest and highest count of one line."""
        if self.lang == "zh":
            return txt.count_hanzi(line), txt.count_hanzi(line)
        return english_sounds.line_syllables(line)


@dataclass(frozen=True, slots=True)
class Haiku(SyllablePattern):
    """Three lines of 5, 7 and 5 syllables (俳句: hanzi).

    Source: IFEval prompts ask it, its programs never look.

    >>> Haiku(lang="zh").check("古池静悠悠\\n青蛙跃入水中去\\n扑通一声响").passed
    True
    """

    type: ClassVar[str] = "haiku"
    per_line: tuple[int, ...] = (5, 7, 5)
    """Syllables of each line."""

    def describe(self) -> str:
        """The form."""
        counts = "-".join(map(str, self.per_line))
        return (
            f"写一首俳句，三行 {counts} 字。"
            if self.lang == "zh"
            else f"Write a haiku: lines of {counts} syllables."
        )


@dataclass(frozen=True, slots=True)
class Rhyme(Constraint):
    """The lines rhyme by the scheme: lines with the same letter rhyme, `x` is free.

    The scheme is that of every stanza whose length it has; else it is repeated over all lines, whose number
    has to be a multiple. English: by sound from the last stressed vowel on, or to the eye (love, move).
    Chinese: last hanzi of each line (clauses are lines) in one group of 中华新韵; 隔行押韵 is `xAxA`,
    一韵到底 `A…A`. A word or hanzi does not rhyme with itself. Lines of different letters may rhyme too.
    Source: nobody's program for English; Meeseeks for Chinese.

    >>> Rhyme("AA").check("The night was bright,\\nI held a kite.").passed
    True
    >>> Rhyme("xAxA", lang="zh").check("床前明月光，疑是地上霜。举头望明月，低头思故乡。").passed
    True
    """

    type: ClassVar[str] = "rhyme"
    scheme: str
    """Letters A-Z, one a line; x for a free line."""
    tolerance: int = 0
    """Lines that may fail to rhyme."""

    def validate(self) -> None:
        """Refuse a scheme that rhymes nothing."""
        letters = [c for c in self.scheme if c != "x"]
        if not _SCHEME.fullmatch(self.scheme) or len(letters) == len(set(letters)):
            raise ConstraintError(
                f"{self.scheme!r} is not allowed; give letters such as AABB, x for a free line", "scheme"
            )
        if self.tolerance < 0:
            raise ConstraintError(f"{self.tolerance} is not allowed; give 0 or more", "tolerance")

    def prepare(self) -> None:
        """Read the dictionary, or the tables of sounds."""
        if self.lang == "en":
            english_sounds.pronunciations()
        else:
            chinese_sounds.load()

    def describe(self) -> str:
        """The scheme."""
        if self.lang == "zh":
            return f"按 {self.scheme} 押韵（x 不押）。" if "x" in self.scheme else f"按 {self.scheme} 押韵。"
        return f"Rhyme the lines {self.scheme}{' (x is free)' if 'x' in self.scheme else ''}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare the ends of the lines."""
        found = verse_lines(text, self.lang, len(self.scheme))
        required = f"rhymes {self.scheme}"
        if not found or len(found) % len(self.scheme):
            reason = f"{len(found)} lines are no multiple of {len(self.scheme)}"
            return self.verdict(False, len(found), required, found, reason)
        ends = [line_end(text, span, self.lang) for span in found]
        misses: list[int] = []
        for start in range(0, len(found), len(self.scheme)):
            if len(misses) > self.tolerance + MAX_SPANS:
                break  # lost already: more of the same would tell nothing
            stop = start + len(self.scheme)
            misses += [
                start + i
                for i in find_misses([text[slice(*e)] for e in ends[start:stop]], self.scheme, self.lang)
            ]
        passed = len(misses) <= self.tolerance
        reason = "" if passed else f"does not rhyme: {', '.join(text[slice(*ends[i])] for i in misses[:4])}"
        return self.verdict(passed, len(misses), required, [ends[i] for i in misses] or ends, reason)


@dataclass(frozen=True, slots=True)
class Acrostic(Constraint):
    """The first (or last) letters of the lines, sentences or paragraphs spell a word, one each, in order.

    In Chinese the hanzi do: 藏头诗 (position first) and 藏尾诗 (last), clauses being lines. With `inside`
    each letter stands within its line, at neither end (a mesostic). Letters of other cases and scripts are
    alike, a title is no line, and no line may be left over.

    >>> Acrostic("FOX").check("Far away\\nover the hill\\nxylophones").passed
    True
    >>> Acrostic("春花", lang="zh").check("春风吹绿岸，花落满江红。").passed
    True
    """

    type: ClassVar[str] = "acrostic"
    word: str
    """What is spelled; letters, digits or hanzi, spaces aside."""
    unit: Literal["line", "sentence", "paragraph"] = "line"
    """line, sentence or paragraph."""
    position: Literal["first", "last", "inside"] = "first"
    """first, last or inside."""

    def validate(self) -> None:
        """Refuse a word that spells nothing."""
        one_of("unit", self.unit, ("line", "sentence", "paragraph"))
        one_of("position", self.position, ("first", "last", "inside"))
        if len(self._letters()) < 2 or not all(c.isalnum() for c in self._letters()):
            raise ConstraintError(f"{self.word!r} is not allowed; give two letters or more", "word")

    def describe(self) -> str:
        """The word and where it is spelled."""
        if self.lang == "zh":
            unit = {"line": "句", "sentence": "句", "paragraph": "段"}[self.unit]
            where = {"first": "的首字", "last": "的末字", "inside": "中间各藏一字，"}[self.position]
            return f"每{unit}{where}连起来是“{self.word}”。"
        if self.position == "inside":
            return f'Hide the letters of "{self.word}" in order, one inside each {self.unit}.'
        return f'Let the {self.position} letters of the {self.unit}s spell "{self.word}".'

    def _letters(self) -> str:
        """The letters to spell, as compared."""
        return "".join(txt.fold(self.word)[0].split())

    def decide(self, text: str, prompt: str) -> Verdict:
        """Read the letters."""
        wanted = self._letters()
        if self.unit == "line":
            found: Sequence[Span] = verse_lines(text, self.lang, len(wanted))
        else:
            found = txt.sentences(text) if self.unit == "sentence" else txt.paragraphs(text)
        found = found[: len(wanted) + MAX_SPANS]
        if self.position == "inside":
            letters = wanted + "·" * MAX_SPANS
            inner = [inner_letter(text, span, letters[i]) for i, span in enumerate(found)]
            spans = [span or line for span, line in zip(inner, found, strict=True)]
            spelled = "".join(letters[i] if span else "·" for i, span in enumerate(inner))
        else:
            spans = [edge_letter(text, span, self.position) for span in found]
            spelled = "".join(txt.fold(text[slice(*span)])[0] for span in spans)
        passed = spelled == wanted
        reason = "" if passed else f"spells {spelled[:40]!r}"
        return self.verdict(passed, spelled[:80], f"spells {self.word!r}", spans, reason)
