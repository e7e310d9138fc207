"""Several systems on one scale at equal length: Davidson's model with a term for length."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from rlmr.evals.stats import Comparison, bradley_terry, length_controlled_win_rate

QUICK = settings(deadline=None, max_examples=10)
WORTH = {"a": 0.8, "b": 0.1, "c": -0.2, "d": -0.7}
WORDS = {"a": 200.0, "b": 240.0, "c": 260.0, "d": 300.0}


def games(seed=0, n=60, slope=0.0, tie=0.4, words=WORDS, spread=60.0):
    """All pairs over n prompts; a text that is longer by 90 words gains about .76 slope."""
    rng = np.random.default_rng(seed)
    lengths = {name: rng.normal(words[name], spread, n).round() for name in WORTH}
    rows = []
    for first, second in combinations(sorted(WORTH), 2):
        longer = lengths[first] - lengths[second]
        half = (WORTH[first] - WORTH[second] + slope * np.tanh(longer / 90.0)) / 2.0
        at = rng.random(n) * (np.exp(half) + np.exp(-half) + tie)
        won = np.where(at < np.exp(half), 1.0, np.where(at < np.exp(half) + np.exp(-half), 0.0, 0.5))
        rows += [Comparison(first, second, *row) for row in zip(won.tolist(), range(n), longer, strict=True)]
    return rows


def by_name(ranking):
    return dict(zip(ranking.systems, ranking.strengths, strict=True))


def test_a_judge_who_likes_length_turns_the_plain_ranking_and_not_the_controlled_one():
    rows = games(n=300, slope=6.0)
    assert bradley_terry(rows, draws=5).systems[0] == "d"
    found = bradley_terry(rows, at_equal_length=True, draws=100)
    assert found.systems == ("a", "b", "c", "d")
    assert found.slope.low > 3.0
    for name, strength in by_name(found).items():
        assert strength.low - 0.15 < WORTH[name] < strength.high + 0.15


def test_a_judge_without_a_taste_for_length_gives_the_same_ranking_within_its_interval():
    rows = games(n=200)
    plain, fair = (by_name(bradley_terry(rows, at_equal_length=at, draws=100)) for at in (False, True))
    assert list(plain) == list(fair)
    assert all(fair[name].low < plain[name].value < fair[name].high for name in plain)
    found = bradley_terry(rows, at_equal_length=True, draws=100)
    assert found.slope.low < 0.0 < found.slope.high
    assert found.slope.n == len(rows)


@QUICK
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5]))
def test_where_no_length_differs_it_is_the_plain_ranking(seed, tie):
    rows = [one._replace(longer=0.0) for one in games(seed, 12, tie=tie)]
    plain, fair = (bradley_terry(rows, at_equal_length=at, draws=10) for at in (False, True))
    assert fair == plain
    assert fair.slope.n == 0


def test_it_is_the_maximum_of_the_likelihood():
    """Against SciPy's general optimiser, log-F(1, 1) prior of the slope and half-wins included."""
    rows = games(3, 40, slope=1.5)
    names = sorted(WORTH)
    scale = math.sqrt(np.mean([one.longer**2 for one in rows]))
    first, second = (
        np.array([names.index(getattr(one, side)) for one in rows]) for side in ("first", "second")
    )
    tilt = np.tanh([one.longer / scale for one in rows])
    won = np.array([one.won for one in rows])

    def loss(theta):
        s, b, log_tie = theta[:4], theta[4], theta[5]
        half = (s[first] - s[second] + b * tilt) / 2.0
        whole = np.log(np.exp(half) + np.exp(-half) + np.exp(log_tie))
        said = np.where(won == 1, half, np.where(won == 0, -half, log_tie)) - whole
        level = [(s[i] - s[j]) / 2.0 for i, j in combinations(range(4), 2)]
        pseudo = sum(
            0.5 * (0.0 - 2.0 * math.log(math.exp(h) + math.exp(-h) + math.exp(log_tie))) for h in level
        )
        prior = b / 2.0 - math.log1p(math.exp(b))
        return -(said.sum() + pseudo + prior) + s.sum() ** 2

    theirs = minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-8}).x
    found = bradley_terry(rows, at_equal_length=True, draws=2)
    ours = by_name(found)
    assert [ours[name].value for name in names] == pytest.approx(theirs[:4], abs=1e-5)
    assert (found.slope.value, math.log(found.tie)) == pytest.approx(theirs[4:], abs=1e-5)


def test_of_two_systems_without_ties_it_is_the_length_controlled_win_rate():
    """With differences that are symmetric the two spreads are the same, so are the models."""
    rng = np.random.default_rng(5)
    gap = np.concatenate([part := rng.normal(0.0, 80.0, 60), -part])
    won = (rng.random(120) < 1 / (1 + np.exp(-0.4 - 1.5 * np.tanh(gap / 80)))) * 1.0
    rows = [Comparison("a", "b", *row) for row in zip(won.tolist(), range(120), gap.tolist(), strict=True)]
    ranking = bradley_terry(rows, at_equal_length=True, pseudo=0, draws=2)
    pair = length_controlled_win_rate(won, gap, range(120), draws=2)
    assert ranking.beats[0][1].value == pytest.approx(pair.rate.value, abs=1e-6)
    assert ranking.slope.value == pytest.approx(pair.slope.value, abs=1e-5)


def test_it_forgets_sides_and_turns_with_the_outcomes():
    rows = games(1, 30, slope=1.0)
    turned = [Comparison(r.second, r.first, 1 - r.won, r.prompt, -r.longer) for r in rows]
    one, two = (bradley_terry(some, at_equal_length=True, draws=10) for some in (rows, turned))
    assert one == two
    lost = [one._replace(won=1 - one.won, longer=-one.longer) for one in rows]
    negated = by_name(bradley_terry(lost, at_equal_length=True, draws=10))
    for name, strength in by_name(one).items():
        assert negated[name].value == pytest.approx(-strength.value, abs=1e-7)


def test_systems_whose_lengths_do_not_overlap_have_no_scale():
    words = {"a": 200.0, "b": 210.0, "c": 900.0, "d": 910.0}
    rows = games(n=40, slope=1.0, words=words, spread=20.0)
    with pytest.raises(
        ValueError, match=r"equal length for \[\['a', 'b'\], \['c', 'd'\]\]: .* longer in nearly all"
    ):
        bradley_terry(rows, at_equal_length=True, draws=5)
    assert bradley_terry(rows, draws=5).slope.n == 0
    chain = {"a": 200.0, "b": 220.0, "c": 240.0, "d": 260.0}  # a and d never overlap, their neighbours do
    linked = games(n=200, slope=1.0, words=chain, spread=12.0)
    assert set(bradley_terry(linked, at_equal_length=True, draws=5).systems) == set("abcd")


def test_comparisons_of_unknown_length_are_left_out():
    rows = games(n=30)
    unknown = [rows[0]._replace(longer=math.nan), *rows[1:]]
    assert (
        sum(s.n for s in bradley_terry(unknown, at_equal_length=True, draws=2).strengths) == 2 * len(rows) - 2
    )
    assert sum(s.n for s in bradley_terry(unknown, draws=2).strengths) == 2 * len(rows)
    with pytest.raises(ValueError, match="nothing to rank"):
        bradley_terry([Comparison("a", "b", 1, 0)], at_equal_length=True)


def test_a_tie_that_few_draws_hold_ends_the_fit_soon():
    """Draws without the only tie have an infinite tie parameter: the fit stops where nothing is gained."""
    rows = [one._replace(won=0.5) if k == 0 else one for k, one in enumerate(games(2, 20, tie=0.0))]
    found = bradley_terry(rows, at_equal_length=True, draws=50)
    assert 0.0 < found.tie < 0.1
    assert all(math.isfinite(s.low) and math.isfinite(s.high) for s in found.strengths)
