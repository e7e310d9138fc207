"""How many parts a text has: paragraphs, lines, stanzas, list items, headings, chapters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal, get_args

from rlmr import text as txt
from rlmr.constraints.base import Verdict, one_of
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span

Divider = Literal["blank_line", "newline", "stars"]
Marker = Literal["any", "bullet", "number"]
_STARS = re.compile(r"\*(?<!\S\*)(?:[ \t]*\*){2,}(?!\S)")
_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    "(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
)
"""Numbers in English words, or how they begin (twenty-one)."""
_CHAPTER = re.compile(
    r"[ \t\u3000#*\"'“\[(]*(?:"
    r"第[ ]?(?:\d{1,4}|[一二三四五六七八九十百千零〇两]{1,7})[ ]?[章节回幕部卷]"
    rf"|(?:chapter|section|part|act|scene)[ \t]+(?:\d{{1,4}}|[ivxlc]{{1,7}}|{_WORDS})\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ParagraphCount(Counted):
    """Between `at_least` and `at_most` paragraphs, told apart by a named divider.

    `blank_line` (Markdown), `newline` (every line, 自然段) or `stars` (`***` between spaces or lines). A
    title or heading that stands alone is no paragraph.
    Source: IFEval `length_constraints:number_paragraphs`, which splits at `***` or blank lines by type.

    >>> ParagraphCount(2, 2).check("The Fox\\n\\nOne.\\nStill one.\\n\\nTwo.").measured
    2
    """

    type: ClassVar[str] = "paragraph_count"
    unit_en = ("paragraph", "paragraphs")
    unit_zh = "段"
    divider: Divider = "blank_line"
    """blank_line, newline or stars."""

    def validate(self) -> None:
        """Refuse an unknown divider."""
        Counted.validate(self)
        one_of("divider", self.divider, get_args(Divider))

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the paragraphs."""
        if self.divider == "stars":
            return _between(text, _STARS)
        heading = txt.title(text)
        spans = txt.paragraphs(text) if self.divider == "blank_line" else _worded_lines(text)
        return [s for s in spans if s != heading and not _is_lone_heading(text, s)]


@dataclass(frozen=True, slots=True)
class LineCount(Counted):
    """Between `at_least` and `at_most` lines that hold a word; a title is no line of the text.

    Source: ours; what poems are measured by. A line is what the text breaks, not what a screen wraps.

    >>> LineCount(3, 3).check("An old silent pond\\na frog jumps in\\nthe sound of water").measured
    3
    """

    type: ClassVar[str] = "line_count"
    unit_en = ("line", "lines")
    unit_zh = "行"

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the lines below the title."""
        heading = txt.title(text)
        return [span for span in _worded_lines(text) if span != heading]


@dataclass(frozen=True, slots=True)
class StanzaCount(Counted):
    """Between `at_least` and `at_most` stanzas (blocks between blank lines), each of `lines` lines if given.

    Source: ours. A title is no stanza.

    >>> StanzaCount(2, 2, lines=2).check("a\\nb\\n\\nc\\nd\\ne").reason
    'wanted 2 lines in every stanza, stanza 2 has 3'
    """

    type: ClassVar[str] = "stanza_count"
    unit_en = ("stanza", "stanzas")
    unit_zh = "节"
    lines: int | None = None
    """Lines in every stanza; 1 or more."""

    def validate(self) -> None:
        """Refuse a stanza without lines."""
        Counted.validate(self)
        if self.lines is not None and self.lines < 1:
            raise ConstraintError(f"{self.lines} is not allowed; a stanza has 1 line or more", "lines")

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the stanzas."""
        heading = txt.title(text)
        below = heading[1] if heading else 0
        return [(a + below, b + below) for a, b in txt.paragraphs(text[below:])]

    def describe(self) -> str:
        """The number of stanzas and their lines."""
        stem = Counted.describe(self)
        if self.lines is None:
            return stem
        return (
            f"{stem[:-1]}，每节 {self.lines} 行。"
            if self.lang == "zh"
            else f"{stem[:-1]} of {self.lines} lines each."
        )

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count the stanzas, then their lines."""
        stanzas = self.find(text)
        verdict = self.judge_count(len(stanzas), stanzas)
        if self.lines is None or not verdict.passed:
            return verdict
        for number, (start, end) in enumerate(stanzas, 1):
            count = len(_worded_lines(text[start:end]))
            if count != self.lines:
                reason = f"wanted {self.lines} lines in every stanza, stanza {number} has {count}"
                return self.verdict(False, len(stanzas), verdict.required, ((start, end),), reason)
        return verdict


@dataclass(frozen=True, slots=True)
class ListItems(Counted):
    """Between `at_least` and `at_most` list items.

    `bullet`: `- `, `* `, `• `; `number`: `1.`, `(1)`, `一、`, `①`; `any`: both. A divider (`---`) and a
    dialogue dash are none, unlike in IFEval `detectable_format:number_bullet_lists`.

    >>> ListItems(2, 2, marker="bullet").check("- eggs\\n- milk\\n---\\n1. tea").measured
    2
    """

    type: ClassVar[str] = "list_items"
    unit_en = ("list item", "list items")
    unit_zh = "个列表项"
    marker: Marker = "any"
    """any, bullet or number."""

    def validate(self) -> None:
        """Refuse an unknown marker."""
        Counted.validate(self)
        one_of("marker", self.marker, get_args(Marker))

    def describe(self) -> str:
        """The range and the kind of list."""
        stem = Counted.describe(self)
        if self.marker == "any":
            return stem
        if self.lang == "zh":
            return stem.replace("列表项", "项目符号列表项" if self.marker == "bullet" else "编号列表项")
        return stem.replace("list item", "bullet point" if self.marker == "bullet" else "numbered item")

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the items."""
        return txt.list_items(text, self.marker)


@dataclass(frozen=True, slots=True)
class Headings(Counted):
    """Between `at_least` and `at_most` Markdown headings, of one level if given.

    Source: MulDimIF. `#Title` without a space is none, nor is a `#` inside a line.

    >>> Headings(1, 1, level=2).check("# A\\n## B\\ntext").measured
    1
    """

    type: ClassVar[str] = "headings"
    unit_en = ("Markdown heading", "Markdown headings")
    unit_zh = "个 Markdown 标题"
    level: int | None = None
    """1 to 6: the number of `#`."""

    def validate(self) -> None:
        """Refuse a level that Markdown does not have."""
        Counted.validate(self)
        if self.level is not None and not 1 <= self.level <= 6:
            raise ConstraintError(f"{self.level} is not allowed; a level is 1 to 6", "level")

    def describe(self) -> str:
        """The range and the level."""
        stem = Counted.describe(self)
        if self.level is None:
            return stem
        marks = "#" * self.level
        return (
            f"{stem[:-1]}（{marks}）。"
            if self.lang == "zh"
            else f"{stem[:-1]} of level {self.level} ({marks})."
        )

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the headings."""
        found = []
        for start, end in txt.lines(text):
            match = txt.HEADING.match(text, start, end)
            if match and self.level in (None, len(match[1])) and txt.has_words(text[start:end]):
                found.append((start, end))
        return found


@dataclass(frozen=True, slots=True)
class Chapters(Counted):
    """Between `at_least` and `at_most` chapters, each opened by a line such as `Chapter 1` or 第一章.

    Source: IFEval `detectable_format:multiple_sections`, which splits at the word wherever it stands. Here
    it opens a line: Chapter, Section, Part, Act, Scene and a number (3, III, three); 第…章/节/回/幕/部/卷.

    >>> Chapters(2, 2).check("Chapter 1\\nIt ran.\\nChapter Two: Home\\nIt slept.").measured
    2
    """

    type: ClassVar[str] = "chapters"
    unit_en = ("chapter", "chapters")
    unit_zh = "章"
    label: str | None = None
    """Another word that opens the parts, with a number (1, I, one, 一): 'Day', 'Part'."""

    def validate(self) -> None:
        """Refuse an empty label."""
        Counted.validate(self)
        if self.label is not None and not txt.has_words(self.label):
            raise ConstraintError(f"{self.label!r} is not allowed; a label holds a word", "label")

    def describe(self) -> str:
        """The range, and how a chapter is marked."""
        stem = Counted.describe(self)[:-1]
        if self.lang == "zh":
            return f"{stem}，以“{self.label or '第一章'}”等字样开头。"
        return f'{stem}, each opened by a line such as "{self.label or "Chapter"} 1".'

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the opening lines."""
        pattern = _CHAPTER if self.label is None else _label_pattern(self.label)
        return [(a, b) for a, b in txt.lines(text) if b - a <= 100 and pattern.match(text, a, b)]


@cache
def _label_pattern(label: str) -> re.Pattern[str]:
    """A line that opens with the label and a number: 3, III, three, 三."""
    return re.compile(
        rf"[ \t\u3000#*\"'“\[(]*{re.escape(label)}[ \t]*"
        rf"(?:\d{{1,4}}|[一二三四五六七八九十百零〇两]|[ivxlc]{{1,7}}\b|[ \t](?:{_WORDS})\b)",
        re.IGNORECASE,
    )


def _worded_lines(text: str) -> list[Span]:
    """Lines that hold a word."""
    return [(a, b) for a, b in txt.lines(text) if txt.has_words(text[a:b])]


def _is_lone_heading(text: str, span: Span) -> bool:
    """Whether a paragraph is nothing but a marked heading."""
    part = text[slice(*span)]
    return "\n" not in part and len(part) <= 200 and txt.is_heading(part)


def _between(text: str, divider: re.Pattern[str]) -> list[Span]:
    """Trimmed stretches between the dividers that hold a word."""
    edges = [0, *(edge for m in divider.finditer(text) for edge in m.span()), len(text)]
    spans = (txt.trim(text, a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))
    return [(a, b) for a, b in spans if a < b and txt.has_words(text[a:b])]
