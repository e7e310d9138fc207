"""The parts of a text: its title and its dialogue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.counted import Counted
from rlmr.text import Span

TitleStyle = Literal["first_line", "angle", "hash", "book"]
_TITLE_TEXT = {
    "first_line": ("a title on the first line", "第一行写标题"),
    "angle": ("a title wrapped in double angle brackets, such as <<title>>", "用双尖括号写标题，如 <<标题>>"),
    "hash": ("a Markdown title on the first line, such as # Title", "第一行用 Markdown 写标题，如 # 标题"),
    "book": (
        "a title in book-title marks, such as 《Title》, on the first line",
        "第一行写标题并加书名号，如《标题》",
    ),
}
_LABEL = re.compile(r"(?:title|标题|题目)[ \t]*[:：]", re.IGNORECASE)
_MARKED = {"angle": ("<<", ">>"), "book": ("《", "》")}


@dataclass(frozen=True, slots=True)
class Title(Constraint):
    """The text has a title with a body below it.

    - `first_line`: the first line is a heading of any style, or short (12 words, 20 hanzi at most) and
      without punctuation at its end (`?` and `!` may end one of capitalised words: `Who Goes There?`).
    - `hash`: the first line starts with 1-6 `#`.
    - `angle`: a line opens with `<<Title>>`; `book`: the first line is 《题》 alone. Markdown marks and a
      label (`Title:`) before it are skipped.
    Source: IFEval `detectable_format:title`, which accepts `<<x>>` anywhere and no body. A title alone
    fails: it titles nothing.

    >>> Title().check("The Fox\\nOnce there was a fox.").measured
    'The Fox'
    >>> Title("angle").check("<<The Fox>>").reason
    'no body below the title'
    """

    type: ClassVar[str] = "title"

    style: TitleStyle = "first_line"
    """first_line, angle, hash or book."""

    def validate(self) -> None:
        """Refuse an unknown style."""
        one_of("style", self.style, get_args(TitleStyle))

    def describe(self) -> str:
        """The title asked for."""
        english, chinese = _TITLE_TEXT[self.style]
        return f"{chinese}，下面写正文。" if self.lang == "zh" else f"Give {english}, above the text."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Find the title line, then a body below it."""
        required = _TITLE_TEXT[self.style][0]
        found = txt.lines(text)
        candidates = found if self.style == "angle" else found[:1]
        span = next((s for s in candidates if self._is_title(text[s[0] : s[1]])), None)
        if span is None:
            first = text[slice(*found[0])]
            return self.verdict(False, first[:80], required, found[:1], "no line with a title of this style")
        shown = text[slice(*span)]
        end = text.index(">>", span[0]) if self.style == "angle" else span[1]
        if not txt.has_words(text[end:]):
            return self.verdict(False, shown, required, (span,), "no body below the title")
        return self.verdict(True, shown, required, (span,))

    def _is_title(self, line: str) -> bool:
        """Whether one line is a title of this style."""
        if self.style == "first_line":
            return txt.is_heading(line) or txt.is_bare_title(line)
        if self.style == "hash":
            return line.startswith("#") and txt.is_heading(line)
        line = line.strip("#*_ \t\u3000")
        label = _LABEL.match(line)
        line = line[label.end() if label else 0 :].strip("*_ \t\u3000")
        opening, closing = _MARKED[self.style]
        end = line.find(closing, len(opening))
        inner = line[len(opening) : end]
        alone = self.style == "angle" or end + len(closing) == len(line)
        return line.startswith(opening) and end > 0 and alone and txt.has_words(inner)


@dataclass(frozen=True, slots=True)
class Dialogue(Counted):
    """Between `at_least` and `at_most` quoted utterances, both ends included.

    Source: ours. An utterance is a stretch in double quotes, curly single ones, 「」, 『』 or guillemets,
    within one line, that holds a word. Straight single quotes are not counted: they are apostrophes too.

    >>> Dialogue(at_least=2).check('"Hi," she said. "Come in."').measured
    2
    >>> Dialogue(at_most=0).describe()
    'Write no quoted utterances.'
    """

    type: ClassVar[str] = "dialogue"
    unit_en = ("quoted utterance", "quoted utterances")
    unit_zh = "处带引号的对话"

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the utterances."""
        return txt.quotes(text)


_QUOTE_STYLES = {
    "straight": ('"', '"', "straight", "直引号"),
    "curly": ("“", "”", "curly", "弯引号"),
    "corner": ("「", "」", "corner", "直角引号"),
    "guillemets": ("«", "»", "angle", "尖引号"),
}


@dataclass(frozen=True, slots=True)
class QuoteStyle(Constraint):
    """Every quotation stands in marks of one style, and there is one.

    Source: M-IFEval. Quotations are what `rlmr.text.quotes` says; one inside another, in other marks (『』),
    is part of the outer one. A text without a quotation fails: there is nothing to look at.

    >>> QuoteStyle("curly").check("“Hi,” she said.").passed
    True
    >>> QuoteStyle("corner", lang="zh").check("「好。」他说：“走。”").reason
    '1 of 2 quotations in other marks'
    """

    type: ClassVar[str] = "quote_style"
    style: Literal["straight", "curly", "corner", "guillemets"]
    """straight, curly, corner or guillemets."""

    def validate(self) -> None:
        """Refuse an unknown style."""
        one_of("style", self.style, _QUOTE_STYLES)

    def describe(self) -> str:
        """The marks."""
        opening, closing, english, chinese = _QUOTE_STYLES[self.style]
        if self.lang == "zh":
            return f"所有引语都用{chinese}（{opening}{closing}）。"
        return f"Put every quotation in {english} quotation marks ({opening}{closing})."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look at each quotation's marks."""
        opening, closing, english, _ = _QUOTE_STYLES[self.style]
        found = txt.quotes(text)
        others = [(a, b) for a, b in found if text[a] != opening or text[b - 1] != closing]
        required = f"quotations in {english} marks"
        if not found:
            return self.verdict(False, 0, required, (), "no quotation")
        reason = f"{len(others)} of {len(found)} quotations in other marks" if others else ""
        return self.verdict(not others, len(found) - len(others), required, others or found, reason)
