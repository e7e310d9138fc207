"""Instructions on words, letters and capitals."""

from __future__ import annotations

import re
from functools import lru_cache

from rlmr.constraints.ifeval.capitals import count_capital_words
from rlmr.constraints.ifeval.length import relates


@lru_cache(maxsize=4096)
def pattern(source: str) -> re.Pattern[str]:
    """`source` as a regular expression that ignores case."""
    return re.compile(source, re.IGNORECASE)


def existence(response: str, *, keywords: list[str]) -> bool:
    """Every keyword is found somewhere, whatever its case.

    Defects kept: a keyword is a regular expression, and a part of a word is enough ("art" in "party").

    >>> existence("The Party began.", keywords=["art", "p.rt"])
    True
    """
    return all(pattern(keyword).search(response) for keyword in keywords)


def frequency(response: str, *, keyword: str, relation: str, frequency: int) -> bool:
    """The keyword is found at least, or less than, `frequency` times; defects as in `existence`.

    >>> frequency("The other theme.", keyword="the", relation="at least", frequency=3)
    True
    """
    return relates(len(pattern(keyword.strip()).findall(response)), relation, frequency)


def forbidden_words(response: str, *, forbidden_words: list[str]) -> bool:
    r"""No forbidden word is found between two word boundaries, whatever its case.

    Defects kept: a word is a regular expression; between hanzi there is no boundary, so a forbidden Chinese
    word inside a sentence is not found; an inflected form ("runs") is another word.

    >>> forbidden_words("They RUN.", forbidden_words=["run"])
    False
    """
    return not any(pattern(rf"\b{word}\b").search(response) for word in forbidden_words)


def letter_frequency(response: str, *, letter: str, let_relation: str, let_frequency: int) -> bool:
    """The letter stands at least, or less than, `let_frequency` times in the lower-cased text.

    Deviation: for a symbol in place of a letter (two of the 541 prompts) the official checker draws a random
    letter and its verdict cannot be reproduced; here the symbol itself is counted.

    >>> letter_frequency("Quite quick", letter="Q", let_relation="at least", let_frequency=2)
    True
    """
    return relates(response.lower().count(letter.strip().lower()), let_relation, let_frequency)


def capital_word_frequency(response: str, *, capital_frequency: int, capital_relation: str) -> bool:
    """At least, or less than, `capital_frequency` words in capitals: see `count_capital_words`.

    >>> capital_word_frequency("I ran. STOP!", capital_relation="less than", capital_frequency=2)
    False
    """
    return relates(count_capital_words(response), capital_relation, capital_frequency)
