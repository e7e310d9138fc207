"""How alike several texts are. Every function takes texts and gives a number, NaN where it cannot tell.

All but `opening_*` look at the heads of the texts alone, so that longer texts do not look more or less
alike, and all depend on how many texts there are: compare sets of one size.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from rlmr.evals.breaks.words import Gram, grams, tokens

HEAD_WORDS = 100
"""Words (hanzi) of each text that `distinct` and `self_bleu` look at."""
HEAD_CHARACTERS = 500
"""Characters of each text that `joint_compression` looks at."""
OPENING = 3
"""Words (hanzi) of an opening."""


def distinct(texts: Sequence[str], n: int = 2) -> float:
    """Distinct n-grams over all n-grams of the texts' heads: 1 where none comes twice.

    Source: distinct-n of Li et al. 2016 (arXiv 1510.03055), over the first `HEAD_WORDS` words of each text,
    since the ratio falls with the number of words. No n-gram at all: NaN.

    >>> distinct(["the sea rose", "the sea fell"])
    0.75
    """
    found = [gram for text in texts for gram in grams(tokens(text)[:HEAD_WORDS], n)]
    return len(set(found)) / len(found) if found else math.nan


def self_bleu(texts: Sequence[str]) -> float:
    """Mean BLEU-4 of one text's head against another's, over all ordered pairs: 0 unlike, 1 the same.

    Source: Zhu et al. 2018 (arXiv 1802.01886) take all other texts as references together, which grows with
    their number; here each pair counts alone (pairwise BLEU, Shen et al. 2019, arXiv 1902.07816). BLEU as
    of Papineni et al. 2002, one added to matches and counts from bigrams on (Lin & Och 2004). Heads are the
    first `HEAD_WORDS` words. Texts without a word are left out; fewer than two others: NaN.

    >>> self_bleu(["the sea rose"] * 2), self_bleu(["the sea rose", "a fox ran"])
    (1.0, 0.0)
    """
    counts = [_gram_counts(words) for text in texts if (words := tokens(text)[:HEAD_WORDS])]
    pairs = list(combinations(counts, 2))
    return math.fsum(_bleu_both(a, b) for a, b in pairs) / len(pairs) if pairs else math.nan


def _gram_counts(words: tuple[str, ...]) -> list[Counter[Gram]]:
    """How often each 1-, 2-, 3- and 4-gram occurs."""
    return [Counter(grams(words, n)) for n in (1, 2, 3, 4)]


def _bleu_both(a: list[Counter[Gram]], b: list[Counter[Gram]]) -> float:
    """Mean of BLEU(a | b) and BLEU(b | a): the matches are the same, precision and brevity are not."""
    matches = [sum(min(x[gram], y[gram]) for gram in x.keys() & y.keys()) for x, y in zip(a, b, strict=True)]
    if not matches[0]:
        return 0.0
    length_a, length_b = a[0].total(), b[0].total()
    return (_bleu(matches, length_a, length_b) + _bleu(matches, length_b, length_a)) / 2.0


def _bleu(matches: Sequence[int], length: int, reference: int) -> float:
    """BLEU-4 of a text of `length` words with so many matching n-grams in a reference."""
    logs = math.log(matches[0] / length)
    for n, matched in enumerate(matches[1:], start=2):
        logs += math.log((matched + 1) / (max(0, length - n + 1) + 1))
    return math.exp(logs / 4.0 + min(0.0, 1.0 - reference / length))


def joint_compression(texts: Sequence[str]) -> float:
    """How many times deflate shrinks the texts' heads, one after the other; those that share phrases, more.

    Source: the compression ratio of Shaib et al. 2024 (arXiv 2403.00553), over the first `HEAD_CHARACTERS`
    characters of each text, one text a line; deflate sees 32 KiB back, about 60 heads. No characters: NaN.

    >>> joint_compression(["The sea rose over the town and did not fall."] * 25) > 10
    True
    """
    raw = "\n".join(text[:HEAD_CHARACTERS] for text in texts).encode("utf-8", "surrogatepass")
    return len(raw) / len(zlib.compress(raw, 9)) if raw.strip() else math.nan


def _openings(texts: Sequence[str]) -> Counter[Gram]:
    return Counter(words[:OPENING] for text in texts if (words := tokens(text)))


def opening_share(texts: Sequence[str]) -> float:
    """Share of the texts that begin with the most frequent opening of three words (hanzi).

    1 / (number of texts) where all begin differently. No text with a word: NaN. Source: ours.

    >>> opening_share(["Once upon a time", "Once upon a hill", "It rained."])
    0.6666666666666666
    """
    found = _openings(texts)
    return max(found.values()) / found.total() if found else math.nan


def opening_entropy(texts: Sequence[str]) -> float:
    """Entropy of the openings of three words (hanzi), over the highest that so many texts can have: 0 to 1.

    -sum(p log p) / log(texts), p the share of each opening (Shannon 1948). 1: all differ; 0: all are the
    same. Fewer than two texts with a word: NaN.

    >>> opening_entropy(["Once upon a time"] * 2), opening_entropy(["Once upon a time", "It rained."])
    (0.0, 1.0)
    """
    found = _openings(texts)
    total = found.total()
    if total < 2:
        return math.nan
    shares = [count / total for count in found.values()]
    return abs(math.fsum(share * math.log(share) for share in shares)) / math.log(total)
