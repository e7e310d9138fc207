"""How often each interval of `rlmr.evals.stats` covers the truth, by simulated evaluations.

    python -m benchmarks.coverage [--evaluations N] [--only NAME ...]

Every case draws N evaluations (default 2,000) from a world whose truth is known, or computed from a sample
of 400,000, takes the nominal 95 % interval of each, and counts how often the truth lies within. Seeds are
fixed; the standard error of a coverage of 95 % over 2,000 evaluations is .5 points. Bootstraps take 500
draws, a quarter of the default: their limits are noisier. docs/statistics.md has the table, where a line
": bootstrap" stands beside the score interval of the same evaluations.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, repeat
from typing import Any

import numpy as np

from rlmr.evals.stats import (
    Comparison,
    Estimate,
    Floats,
    bootstrap,
    bounded_mean,
    bradley_terry,
    clopper_pearson,
    clustered_mean,
    cohen_kappa,
    flip_rate,
    krippendorff_alpha,
    length_controlled_win_rate,
    paired_difference,
    rank_correlation,
    share_difference,
    student_mean,
    wilson,
    win_rate,
)
from rlmr.evals.stats.length_control import fit_logistic

Found = tuple[Estimate, ...]
Draw = Callable[[np.random.Generator], Found]
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


def edge(name: str, world: str, n: int, truth: float, draw: Callable[..., Found]) -> Case:
    """A case with a score interval, and the bootstrap of the same evaluations beside it."""
    return Case(name, n, (world, f"{world}: bootstrap"), (truth, truth), draw)


def seed(rng: np.random.Generator) -> int:
    """A seed for the bootstrap."""
    return int(rng.integers(1 << 30))


def both(values: Sequence[float] | Floats, clusters: Sequence[int], rng: np.random.Generator) -> Found:
    """The score interval of a share, and the bootstrap's."""
    drawn = clustered_mean(values, clusters, draws=DRAWS, seed=seed(rng))
    return bounded_mean(values, clusters), drawn


def outcomes(rate: float, n: int, rng: np.random.Generator) -> Found:
    """A win rate with one comparison per prompt; of what is not won, two thirds tie and one third is lost."""
    missed = 1.0 - rate
    won = rng.choice([1.0, 0.5, 0.0], size=n, p=[1.0 - 1.5 * missed, missed, 0.5 * missed])
    drawn = clustered_mean(won, range(n), draws=DRAWS, seed=seed(rng))
    return win_rate(won, range(n)).rate, drawn


def groups(rate: float, n: int, rng: np.random.Generator) -> Found:
    """Four texts per prompt, passed or not; a prompt moves the chance of all four (beta, a + b = 4)."""
    chance = rng.beta(4.0 * rate, 4.0 * (1.0 - rate), size=n) if rate < 1.0 else np.ones(n)
    passed = (rng.random((n, 4)) < chance[:, None]) * 1.0
    return both(passed.ravel(), np.repeat(np.arange(n), 4).tolist(), rng)


def singles(rate: float, n: int, rng: np.random.Generator) -> Found:
    """Four texts per prompt that have nothing to do with each other."""
    passed = (rng.random((n, 4)) < rate) * 1.0
    return both(passed.ravel(), np.repeat(np.arange(n), 4).tolist(), rng)


def paired_shares(differ: float, n: int, rng: np.random.Generator) -> Found:
    """Two systems on the same prompts: of the pairs that differ, three quarters are the candidate's."""
    gap = rng.choice([1.0, 0.0, -1.0], size=n, p=[0.75 * differ, 1.0 - differ, 0.25 * differ])
    candidate, baseline = np.maximum(gap, 0.0), np.maximum(-gap, 0.0)
    drawn = paired_difference(candidate, baseline, range(n), draws=DRAWS, seed=seed(rng))
    return share_difference(candidate, baseline, range(n)), drawn


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
    return flip_rate(first, second, range(n))


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


def length_controlled(rate: float, n: int, rng: np.random.Generator) -> Found:
    """A judge who likes length (b = 1.2) and a candidate that writes more; `rate` is its at equal length."""
    gap = rng.normal(60.0, 120.0, n)
    log_odds = math.log(rate / (1.0 - rate)) + 1.2 * np.tanh(gap / 120.0)
    won = (rng.random(n) < 1.0 / (1.0 + np.exp(-log_odds))) * 1.0
    tilt = np.tanh(gap / gap.std())

    def rates(weights_DN: Floats) -> Floats:
        return 0.5 + 0.5 * np.tanh(fit_logistic(won - 0.5, tilt, weights_DN)[0] / 2.0)

    found = length_controlled_win_rate(won, gap, range(n), draws=DRAWS, seed=seed(rng))
    return found.rate, bootstrap(rates, range(n), draws=DRAWS, seed=seed(rng)), found.slope


STRENGTHS = {"a": 0.6, "b": 0.2, "c": -0.1, "d": -0.7}
TIE = 0.4


WORDS = {"a": 200.0, "b": 230.0, "c": 260.0, "d": 300.0}
"""Of a text, on average, with a deviation of 60; the weakest writes most."""
SPREAD = math.sqrt(2 * 60.0**2 + float(np.mean([(a - b) ** 2 for a, b in combinations(WORDS.values(), 2)])))


def games(slope: float, n: int, rng: np.random.Generator) -> list[Comparison]:
    """Every pair on every prompt, with ties, by a judge who likes length; s is `SPREAD`."""
    rows: list[Comparison] = []
    lengths = {name: rng.normal(words, 60.0, n) for name, words in WORDS.items()}
    for first, second in combinations(sorted(STRENGTHS), 2):
        longer = lengths[first] - lengths[second]
        half = (STRENGTHS[first] - STRENGTHS[second] + slope * np.tanh(longer / SPREAD)) / 2.0
        up, down = np.exp(half), np.exp(-half)
        at = rng.random(n) * (up + down + TIE)
        won = np.where(at < up, 1.0, np.where(at < up + down, 0.0, 0.5))
        rows += map(Comparison, repeat(first), repeat(second), won.tolist(), range(n), longer.tolist())
    return rows


def ranking(slope: float, at_equal_length: bool, n: int, rng: np.random.Generator) -> Found:
    """Four systems: the strength of one, its score against another, and what length is worth."""
    fitted = bradley_terry(games(slope, n, rng), at_equal_length=at_equal_length, draws=DRAWS, seed=seed(rng))
    a, b = fitted.systems.index("a"), fitted.systems.index("b")
    return fitted.strengths[a], fitted.beats[a][b], fitted.slope


def score() -> float:
    """The true score of a against b."""
    up = math.exp((STRENGTHS["a"] - STRENGTHS["b"]) / 2.0)
    return (up + TIE / 2.0) / (up + 1.0 / up + TIE)


def cases() -> Iterator[Case]:
    """Every line of the table."""
    for n in (20, 50, 200):
        yield edge("win_rate", "win rate, 57.5 %", n, 0.575, partial(outcomes, 0.575, n))
    for n in (50, 200):
        for rate in (0.5, 0.9, 0.98, 1.0):
            yield edge("win_rate", f"win rate, {100 * rate:g} %", n, rate, partial(outcomes, rate, n))
            yield edge(
                "bounded_mean",
                f"four texts a prompt, alike, {100 * rate:g} %",
                n,
                rate,
                partial(groups, rate, n),
            )
        yield edge("bounded_mean", "four texts a prompt, unlike, 98 %", n, 0.98, partial(singles, 0.98, n))
        for differ in (0.4, 0.1, 0.02, 0.0):
            what = f"shares, {100 * differ:g} % of pairs differ"
            yield edge("share_difference", what, n, 0.5 * differ, partial(paired_shares, differ, n))
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
        for rate in (0.55, 0.9, 0.98):
            kinds = (
                f"rate, {100 * rate:g} %",
                f"rate, {100 * rate:g} %: bootstrap",
                f"slope, at {100 * rate:g} %",
            )
            yield Case("length_controlled", n, kinds, (rate, rate, 1.2), partial(length_controlled, rate, n))
        named = ("strength of one of 4", "its score against another")
        truths = (STRENGTHS["a"], score())
        yield Case("bradley_terry", n, named, truths, partial(ranking, 0.0, False, n))
        fair = tuple(f"{what}, at equal length" for what in named)
        yield Case("bradley_terry", n, fair, truths, partial(ranking, 1.0, True, n))


def covered(case: Case, evaluations: int, start: int = 0) -> Iterator[tuple[str, float, float]]:
    """Of each of the case's intervals how often it holds the truth, as a share, and its mean width."""
    rng = np.random.default_rng([start, case.n])
    drawn = [case.draw(rng) for _ in range(evaluations)]
    for world, truth, found in zip(case.worlds, case.truths, zip(*drawn, strict=True), strict=False):
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
