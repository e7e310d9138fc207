"""Instructions on the words of each sentence."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from rlmr.constraints.ifbench.tokens import PUNCTUATION, bare_words, treebank_tokens
from rlmr.constraints.ifeval.sentences import split_sentences


@lru_cache(maxsize=1024)
def _whole_word(word: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)


def alliteration_increment(response: str) -> bool:
    """Each sentence has more words in runs of one first letter than the sentence before.

    Defects kept: the runs of a sentence are added up; one sentence always passes.

    >>> [alliteration_increment(text) for text in ("A fox. Big bad birds.", "Big bad birds. A fox.")]
    [True, False]
    """
    before = -1
    for sentence in split_sentences(response):
        initials = [bare[0] for word in sentence.lower().split() if (bare := word.lstrip(PUNCTUATION))]
        same = [one == two for one, two in pairwise(initials)]
        count = sum(same) + sum(now and not earlier for earlier, now in pairwise([False, *same]))
        if count <= before:
            return False
        before = count
    return True


def increment(response: str, *, small_n: float) -> bool:
    """Each sentence has exactly `small_n` words more than the one before. Defect kept: one sentence passes.

    >>> [increment(text, small_n=1) for text in ("Run. Run away.", "Run. Run. Run away.", "Run.")]
    [True, False, True]
    """
    counts = [len(bare_words(sentence)) for sentence in split_sentences(response)]
    return all(two == one + small_n for one, two in pairwise(counts))


def keyword(response: str, *, word: str, N: float) -> bool:
    """Sentence `N`, counted from 1, holds the word as a whole, whatever its case.

    >>> [keyword("It ran. The fox hid.", word="FOX", N=place) for place in (1, 2, 3)]
    [False, True, False]
    """
    sentences = split_sentences(response)
    return len(sentences) >= N and _whole_word(word).search(sentences[int(N) - 1]) is not None


def keyword_at(response: str, *, keyword: str, n: float, m: float) -> bool:
    """Token `m` of sentence `n`, both counted from 1, is the keyword. Defect kept: marks are tokens.

    >>> keyword_at("So. Now, fox!", keyword="Fox", n=2, m=3)
    True
    """
    sentences = split_sentences(response)
    if len(sentences) < n:
        return False
    tokens = treebank_tokens(sentences[int(n) - 1])
    return len(tokens) >= m and tokens[int(m) - 1].lower() == keyword.strip().lower()


def last_first(response: str) -> bool:
    """The last word of each sentence is the first of the next. Defect kept: one sentence passes.

    >>> [last_first(text) for text in ("It ran. Ran where?", "It ran. Where?", "It ran.")]
    [True, False, True]
    """
    for one, two in pairwise(split_sentences(response)):
        last = one.rstrip(PUNCTUATION + " ").split()[-1:]
        first = two.lstrip(PUNCTUATION + " ").split()[:1]
        if not last or not first or last[0].lower() != first[0].lower():
            return False
    return True
