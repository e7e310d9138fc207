"""Lists of words as they are written in this package: separated by spaces."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """The words of a list.

    >>> sorted(word_set("owl fox owl"))
    ['fox', 'owl']
    """
    return frozenset(words.split())
