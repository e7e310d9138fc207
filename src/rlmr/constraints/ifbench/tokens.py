"""What the official checker calls a word: by white space, by letters, by the Penn Treebank."""

from __future__ import annotations

import re
import string

from rlmr.constraints.ifeval.capitals import split_contractions
from rlmr.constraints.ifeval.sentences import split_sentences

PUNCTUATION = string.punctuation
"""The 32 marks of ASCII; curly quotes, dashes and Chinese marks are none."""
_NO_PUNCTUATION = dict.fromkeys(map(ord, PUNCTUATION))
_WORD = re.compile(r"\w+")
_APART = re.compile(r"[;@#$%&?!*()\[\]{}<>\"“”«»„‘’\u2012-\u2015]|`{1,2}|--|\.{2,}|''|[:,](?!\d)")
_CLOSERS = "])}>\"'»”’ "


def strip_punctuation(text: str) -> str:
    """`text` without ASCII punctuation, wherever it stands: `well-known` is `wellknown`.

    >>> strip_punctuation("Well-known, isn't it?")
    'Wellknown isnt it'
    """
    return text.translate(_NO_PUNCTUATION)


def bare_words(text: str) -> list[str]:
    """The words of `text` in small letters and without ASCII punctuation, by white space.

    >>> bare_words("A - B's c.")
    ['a', 'bs', 'c']
    """
    return strip_punctuation(text.lower()).split()


def letter_runs(text: str) -> list[str]:
    """Runs of letters, digits and underscores. Defect kept: `don't` is two, a Chinese clause is one.

    >>> letter_runs("I don't.")
    ['I', 'don', 't']
    """
    return _WORD.findall(text)


def treebank_tokens(text: str) -> list[str]:
    """Words and marks after the Penn Treebank conventions (Marcus et al. 1993), sentence by sentence.

    Linear in the text. A full stop is a token of its own at the end of a sentence only.

    >>> treebank_tokens('Dr. Fox said: "I don\\'t know."')
    ['Dr.', 'Fox', 'said', ':', '"', 'I', 'do', "n't", 'know', '.', '"']
    """
    spaced = _APART.sub(_spaced, " ".join(map(_split_stop, split_sentences(text))))
    return split_contractions(f" {spaced} ").split()


def _split_stop(sentence: str) -> str:
    """The sentence with white space around the full stop that ends it."""
    body = sentence.rstrip().rstrip(_CLOSERS)
    if len(body) > 1 and body[-1] == "." and body[-2] != ".":
        return f"{body[:-1]} . {sentence[len(body) :]}"
    return sentence


def _spaced(mark: re.Match[str]) -> str:
    return f" {mark.group()} "
