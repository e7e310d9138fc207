"""Letters and their case; digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span

Case = Literal["upper", "lower", "title"]
_DIGIT = r"[\d²³¹¼-¾⁰⁴-⁹₀-₉⅐-ↈ①-⒛⓪-⓿❶-➓]+"
_DIGITS = re.compile(rf"{_DIGIT}(?:[.,:/]{_DIGIT})*")
_HANZI_NUMBER = re.compile(r"[零〇一二三四五六七八九十百千万亿两]+")
_CASED = re.compile(r"[^\W\d_]++(?:['’][^\W\d_]++)*+")
_CASED_ASCII = re.compile(r"[A-Za-z]++(?:'[A-Za-z]++)*+")
_CAPITALS = re.compile(r"[A-Z](?='?[A-Z])(?<![A-Za-z].)(?<![A-Za-z]'.)[A-Z]*+(?:'[A-Z]++)*+(?!'?[a-z])")
_SMALL = frozenset(
    ["a", "an", "and", "as", "at", "but", "by", "for", "from", "if", "in", "into", "is", "nor"]
)
_SMALL |= frozenset(["of", "off", "on", "or", "so", "the", "to", "up", "via", "with", "yet", "over", "than"])


@dataclass(frozen=True, slots=True)
class Lipogram(Constraint):
    """None of the letters (or hanzi) occurs, in any case, width or with any accent.

    Source: IFBench `words:no_letter`, Oulipo. A text without a single letter fails as any empty text does.

    >>> Lipogram("e").check("A fox ran.").passed
    True
    >>> Lipogram("e").check("Caf\\u00e9").spans
    ((3, 4),)
    """

    type: ClassVar[str] = "lipogram"
    letters: str
    """The forbidden letters or hanzi, together: 'e', 'qz', '的了'."""

    def validate(self) -> None:
        """Refuse what is no letter."""
        check_letters(self.letters)

    def describe(self) -> str:
        """The letters to avoid."""
        if self.lang == "zh":
            return f"全文不得出现“{'”“'.join(self.letters)}”。"
        noun = "letter" if len(self.letters) == 1 else "letters"
        return f"Write without the {noun} {', '.join(self.letters)}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look at every letter."""
        spans = find_letters(text, self.letters)
        reason = f"found {len(spans)} of them" if spans else ""
        return self.verdict(not spans, len(spans), f"without {', '.join(self.letters)}", spans, reason)


@dataclass(frozen=True, slots=True)
class LetterCount(Counted):
    """One letter (or hanzi) occurs between `at_least` and `at_most` times, in any case.

    Source: IFEval `keywords:letter_frequency`.

    >>> LetterCount(2, 2, letter="o").check("Oh no.").measured
    2
    """

    type: ClassVar[str] = "letter_count"
    unit_en = ("time", "times")
    unit_zh = "次"
    letter: str = field(kw_only=True)
    """The letter or hanzi."""

    def validate(self) -> None:
        """Refuse what is not one letter."""
        if len(self.letter) != 1:
            raise ConstraintError(f"{self.letter!r} is not allowed; give one letter", "letter")
        check_letters(self.letter, "letter")
        Counted.validate(self)

    def describe(self) -> str:
        """The letter and the range."""
        stem = Counted.describe(self)[:-1]
        if self.lang == "zh" and self.at_most == 0:
            return f"不得出现“{self.letter}”。"
        if self.lang == "zh":
            return f"“{self.letter}”要出现{stem.removeprefix('写')}。"
        if self.at_most == 0:
            return f'Do not use the letter "{self.letter}".'
        return f'Use the letter "{self.letter}"{stem.removeprefix("Write")}.'

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the letter."""
        return find_letters(text, self.letter)


@dataclass(frozen=True, slots=True)
class Univocalic(Constraint):
    """Only one of the five vowels occurs, and it does; y is free.

    Source: IFBench, Oulipo.

    >>> Univocalic("e").check("She slept here.").passed
    True
    """

    type: ClassVar[str] = "univocalic"
    vowel: Literal["a", "e", "i", "o", "u"]
    """The vowel that may be used."""

    def validate(self) -> None:
        """Refuse what is no vowel."""
        one_of("vowel", self.vowel, "aeiou")

    def describe(self) -> str:
        """The vowel."""
        if self.lang == "zh":
            return f"元音字母只能使用 {self.vowel}。"
        return f"Use no vowel but {self.vowel}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for the other four, then for this one."""
        others = find_letters(text, "aeiou".replace(self.vowel, ""))
        own = find_letters(text, self.vowel)
        reason = "other vowels occur" if others else "" if own else "the vowel does not occur"
        return self.verdict(
            not others and bool(own), len(others), f"only {self.vowel}", others or own, reason
        )


@dataclass(frozen=True, slots=True)
class LetterCase(Constraint):
    """All letters are capitals, or small ones, or every word starts with a capital.

    `title`: every word starts with a capital but for short function words (of, the, and) inside a line.
    Letters without case (hanzi) are passed over; a text without any cased letter fails.
    Source: IFEval `change_case`, which also guesses the language and so fails English capitals.

    >>> LetterCase("upper").check("STOP, please").reason
    "breaks at 'please'"
    >>> LetterCase("title").check("The Fox and the Owl").passed
    True
    """

    type: ClassVar[str] = "letter_case"
    case: Case
    """upper, lower or title."""

    def validate(self) -> None:
        """Refuse an unknown case."""
        one_of("case", self.case, get_args(Case))

    def describe(self) -> str:
        """The case asked for."""
        if self.lang == "zh":
            chinese = {"upper": "全部大写", "lower": "全部小写", "title": "每个单词首字母大写"}
            return f"英文字母{chinese[self.case]}。"
        english = {
            "upper": "in capital letters only",
            "lower": "in lowercase letters only",
            "title": "in title case",
        }
        return f"Write {english[self.case]}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look at every word that has case."""
        if self.case != "title" and text == (text.upper() if self.case == "upper" else text.lower()):
            found = text.upper() != text.lower()
            return self.verdict(found, 0, f"{self.case} case", (), "" if found else "no letter has case")
        broken = self._broken_titles(text) if self.case == "title" else self._broken(text)
        cased = bool(broken) or any(m[0].upper() != m[0].lower() for m in _CASED.finditer(text))
        reason = f"breaks at {text[slice(*broken[0])]!r}" if broken else "" if cased else "no letter has case"
        return self.verdict(cased and not broken, len(broken), f"{self.case} case", broken, reason)

    def _broken(self, text: str) -> list[Span]:
        """Spans of the words that hold a letter of the other case."""
        change = str.upper if self.case == "upper" else str.lower
        pattern = _CASED_ASCII if text.isascii() else _CASED
        return [m.span() for m in pattern.finditer(text) if (word := m[0]) != change(word)]

    @staticmethod
    def _broken_titles(text: str) -> list[Span]:
        """Spans of the words that start small, but for short ones inside a line."""
        broken: list[Span] = []
        last = -1
        for match in _CASED.finditer(text):
            word = match.group()
            if word.upper() == word.lower():
                continue
            fresh = last < 0 or "\n" in text[last : match.start()]
            last = match.end()
            if word[0] != word[0].upper() and (fresh or word not in _SMALL):
                broken.append(match.span())
        return broken


@dataclass(frozen=True, slots=True)
class CapitalWords(Counted):
    """Between `at_least` and `at_most` words in capitals, of two letters or more (so that I and A are none).

    Source: IFEval `change_case:capital_word_frequency`.

    >>> CapitalWords(at_most=1).check("I saw a UFO.").measured
    1
    """

    type: ClassVar[str] = "capital_words"
    unit_en = ("word in all capitals", "words in all capitals")
    unit_zh = "个全大写单词"

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the words in capitals."""
        if text.isascii():
            return [m.span() for m in _CAPITALS.finditer(text)]
        return [m.span() for m in _CASED.finditer(text) if len(m.group()) > 1 and m.group().isupper()]


@dataclass(frozen=True, slots=True)
class Numbers(Counted):
    """Between `at_least` and `at_most` numbers: in digits (3.14 and 1,000 are one each), or in hanzi.

    Source: IFBench `count:numbers`. `at_most=0` asks for a text without digits. English number words are
    not counted. `hanzi` counts runs of Chinese numerals, words such as 一起 included: use it on lists.

    >>> Numbers(at_most=0).check("Chapter 1").reason
    'wanted at most 0 numbers, counted 1'
    """

    type: ClassVar[str] = "numbers"
    unit_en = ("number", "numbers")
    unit_zh = "个数字"
    form: Literal["digits", "hanzi"] = "digits"
    """digits or hanzi."""

    def validate(self) -> None:
        """Refuse an unknown form."""
        Counted.validate(self)
        one_of("form", self.form, ("digits", "hanzi"))

    def describe(self) -> str:
        """The range and the form."""
        stem = Counted.describe(self)[:-1]
        if self.lang == "zh":
            return f"{stem}（{'阿拉伯数字' if self.form == 'digits' else '汉字数字'}）。"
        return f"{stem} in {'digits' if self.form == 'digits' else 'Chinese numerals'}."

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the numbers."""
        return [m.span() for m in (_DIGITS if self.form == "digits" else _HANZI_NUMBER).finditer(text)]


def check_letters(letters: str, field: str = "letters") -> None:
    """Raise ConstraintError unless the string is letters, each once.

    >>> check_letters("e!")
    Traceback (most recent call last):
    rlmr.constraints.errors.ConstraintError: 'e!' is not allowed; give letters or hanzi, each once
    """
    if not letters.isalpha() or len(set(letters.casefold())) != len(letters):
        raise ConstraintError(f"{letters!r} is not allowed; give letters or hanzi, each once", field)


def find_letters(text: str, letters: str) -> list[Span]:
    """Spans of the letters, in any case or width; an unaccented letter also finds its accented forms.

    >>> find_letters("É e\\u0301", "e"), find_letters("“a”", "e")
    ([(0, 1), (2, 3)], [])
    """
    wanted = set(letters.casefold())
    if text.isascii():
        text = text.lower()
    else:
        wanted = {c for c in set(text) if not wanted.isdisjoint((c.casefold(), _bare(c)))}
    if not wanted:
        return []
    pattern = re.compile(f"[{re.escape(''.join(sorted(wanted)))}]")
    return [match.span() for match in pattern.finditer(text)]


def _bare(character: str) -> str:
    """A character without its accents, width and case."""
    return unicodedata.normalize("NFKD", character)[0].casefold()
