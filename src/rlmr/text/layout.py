"""Lines, paragraphs, titles, quotations: how a text is laid out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rlmr.text.characters import Span, count_hanzi, count_words, has_words, word_list

_FILLED_LINE = re.compile(r"\S(?:[^\r\n]*\S)?")
_FILLED_LINE_LF = re.compile(r"\S(?:.*\S)?")
LIST_ITEM = re.compile(
    r"[ \t\u3000]*(?:(?P<bullet>[-*+•·●○▪◦‣–—][ \t]+)|"
    r"(?P<number>\d{1,3}[.)、．][ \t]*(?=[^\d\s])|[（(](?:\d{1,3}|[一二三四五六七八九十]{1,3})[）)][ \t]*|"
    r"[一二三四五六七八九十]{1,3}[、.．][ \t]*|[①-⑳][ \t]*))"
)
"""The marker at the start of a list item."""
_BOLD_END = re.compile(r"\*\*[ \t]*")
HEADING = re.compile(r"[ \t]*(#{1,6})[ \t]+\S")
"""The start of a Markdown heading."""
_QUOTE = re.compile(
    r'"[^"\r\n]+"|“[^“”\r\n]+”|「[^「」\r\n]+」|『[^『』\r\n]+』|«[^«»\r\n]+»|„[^„“”\r\n]+[“”]|＂[^＂\r\n]+＂'
    r"|‘(?:[^‘’\r\n]|’(?=\w))+’"
)
_PAIRS = (("<<", ">>"), ("《", "》"), ("【", "】"), ("**", "**"))


def lines(text: str) -> list[Span]:
    """Spans of the lines that hold more than whitespace, trimmed of it.

    >>> lines("one\\r\\n\\n two ")
    [(0, 3), (7, 10)]
    """
    return [m.span() for m in _filled_lines(text)]


def _filled_lines(text: str) -> Iterator[re.Match[str]]:
    """The lines; `.` is quicker than a class, and the same where there is no carriage return."""
    return (_FILLED_LINE if "\r" in text else _FILLED_LINE_LF).finditer(text)


def blocks(text: str) -> list[Span]:
    """Spans between blank lines, dividers and all.

    >>> blocks("a\\nb\\n\\n***")
    [(0, 3), (5, 8)]
    """
    spans: list[Span] = []
    last = -2
    for start, end in lines(text):
        if start - last > 1 and (last < 0 or _is_gap(text[last:start])):
            spans.append((start, end))
        else:
            spans[-1] = (spans[-1][0], end)
        last = end
    return spans


def _is_gap(between: str) -> bool:
    """Whether there is a blank line in the space between two lines."""
    breaks = between.count("\n")
    if "\r" in between:
        breaks += between.count("\r") - between.count("\r\n")
    return breaks > 1


def paragraphs(text: str) -> list[Span]:
    """Spans of the blocks between blank lines that hold a word; a divider such as `***` is none.

    >>> paragraphs("a\\nb\\n\\n***\\n\\nc")
    [(0, 3), (10, 11)]
    """
    return [span for span in blocks(text) if has_words(text[span[0] : span[1]])]


def list_items(text: str, kind: str = "any") -> list[Span]:
    """Spans of the lines that start with a list marker and hold a word after it.

    `bullet` markers are `-`, `*`, `+`, `•` and the like before a space; `number` markers are `1.`, `1)`,
    `(1)`, `一、`, `（一）`, `①`; they may be bold. A divider (`---`) and a dialogue dash without a
    space are none.

    >>> list_items("- a\\n---\\n2. b"), list_items("- a\\n2. b", "number")
    ([(0, 3), (8, 12)], [(4, 8)])
    """
    return [(start, end) for start, _, end in _items(text, kind)]


def item_bodies(text: str) -> list[Span]:
    """Spans of the list items without their markers: `1.` is neither a word nor a sentence of the item.

    What counts as an item is what `list_items` says; `**1.** Go` loses its bold marker whole.

    >>> item_bodies("1. Go home.\\n- Sleep.")
    [(3, 11), (14, 20)]
    """
    return [(body, end) for _, body, end in _items(text, "any")]


def _items(text: str, kind: str) -> Iterator[tuple[int, int, int]]:
    """Of each list item: where it starts, where the words behind its marker start, and its end."""
    for start, end in lines(text):
        bold = text.startswith("**", start)
        match = LIST_ITEM.match(text, start + 2 * bold, end)
        if match and kind in ("any", match.lastgroup) and has_words(text[match.end() : end]):
            marked = _BOLD_END.match(text, match.end(), end) if bold else None
            yield start, marked.end() if marked else match.end(), end


def quotes(text: str) -> list[Span]:
    """Spans of quoted stretches that hold a word, quotation marks included; each lies within one line.

    Straight and curly double quotes, curly single ones, 「」, 『』, guillemets. Straight single quotes are
    not counted: they cannot be told from apostrophes. A quote inside another is part of the outer one where
    the marks differ.

    >>> quotes('"Hi," she said. 「好」')
    [(0, 5), (16, 19)]
    """
    return [m.span() for m in _QUOTE.finditer(text) if has_words(m.group())]


def title(text: str) -> Span | None:
    """Span of the title line, or None: the first line where it is a heading, or short and set apart.

    A heading starts with `#` or stands alone inside `<<>>`, `《》`, `【】` or `**`. A bare title has at most
    12 words (20 hanzi), no punctuation at its end (`?` and `!`: see `is_bare_title`), and either a blank
    line after it or a paragraph of prose: a line at least three times its length. So the first line of a
    poem is no title. Without a body below there is no title.

    >>> title("The Fox\\n\\nOnce there was a fox.")
    (0, 7)
    >>> title("The fog comes\\non little cat feet.") is None
    True
    """
    filled = (m.span() for m in _filled_lines(text))
    first, after = next(filled, None), next(filled, None)
    if first is None or after is None:
        return None
    start, end = first
    line = text[start:end]
    if not has_words(line) or not has_words(text[end:]):
        return None
    if is_heading(line):
        return first
    set_apart = text[end : after[0]].replace("\r\n", "\n").count("\n") > 1
    if not has_words(text[after[0] : after[1]]):
        return None
    shouted = line[-1] in "?!" and text.isupper()  # capitals then say nothing
    if not shouted and (set_apart or after[1] - after[0] >= 3 * (end - start)) and is_bare_title(line):
        return first
    return None


def is_heading(line: str) -> bool:
    """Whether a line is marked as a heading: `# Title`, `<<Title>>`, `《题》`, `【题】`, `**Title**`.

    >>> is_heading("## Part"), is_heading("《月》"), is_heading("Part")
    (True, True, False)
    """
    line = line.strip()
    if not has_words(line):
        return False
    if HEADING.match(line):
        return True
    return any(
        line.startswith(a) and line.endswith(b) and line.find(b, len(a)) == len(line) - len(b)
        for a, b in _PAIRS
    )


def is_bare_title(line: str) -> bool:
    """Whether an unmarked line could be a title: 1-12 words (hanzi: 1-20), no punctuation at its end.

    `?` or `!` may end one of two words or more whose first, last and long words have capitals, and stand
    nowhere else in it. In Chinese, which has no capitals, a question cannot be told from a title: mark it
    (《》, `#`).

    >>> is_bare_title("The Fox and the Lantern"), is_bare_title("The fox slept.")
    (True, False)
    >>> is_bare_title("Who Goes There?"), is_bare_title("Who is it?"), is_bare_title("谁在敲门？")
    (True, False, False)
    """
    line, listed = line.strip().strip("*_ \u3000"), LIST_ITEM.match(line)
    if line[-1:] in ("?", "!"):
        line = line.rstrip("?!")
        words = word_list(line)
        if len(words) < 2 or "? " in line or "! " in line:
            return False
        if not all(word[0].isupper() for word in (words[0], words[-1], *(w for w in words if len(w) > 3))):
            return False
    if not line or len(line) > 100 or line[-1] in '.,;:!?。，；：！？…、—-"”」':
        return False
    limit = 20 if count_hanzi(line) else 12
    return 1 <= count_words(line) <= limit and not listed and not LIST_ITEM.match(line)
