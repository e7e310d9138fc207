"""Markup: Markdown and its absence, tags, placeholders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span

FEATURES = {
    "bold": (
        r"\*\*(?=[^\s*])[^*\r\n]+(?<=[^\s*])\*\*|__(?=[^\s_])[^_\r\n]+(?<=[^\s_])__",
        "处加粗",
    ),
    "italic": (
        r"(?<![\w*])\*(?=[^\s*])[^*\r\n]+(?<=[^\s*])\*(?![\w*])|"
        r"(?<![\w_])_(?=[^\s_])[^_\r\n]+(?<=[^\s_])_(?![\w_])",
        "处斜体",
    ),
    "emphasis": (
        r"\*(?=\*?[^\s*])(?:\*[^*\r\n]+(?<=[^\s*])\*\*|(?<![\w*]\*)[^*\r\n]+(?<=[^\s*])\*(?![\w*]))",
        "处强调",
    ),
    "heading": (r"^[ \t]{0,3}#{1,6}[ \t]+\S.*$", "个标题"),
    "quote": (r"^[ \t]{0,3}>.*$", "行引用"),
    "code_block": (
        r"^[ \t]{0,3}```[^`\r\n]*\r?$(?:\n(?![ \t]{0,3}```).*)*\n[ \t]{0,3}```[ \t]*\r?$",
        "个代码块",
    ),
    "inline_code": (r"(?<!`)`(?!`)[^`\r\n]+`(?!`)", "处行内代码"),
    "link": (r"\[[^\[\]\r\n]+\]\([^()\s]+\)", "个链接"),
    "table_row": (r"^[ \t]*\|(?![ \t:|-]*\r?$)[^\r\n]*\|[ \t]*\r?$", "个表格行"),
    "divider": (
        r"^[ \t]{0,3}(?:-(?:[ \t]*-){2,}|\*(?:[ \t]*\*){2,}|_(?:[ \t]*_){2,})[ \t]*\r?$",
        "条分隔线",
    ),
}
"""Pattern of each Markdown feature and its Chinese name."""
_PATTERNS = {name: re.compile(pattern, re.MULTILINE) for name, (pattern, _) in FEATURES.items()}
_HTML = re.compile(
    r"</?(?:[abipsu]|em|strong|br|hr|h[1-6]|[uo]l|li|div|span|code|pre|table|t[rdh]|blockquote|img|center|font)"
    r"(?:[ \t/][^<>\r\n]{0,200})?>",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\[(?![xX]\])(?=[^\[\]\r\n]*[^\W_])[^\[\]\r\n]{1,80}\](?!\()")


@dataclass(frozen=True, slots=True)
class Markdown(Counted):
    """Between `at_least` and `at_most` of one Markdown feature.

    bold, italic, emphasis (either, with stars), heading, quote (lines), code_block, inline_code, link,
    table_row (the header counts, its rule does not), divider. Emphasis holds a word and no space at its
    ends, so `2*3*4` is none.
    Source: IFEval `detectable_format:number_highlighted_sections`, MulDimIF.

    >>> Markdown(2, 2, feature="bold").check("**One** and __two__, 2**3**4").measured
    2
    """

    type: ClassVar[str] = "markdown"
    verb_en = "Use"
    verb_zh = "使用"
    feature: Literal[
        "bold",
        "italic",
        "emphasis",
        "heading",
        "quote",
        "code_block",
        "inline_code",
        "link",
        "table_row",
        "divider",
    ] = field(kw_only=True)
    """What is counted."""

    def validate(self) -> None:
        """Refuse an unknown feature."""
        Counted.validate(self)
        one_of("feature", self.feature, FEATURES)

    def describe(self) -> str:
        """The range and the feature."""
        stem = Counted.describe(self)
        return f"{stem[:-1]}（Markdown）。" if self.lang == "zh" else stem

    @property
    def unit_en(self) -> tuple[str, str]:  # type: ignore[override]
        """Names of the feature."""
        name = self.feature.replace("_", " ")
        name = f"{name} phrase" if self.feature in ("bold", "italic", "emphasis") else name
        return f"Markdown {name}", f"Markdown {name}s"

    @property
    def unit_zh(self) -> str:  # type: ignore[override]
        """Chinese name of the feature."""
        return FEATURES[self.feature][1]

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the feature."""
        return [m.span() for m in _PATTERNS[self.feature].finditer(text) if self._counts(m)]

    def _counts(self, match: re.Match[str]) -> bool:
        """Whether a match is one: a divider needs no word, everything else does."""
        if self.feature == "bold":
            text, start, end = match.string, *match.span()
            around = text[max(0, start - 1) : start] + text[end : end + 1]
            return txt.has_words(match.group()) and not any(c.isdigit() or c == "*" for c in around)
        return self.feature == "divider" or txt.has_words(match.group())


@dataclass(frozen=True, slots=True)
class PlainText(Constraint):
    """No Markdown and no HTML: no headings, bold, quotes, code, tables, links; with `lists=False` no list.

    Source: CFBench (不要分点作答), nobody's program. A bare divider between scenes is allowed; emphasis with
    single stars is not counted, as plain writers use it.

    >>> PlainText().check("**Bold** move").reason
    'bold'
    >>> PlainText(lists=False).check("1. eggs").reason
    'list'
    """

    type: ClassVar[str] = "plain_text"
    lists: bool = True
    """Whether list items are allowed."""

    def describe(self) -> str:
        """What is not allowed."""
        if self.lang == "zh":
            return f"只用纯文本，不使用 Markdown{'' if self.lists else '，也不要分点罗列'}。"
        return f"Write plain text without Markdown{'' if self.lists else ' or lists'}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for every feature."""
        found: dict[str, list[Span]] = {}
        for feature in FEATURES:
            if feature not in ("italic", "emphasis", "divider"):
                spans = Markdown(at_most=0, feature=feature).find(text)  # type: ignore[arg-type]
                if spans:
                    found[feature] = list(spans)
        if tags := [m.span() for m in _HTML.finditer(text)]:
            found["HTML"] = tags
        if not self.lists and (items := txt.list_items(text)):
            found["list"] = items
        spans = sorted(span for each in found.values() for span in each)
        reason = ", ".join(name.replace("_", " ") for name in found)
        return self.verdict(not found, len(spans), self.describe(), spans, reason)


@dataclass(frozen=True, slots=True)
class WrappedInTag(Constraint):
    """The work stands inside one pair of tags (`<story>…</story>`) with a word in it, nothing outside.

    Source: MulDimIF, IFBench. Attributes are allowed, a second pair is not.

    >>> WrappedInTag("story").check("<story>It ran.</story>").passed
    True
    """

    type: ClassVar[str] = "wrapped_in_tag"
    tag: str
    """The tag's name: letters, digits, - and _."""

    def validate(self) -> None:
        """Refuse what is no name."""
        if not re.fullmatch(r"[^\W\d][\w-]*", self.tag):
            raise ConstraintError(f"{self.tag!r} is not allowed; give a tag's name without brackets", "tag")

    def describe(self) -> str:
        """The tags."""
        pair = f"<{self.tag}></{self.tag}>"
        return f"全文放在 {pair} 之间。" if self.lang == "zh" else f"Put the whole text between {pair}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare both ends and count the tags."""
        name = re.escape(self.tag)
        opening = [m.span() for m in re.finditer(rf"<{name}(?:\s[^<>]*)?>", text)]
        closing = [m.span() for m in re.finditer(rf"</{name}\s*>", text)]
        start, end = txt.trim(text, 0, len(text))
        whole = len(opening) == len(closing) == 1 and opening[0][0] == start and closing[0][1] == end
        passed = (
            whole and opening[0][1] < closing[0][0] and txt.has_words(text[opening[0][1] : closing[0][0]])
        )
        reason = (
            "" if passed else f"{len(opening)} opening and {len(closing)} closing tags, or text outside them"
        )
        return self.verdict(passed, len(opening), f"all inside <{self.tag}>", opening + closing, reason)


@dataclass(frozen=True, slots=True)
class Placeholders(Counted):
    """Between `at_least` and `at_most` placeholders in square brackets, such as [name].

    A link and a ticked box (`[x]`) are none.
    Source: IFEval `detectable_content:number_placeholders`, which takes `[][][]` and is quadratic in `[`.

    >>> Placeholders(1, 1).check("Dear [name], [] [see](x)").measured
    1
    """

    type: ClassVar[str] = "placeholders"
    unit_en = (
        "placeholder in square brackets, such as [name]",
        "placeholders in square brackets, such as [name]",
    )
    unit_zh = "个方括号占位符，如 [姓名]"

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the placeholders."""
        return [m.span() for m in _PLACEHOLDER.finditer(text)]
