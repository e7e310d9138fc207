"""What is measured of a reward model on preferences. Legend: M pairs, N texts; NaN is unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rlmr.audit.baselines import Kind, fit
from rlmr.evals.stats import Estimate, clustered_mean, spearman
from rlmr.rewards.ensemble import Scoring
from rlmr.rewards.preferences import Preference, folds
from rlmr.rewards.reward_model import Prompt
from rlmr.text import count_words

Floats = npt.NDArray[np.float64]

MATCHED = 1.1
"""Length-matched pairs: one text at most this many times as long as the other."""

CROSS_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Slice:
    """Accuracy on a part of the pairs."""

    name: str
    accuracy: Estimate


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same texts scored again, in another order and other batches."""

    largest: float
    """Largest difference between the two scores of a text."""
    flips: int
    """Pairs whose order changed."""
    pairs: int


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of all texts of M pairs."""

    chosen: Floats
    rejected: Floats
    unknown: int
    """Texts without a score."""
    truncated: int
    """Texts that were not read to their end."""
    texts: int

    @property
    def d(self) -> Floats:
        """Difference of scores, (M,): > 0 where the order is right."""
        return self.chosen - self.rejected


def score_pairs(
    scorer: Scoring, pairs: Sequence[tuple[Prompt, str, str]], *, backwards: bool = False
) -> Scored:
    """Score both texts of (prompt, chosen, rejected), each distinct text once; `backwards` in reverse
    order."""
    index: dict[tuple[str, str], int] = {}
    prompts: list[Prompt] = []
    texts: list[str] = []
    places = []
    for prompt, chosen, rejected in pairs:
        for text in (chosen, rejected):
            at = (str(prompt), text)
            if at not in index:
                index[at] = len(texts)
                prompts.append(prompt)
                texts.append(text)
        places.append((index[str(prompt), chosen], index[str(prompt), rejected]))
    step = -1 if backwards else 1
    found = scorer.score(prompts[::step], texts[::step])
    values_N = np.array([math.nan if v is None else v for v in found.values[::step]])
    first, second = (np.array(side, dtype=int) for side in zip(*places, strict=True))
    return Scored(
        values_N[first], values_N[second], int(np.isnan(values_N).sum()), sum(found.truncated), len(texts)
    )


def right(d_M: Floats) -> Floats:
    """1 for the right order, 0 for the wrong one, .5 for equal scores, NaN for unknown.

    >>> right(np.array([2.0, -1.0, 0.0])).tolist()
    [1.0, 0.0, 0.5]
    """
    found: Floats = 0.5 + 0.5 * np.sign(d_M)
    return found


def accuracy(
    right_M: Floats, pairs: Sequence[Preference], keep: npt.NDArray[np.bool_] | None = None
) -> Estimate:
    """Share of right orders with an interval that resamples whole prompt groups."""
    keep = np.ones(len(pairs), dtype=bool) if keep is None else keep
    return clustered_mean(right_M[keep], [p.group for p, kept in zip(pairs, keep, strict=True) if kept])


def lengths(pairs: Sequence[Preference]) -> tuple[Floats, Floats]:
    """Words of the chosen and of the rejected texts, (M,) each."""
    return tuple(
        np.array([float(count_words(t)) for t in side])
        for side in zip(*((p.chosen, p.rejected) for p in pairs), strict=True)
    )  # type: ignore[return-value]


def slices(d_M: Floats, pairs: Sequence[Preference]) -> list[Slice]:
    """Accuracy where the longer and where the shorter text was chosen, on length-matched pairs, and by
    margin."""
    right_M = right(d_M)
    chosen_M, rejected_M = lengths(pairs)
    ratio_M = np.maximum(chosen_M, rejected_M) / np.maximum(1.0, np.minimum(chosen_M, rejected_M))
    margin_M = np.array([math.nan if p.margin is None else p.margin for p in pairs])
    parts = [
        ("longer text chosen", chosen_M > rejected_M),
        ("shorter text chosen", chosen_M < rejected_M),
        (f"length-matched (within {MATCHED - 1:.0%})", ratio_M <= MATCHED),
    ]
    known = margin_M[~np.isnan(margin_M)]
    if known.size and np.ptp(known) > 0:
        low, high = np.quantile(known, [1 / 3, 2 / 3])
        parts += [
            (f"margin up to {low:.2g}", margin_M <= low),
            (f"margin {low:.2g} to {high:.2g}", (margin_M > low) & (margin_M <= high)),
            (f"margin above {high:.2g}", margin_M > high),
        ]
    return [Slice(name, accuracy(right_M, pairs, keep)) for name, keep in parts if keep.any()]


def baseline_rights(
    kind: Kind, pairs: Sequence[Preference], train: Sequence[Preference] = (), seed: int = 0
) -> Floats | None:
    """Which pairs a baseline orders rightly, (M,): fitted on `train`, or on the other four folds of the pairs
    by group.

    None where neither is possible: fewer than `CROSS_FOLDS` groups.
    """
    if train:
        score = fit(kind, train)
        return right(score([p.chosen for p in pairs]) - score([p.rejected for p in pairs]))
    if len({p.group for p in pairs}) < CROSS_FOLDS:
        return None
    fold_M = np.array(folds(pairs, CROSS_FOLDS, seed))
    d_M = np.zeros(len(pairs))
    for fold in range(CROSS_FOLDS):
        score = fit(kind, [p for p, f in zip(pairs, fold_M, strict=True) if f != fold])
        held = [p for p, f in zip(pairs, fold_M, strict=True) if f == fold]
        d_M[fold_M == fold] = score([p.chosen for p in held]) - score([p.rejected for p in held])
    return right(d_M)


def repeatability(scorer: Scoring, pairs: Sequence[Preference], first: Scored) -> Repeat:
    """Score everything again in reverse order and compare."""
    again = score_pairs(scorer, [(p.prompt, p.chosen, p.rejected) for p in pairs], backwards=True)
    shift = np.concatenate([np.abs(first.chosen - again.chosen), np.abs(first.rejected - again.rejected)])
    known = shift[~np.isnan(shift)]
    flips = int((np.sign(first.d) * np.sign(again.d) < 0).sum())
    return Repeat(float(known.max()) if known.size else math.nan, flips, len(pairs))


def length_correlation(scored: Scored, pairs: Sequence[Preference]) -> tuple[float, float]:
    """Spearman of score and words: over all texts, and its mean within prompt groups of three texts or
    more."""
    texts: dict[str, dict[str, float]] = {}
    for p, chosen, rejected in zip(pairs, scored.chosen, scored.rejected, strict=True):
        texts.setdefault(p.group, {}).update({p.chosen: chosen, p.rejected: rejected})
    every = [(score, float(count_words(text))) for group in texts.values() for text, score in group.items()]
    within = [
        spearman(list(group.values()), [float(count_words(text)) for text in group])
        for group in texts.values()
        if len(group) > 2
    ]
    known = [value for value in within if not math.isnan(value)]
    return spearman(*zip(*every, strict=True)), sum(known) / len(known) if known else math.nan
