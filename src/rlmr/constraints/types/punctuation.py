"""Punctuation, emoji, hashtags, quotation marks around the whole, indents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span

MARKS = {
    "comma": (r"[,，‚،､﹐︐]", "逗号"),
    "enumeration_comma": (r"[、﹑]", "顿号"),
    "full_stop": (r"\.(?<!\.\.)(?<!^\d\.)(?<!^\d\d\.)(?![.\d])|[。．｡﹒]", "句号"),
    "exclamation": (r"[!！﹗‼⁉❗❕]", "感叹号"),
    "question": (r"[?？﹖⁇⁈⁉❓❔]", "问号"),
    "em_dash": (
        r"[—―⸺⸻﹘]+|[─－](?<=\w.)[─－]*|--(?:(?<=\w--)|(?<=[\w,.!?;”\"] --))-?(?!-)|[–‒](?<=\s.)(?=\s)",
        "破折号",
    ),
    "ellipsis": (r"\.{3,}|[…⋯‥]+|。{3,}|\. \. \.", "省略号"),
    "colon": (r"[:：﹕︰]", "冒号"),
    "semicolon": (r"[;；﹔\u037e]", "分号"),
    "parenthesis": (r"[(（﹙]", "括号"),
    "quotation": (r"[\"＂“”„‟«»「」『』﹁﹂﹃﹄〝〞]", "引号"),
    "any": (r"(?<![^\W_])['’]|['’](?![^\W_])|[^\w\s'’_\u0300-\u036f\u200b-\u200d\ufe0f]", "标点符号"),
}
"""Pattern of each mark (half and full width) and its Chinese name."""
_PATTERNS = {name: re.compile(pattern, re.MULTILINE) for name, (pattern, _) in MARKS.items()}
_EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|"
    "[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a\u231b\u23e9-\u23f3\u2934\u2935]"
    "[\ufe0f\U0001f3fb-\U0001f3ff]*(?:\u200d[\U0001f300-\U0001faff\u2600-\u27bf][\ufe0f\U0001f3fb-\U0001f3ff]*)*)"
)
_TAGS = {
    "hashtag": re.compile(r"(?<![\w&#])[#＃](?=\w*[^\W\d_])(?:[^\W#]+#?)"),
    "mention": re.compile(r"(?<![\w.])[@＠][\w-]+"),
}
_MARK_PAIRS = {"straight": ('"', '"'), "curly": ("“", "”"), "corner": ("「", "」")}


@dataclass(frozen=True, slots=True)
class Punctuation(Counted):
    """Between `at_least` and `at_most` of one punctuation mark, half and full width alike.

    A run of dashes (——) or points (...) is one mark; a point inside a number, or behind one that opens a line
    (`1. eggs`), is no full stop. A dash is also written `--` or, between spaces, `–`; small, vertical and
    doubled forms (﹗, ︐, ⁉) are the marks that they are forms of.
    Source: IFEval `punctuation:no_comma`, which does not see the full-width comma; dashes: nobody's.

    >>> Punctuation(at_most=0, mark="comma").check("一，二").measured
    1
    >>> Punctuation(at_most=0, mark="em_dash").check("He ran—fast -- then 3-4 hid.").measured
    2
    """

    type: ClassVar[str] = "punctuation"
    unit_en = ("time", "times")
    unit_zh = "次"
    mark: Literal[
        "comma", "enumeration_comma", "full_stop", "exclamation", "question", "em_dash", "ellipsis", "colon",
        "semicolon", "parenthesis", "quotation", "any",
    ] = "any"  # fmt: skip
    """The mark; `any` is every punctuation mark or symbol."""

    def validate(self) -> None:
        """Refuse an unknown mark."""
        Counted.validate(self)
        one_of("mark", self.mark, MARKS)

    def describe(self) -> str:
        """The mark and the range."""
        stem = Counted.describe(self)[:-1]
        if self.lang == "zh":
            name = MARKS[self.mark][1]
            return f"不得使用{name}。" if self.at_most == 0 else f"{name}使用{stem.removeprefix('写')}。"
        name = "punctuation marks" if self.mark == "any" else f"{self.mark.replace('_', ' ')} marks"
        name = {"comma": "commas", "em_dash": "em dashes", "ellipsis": "ellipses", "colon": "colons"}.get(
            self.mark, name
        )
        name = {"parenthesis": "parentheses", "semicolon": "semicolons", "full_stop": "full stops"}.get(
            self.mark, name
        )
        return f"Use no {name}." if self.at_most == 0 else f"Use {name}{stem.removeprefix('Write')}."

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the mark."""
        return [m.span() for m in _PATTERNS[self.mark].finditer(text)]


@dataclass(frozen=True, slots=True)
class Emoji(Counted):
    """Between `at_least` and `at_most` emoji; a joined or coloured one counts once.

    Source: IFBench `count:emoji`-like rows, 小红书 posts. Use `scope` for a number per paragraph.

    >>> Emoji(at_most=0).check("Hi 👩‍🚀👍🏽").measured
    2
    """

    type: ClassVar[str] = "emoji"
    unit_en = ("emoji", "emoji")
    unit_zh = "个表情符号"
    verb_en = "Use"
    verb_zh = "使用"

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the emoji."""
        return [m.span() for m in _EMOJI.finditer(text)]


@dataclass(frozen=True, slots=True)
class Hashtags(Counted):
    """Between `at_least` and `at_most` hashtags (#topic, #话题#) or mentions (@name).

    A Markdown heading (`# Title`), `#1` and an e-mail address are none.

    >>> Hashtags(2, 2).check("# Sea\\nSo blue #sea #秋天# me@x.org #1").measured
    2
    """

    type: ClassVar[str] = "hashtags"
    unit_en = ("hashtag", "hashtags")
    unit_zh = "个话题标签"
    verb_en = "Use"
    verb_zh = "使用"
    kind: Literal["hashtag", "mention"] = "hashtag"
    """hashtag or mention."""

    def validate(self) -> None:
        """Refuse an unknown kind."""
        Counted.validate(self)
        one_of("kind", self.kind, _TAGS)

    def describe(self) -> str:
        """The range and the kind."""
        stem = Counted.describe(self)
        if self.kind == "hashtag":
            return stem
        return (
            stem.replace("个话题标签", "处 @ 提及")
            if self.lang == "zh"
            else stem.replace("hashtag", "@mention")
        )

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the tags."""
        return [m.span() for m in _TAGS[self.kind].finditer(text)]


@dataclass(frozen=True, slots=True)
class WrappedInQuotes(Constraint):
    """The whole text stands between one opening and one closing quotation mark of the style.

    Source: IFEval `startend:quotation`, which also accepts a text that merely starts and ends with a
    dialogue. Here, too, a text of two quotations passes only if the first mark closes at the end: not
    decidable for straight marks, which may hold further ones inside.

    >>> [WrappedInQuotes("curly").check(text).passed for text in ("“It ran.”", "“Go!” “No.”")]
    [True, False]
    """

    type: ClassVar[str] = "wrapped_in_quotes"
    style: Literal["straight", "curly", "corner", "any"] = "any"
    """straight "", curly “”, corner 「」 or any of them."""

    def validate(self) -> None:
        """Refuse an unknown style."""
        one_of("style", self.style, [*_MARK_PAIRS, "any"])

    def describe(self) -> str:
        """The marks asked for."""
        pair = "".join(_MARK_PAIRS.get(self.style, ("“", "”")))
        if self.lang == "zh":
            return f"全文用引号{pair}括起来。"
        style = "double" if self.style == "any" else self.style
        return f"Wrap the whole text in {style} quotation marks ({pair})."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare both ends."""
        start, end = txt.trim(text, 0, len(text))
        pairs = _MARK_PAIRS.values() if self.style == "any" else (_MARK_PAIRS[self.style],)
        passed = any(
            text[start] == a
            and text[end - 1] == b
            and end - start > 2
            and (a == b or b not in text[start : end - 1])
            for a, b in pairs
        )
        spans = ((start, start + 1), (end - 1, end))
        shown = text[start] + "…" + text[end - 1]
        reason = "" if passed else f"the text starts and ends with {shown}"
        return self.verdict(passed, shown, f"{self.style} quotation marks around all", spans, reason)


@dataclass(frozen=True, slots=True)
class Indent(Constraint):
    """Every paragraph (line with a word, headings and the title aside) starts with the indent.

    Source: Chinese typesetting, 首行空两格: two ideographic spaces, or four of half width.

    >>> Indent(lang="zh").check("　　天黑了。\\n他走了。").reason
    'paragraph 2 is not indented'
    """

    type: ClassVar[str] = "indent"
    at_least: int = 2
    """Full-width spaces; two half-width ones (or a tab for two) count as one."""

    def validate(self) -> None:
        """Refuse no indent at all."""
        if self.at_least < 1:
            raise ConstraintError(f"{self.at_least} is not allowed; give 1 or more", "at_least")

    def describe(self) -> str:
        """The indent."""
        if self.lang == "zh":
            return f"每段开头空 {self.at_least} 格。"
        return f"Indent the first line of every paragraph by {2 * self.at_least} spaces."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Measure the space before every paragraph."""
        heading = txt.title(text)
        spans = [s for s in txt.lines(text) if s != heading and not txt.is_heading(text[slice(*s)])]
        for number, (start, end) in enumerate(spans, 1):
            line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
            space = text[line_start:start]
            width = 2 * space.count("\u3000") + space.count(" ") + 4 * space.count("\t")
            if width < 2 * self.at_least:
                reason = f"paragraph {number} is not indented"
                return self.verdict(
                    False, width / 2, f"{self.at_least} full-width spaces", ((start, end),), reason
                )
        return self.verdict(bool(spans), len(spans), f"{self.at_least} full-width spaces", spans)


@dataclass(frozen=True, slots=True)
class ChineseWidth(Constraint):
    """Punctuation next to a hanzi is full width (，。！？：；), none of it half width.

    Source: Chinese typesetting (GB/T 15834). Points inside numbers and Latin words are not looked at.

    >>> ChineseWidth(lang="zh").check("天黑了,他走了。").spans
    ((3, 4),)
    """

    type: ClassVar[str] = "full_width_punctuation"

    def describe(self) -> str:
        """The width asked for."""
        return "中文标点使用全角。" if self.lang == "zh" else "Use full-width punctuation in Chinese text."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for half-width marks behind a hanzi."""
        spans = [(m.end() - 1, m.end()) for m in _HALF_WIDTH.finditer(text)]
        reason = f"half-width {text[slice(*spans[0])]!r}" if spans else ""
        return self.verdict(not spans, len(spans), "full-width punctuation", spans, reason)


_HALF_WIDTH = re.compile(rf"{txt.HANZI.pattern}[,.!?;:]")
