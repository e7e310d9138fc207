"""Instructions on shares and on the balance of sentences."""

from __future__ import annotations

from collections import Counter

from rlmr.constraints.ifbench.lists import STOP_WORDS
from rlmr.constraints.ifbench.tokens import letter_runs
from rlmr.constraints.ifeval.sentences import split_sentences


def stop_words(response: str, *, percentage: float) -> bool:
    """At most `percentage` % of the runs of letters are stop words; `don't` is two of them.

    >>> [stop_words("The fox ran home.", percentage=share) for share in (25, 24)]
    [True, False]
    """
    words = letter_runs(response)
    return bool(words) and 100 * sum(word.lower() in STOP_WORDS for word in words) / len(words) <= percentage


def overlap(response: str, *, reference_text: str, percentage: float) -> bool:
    """Of the response's different trigrams, `percentage` % (2 more or less) are in the reference.

    Defect kept: a trigram is three characters, not three words.

    >>> overlap("abcd", reference_text="xabc", percentage=50)
    True
    """
    trigrams = {response[index : index + 3] for index in range(len(response) - 2)}
    reference = {reference_text[index : index + 3] for index in range(len(reference_text) - 2)}
    return bool(trigrams) and abs(100 * len(trigrams & reference) / len(trigrams) - percentage) <= 2


def _last_marks(response: str) -> Counter[str]:
    """How many sentences end with which character; a closing quote hides the mark before it."""
    return Counter(sentence[-1] for sentence in split_sentences(response))


def sentence_type(response: str) -> bool:
    """Twice as many sentences end with a full stop as with a question mark; none of both will do.

    >>> [sentence_type(text) for text in ("It ran. Why? It hid.", "Run!")]
    [True, True]
    """
    marks = _last_marks(response)
    return marks["."] == 2 * marks["?"]


def sentence_balance(response: str) -> bool:
    """As many sentences end with a full stop as with `?` and with `!`. Defect kept: none of all will do.

    >>> [sentence_balance(text) for text in ("It ran. Why? Go!", "no mark", "It ran.")]
    [True, True, False]
    """
    marks = _last_marks(response)
    return marks["."] == marks["?"] == marks["!"]


def sentence_words(response: str) -> bool:
    """Three sentences of the same number of characters. Defect kept: their words may be the same.

    >>> sentence_words("It ran. It ran. It hid.")
    True
    """
    lengths = [len(sentence.strip()) for sentence in split_sentences(response)]
    return len(lengths) == 3 and len(set(lengths)) == 1
