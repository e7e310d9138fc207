"""Which words a text holds, and how often."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Folded, Span

_INNER_STARS = re.compile(r"\*(?<=[^\W_]\*)\**(?=[^\W_])")


@dataclass(frozen=True, slots=True)
class WordList(Constraint):
    """A constraint over a list of words or phrases."""

    words: tuple[str, ...]
    """Words or phrases; compared without case, as whole words where they end in letters."""

    def validate(self) -> None:
        """Refuse an empty list, an empty word and a word given twice."""
        check_words(self.words)

    def list_en(self) -> str:
        """The words in quotes, joined for an English sentence."""
        return ", ".join(f'"{word}"' for word in self.words)

    def list_zh(self) -> str:
        """The words in quotes, joined for a Chinese sentence."""
        return "、".join(f"“{word}”" for word in self.words)

    def judge_contained(
        self, text: str, part: Span, required: str, *, enough: int | None = None, inflected: bool = False
    ) -> Verdict:
        """Pass where `enough` (default all) of the words stand in `part`; spans show the first of each."""
        start, end = part
        folded = txt.fold(text[start:end])
        first = {word: next(find_word(folded, word, inflected=inflected), None) for word in self.words}
        missing = [word for word, span in first.items() if span is None]
        spans = [(span[0] + start, span[1] + start) for span in first.values() if span is not None]
        passed = len(spans) >= (len(self.words) if enough is None else enough)
        reason = "" if passed else f"missing: {', '.join(missing)}"
        return self.verdict(passed, len(spans), required, spans, reason)


@dataclass(frozen=True, slots=True)
class IncludeWords(WordList):
    """Every one of the words occurs, or at least `at_least` of them.

    Source: IFEval `keywords:existence`, which searches an unescaped regular expression and finds `art` in
    `party`; here whole words, case aside. Hanzi have no word boundary and match anywhere, in simplified or
    traditional form alike.

    >>> IncludeWords(("fox", "lantern")).check("A fox ran.").reason
    'missing: lantern'
    >>> IncludeWords(("run",), inflected=True).check("He was running.").passed
    True
    >>> IncludeWords(("月",), lang="zh").check("床前明月光").passed
    True
    """

    type: ClassVar[str] = "include_words"
    at_least: int | None = None
    """How many of the words are enough; all of them where left out."""
    inflected: bool = False
    """English: whether regular forms count too (-s, -es, -ed, -ing, -er, -est, -ly, 's)."""

    def validate(self) -> None:
        """Refuse a bad list, or more than it holds."""
        WordList.validate(self)
        if self.at_least is not None and not 1 <= self.at_least <= len(self.words):
            raise ConstraintError(f"{self.at_least} is not allowed; 1 to {len(self.words)} words", "at_least")

    def describe(self) -> str:
        """The words to use."""
        if self.lang == "zh":
            if self.at_least is not None:
                return f"文中至少出现以下词语中的 {self.at_least} 个：{self.list_zh()}。"
            return f"文中必须出现{self.list_zh()}。"
        if self.at_least is not None:
            return f"Use at least {self.at_least} of these words: {self.list_en()}."
        return f"Use the {'word' if len(self.words) == 1 else 'words'} {self.list_en()}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for each word."""
        count = "" if self.at_least is None else f"at least {self.at_least} of "
        required = f"contains {count}{self.list_en()}"
        part = (0, len(text))
        return self.judge_contained(text, part, required, enough=self.at_least, inflected=self.inflected)


@dataclass(frozen=True, slots=True)
class ExcludeWords(WordList):
    """None of the words occurs.

    Source: IFEval `keywords:forbidden_words`, whose `\\b` never matches between hanzi. A zero-width
    character inside a forbidden word, stars that set a part of it in bold, a letter of another alphabet that
    looks the same, another case, width, normal form or (Chinese) the traditional form do not hide it.

    >>> ExcludeWords(("art",)).check("The party.").passed
    True
    >>> ExcludeWords(("art",)).check("A\\u200brt!").spans
    ((0, 4),)
    """

    type: ClassVar[str] = "exclude_words"

    def describe(self) -> str:
        """The words to avoid."""
        if self.lang == "zh":
            return f"文中不得出现{self.list_zh()}。"
        return f"Do not use the {'word' if len(self.words) == 1 else 'words'} {self.list_en()}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for any of the words."""
        folded = txt.fold(text)
        spans: list[Span] = []
        seen: list[str] = []
        bare = txt.fold(_INNER_STARS.sub("", text)) if "*" in text else folded
        for word in self.words:
            found = list(txt.find_phrase(folded, word))
            spans += found
            if found or (bare != folded and next(txt.find_phrase(bare, word), None)):
                seen.append(word)
        reason = f"found: {', '.join(seen)}" if seen else ""
        return self.verdict(
            not seen, max(len(spans), len(seen)), f"without {self.list_en()}", sorted(spans), reason
        )


@dataclass(frozen=True, slots=True)
class WordFrequency(Counted):
    """One word or phrase occurs between `at_least` and `at_most` times.

    Source: IFEval `keywords:frequency`, which counts an unescaped substring. Whole words, case aside; a
    hanzi anywhere; occurrences do not overlap.

    >>> WordFrequency(2, 2, word="sea").check("The sea, the SEA, the seaside.").measured
    2
    """

    type: ClassVar[str] = "word_frequency"
    unit_en = ("time", "times")
    unit_zh = "次"
    word: str = field(kw_only=True)
    """The word or phrase."""

    def validate(self) -> None:
        """Refuse an empty word and an empty range."""
        check_words((self.word,), "word")
        Counted.validate(self)

    def describe(self) -> str:
        """The word and the range."""
        stem = Counted.describe(self)[:-1]
        if self.lang == "zh" and self.at_most == 0:
            return f"不得出现“{self.word}”一词。"
        if self.lang == "zh":
            return f"“{self.word}”一词要出现{stem.removeprefix('写')}。"
        if self.at_most == 0:
            return f'Do not use "{self.word}".'
        return f'Use "{self.word}"{stem.removeprefix("Write")}.'

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the word."""
        return list(txt.find_phrase(txt.fold(text), self.word))


@dataclass(frozen=True, slots=True)
class UniqueWords(Constraint):
    """No word stands more than `at_most` times; in Chinese, no hanzi (不重字).

    Source: IFBench `words:repeats`. Case aside. `except_words` are free.

    >>> UniqueWords().check("The fox saw the owl.").reason
    "repeated: 'the' 2 times"
    """

    type: ClassVar[str] = "unique_words"
    at_most: int = 1
    """Highest number of times that one word may stand."""
    except_words: tuple[str, ...] = ()
    """Words that may repeat."""

    def validate(self) -> None:
        """Refuse a limit below 1."""
        if self.at_most < 1:
            raise ConstraintError(f"{self.at_most} is not allowed; give 1 or more", "at_most")
        if self.except_words:
            check_words(self.except_words, "except_words")

    def describe(self) -> str:
        """What may not repeat."""
        if self.lang == "zh":
            free = f"（“{'”“'.join(self.except_words)}”除外）" if self.except_words else ""
            return f"同一个字最多出现 {self.at_most} 次{free}。"
        free = f" (apart from {', '.join(self.except_words)})" if self.except_words else ""
        times = "once" if self.at_most == 1 else f"{self.at_most} times"
        return f"Use no word more than {times}{free}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count every word."""
        free = {txt.fold(word)[0] for word in self.except_words}
        counts: Counter[str] = Counter()
        over: list[Span] = []
        for word, span in txt.folded_words(text):
            if word in free:
                continue
            counts[word] += 1
            if counts[word] > self.at_most:
                over.append(span)
        word, most = counts.most_common(1)[0] if counts else ("", 0)
        reason = f"repeated: {word!r} {most} times" if over else ""
        return self.verdict(not over, most, f"every word at most {self.at_most} times", over, reason)


def check_words(words: tuple[str, ...], field: str = "words") -> None:
    """Raise ConstraintError where the list is empty, holds an empty word or one word twice.

    >>> check_words(("a", "A"))
    Traceback (most recent call last):
    rlmr.constraints.errors.ConstraintError: 'A' is given twice
    """
    if isinstance(words, str) or not words:
        raise ConstraintError(f"{words!r} is not allowed; give a list of at least one word", field)
    seen: set[str] = set()
    for word in words:
        key = txt.fold(word)[0].strip()
        if not key:
            raise ConstraintError(f"{word!r} is not allowed; a word holds at least one character", field)
        if key in seen:
            raise ConstraintError(f"{word!r} is given twice", field)
        seen.add(key)


def find_word(folded: Folded, word: str, *, inflected: bool = False) -> Iterator[Span]:
    """Spans of the word or, if asked, of its regular English forms, in their order by form.

    >>> list(find_word(txt.fold("He stopped, smiling, and tried."), "try", inflected=True))
    [(25, 30)]
    """
    for form in _forms(word) if inflected else (word,):
        yield from txt.find_phrase(folded, form)


def _forms(word: str) -> list[str]:
    """The regular inflections of an English word, itself first; more forms than exist do no harm."""
    stem = word.lower()
    forms = [stem] + [stem + end for end in ("s", "es", "ed", "d", "ing", "er", "r", "est", "st", "ly")]
    if stem[-1:] in "bdgklmnprtvz":
        forms += [stem + stem[-1] + end for end in ("ed", "ing", "er", "est")]
    if stem.endswith("e"):
        forms += [stem[:-1] + "ing"]
    if stem.endswith("y"):
        forms += [stem[:-1] + end for end in ("ies", "ied", "ier", "iest", "ily")]
    return forms
