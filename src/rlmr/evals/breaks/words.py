"""The words that every measure of this folder counts."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice

from rlmr import text as txt

Gram = tuple[str, ...]


@lru_cache(maxsize=4)
def tokens(text: str) -> tuple[str, ...]:
    """Words as they are compared (case and script aside), a hanzi being one; the last texts are remembered.

    >>> tokens("The fox, THE fox. 漢字")
    ('the', 'fox', 'the', 'fox', '汉', '字')
    """
    folded, _ = txt.fold(text)
    return tuple(txt.word_pattern(folded).findall(folded))


def grams(words: tuple[str, ...], n: int) -> list[Gram]:
    """The runs of n words, in order: as many as there are words, less n - 1.

    Raises:
        ValueError: n below 1.

    >>> grams(("a", "b", "c"), 2)
    [('a', 'b'), ('b', 'c')]
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, but is {n}")
    return list(zip(*(islice(words, k, None) for k in range(n)), strict=False))
