"""Scopes: the part of a text that a constraint looks at.

Allowed: `text`, `body` (all but the title), `title`, `quoted`, `unquoted`, and `first UNIT`, `last UNIT`,
`UNIT N` (from 1) or `each UNIT` with UNIT one of line, sentence, paragraph, item (of a list, without its
marker). A scope never moves a character: `quoted` and `unquoted` blank the rest with spaces, so that offsets
hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rlmr import text as txt
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span

UNITS: dict[str, Callable[[str], list[Span]]] = {
    "line": txt.lines,
    "sentence": txt.sentences,
    "paragraph": txt.paragraphs,
    "item": txt.item_bodies,
}
WHOLE = ("text", "body", "title", "quoted", "unquoted")
_SCOPE = re.compile(
    r"(first|last|each) (line|sentence|paragraph|item)|(line|sentence|paragraph|item) ([1-9]\d{0,3})"
)
_CHINESE = {
    "body": "正文",
    "title": "标题",
    "quoted": "引号内",
    "unquoted": "引号外",
    "line": "行",
    "sentence": "句",
    "paragraph": "段",
    "item": "项",
    "first": "第一",
    "last": "最后一",
    "each": "每一",
}


def check_scope(scope: str) -> None:
    """Raise ConstraintError unless `scope` is one that is understood.

    >>> check_scope("each line")
    """
    if scope not in WHOLE and not _SCOPE.fullmatch(scope):
        units = ", ".join(UNITS)
        raise ConstraintError(
            f"{scope!r} is not allowed; allowed: {', '.join(WHOLE)}, 'first UNIT', 'last UNIT', 'each UNIT', "
            f"'UNIT N' with UNIT one of {units}",
            "scope",
        )


def describe_scope(scope: str, lang: str) -> str:
    """The scope as the start of an instruction; empty for the whole text.

    >>> describe_scope("paragraph 2", "en"), describe_scope("last sentence", "zh")
    ('In paragraph 2: ', '最后一句：')
    """
    if scope == "text":
        return ""
    match = _SCOPE.fullmatch(scope)
    if lang == "zh":
        if match is None:
            return f"{_CHINESE[scope]}："
        which, unit, numbered, number = match.groups()
        return f"第 {number} {_CHINESE[numbered]}：" if numbered else f"{_CHINESE[which]}{_CHINESE[unit]}："
    if scope in ("quoted", "unquoted"):
        return "Inside quotation marks: " if scope == "quoted" else "Outside quotation marks: "
    article = "" if match is not None and (match[1] == "each" or match[3]) else "the "
    return f"In {article}{scope}: "


def find_parts(text: str, scope: str) -> list[tuple[str, int]]:
    """The parts that the scope names, each with its offset in `text`; empty where there is none.

    >>> find_parts("a\\nb", "each line"), find_parts('x "y" z', "unquoted")
    ([('a', 0), ('b', 2)], [('x     z', 0)])
    """
    if scope == "text":
        return [(text, 0)]
    if scope in ("title", "body"):
        return _title_or_body(text, scope)
    if scope in ("quoted", "unquoted"):
        return _by_quotes(text, inside=scope == "quoted")
    match = _SCOPE.fullmatch(scope)
    if match is None:
        check_scope(scope)
        return []
    which, unit, numbered, number = match.groups()
    spans = UNITS[unit or numbered](text)
    if which == "first":
        spans = spans[:1]
    elif which == "last":
        spans = spans[-1:]
    elif number:
        spans = spans[int(number) - 1 : int(number)]
    return [(text[a:b], a) for a, b in spans]


def _title_or_body(text: str, scope: str) -> list[tuple[str, int]]:
    """The title's line, or everything below it (all of the text where there is no title)."""
    span = txt.title(text)
    if scope == "title":
        return [(text[span[0] : span[1]], span[0])] if span else []
    return [(text[span[1] :], span[1])] if span else [(text, 0)]


def _by_quotes(text: str, *, inside: bool) -> list[tuple[str, int]]:
    """The text with everything outside (or inside) its quotations turned into spaces."""
    spans = txt.quotes(text)
    if inside and not spans:
        return []
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        between, quoted = text[last:start], text[start:end]
        pieces += (_blank(between), quoted) if inside else (between, _blank(quoted))
        last = end
    pieces.append(_blank(text[last:]) if inside else text[last:])
    return [("".join(pieces), 0)]


def _blank(part: str) -> str:
    """Spaces in place of everything but line ends."""
    return re.sub(r"[^\r\n]", " ", part)
