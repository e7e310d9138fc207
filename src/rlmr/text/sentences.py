"""Where a sentence ends, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rlmr.text.characters import HANZI, Span, trim
from rlmr.text.layout import HEADING, LIST_ITEM, blocks, title

_OPENING_QUOTES = '“「『"'
_CLOSING_QUOTES = "”」』\"’'"
_END = re.compile(
    r"([.。．｡！？!?…][.。．｡！？!?…]*(?:(?<![.．])|(?![A-Za-z0-9])|(?=[A-Z][a-z])))([\"'”’」』）)】\]》>*_]*)"
)
_MARKED_LF = re.compile(rf"\n(?={HEADING.pattern}|{LIST_ITEM.pattern})")
_MARKED = re.compile(rf"[\r\n](?={HEADING.pattern}|{LIST_ITEM.pattern})")
"""The line end before a heading or a list item; a single character is quicker, see `_filled_lines`."""
_HEADING_LINE = re.compile(rf"{HEADING.pattern}[^\r\n]*")
_OPENING = re.compile(r"\s*+([\W_]*+)")
_BEFORE_WORD = re.compile(r"[\s(\"“‘—]")
_ABBREVIATION = re.compile(
    r"(?P<always>mrs?|ms|mx|dr|prof|st|mt|ft|gen|cap?t|cpt|lt|sgt|col|cmdr|adm|maj|rev|hon|sen|rep|gov|pres|messrs|mme|mlle|"
    r"vs|cf|viz|approx|dept|est|eds?|e\.g|i\.e|al|ave|blvd|rd|jan|feb|aug|sept|oct|nov|dec)"
    r"|(?P<numbered>nos?|figs?|vols?|pp|ch)"
    r"|(?P<soft>jr|sr|etc|inc|ltd|co|corp|bros|(?:[a-z]\.)+[a-z]|ph\.d)"
    r"|(?P<initial>[a-hj-z])"
)


@lru_cache(maxsize=4)
def _sentences(text: str) -> tuple[Span, ...]:
    """The sentences of a text; the last few texts are remembered."""
    return tuple(span for block in _prose(text) for span in _split_block(text, *block))


def sentences(text: str) -> list[Span]:
    """Spans of the sentences.

    A sentence ends at `.`, `!`, `?`, `…` or their Chinese forms with the closing quotes behind them (also
    where the space is left out: `He ran.She hid.`), at a blank line, and around a list item. Titles and
    headings are no sentences. It does *not* end
    - at an abbreviation (`Dr.`), an initial, or a point inside a number or name;
    - at an ellipsis in the middle of a line, unless a capital follows;
    - before a speech tag: `"Why?" he asked.` and `“为什么？”他问。` are one sentence each.
    A stretch without a word is no sentence. A text without a full stop is one sentence.

    >>> text = '"Why?" asked Mr. Fox. He ran... Then he slept!'
    >>> [text[a:b] for a, b in sentences(text)]
    ['"Why?" asked Mr. Fox.', 'He ran...', 'Then he slept!']
    >>> len(sentences("“为什么？”他问。她说：“走吧。”天黑了。"))
    3
    """
    return list(_sentences(text))


def _prose(text: str) -> Iterator[Span]:
    """Stretches within which sentences are looked for: blocks without headings, list items apart."""
    heading = title(text)
    marked = _MARKED if "\r" in text else _MARKED_LF
    for start, end in blocks(text):
        opened = heading[1] if heading is not None and heading[0] == start else _below(text, start, end)
        for line in (match.end() for match in marked.finditer(text, opened, end)):
            if opened < line:
                yield opened, line
            opened = _below(text, line, end)
        if opened < end:
            yield opened, end


def _below(text: str, line: int, end: int) -> int:
    """Where the line that starts at `line` ends if it is a heading, else where it starts."""
    heading = _HEADING_LINE.match(text, line, end)
    return heading.end() if heading else line


def _split_block(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentences of one block; what holds no word belongs to the next one."""
    opened, first_word = _open(text, start, end)
    for match in _END.finditer(text, start, end):
        if first_word < match.start() and _ends_sentence(text, opened, end, match):
            yield opened, match.end()
            opened, first_word = _open(text, match.end(), end)
    if first_word < end:
        yield trim(text, opened, end)


def _open(text: str, start: int, end: int) -> Span:
    """Where the next sentence starts, and where its first word does; `end` where there is none."""
    match = _OPENING.match(text, start, end)
    return match.span(1) if match else (end, end)


def _ends_sentence(text: str, opened: int, end: int, match: re.Match[str]) -> bool:
    """Whether the mark that `match` found closes the sentence that began at `opened`."""
    marks, closers = match.groups()
    after = match.end()
    if after >= end or text[after] in "\r\n":
        return not (marks == "." and _is_abbreviation(text, opened, match.start(), at_rest=False))
    spaced = text[after].isspace()
    following = text[after : after + 2].lstrip()[:1]
    if marks[0] == "…" or (len(marks) > 1 and set(marks) == {"."}):
        return spaced and (following.isupper() or following in _OPENING_QUOTES)
    before_hanzi = HANZI.match(following) is not None
    if not (spaced or closers) and text[match.start() - 2 : match.start()].islower() and following.isupper():
        return True
    if marks == ".":
        if not spaced:
            return before_hanzi and not text[match.start() - 1].isdigit()
        at_rest = following.islower() or following.isdigit()
        if _is_abbreviation(text, opened, match.start(), at_rest=at_rest):
            return False
    if closers and closers[0] in _CLOSING_QUOTES:
        if spaced:
            return not following.islower()
        tagged = text[opened] not in _OPENING_QUOTES
        return tagged or following in _OPENING_QUOTES
    return spaced or marks[-1] in "。．｡！？" or before_hanzi


def _is_abbreviation(text: str, opened: int, point: int, *, at_rest: bool) -> bool:
    """Whether the point at `point` belongs to an abbreviation or an initial.

    `at_rest`: what follows does not look like a new sentence, so that an abbreviation which may also stand
    at a sentence's end (`etc.`) is taken for one.
    """
    match = _ABBREVIATION.fullmatch(_BEFORE_WORD.split(text[max(opened, point - 8) : point])[-1].lower())
    if match is None:
        return False
    if match.lastgroup == "numbered":
        return text[point + 1 : point + 3].strip()[:1].isdigit()
    if match.lastgroup == "soft":
        return at_rest
    return match.lastgroup == "always" or point > opened + 1
