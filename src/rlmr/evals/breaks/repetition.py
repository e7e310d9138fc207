"""Repetition within one text. Every function takes a text and gives a number, NaN where it cannot tell."""

from __future__ import annotations

import math
from functools import cache

from rlmr.constraints.base import Verdict
from rlmr.constraints.gates import NoRepetition
from rlmr.evals.breaks.words import grams, tokens

SEGMENT = 25
"""Words of a segment in `variety`."""


def repeated_share(text: str, n: int = 4) -> float:
    """Share of the text's runs of n words that stood in it before: 0 for none, near 1 for a loop.

    1 - distinct n-grams / n-grams. Source: seq-rep-n of Welleck et al. 2020 (arXiv 1908.04319). It grows with
    length a little, as in any prose. Fewer than n words: NaN.

    >>> repeated_share("the sea the sea the sea", n=2)
    0.6
    """
    found = grams(tokens(text), n)
    return 1.0 - len(set(found)) / len(found) if found else math.nan


def variety(text: str) -> float:
    """Different words over words, mean over the text's whole segments of 25 words: 1 if none comes twice.

    The mean segmental type-token ratio (Johnson 1944): unlike the plain ratio it does not fall with length.
    Fewer than 25 words: NaN.

    >>> variety("the sea " * 25)
    0.08
    """
    words = tokens(text)
    segments = [words[i : i + SEGMENT] for i in range(0, len(words) - SEGMENT + 1, SEGMENT)]
    return math.fsum(len(set(s)) / SEGMENT for s in segments) / len(segments) if segments else math.nan


def compression(text: str) -> float:
    """How many times deflate shrinks the text's most repetitive stretch of 2,000 characters.

    As the gate `repetition` measures it (`rlmr.constraints.gates.NoRepetition`): prose two to three, a song
    up to seven, a loop tens. A text below 200 characters is not looked at: NaN.

    >>> compression("The sea, the sea. " * 99) > 10, compression("Short.")
    (True, nan)
    """
    measured = _repetition(text).measured
    return float(measured) if isinstance(measured, float) and measured else math.nan


def loops(text: str) -> float:
    """1 where the text fails the gate `repetition`: a stretch of it compresses more than ten times; else 0.

    A text without a word: NaN.

    >>> loops("The sea, the sea. " * 99), loops("It rained."), loops("...")
    (1.0, 0.0, nan)
    """
    return float(not _repetition(text).passed) if tokens(text) else math.nan


@cache
def _gate() -> NoRepetition:
    return NoRepetition()


def _repetition(text: str) -> Verdict:
    """The gate's verdict."""
    return _gate().check(text)
