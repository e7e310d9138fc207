"""Characters, words and hanzi: the counters."""

from __future__ import annotations

import re
from functools import lru_cache

Span = tuple[int, int]
"""Character offsets [start, end)."""

_HANZI = "〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_MARKS = "\u0300-\u036f\u3099\u309a\u00ad\u200b-\u200d\u2060\ufeff"
LETTER = rf"[^\W_{_HANZI}]"
"""Pattern of one letter or digit that is no hanzi."""

HANZI = re.compile(f"[{_HANZI}]")
"""One hanzi."""
_TAIL = r"(?:[%s]++%s*+|['’‑-]%s++|[.,](?<=\d[.,])(?=\d)%s++)*+"  # possessive: no step back is ever of use
WORD = re.compile(rf"[{_HANZI}]|{LETTER}++" + _TAIL % (_MARKS, LETTER, LETTER, LETTER))
"""One word: see `words`."""
_PLAIN = r"[^\W_]"
_WORD_NO_HANZI = re.compile(_PLAIN + "++" + _TAIL % (_MARKS, _PLAIN, _PLAIN, _PLAIN))
_WORD_ASCII = re.compile(r"[a-zA-Z0-9]++(?:['-][a-zA-Z0-9]++|[.,](?<=\d[.,])(?=\d)[a-zA-Z0-9]++)*+")
_WORD_CHARACTER = re.compile(r"[^\W_]")


def word_pattern(text: str) -> re.Pattern[str]:
    """`WORD`, or a faster pattern that finds the same words in this text.

    >>> word_pattern("plain").findall("plain") == WORD.findall("plain")
    True
    """
    if text.isascii():
        return _WORD_ASCII
    return WORD if HANZI.search(text) else _WORD_NO_HANZI


@lru_cache(maxsize=4)
def word_list(text: str) -> tuple[str, ...]:
    """The words themselves; the last few texts are remembered, as many constraints ask of one text.

    >>> word_list("don't stop")
    ("don't", 'stop')
    """
    return tuple(word_pattern(text).findall(text))


def has_words(text: str) -> bool:
    """Whether there is one letter, digit or hanzi at all.

    >>> has_words("…!"), has_words("月")
    (False, True)
    """
    return _WORD_CHARACTER.search(text) is not None


def words(text: str) -> list[Span]:
    """Spans of the words: each hanzi, and each run of letters or digits with its inner marks.

    An inner apostrophe or single hyphen joins (`don't`, `well-known`), as does a point or comma between
    digits (`3.14`, `1,000`). Punctuation is never a word.

    >>> [("don't stop — 我爱 Python")[a:b] for a, b in words("don't stop — 我爱 Python")]
    ["don't", 'stop', '我', '爱', 'Python']
    """
    return [m.span() for m in word_pattern(text).finditer(text)]


def count_words(text: str) -> int:
    """Number of words, the same as `len(words(text))` but faster.

    >>> count_words("One, two-fold 3.5!")
    3
    """
    return len(word_list(text))


def count_hanzi(text: str) -> int:
    """Number of hanzi; punctuation, kana, digits and Latin letters are none.

    >>> count_hanzi("我爱你，Python 3！")
    3
    """
    return 0 if text.isascii() else len(HANZI.findall(text))


def trim(text: str, start: int, end: int) -> Span:
    """The span without whitespace at its ends; start >= end where nothing else is in it.

    >>> trim(" ab ", 0, 4)
    (1, 3)
    """
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
