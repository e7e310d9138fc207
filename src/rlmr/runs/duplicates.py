"""How many texts of a step say nothing of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rlmr.text import word_list

SHINGLE = 4
"""Words that stand in a row in both texts for a piece of one to be that of another."""

COPIED = 0.8
"""Share of a text's pieces that others have, from which on it is a repeat."""

MIX = np.uint64(0x9E3779B97F4A7C15)
"""Any large odd number: words become pieces as the digits of a number to this base, modulo 2**64."""

Pieces = npt.NDArray[np.uint64]
"""Distinct pieces, ascending."""


def duplicates(groups: Sequence[Sequence[str]]) -> dict[str, float]:
    """Shares of texts that repeat others of the step; P groups of texts, at least one text in all.

    A text's pieces are its runs of `SHINGLE` words, case aside; a shorter text is one piece. It is a repeat
    `within` where other texts of its group have at least `COPIED` of its pieces between them, and `across`
    where texts of other groups do. So a story told again with another name is a repeat, and so is one put
    together from parts of others. A group of one text has no repeat within, a step of one group none across.

    >>> fox, hen = "the fox went home to sleep", "a hen sat on the wall"
    >>> duplicates([[fox, fox, hen], [hen, "an owl flew by last night"]])
    {'duplicates/within': 0.4, 'duplicates/across': 0.4}
    """
    numbers: dict[str, int] = {}
    pieces = [[_pieces(text, numbers) for text in group] for group in groups]
    texts_with = [_counts(group) for group in pieces]
    groups_with = _counts([found for found, _ in texts_with])
    within = sum(_is_repeat(text, *texts_with[p]) for p, group in enumerate(pieces) for text in group)
    across = sum(_is_repeat(text, *groups_with) for group in pieces for text in group)
    total = sum(len(group) for group in groups)
    return {"duplicates/within": within / total, "duplicates/across": across / total}


def _pieces(text: str, numbers: dict[str, int]) -> Pieces:
    """The pieces of a text; `numbers` are the words' so far, from 1. 0 fills a short text up."""
    words = [numbers.setdefault(word, len(numbers) + 1) for word in word_list(text.casefold())]
    words += [0] * (SHINGLE - len(words))
    ids = np.array(words, dtype=np.uint64)
    size = len(ids) - SHINGLE + 1
    pieces = np.zeros(size, dtype=np.uint64)
    for shift in range(SHINGLE):
        pieces = pieces * MIX + ids[shift : shift + size]
    return np.unique(pieces)


def _counts(sets: Sequence[Pieces]) -> tuple[Pieces, npt.NDArray[np.intp]]:
    """All pieces of some sets, and in how many of the sets each is."""
    found, counts = np.unique(np.concatenate([np.zeros(0, np.uint64), *sets]), return_counts=True)
    return found, counts


def _is_repeat(text: Pieces, found: Pieces, counts: npt.NDArray[np.intp]) -> bool:
    """Whether enough of a text's pieces, all among `found`, are in another set too."""
    shared = counts[np.searchsorted(found, text)] > 1
    return bool(shared.mean() >= COPIED)
