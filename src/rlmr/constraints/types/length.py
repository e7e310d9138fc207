"""How long a text is: words, characters, sentences, and one part against another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import ClassVar, Literal, get_args

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.counted import Counted, check_range, range_en
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.scope import check_scope, describe_scope, find_parts
from rlmr.text import Span

Counter = Literal["hanzi", "hanzi_and_words", "with_punctuation", "all"]
_COUNTERS = {
    "hanzi": txt.HANZI,
    "hanzi_and_words": txt.WORD,
    "with_punctuation": re.compile(rf"{txt.WORD.pattern}|[^\w\s\u0300-\u036f]"),
    "all": re.compile(r"[^\s\u0300-\u036f]"),
}
_COUNTER_ZH = {
    "hanzi": "个汉字（不含标点）",
    "hanzi_and_words": "字（不含标点）",
    "with_punctuation": "字（含标点）",
    "all": "个字符（不含空格）",
}


@dataclass(frozen=True, slots=True)
class Length(Counted):
    """A range of a length, given by its ends or as `about` a number; evidence is the surplus, as one span."""

    about: int | None = None
    """Instead of a range: the number to come near to."""
    within: float = 0.1
    """Share of `about` that a text may stray, above 0 and below 1."""

    def validate(self) -> None:
        """Refuse `about` beside a range, and a share outside (0, 1)."""
        if self.about is None:
            check_range(self.at_least, self.at_most)
            return
        if self.at_least is not None or self.at_most is not None:
            raise ConstraintError("not allowed beside at_least or at_most", "about")
        if self.about < 1:
            raise ConstraintError(f"{self.about} is not allowed; give 1 or more", "about")
        if not 0 < self.within < 1:
            raise ConstraintError(f"{self.within} is not allowed; a share lies between 0 and 1", "within")

    @property
    def limits(self) -> tuple[int | None, int | None]:
        """Lowest and highest count that pass.

        >>> WordCount(about=100).limits
        (90, 110)
        """
        if self.about is None:
            return self.at_least, self.at_most
        return ceil(self.about * (1 - self.within) - 1e-9), floor(self.about * (1 + self.within) + 1e-9)

    def describe(self) -> str:
        """The range, or the number to come near to."""
        if self.about is None:
            return Counted.describe(self)
        if self.lang == "zh":
            return f"{self.verb_zh}约 {self.about} {self.unit_zh}（上下不超过 {self.within:.0%}）。"
        return f"{self.verb_en} about {self.about} {self.unit_en[1]} (within {self.within:.0%})."

    @property
    def pattern(self) -> re.Pattern[str]:
        """What is counted; one match is one."""
        return txt.WORD

    def find(self, text: str) -> Sequence[Span]:
        """Spans of what is counted."""
        return [m.span() for m in self.pattern.finditer(text)]

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count first; look for spans only where there is a surplus to show."""
        words = self.pattern is txt.WORD
        count = txt.count_words(text) if words else len(self.pattern.findall(text))
        low, high = self.limits
        required = range_en(low, high, self.unit_en)
        if (low is None or count >= low) and (high is None or count <= high):
            return self.verdict(True, count, required)
        reason = f"wanted {required}, counted {count}"
        if high is None or count <= high:
            return self.verdict(False, count, required, (), reason)
        spans = self.find(text)
        return self.verdict(False, count, required, ((spans[high][0], spans[-1][1]),), reason)


@dataclass(frozen=True, slots=True)
class WordCount(Length):
    """Between `at_least` and `at_most` words, both ends included, or `about` some; in Chinese, 字数.

    Source: IFEval `length_constraints:number_words` (arXiv:2311.07911), which says "around" and picks a
    side; here both ends are explicit. A word is what `rlmr.text.words` says: `don't` and `well-known` are
    one each, punctuation is none, each hanzi is one.

    >>> WordCount(2, 3).describe()
    'Write between 2 and 3 words.'
    >>> WordCount(2, 3).check("One, two, three, four!").reason
    'wanted 2 to 3 words, counted 4'
    >>> WordCount(at_most=4, lang="zh").check("我爱写诗。").status
    <Status.PASS: 'pass'>
    """

    type: ClassVar[str] = "word_count"
    unit_en = ("word", "words")
    unit_zh = "字"


@dataclass(frozen=True, slots=True)
class CharCount(Length):
    """Between `at_least` and `at_most` characters by a named counter.

    `hanzi`: hanzi alone. `hanzi_and_words`: hanzi, and each Latin word or number as one. `with_punctuation`:
    the same and each punctuation mark, as word processors count 字数. `all`: everything but whitespace.
    Source: Meeseeks, M-IFEval; counting punctuation or not flips a sixth of the verdicts near a limit.

    >>> [CharCount(1, counter=c).check("我爱 AI，真的！").measured for c in get_args(Counter)]
    [4, 5, 7, 8]
    """

    type: ClassVar[str] = "char_count"
    unit_en = ("character", "characters")
    counter: Counter = "all"
    """hanzi, hanzi_and_words, with_punctuation or all."""

    def validate(self) -> None:
        """Refuse an unknown counter."""
        Length.validate(self)
        one_of("counter", self.counter, get_args(Counter))

    @property
    def unit_zh(self) -> str:  # type: ignore[override]
        """The unit, which says what is counted."""
        return _COUNTER_ZH[self.counter]

    @property
    def pattern(self) -> re.Pattern[str]:
        """What the counter counts."""
        return _COUNTERS[self.counter]

    def describe(self) -> str:
        """The range, with what counts."""
        counted = {"hanzi": "hanzi only", "hanzi_and_words": "hanzi and Latin words, without punctuation"}
        counted |= {"with_punctuation": "hanzi, Latin words and punctuation", "all": "without spaces"}
        stem = Length.describe(self)
        return stem if self.lang == "zh" else f"{stem[:-1]} ({counted[self.counter]})."


@dataclass(frozen=True, slots=True)
class SentenceCount(Counted):
    """Between `at_least` and `at_most` sentences, both ends included.

    Source: IFEval `length_constraints:number_sentences`. A sentence is what `rlmr.text.sentences` says:
    titles and headings are none, `"Why?" he asked.` is one.

    >>> SentenceCount(2, 2).check("He ran. She ran.").measured
    2
    >>> SentenceCount(at_least=2, lang="zh").describe()
    '写至少 2 个句子。'
    """

    type: ClassVar[str] = "sentence_count"
    unit_en = ("sentence", "sentences")
    unit_zh = "个句子"

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the sentences."""
        return txt.sentences(text)


@dataclass(frozen=True, slots=True)
class RelativeLength(Constraint):
    """One part has between `at_least` and `at_most` times the words of another part.

    Source: Meeseeks ("half as long as the first part"). `scope` is the part that is measured, `of` the one
    it is measured against; both are scopes. A part that is missing or empty fails.

    >>> half = RelativeLength(of="first paragraph", scope="last paragraph", at_most=0.5)
    >>> half.check("a b c d\\n\\ne f").measured
    0.5
    """

    type: ClassVar[str] = "relative_length"
    of: str
    """The scope to measure against, not an "each" one."""
    at_least: float | None = None
    """Lowest ratio, above 0."""
    at_most: float | None = None
    """Highest ratio."""

    def validate(self) -> None:
        """Refuse scopes and ratios that say nothing."""
        check_scope(self.of)
        if self.of.startswith("each") or self.of == self.scope:
            raise ConstraintError(f"{self.of!r} is not allowed; give one part other than the scope", "of")
        if self.at_least is None and self.at_most is None:
            raise ConstraintError("missing; give at_least, at_most or both", "at_least")
        low, high = self.at_least or 0.0, self.at_most if self.at_most is not None else float("inf")
        if not 0 <= low <= high or high <= 0:
            raise ConstraintError(f"{self.at_least} to {self.at_most} is not a range above 0", "at_least")

    def describe(self) -> str:
        """The ratio and what it refers to."""
        where = describe_scope(self.of, self.lang)
        if self.lang == "zh":
            return f"字数为“{where.rstrip('：') or '全文'}”的{range_zh_ratio(self.at_least, self.at_most)}。"
        where = where.removeprefix("In ").rstrip(": ") or "the whole text"
        return f"Write {range_en_ratio(self.at_least, self.at_most)} the words of {where}."

    def check(self, text: str, prompt: str = "") -> Verdict:
        """Compare the two parts' word counts."""
        text, _ = txt.as_seen(text)
        required = f"{range_en_ratio(self.at_least, self.at_most)} the words of the {self.of}"
        counts = [[txt.count_words(p) for p, _ in find_parts(text, s)] for s in (self.scope, self.of)]
        if not counts[0] or not counts[1] or not counts[1][0]:
            return self.verdict(False, None, required, (), "nothing to check: one of the parts is missing")
        ratio = counts[0][0] / counts[1][0]
        high = float("inf") if self.at_most is None else self.at_most
        passed = counts[0][0] > 0 and (self.at_least or 0.0) - 1e-9 <= ratio <= high + 1e-9
        reason = "" if passed else f"{counts[0][0]} words against {counts[1][0]}"
        return self.verdict(passed, round(ratio, 3), required, (), reason)

    def decide(self, text: str, prompt: str) -> Verdict:
        """The same as `check`: the parts are found in the whole text."""
        return self.check(text, prompt)


def range_en_ratio(at_least: float | None, at_most: float | None) -> str:
    """A range of ratios in English.

    >>> range_en_ratio(0.5, 0.5), range_en_ratio(None, 2)
    ('0.5 times', 'at most 2 times')
    """
    if at_least is not None and at_most is not None:
        return f"{at_least:g} times" if at_least == at_most else f"{at_least:g} to {at_most:g} times"
    return f"at least {at_least:g} times" if at_least is not None else f"at most {at_most:g} times"


def range_zh_ratio(at_least: float | None, at_most: float | None) -> str:
    """A range of ratios in Chinese.

    >>> range_zh_ratio(0.5, 1)
    ' 0.5 到 1 倍'
    """
    if at_least is not None and at_most is not None:
        return f" {at_least:g} 倍" if at_least == at_most else f" {at_least:g} 到 {at_most:g} 倍"
    return f"至少 {at_least:g} 倍" if at_least is not None else f"至多 {at_most:g} 倍"
