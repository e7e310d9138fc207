"""What a text's tokens say without an encoder: its surface, its words, and what it copies from its prompt.

All of it is computed from token ids alone, so that a reward model that reads it is still one that is given
`input_ids`. Legend: N texts, G grams (single tokens and pairs of neighbours), V tokens of the vocabulary, T
tokens of one text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Ids = Sequence[int]
Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

SURFACE = (
    "log tokens", "tokens per sentence", "spread of sentence length", "different tokens",
    "log different tokens", "repeated pairs", "repeated triples",
)  # fmt: skip
"""The first features of `surface`; a rate for each of `MARKS` follows."""

ENDS = (".", "!", "?", "。", "！", "？")
MARKS = (*ENDS, ",", "，", "、", '"', "“", "「", "'", "’", "-", "—", "…", ":", ";", "(")
"""Punctuation whose rate is a feature: the square root of its share of the tokens."""

COPIED = 4
"""Tokens in a row that stand in the prompt too count as copied."""

LEAST_TEXTS = 2
"""Training texts that a gram must stand in to be counted."""
MOST_GRAMS = 200_000
"""Grams that are counted, the most frequent ones."""


def mark_ids(tokenizer: Any) -> list[int]:
    """The token of each of `MARKS`; -1 for a mark that is no token of its own."""
    known = tokenizer.get_vocab()
    return [known.get(mark, -1) for mark in MARKS]


def surface(text: Ids, marks: Sequence[int]) -> Floats:
    """The numbers of `SURFACE`, then a rate per mark; zeros for a text without tokens.

    `marks` are `mark_ids`, whose first `len(ENDS)` end a sentence. A share of repeated pairs is 1 - different
    pairs / pairs.

    >>> [round(float(x), 2) for x in surface([5, 6, 9, 5, 6, 9], [9, -1, -1, -1, -1, -1])]
    [1.79, 3.0, 0.0, 0.5, 1.1, 0.4, 0.25, 0.58, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    n = len(text)
    if not n:
        return np.zeros(len(SURFACE) + len(marks), dtype=np.float32)
    ids_T = np.asarray(text, dtype=np.int64)
    ends = np.flatnonzero(np.isin(ids_T, marks[: len(ENDS)]))
    lengths = np.diff(np.r_[-1, ends, n - 1])
    lengths = lengths[lengths > 0]
    different = len(set(text))
    pairs = list(pairwise(text))
    triples = list(zip(pairs, text[2:], strict=False))
    rates = [float(np.sqrt((ids_T == mark).mean())) for mark in marks]
    shape = [np.log(n), lengths.mean(), lengths.std(), different / n, np.log(different)]
    repeated = [1 - len(set(runs)) / len(runs) if runs else 0.0 for runs in (pairs, triples)]
    return np.array([*shape, *repeated, *rates], dtype=np.float32)


def own(text: Ids, prompt: Ids) -> list[int]:
    """A text's tokens without the runs of `COPIED` or more that stand in its prompt, so that repeating the
    prompt neither pays nor costs.

    >>> own([1, 2, 3, 4, 9, 1, 2], [0, 1, 2, 3, 4])
    [9, 1, 2]
    """
    runs = {tuple(prompt[i : i + COPIED]) for i in range(len(prompt) - COPIED + 1)}
    copied: set[int] = set()
    for i in range(len(text) - COPIED + 1):
        if tuple(text[i : i + COPIED]) in runs:
            copied.update(range(i, i + COPIED))
    return [token for i, token in enumerate(text) if i not in copied]


def grams(text: Ids, vocabulary: int) -> tuple[Integers, Integers]:
    """A text's distinct grams, ascending, and how often each stands in it. Token t is gram t; the pair (a, b)
    is (a + 1) * V + b.

    >>> [x.tolist() for x in grams([1, 0, 1, 0], 2)]
    [[0, 1, 3, 4], [2, 2, 1, 2]]
    """
    ids_T = np.asarray(text, dtype=np.int64)
    keys, counts = np.unique(
        np.r_[ids_T, (ids_T[:-1] + 1) * vocabulary + ids_T[1:]].astype(np.int64), return_counts=True
    )
    return keys, counts.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The grams that count, with their rarity."""

    keys: Integers
    """(G,), ascending."""
    idf: Floats
    """(G,): log((1 + N) / (1 + n)) + 1, where n of N training texts hold the gram."""
    vocabulary: int
    """V."""

    def weights(self, text: Ids) -> tuple[Integers, Floats]:
        """Places among the keys of the grams of one text, and their sublinear TF-IDF, of length 1: (1 + log
        count) * idf. Empty where no gram is known."""
        keys, counts = grams(text, self.vocabulary)
        at = np.searchsorted(self.keys, keys)
        known = (at < len(self.keys)) & (self.keys[np.minimum(at, len(self.keys) - 1)] == keys)
        at = at[known]
        value = ((1 + np.log(counts[known])) * self.idf[at]).astype(np.float32)
        norm = float(np.sqrt(value @ value))
        return at, value / norm if norm else value


def learn_lexicon(texts: Sequence[Ids], vocabulary: int) -> Lexicon:
    """The grams that stand in at least `LEAST_TEXTS` of N texts, at most `MOST_GRAMS`.

    >>> learn_lexicon([[1, 2], [1, 2], [3]], 10).keys.tolist()
    [1, 2, 22]
    """
    every = np.concatenate([grams(text, vocabulary)[0] for text in texts] or [np.zeros(0, np.int64)])
    keys, held = np.unique(every, return_counts=True)
    enough = held >= LEAST_TEXTS
    if enough.sum() > MOST_GRAMS:
        enough[np.argsort(-held, kind="stable")[MOST_GRAMS:]] = False
    rarity = np.log((1 + len(texts)) / (1 + held[enough])) + 1
    return Lexicon(keys[enough], rarity.astype(np.float32), vocabulary)


def as_sparse(rows: Sequence[tuple[Integers, Floats]], width: int) -> sp.csr_matrix:
    """N rows of (places, values) as one sparse matrix, (N, width)."""
    starts = np.cumsum([0, *(len(at) for at, _ in rows)])
    places = np.concatenate([at for at, _ in rows] or [np.zeros(0, np.int64)])
    values = np.concatenate([value for _, value in rows] or [np.zeros(0, np.float32)])
    return sp.csr_matrix((values, places, starts), shape=(len(rows), width))
