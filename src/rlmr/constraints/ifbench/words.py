"""Instructions on every word, and on the first, the second and the last."""

from __future__ import annotations

import re
import string
from collections import Counter
from itertools import pairwise

from rlmr.constraints.ifbench.tokens import PUNCTUATION, bare_words, strip_punctuation, treebank_tokens
from rlmr.constraints.ifbench.verbs import is_verb

_NO_CLUSTER = re.compile(r"(?<!\S)(?!\S*[bcdfghj-np-tv-z]{2})\S")
_PRIMES = frozenset(
    (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)
)


def alphabet(response: str) -> bool:
    """Each word begins with the letter after its neighbour's, z before a. Defect kept: one word passes.

    >>> [alphabet(text) for text in ("Yes, zebras are big.", "Yes, zebras are.", "Yes are", "a")]
    [True, True, False, True]
    """
    words = strip_punctuation(response).split()
    if not words or words[0][0].lower() not in string.ascii_lowercase:
        return False
    initials = [word.lower()[0] for word in words]
    return all(
        two == string.ascii_lowercase[(string.ascii_lowercase.index(one) + 1) % 26]
        for one, two in pairwise(initials)
    )


def vowel(response: str) -> bool:
    """One line with at most three of the vowels a, e, i, o, u.

    >>> [vowel(text) for text in ("A red fig", "A red fig, no", "A\\nred")]
    [True, False, False]
    """
    text = response.strip().lower()
    return "\n" not in text and sum(letter in text for letter in "aeiou") <= 3


def consonants(response: str) -> bool:
    """Each word has two consonants (y is one) side by side; a lone mark is a word without.

    >>> [consonants(text) for text in ("Strong fox's", "Strong winds blow", "Strong - winds")]
    [False, True, False]
    """
    return _NO_CLUSTER.search(response.lower()) is None


def no_consecutive(response: str) -> bool:
    """No word begins with the same character as its neighbour. Defect kept: a lone mark is skipped.

    >>> [no_consecutive(text) for text in ("A big ant", "Big - birds")]
    [True, False]
    """
    return all(one[0] != two[0] for one, two in pairwise(bare_words(response)))


def odd_even_syllables(response: str) -> bool:
    """Words with an odd and an even number of syllables alternate, as `syllapy` counts; one word passes.

    >>> [odd_even_syllables(text) for text in ("The river ran away.", "The fox", "fox")]
    [True, False, True]
    """
    import syllapy  # its table of words takes 20 ms

    odd = [syllapy.count(word) % 2 for word in bare_words(response)]
    return all(one != two for one, two in pairwise(odd))


def palindrome(response: str) -> bool:
    """At least ten words of five characters or more that read the same backwards; all alike will do.

    >>> palindrome("level " * 10)
    True
    """
    return sum(len(word) >= 5 and word == word[::-1] for word in bare_words(response)) >= 10


def paragraph_last_first(response: str) -> bool:
    """Each line ends with the word that it begins with. Defect kept: a line of one word passes.

    >>> [paragraph_last_first(text) for text in ("Fox ran, fox.\\n\\nSo.", "Fox ran.")]
    [True, False]
    """
    for line in response.lower().split("\n"):
        words = line.strip().strip(PUNCTUATION + " ").split()
        if words and words[0] != words[-1]:
            return False
    return True


def prime_lengths(response: str) -> bool:
    """Each word's length, ASCII punctuation aside, is a prime number below 100. Defect kept: no word passes.

    >>> [prime_lengths(text) for text in ("The fox is it", "A fox", ".")]
    [True, False, True]
    """
    return all(len(word) in _PRIMES for word in strip_punctuation(response).split())


def repeats(response: str, *, small_n: float) -> bool:
    """No word stands more than `small_n` times.

    >>> [repeats("The fox, the hen", small_n=times) for times in (1, 2)]
    [False, True]
    """
    return max(Counter(bare_words(response)).values(), default=0) <= small_n


def start_verb(response: str) -> bool:
    """The first token is a verb: see `is_verb`, which stands for the official part-of-speech tagger.

    >>> [start_verb(text) for text in ("Write it down.", "The fox ran.")]
    [True, False]
    """
    tokens = treebank_tokens(response)
    return bool(tokens) and is_verb(tokens[0])


def words_position(response: str, *, keyword: str) -> bool:
    """The second and the last but one token are the keyword. Defect kept: marks are tokens.

    >>> [words_position(text, keyword="fox") for text in ("A fox. The fox.", "A fox and the fox ran.")]
    [True, False]
    """
    tokens = [token.lower() for token in treebank_tokens(response)]
    return len(tokens) > 1 and tokens[1] == tokens[-2] == keyword.strip().lower()
