"""What a reward model has to beat: longer wins, nine style features, words, and other readers.

A reward model that is no better than these has learned nothing that a line of code could not say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from rlmr.rewards.preferences import Preference
from rlmr.text import count_words, quotes, sentences, word_list

Floats = npt.NDArray[np.float64]
Scorer = Callable[[Sequence[str]], Floats]
"""Scores of N texts, (N,)."""

Kind = Literal["style", "tfidf", "both"]

STYLE = (
    "log words", "words per sentence", "spread of sentence length", "different words", "letters per word",
    "commas per word", "speech", "exclamations and questions", "repeated word triples",
)  # fmt: skip
"""The nine style features, in their order."""


def style(text: str) -> list[float]:
    """The nine numbers of `STYLE` for one text; a text without words has zeros.

    >>> [round(x, 2) for x in style("The fox ran. The fox ran!")]
    [1.79, 3.0, 0.0, 0.5, 3.0, 0.0, 0.0, 0.5, 0.25]
    """
    found = word_list(text)
    n = len(found)
    if not n:
        return [0.0] * len(STYLE)
    lower = [word.casefold() for word in found]
    lengths = [count_words(text[start:end]) for start, end in sentences(text)] or [n]
    triples = list(zip(lower, lower[1:], lower[2:], strict=False))
    return [
        math.log(n),
        float(np.mean(lengths)),
        float(np.std(lengths)),
        len(set(lower)) / n,
        sum(map(len, found)) / n,
        sum(text.count(mark) for mark in ",，、") / n,
        sum(end - start for start, end in quotes(text)) / len(text),
        sum(text.count(mark) for mark in "!?！？") / len(lengths),
        1 - len(set(triples)) / len(triples) if triples else 0.0,
    ]


def fit(kind: Kind, train: Sequence[Preference]) -> Scorer:
    """A linear Bradley-Terry model on `train`: logistic regression on differences of features, without
    intercept.

    `style` has the nine features, standardised; `tfidf` words and pairs of words, sublinear, in at least two
    texts; `both` has both, style at weight .3. Labels other than 1 count as two weighted choices.
    """
    texts = sorted({text for p in train for text in (p.chosen, p.rejected)})
    row = {text: i for i, text in enumerate(texts)}
    features = _features(kind, texts)
    X = features(texts)
    chosen, rejected = (
        [row[t] for t in side] for side in zip(*((p.chosen, p.rejected) for p in train), strict=True)
    )
    difference = X[chosen] - X[rejected]
    sure = np.array([p.label for p in train])
    both_ways = sp.vstack([difference, -difference]).tocsr()
    won, lost = np.ones(len(train)), np.zeros(len(train))
    model = LogisticRegression(C=1.0, fit_intercept=False, max_iter=500)
    model.fit(
        sp.vstack([both_ways, both_ways]).tocsr(),
        np.r_[won, lost, lost, won],
        sample_weight=np.r_[sure, sure, 1 - sure, 1 - sure],
    )
    weights: Floats = model.coef_[0]

    def score(new: Sequence[str]) -> Floats:
        found: Floats = np.asarray(features(new) @ weights).ravel()
        return found

    return score


def _features(kind: Kind, texts: Sequence[str]) -> Callable[[Sequence[str]], sp.csr_matrix]:
    """The features of new texts as sparse rows, with what they need learned from `texts`."""
    scaler = StandardScaler().fit([style(text) for text in texts]) if kind != "tfidf" else None
    words = (
        TfidfVectorizer(
            ngram_range=(1, 2), min_df=2, sublinear_tf=True, tokenizer=_words, token_pattern=None
        ).fit(texts)
        if kind != "style"
        else None
    )

    def features(new: Sequence[str]) -> sp.csr_matrix:
        parts = []
        if scaler is not None:
            styles = scaler.transform([style(text) for text in new])
            parts.append(sp.csr_matrix(styles * (0.3 if kind == "both" else 1.0)))
        if words is not None:
            parts.append(words.transform(new))
        return sp.hstack(parts).tocsr()

    return features


def _words(text: str) -> list[str]:
    return list(word_list(text))


def longer_wins(pairs: Sequence[Preference]) -> Floats:
    """1 where the longer text (in words) was chosen, 0 where the shorter was, .5 for equal lengths; (M,)."""
    return np.array([0.5 + 0.5 * np.sign(count_words(p.chosen) - count_words(p.rejected)) for p in pairs])


def human_agreement(pairs: Sequence[Preference]) -> Floats:
    """How far further readers agree with each choice, (M,): the rows' `agreement`, else NaN."""
    return np.array([math.nan if p.agreement is None else p.agreement for p in pairs])
