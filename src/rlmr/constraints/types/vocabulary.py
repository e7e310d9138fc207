"""Vocabulary: common words, or common hanzi, only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span

_LIMITS = {"en": (200, 20_000), "zh": (200, 4_000)}
_ENDINGS = (
    "'s",
    "s",
    "es",
    "d",
    "ed",
    "ing",
    "er",
    "r",
    "est",
    "st",
    "ly",
    "ies",
    "ied",
    "n't",
    "'ll",
    "'d",
    "'re",
)


@dataclass(frozen=True, slots=True)
class CommonWords(Constraint):
    """At least `share` of the words are among the `rank` most frequent ones (in Chinese: of the hanzi).

    Source: ours; frequencies of `wordfreq` (Speer 2022; books, subtitles, the web). A regular form of a
    frequent word is one, a number too; a rare word that always has a capital, in the middle of sentences,
    is taken for a name and not looked at. Ranks measure how common a word is, not how hard.

    >>> CommonWords(2000).check("The house was old and the water was cold.").passed
    True
    >>> CommonWords(3000, lang="zh").check("天黑了，他回家。").passed
    True
    """

    type: ClassVar[str] = "common_words"
    rank: int = 5000
    """How many words count as common: 200 to 20,000 words, or 200 to 4,000 hanzi."""
    share: float = 0.9
    """Lowest share of the words that are common; above 0, at most 1."""

    def validate(self) -> None:
        """Refuse a rank outside the lists and a share that says nothing."""
        low, high = _LIMITS[self.lang]
        if not low <= self.rank <= high:
            raise ConstraintError(f"{self.rank} is not allowed; give {low} to {high}", "rank")
        if not 0 < self.share <= 1:
            raise ConstraintError(f"{self.share} is not allowed; a share is above 0 and at most 1", "share")

    def prepare(self) -> None:
        """Read the list."""
        common(self.lang, self.rank)

    def describe(self) -> str:
        """The list and the share."""
        if self.lang == "zh":
            return f"至少 {self.share:.0%} 的用字在最常用的 {self.rank} 个汉字之内。"
        return f"Let at least {self.share:.0%} of the words be among the {self.rank} most common ones."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look up each word."""
        found = txt.folded_words(text)
        if self.lang == "zh":
            found = [(word, span) for word, span in found if txt.HANZI.match(word)]
        known = common(self.lang, self.rank)
        words = {word for word, _ in found} - known
        rare_words = {word for word in words if not (word[0].isdigit() or _is_common(word, known))}
        rare = [(word, span) for word, span in found if word in rare_words]
        names = _names(text, rare)
        spans = [span for _, span in rare if span not in names]
        counted = len(found) - len(names)
        required = f"{self.share:.0%} of the words among the {self.rank} most common"
        if not counted:
            return self.verdict(False, 0, required, (), "no word to look up")
        share = 1 - len(spans) / counted
        passed = share >= self.share - 1e-9
        shown = ", ".join(dict.fromkeys(text[slice(*span)] for span in spans[:16]))
        return self.verdict(passed, round(share, 3), required, spans, "" if passed else f"rare: {shown}")


def _names(text: str, rare: list[tuple[str, Span]]) -> set[Span]:
    """Spans of the rare words with a capital in the middle of a sentence that never stand without one."""
    capitals = [(word, span) for word, span in rare if text[span[0]].isupper()]
    if not capitals:
        return set()
    small = {word for word, span in rare if not text[span[0]].isupper()}
    return {span for word, span in capitals if word not in small and not _opens(text, span[0])}


def _opens(text: str, start: int) -> bool:
    """Whether the capital at `start` may be that of a sentence: nothing, or no word, right before it."""
    before = text[max(0, start - 2) : start].strip(" ")
    return not before or not before[-1].isalnum()


def _is_common(word: str, known: frozenset[str]) -> bool:
    """Whether a word, or what it is a regular form of, is in the list; of a hyphenated word, every part."""
    if word in known:
        return True
    if len(word) < 3:
        return False
    if "-" in word:
        return all(_is_common(part, known) for part in word.split("-") if part)
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 2:
            continue
        doubled = stem[:-1] if stem[-1] == stem[-2] else stem
        if known & {stem, stem + "e", stem + "y", doubled}:
            return True
    return False


@lru_cache(maxsize=8)
def common(lang: str, rank: int) -> frozenset[str]:
    """The most frequent English words, or the most frequent hanzi by the words that they stand in.

    >>> "lantern" in common("en", 3000), "的" in common("zh", 200)
    (False, True)
    """
    import wordfreq

    if lang == "en":
        return frozenset(wordfreq.top_n_list("en", rank))
    totals: dict[str, float] = {}
    for word, frequency in wordfreq.get_frequency_dict("zh", "small").items():
        for hanzi in txt.HANZI.findall(word):
            totals[hanzi] = totals.get(hanzi, 0.0) + frequency
    return frozenset(sorted(totals, key=lambda hanzi: (-totals[hanzi], hanzi))[:rank])
