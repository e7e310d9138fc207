"""How often each interval of `rlmr.evals.stats` covers the truth, by simulated evaluations.

    python -m benchmarks.coverage [--evaluations N] [--only NAME ...]

Every case draws N evaluations (default 2,000) from a world whose truth is known, or computed from a sample
of 400,000, takes the nominal 95 % interval of each, and counts how often the truth lies within. Seeds are
fixed; the standard error of a coverage of 95 % over 2,000 evaluations is .5 points. Bootstraps take 500
draws, a quarter of the default: their limits are noisier. The table is that of docs/statistics.md.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from rlmr.evals.stats import (
    Comparison,
    Estimate,
    Floats,
    bradley_terry,
    clopper_pearson,
    clustered_mean,
    clustered_wilson,
    cohen_kappa,
    flip_rate,
    krippendorff_alpha,
    length_controlled_win_rate,
    paired_difference,
    rank_correlation,
    student_mean,
    wilson,
)

Draw = Callable[[np.random.Generator], tuple[Estimate, ...]]
DRAWS = 500
MANY = 400_000


@dataclass(frozen=True, slots=True)
class Case:
    """One statistic in one world."""

    name: str
    n: int
    """Prompts (units)."""
    worlds: tuple[str, ...]
    """What each of its intervals is of."""
    truths: tuple[float, ...]
    draw: Draw
    """The intervals of one simulated evaluation."""


def one(name: str, world: str, n: int, truth: float, draw: Callable[..., Estimate], *given: Any) -> Case:
    """A case with one interval; `draw` takes what is given, n and the generator."""
    return Case(name, n, (world,), (truth,), lambda rng: (draw(*given, n, rng),))


def seed(rng: np.random.Generator) -> int:
    """A seed for the bootstrap."""
    return int(rng.integers(1 << 30))


def outcomes(rng: np.random.Generator, n: int) -> Floats:
    """Wins of 50 %, ties of 15 %: a win rate of 57.5 %."""
    return rng.choice([1.0, 0.5, 0.0], size=n, p=[0.5, 0.15, 0.35])


def mean_of_outcomes(n: int, rng: np.random.Generator) -> Estimate:
    """One comparison per prompt."""
    return clustered_mean(outcomes(rng, n), range(n), draws=DRAWS, seed=seed(rng))


def groups(n: int, rng: np.random.Generator) -> tuple[Floats, list[int]]:
    """Four texts per prompt, passed or not; a prompt moves the chance of all four."""
    chance = rng.beta(2.0, 2.0, size=n)
    passed = (rng.random((n, 4)) < chance[:, None]) * 1.0
    return passed.ravel(), np.repeat(np.arange(n), 4).tolist()


def mean_of_groups(n: int, rng: np.random.Generator) -> Estimate:
    """The share of such texts, by bootstrap."""
    return clustered_mean(*groups(n, rng), draws=DRAWS, seed=seed(rng))


def share_of_groups(n: int, rng: np.random.Generator) -> Estimate:
    """The same by Wilson's interval at the effective size."""
    return clustered_wilson(*groups(n, rng))


def mean_of_lengths(n: int, rng: np.random.Generator) -> Estimate:
    """Words per text, skewed: log-normal with a deviation of .7."""
    return clustered_mean(rng.lognormal(6.0, 0.7, n), range(n), draws=DRAWS, seed=seed(rng))


def difference(n: int, rng: np.random.Generator) -> Estimate:
    """Two systems' lengths that share what the prompt asks for; the second writes a tenth more."""
    asked = rng.lognormal(6.0, 0.6, n)
    first, second = (asked * rng.lognormal(0.0, 0.3, n) * factor for factor in (1.0, 1.1))
    return paired_difference(second, first, range(n), draws=DRAWS, seed=seed(rng))


def sets(n: int, rng: np.random.Generator) -> Estimate:
    """A mean of n sets of 25 skewed values each."""
    return student_mean(rng.exponential(1.0, (n, 25)).mean(axis=1))


def flips(n: int, rng: np.random.Generator) -> Estimate:
    """A judge who flips 20 % of the pairs."""
    first = rng.integers(2, size=n) * 1.0
    second = np.where(rng.random(n) < 0.2, 1.0 - first, first)
    return flip_rate(first, second, range(n), draws=DRAWS, seed=seed(rng))


def share(kind: Callable[[int, int], Estimate], p: float, n: int, rng: np.random.Generator) -> Estimate:
    """A binomial share."""
    return kind(int(rng.binomial(n, p)), n)


def correlation(n: int, rng: np.random.Generator) -> Estimate:
    """Two judges' scores, normal with a correlation of .6."""
    x = rng.normal(size=n)
    y = 0.6 * x + 0.8 * rng.normal(size=n)
    return rank_correlation(x, y, range(n), draws=DRAWS, seed=seed(rng))


def steps(rng: np.random.Generator, units: int, raters: int) -> Floats:
    """Ratings of 1 to 5 by raters who see the quality through noise: (units, raters)."""
    quality = rng.normal(size=units)
    return np.clip(np.round(quality[:, None] + 0.7 * rng.normal(size=(units, raters)) + 3.0), 1, 5)


def alpha(metric: str, draws: int, n: int, rng: np.random.Generator) -> Estimate:
    """Krippendorff's alpha of three raters, a tenth of the ratings missing."""
    found = np.where(rng.random((n, 3)) < 0.1, np.nan, steps(rng, n, 3))
    return krippendorff_alpha(found.tolist(), metric, draws=draws, seed=seed(rng))  # type: ignore[arg-type]


def kappa(weights: str, draws: int, n: int, rng: np.random.Generator) -> Estimate:
    """Cohen's kappa of two raters."""
    first, second = steps(rng, n, 2).T.tolist()
    return cohen_kappa(first, second, weights, draws=draws, seed=seed(rng))  # type: ignore[arg-type]


def length_controlled(n: int, rng: np.random.Generator) -> tuple[Estimate, Estimate]:
    """A judge who likes length (b = 1.2) and a candidate that writes more; at equal length it wins 55 %."""
    gap = rng.normal(60.0, 120.0, n)
    log_odds = math.log(0.55 / 0.45) + 1.2 * np.tanh(gap / 120.0)
    won = (rng.random(n) < 1.0 / (1.0 + np.exp(-log_odds))) * 1.0
    found = length_controlled_win_rate(won, gap, range(n), draws=DRAWS, seed=seed(rng))
    return found.rate, found.slope


STRENGTHS = {"a": 0.6, "b": 0.2, "c": -0.1, "d": -0.7}
TIE = 0.4


def ranking(n: int, rng: np.random.Generator) -> tuple[Estimate, Estimate]:
    """Four systems, every pair on every prompt, ties: the strength of one, and its score against another."""
    rows = []
    names = sorted(STRENGTHS)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            up = math.exp((STRENGTHS[first] - STRENGTHS[second]) / 2.0)
            odds = np.array([up, 1.0 / up, TIE])
            found = rng.choice([1.0, 0.0, 0.5], size=n, p=odds / odds.sum())
            rows += [Comparison(first, second, won, prompt) for prompt, won in enumerate(found.tolist())]
    fitted = bradley_terry(rows, draws=DRAWS, seed=seed(rng))
    a, b = fitted.systems.index("a"), fitted.systems.index("b")
    return fitted.strengths[a], fitted.beats[a][b]


def score() -> float:
    """The true score of a against b."""
    up = math.exp((STRENGTHS["a"] - STRENGTHS["b"]) / 2.0)
    return (up + TIE / 2.0) / (up + 1.0 / up + TIE)


def cases() -> Iterator[Case]:
    """Every line of the table."""
    for n in (20, 50, 200, 780):
        yield one("clustered_mean", "win rate, 57.5 %", n, 0.575, mean_of_outcomes)
    for n in (50, 200):
        yield one("clustered_mean", "four texts a prompt", n, 0.5, mean_of_groups)
        yield one("clustered_wilson", "four texts a prompt", n, 0.5, share_of_groups)
        yield one("clustered_mean", "words, skewed", n, math.exp(6.0 + 0.245), mean_of_lengths)
        gap = 0.1 * math.exp(6.0 + 0.18 + 0.045)
        yield one("paired_difference", "words, skewed", n, gap, difference)
    yield one("flip_rate", "20 % flips", 200, 0.2, flips)
    for n in (4, 8, 30):
        yield one("student_mean", "sets of 25, skewed", n, 1.0, sets)
    for kind in (wilson, clopper_pearson):
        for p, n in ((0.05, 20), (0.5, 20), (0.05, 200), (0.5, 200), (0.3, 780)):
            yield one(kind.__name__, f"share {p:g}", n, p, share, kind, p)
    for n in (50, 200):
        yield one("rank_correlation", "correlation .6", n, 6.0 / math.pi * math.asin(0.3), correlation)
    for metric in ("nominal", "ordinal", "interval", "ratio"):
        truth = alpha(metric, 1, MANY, np.random.default_rng(1)).value
        for n in (50, 200):
            yield one("krippendorff_alpha", metric, n, truth, alpha, metric, DRAWS)
    for weights in ("plain", "linear", "quadratic"):
        truth = kappa(weights, 1, MANY, np.random.default_rng(1)).value
        for n in (50, 200):
            yield one("cohen_kappa", weights, n, truth, kappa, weights, DRAWS)
    for n in (50, 200):
        yield Case("length_controlled", n, ("rate", "slope"), (0.55, 1.2), partial(length_controlled, n))
        kinds = ("strength of one of 4", "its score against another")
        yield Case("bradley_terry", n, kinds, (STRENGTHS["a"], score()), partial(ranking, n))


def covered(case: Case, evaluations: int, start: int = 0) -> Iterator[tuple[str, float, float]]:
    """Of each of the case's intervals how often it holds the truth, as a share, and its mean width."""
    rng = np.random.default_rng([start, case.n])
    drawn = [case.draw(rng) for _ in range(evaluations)]
    for world, truth, found in zip(case.worlds, case.truths, zip(*drawn, strict=True), strict=True):
        hits = sum(estimate.low <= truth <= estimate.high for estimate in found)
        yield world, hits / evaluations, math.fsum(e.high - e.low for e in found) / evaluations


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--evaluations", type=int, default=2_000, help="simulated evaluations (default 2000)")
    parser.add_argument("--only", nargs="*", default=[], help="intervals, by the beginnings of their names")
    given = parser.parse_args()
    print("| interval | of | n | covers | mean width |\n|---|---|---|---|---|", flush=True)
    for case in cases():
        if given.only and not case.name.startswith(tuple(given.only)):
            continue
        for world, hits, width in covered(case, given.evaluations):
            print(f"| `{case.name}` | {world} | {case.n} | {hits:.1%} | {width:.3g} |", flush=True)


if __name__ == "__main__":
    main()
