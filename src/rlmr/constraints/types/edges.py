"""How a text opens and ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.types.words import WordList

_OPENING = " \t\r\n\u3000\"'“‘「『*_#>"
_CLOSING = " \t\r\n\u3000\"'”’」』)）*_"
_STOPS = ".!?…。！？"


@dataclass(frozen=True, slots=True)
class Edge(Constraint):
    """A constraint on a phrase at one end of the text."""

    phrase: str
    """The phrase; compared without case, width, or the shape of quotes, as whole words."""

    def validate(self) -> None:
        """Refuse a phrase without a character."""
        if not txt.fold(self.phrase)[0].strip():
            raise ConstraintError(
                f"{self.phrase!r} is not allowed; a phrase holds at least one character", "phrase"
            )


@dataclass(frozen=True, slots=True)
class StartsWith(Edge):
    """The text opens with the phrase.

    Source: IFEval's disabled `startend:start_checker`. Whitespace, opening quotes and Markdown marks
    before the phrase are skipped; a title is not (use `scope="body"`).

    >>> StartsWith("Once upon").check("“Once upon a time”").passed
    True
    >>> StartsWith("On").check("Once upon a time").passed
    False
    """

    type: ClassVar[str] = "starts_with"

    def describe(self) -> str:
        """The opening phrase."""
        if self.lang == "zh":
            return f"以“{self.phrase}”开头。"
        return f'Start with "{self.phrase}".'

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare the opening, and show it."""
        start = len(text) - len(text.lstrip(_OPENING))
        skipped = start if not set(self.phrase[:1]) & set(_OPENING) else len(text) - len(text.lstrip())
        head = text[skipped : skipped + 4 * len(self.phrase) + 64]
        match = txt.phrase_pattern(self.phrase)[0].match(txt.fold(head)[0])
        span = (skipped, min(len(text), skipped + len(self.phrase)))
        shown = text[slice(*span)]
        reason = "" if match else f"starts with {shown!r}"
        return self.verdict(match is not None, shown, f'starts with "{self.phrase}"', (span,), reason)


@dataclass(frozen=True, slots=True)
class EndsWith(Edge):
    """The text ends with the phrase; no other word follows.

    Source: IFEval `startend:end_checker`. Whitespace, closing quotes and brackets, Markdown marks and, where
    the phrase itself has none, a closing `.`, `!`, `?`, `…` or its Chinese form may follow the phrase.

    >>> EndsWith("The end").check('And so they slept. "The end."').passed
    True
    >>> EndsWith("the end").check("And in the end they slept.").passed
    False
    """

    type: ClassVar[str] = "ends_with"

    def describe(self) -> str:
        """The closing phrase."""
        if self.lang == "zh":
            return f"以“{self.phrase}”结尾，后面不再有其他文字。"
        return f'End with "{self.phrase}" and nothing after it.'

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare the ending, and show it."""
        wanted = self.phrase.strip()
        bare = wanted.rstrip(_CLOSING) or wanted
        allowed = _CLOSING if bare[-1] in _STOPS else _CLOSING + _STOPS
        if bare[-1] in allowed:
            allowed = allowed.replace(bare[-1], "")
        end = len(text.rstrip(allowed))
        tail_at = max(0, end - 4 * len(bare) - 64)
        found = list(txt.find_phrase(txt.fold(text[tail_at:end]), bare))
        passed = bool(found) and found[-1][1] + tail_at == end
        span = found[-1] if passed else (max(0, end - tail_at - len(bare)), end - tail_at)
        span = (span[0] + tail_at, span[1] + tail_at)
        shown = text[slice(*span)]
        reason = "" if passed else f"ends with {shown!r}"
        return self.verdict(passed, shown, f'ends with "{self.phrase}"', (span,), reason)


@dataclass(frozen=True, slots=True)
class SentenceContains(WordList):
    """Every one of the words stands in one sentence, chosen by its place."""

    place: ClassVar[tuple[int, str, str]]
    """Index among the sentences, and its name in English and Chinese."""

    def describe(self) -> str:
        """The words and their sentence."""
        _, english, chinese = self.place
        if self.lang == "zh":
            return f"{chinese}中必须出现{self.list_zh()}。"
        return f"Use the {'word' if len(self.words) == 1 else 'words'} {self.list_en()} in the {english}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for each word in the sentence."""
        index, english, _ = self.place
        found = txt.sentences(text)
        required = f"{english} contains {self.list_en()}"
        if not found:
            return self.verdict(False, 0, required, (), "the text has no sentence")
        return self.judge_contained(text, found[index], required)


@dataclass(frozen=True, slots=True)
class FirstSentenceContains(SentenceContains):
    """Every one of the words stands in the first sentence; a title is no sentence.

    Source: ours. A sentence is what `rlmr.text.sentences` says. A text without one fails.

    >>> FirstSentenceContains(("fox",)).check("The Owl\\n\\nA fox ran. An owl flew.").passed
    True
    """

    type: ClassVar[str] = "first_sentence_contains"
    place = (0, "first sentence", "第一句")


@dataclass(frozen=True, slots=True)
class LastSentenceContains(SentenceContains):
    """Every one of the words stands in the last sentence.

    Source: ours. A text of one sentence has the same first and last one.

    >>> LastSentenceContains(("home",), lang="zh").describe()
    '最后一句中必须出现“home”。'
    """

    type: ClassVar[str] = "last_sentence_contains"
    place = (-1, "last sentence", "最后一句")
