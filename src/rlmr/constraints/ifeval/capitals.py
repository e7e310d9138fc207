"""How many words in capitals the official checker counts: Penn Treebank tokens, as far as letters go."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[;@#$%&?!*()\[\]{}<>\"“”«»„‘’`\s]+|--+|\.{2,}|''|[:,](?!\d)")
_APOSTROPHES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)'(?!re|ve|ll|m|t|s|d|n)(?=\w\b)"), "' "),
    (re.compile(r"(?<=[^' ])('[sS]|'[mM]|'[dD]|')(?=\.? )"), r" \1"),
    (re.compile(r"(?<=[^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T)(?=\.? )"), r" \1"),
)
_JOINED = re.compile(
    r"(?i)\b(can(?=not\b)|d(?='ye\b)|gim(?=me\b)|gon(?=na\b)|got(?=ta\b)|lem(?=me\b)|more(?='n\b)|wan(?=na\s))"
    r"(not|'ye|me|na|ta|'n)"
)
_TIS = re.compile(r"(?i) ('t)(is|was)\b")


def count_capital_words(text: str) -> int:
    """The number of tokens with at least one cased letter, all of them capitals.

    Linear in the text. `I` and `A` are words; so is each part of `I'M` (2), `CANNOT` (2) and `GO--NOW` (2),
    while `ICE-CREAM` and `U.S.` are one.

    Tokens: the Penn Treebank conventions (Marcus et al. 1993). Defect kept: hanzi have no case, so a
    Chinese text has no such word, and `A4` has.

    >>> count_capital_words("I'M here. STOP, it says: ICE-CREAM!")
    4
    """
    return sum(map(str.isupper, split_contractions(f" {_BETWEEN.sub(' ', text)} ").split()))


def split_contractions(spaced: str) -> str:
    """`spaced`, a text whose words have white space on both sides, with their contractions taken apart.

    >>> split_contractions(" I'm sure they cannot ").split()
    ['I', "'m", 'sure', 'they', 'can', 'not']
    """
    if "'" in spaced:
        for pattern, parts in _APOSTROPHES:
            spaced = pattern.sub(parts, spaced)
    return _TIS.sub(r" \1 \2 ", _JOINED.sub(r" \1 \2 ", spaced))
