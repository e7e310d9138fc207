"""Constraint gaming in one text: the request copied, its words stuffed in. NaN where it cannot tell."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import cache

from rlmr.constraints.base import Lang
from rlmr.constraints.gates import NoEcho
from rlmr.constraints.types.vocabulary import common
from rlmr.evals.breaks.words import tokens

COMMON = {"en": 2000, "zh": 500}
"""The most frequent words (hanzi) of a language, which are no keywords of a prompt."""
STRETCH = 20
"""Words of the stretch in which `keyword_packing` looks for keywords."""


@cache
def _gate() -> NoEcho:
    return NoEcho()


def echo(prompt: str, text: str) -> float:
    """Share of the text's runs of five words that are copied from the prompt: 0 to 1.

    As the gate `echo` measures it (`rlmr.constraints.gates.NoEcho`): 0 for a text of fewer than 30 words
    that is shorter than half of the prompt. A text or a prompt without a word: NaN.

    >>> echo("Write a poem about the grey sea.", "Write a poem about the grey sea.")
    1.0
    """
    if not tokens(text) or not tokens(prompt):
        return math.nan
    measured = _gate().check(text, prompt).measured
    return float(measured) if isinstance(measured, int | float) else math.nan


def keywords(prompt: str, lang: Lang = "en") -> frozenset[str]:
    """The prompt's words that are none of the 2,000 most frequent English words (500 hanzi), case aside.

    >>> sorted(keywords("Write a story about a fox and a lantern."))
    ['fox', 'lantern']
    """
    usual = common(lang, COMMON[lang])
    return frozenset(word for word in tokens(prompt) if word not in usual and not word.isdigit())


def keyword_density(text: str, words: Collection[str]) -> float:
    """Keywords per 100 words (hanzi) of the text, each time that one occurs.

    `words` are `keywords` of the prompt, or folded words that the task's constraints ask for. Stuffing
    raises it without bound, telling the story does not. Source: ours; the "keyword stuffing" of search
    engines. Without a keyword, or a word: NaN.

    >>> keyword_density("Fox, fox, fox. The lantern was lit.", {"fox", "lantern"})
    57.142857142857146
    """
    found = tokens(text)
    if not found or not words:
        return math.nan
    return 100.0 * sum(map(words.__contains__, found)) / len(found)


def keyword_packing(text: str, words: Collection[str]) -> float:
    """The most different keywords in 20 words (hanzi) of the text in a row, over all that it uses: 0 to 1.

    1 where all keywords come in one breath, as in a list that is only there to be counted. `words` as in
    `keyword_density`. Source: ours. A text that uses fewer than three keywords, or has fewer than 60 words:
    NaN.

    >>> keyword_packing("A fox, a lantern, a sail. " + "It rained on. " * 20, {"fox", "lantern", "sail"})
    1.0
    """
    found = tokens(text)
    places = [(i, word) for i, word in enumerate(found) if word in words]
    used = len({word for _, word in places})
    if used < 3 or len(found) < 3 * STRETCH:
        return math.nan
    most = max(
        len({word for i, word in places[k : k + STRETCH] if i < start + STRETCH})
        for k, (start, _) in enumerate(places)
    )
    return most / used
