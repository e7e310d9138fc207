"""The lines of a poem, their ends, and which of them rhyme."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rlmr import text as txt
from rlmr.text import Span, chinese_sounds, english_sounds

_CLAUSE = re.compile(r"[^，。！？；、,.!?;\s…—]+")


def verse_lines(text: str, lang: str, count: int) -> list[Span]:
    """Spans of a poem's lines below its title; in Chinese each clause between punctuation is one.

    Where there is one line more than a multiple of `count`, a first line without punctuation that could be a
    title (in Chinese, below a title: the author) is none.

    >>> poem = "月\\n床前明月光，疑是地上霜。"
    >>> [poem[a:b] for a, b in verse_lines(poem, "zh", 2)]
    ['床前明月光', '疑是地上霜']
    """
    heading = txt.title(text)
    begin = heading[1] if heading else 0
    spans = [(a + begin, b + begin) for a, b in txt.lines(text[begin:])]
    spans = [(a, b) for a, b in spans if txt.has_words(text[a:b])]
    if lang == "zh":
        clauses = [m.span() for a, b in spans for m in _CLAUSE.finditer(text, a, b)]
        clauses = [(a, b) for a, b in clauses if txt.has_words(text[a:b])]
        first_line_is_one = bool(spans) and len(clauses) > 1 and clauses[1][0] >= spans[0][1]
        spans, clauses = clauses, spans
        if not first_line_is_one:
            return spans
    extra = (
        (heading is None or lang == "zh") and len(spans) > 1 and len(spans) % count == 1 % count and count > 1
    )
    alone = extra and text[spans[0][1] : spans[1][0]].isspace()
    return spans[1:] if alone and txt.is_bare_title(text[slice(*spans[0])]) else spans


def line_end(text: str, span: Span, lang: str) -> Span:
    """Span of the last word (Chinese: the last hanzi) of a line; empty at its end where there is none."""
    if lang == "zh" and txt.HANZI.match(text, span[1] - 1):
        return span[1] - 1, span[1]
    last = (span[1], span[1])
    for match in (txt.HANZI if lang == "zh" else txt.WORD).finditer(text, *span):
        last = match.span()
    return last


def find_misses(ends: Sequence[str], scheme: str, lang: str, *, same: bool = False) -> list[int]:
    """Indices of the lines that do not rhyme with an earlier line of their letter; `same`: a word may repeat.

    >>> find_misses(["night", "fox", "bright", "owl"], "ABAB", "en")
    [3]
    """
    groups: dict[str, list[int]] = {}
    for i, letter in enumerate(scheme):
        if letter != "x":
            groups.setdefault(letter, []).append(i)
    misses = []
    for lines in groups.values():
        if lang == "zh":
            misses += _zh_misses([ends[i] for i in lines], lines, same=same)
        else:
            earlier: list[str] = []
            for i in lines:
                if earlier and not _rhymes_with_any(ends[i], earlier, same=same):
                    misses.append(i)
                earlier.append(ends[i])
    return sorted(misses)


def _rhymes_with_any(word: str, earlier: Sequence[str], *, same: bool) -> bool:
    """Whether an English word rhymes with one of `earlier`, or (`same`) is one of them."""
    for other in earlier:
        if english_sounds.rhymes(word, other) or (same and txt.fold(word)[0] == txt.fold(other)[0]):
            return True
    return False


def _zh_misses(hanzi: list[str], lines: list[int], *, same: bool) -> list[int]:
    """Lines whose last hanzi is not in the rhyme group that most of them share, or stood before."""
    again = [] if same else [i for k, i in enumerate(lines) if hanzi[k] in hanzi[:k]]
    groups = [chinese_sounds.rhyme_groups(c) if c else frozenset() for c in hanzi]
    if groups and frozenset.intersection(*groups):
        return again
    counts = Counter(name for group in groups for name in sorted(group))
    best = max(counts, key=lambda name: counts[name], default="")
    return [i for i, g in zip(lines, groups, strict=True) if best not in g or i in again]


def edge_letter(text: str, span: Span, position: str) -> Span:
    """Span of the first (behind a list marker) or last letter, digit or hanzi within the span."""
    marker = txt.LIST_ITEM.match(text, *span)
    start = marker.end() if marker and marker.end() < span[1] else span[0]
    indices = range(start, span[1]) if position == "first" else range(span[1] - 1, span[0] - 1, -1)
    at = next((i for i in indices if text[i].isalnum()), span[0])
    return at, at + 1


def inner_letter(text: str, span: Span, letter: str) -> Span | None:
    """Span of a (folded) letter between the first and the last letter of the span, or None.

    >>> inner_letter("a fox", (0, 5), "o")
    (3, 4)
    """
    first, last = (edge_letter(text, span, position) for position in ("first", "last"))
    folded, origins = txt.fold(text[first[1] : last[0]])
    at = folded.find(letter)
    if at < 0:
        return None
    start = first[1] + (at if origins is None else origins[at])
    return start, start + 1
