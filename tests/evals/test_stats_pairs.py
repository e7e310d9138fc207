"""Win rates, a judge's two orders, length control, Bradley-Terry."""

import math

import evalica
import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from rlmr.evals.stats import (
    Comparison,
    bradley_terry,
    first_place_rate,
    flip_rate,
    length_controlled_win_rate,
    merge_orders,
    rank_correlation,
    spearman,
    win_rate,
)

QUICK = settings(deadline=None, max_examples=25)

NAN = math.nan
OUTCOME = st.sampled_from([0.0, 0.5, 1.0])


def test_win_rate_counts_and_tests_prompts_not_comparisons():
    found = win_rate([1, 1, 1, 0.5, 0, NAN], ["a", "a", "a", "b", "c", "d"])
    assert (found.wins, found.ties, found.losses, found.unknown) == (3, 1, 1, 1)
    assert found.rate.value == pytest.approx(0.7)
    assert found.p == 1.0  # one prompt won, one lost
    assert win_rate([1] * 10, range(10)).p == pytest.approx(2 / 2**10)
    assert math.isnan(win_rate([NAN], ["a"]).rate.value)
    with pytest.raises(ValueError, match=r"an outcome is 0 \(lost\).*but got 0.7"):
        win_rate([0.7], ["a"])


@QUICK
@given(st.lists(st.tuples(OUTCOME, OUTCOME), min_size=1, max_size=30))
def test_two_orders_are_symmetric_in_the_systems(pairs):
    first, second = (np.array([pair[k] for pair in pairs]) for k in (0, 1))
    prompts = range(len(pairs))
    merged = merge_orders(first, second)
    assert np.array_equal(merged, 1.0 - merge_orders(1.0 - second, 1.0 - first))
    assert flip_rate(first, second, prompts).value == pytest.approx(np.mean(first != second))
    swapped = first_place_rate(1.0 - second, 1.0 - first, prompts)
    assert swapped.value == pytest.approx(first_place_rate(first, second, prompts).value)


def test_a_judge_who_always_names_the_first_text_is_exposed():
    first, second = np.ones(50), np.zeros(50)
    assert flip_rate(first, second, range(50)).value == 1.0
    assert first_place_rate(first, second, range(50)).value == 1.0
    assert set(merge_orders(first, second)) == {0.5}
    assert math.isnan(flip_rate([1.0], [NAN], [0]).value)


@QUICK
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30))
def test_rank_correlation_is_spearmans(pairs):
    x, y = ([float(pair[k]) for pair in pairs] for k in (0, 1))
    found = rank_correlation(x, y, range(len(x)), draws=20)
    assert found.value == pytest.approx(spearman(x, y), abs=1e-9, nan_ok=True)


def test_rank_correlation_draws_like_ranking_each_drawn_sample():
    rng = np.random.default_rng(0)
    x, y = rng.integers(6, size=30) * 1.0, rng.integers(6, size=30) * 1.0
    found = rank_correlation(x, y, range(30), draws=300, seed=4)
    drawn = np.random.default_rng(4).integers(30, size=(300, 30))
    values = [spearman(x[row], y[row]) for row in drawn]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])), abs=1e-9)


COMPARED = st.lists(st.tuples(OUTCOME, st.integers(-300, 300)), min_size=1, max_size=40)


@QUICK
@given(COMPARED)
def test_length_control_of_a_system_against_itself_is_one_half(rows):
    found = length_controlled_win_rate([0.5] * len(rows), [0] * len(rows), range(len(rows)), draws=5)
    assert found.rate.value == 0.5
    assert found.rate.low + found.rate.high == pytest.approx(1.0)


@QUICK
@given(COMPARED)
def test_length_control_of_both_sides_sums_to_one_exactly(rows):
    won, gap = (np.array([float(row[k]) for row in rows]) for k in (0, 1))
    forth = length_controlled_win_rate(won, gap, range(len(rows)), draws=20)
    back = length_controlled_win_rate(1.0 - won, -gap, range(len(rows)), draws=20)
    if math.isnan(forth.rate.value):
        assert min((gap <= 0).mean(), (gap >= 0).mean()) < 0.05
        assert math.isnan(back.rate.value)
        return
    assert forth.rate.value + back.rate.value == 1.0
    assert forth.rate.low + back.rate.high == pytest.approx(1.0, abs=1e-12)
    assert forth.slope.value == back.slope.value or math.isnan(forth.slope.value)


@QUICK
@given(COMPARED)
def test_length_control_without_differences_is_the_win_rate(rows):
    won = [row[0] for row in rows]
    found = length_controlled_win_rate(won, [0] * len(won), range(len(won)), draws=5)
    assert found.rate.value == pytest.approx(np.mean(won), abs=1e-9)
    assert math.isnan(found.slope.value)


def test_length_control_is_statsmodels_logistic_fit():
    """The prior is one more observation: outcome one half where the intercept is 0 and the tilt is 1."""
    rng = np.random.default_rng(2)
    gap = rng.normal(30.0, 100.0, 150)
    won = rng.choice([0.0, 0.5, 1.0], size=150, p=[0.3, 0.1, 0.6])
    tilt = np.tanh(gap / gap.std())
    design = np.vstack([np.column_stack([np.ones(150), tilt]), [0.0, 1.0]])
    fit = sm.GLM(np.append(won, 0.5), design, family=sm.families.Binomial()).fit(tol=1e-12)
    found = length_controlled_win_rate(won, gap, range(150), draws=5)
    assert found.rate.value == pytest.approx(1 / (1 + math.exp(-fit.params[0])), abs=1e-7)
    assert found.slope.value == pytest.approx(fit.params[1], abs=1e-7)


def test_length_control_exposes_a_judge_of_length_alone():
    rng = np.random.default_rng(0)
    gap = rng.normal(80.0, 100.0, 400)
    won = (gap + rng.normal(0.0, 40.0, 400) > 0) * 1.0
    assert win_rate(won, range(400)).rate.low > 0.7
    found = length_controlled_win_rate(won, gap, range(400))
    assert found.rate.low < 0.5 < found.rate.high
    assert found.slope.low > 2.0


def test_length_control_at_its_edges():
    swept = length_controlled_win_rate([1, 1, 1], [5, -5, 9], "abc", draws=5)
    assert (swept.rate.value, swept.rate.high) == (1.0, 1.0) and 0.0 < swept.rate.low < 0.5
    assert math.isnan(swept.slope.value)
    separated = length_controlled_win_rate([1, 1, 0, 0], [9, 8, -8, -9], "abcd", draws=5)
    assert separated.rate.value == pytest.approx(0.5)
    assert 0 < separated.slope.value < 20
    assert math.isnan(length_controlled_win_rate([1, 0], [7, 7], "ab", draws=5).rate.value)
    assert length_controlled_win_rate([NAN], [1], "a").rate.n == 0


def games(rng, strengths, n, tie=0.0):
    """Outcomes of all pairs over n prompts."""
    rows = []
    names = sorted(strengths)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            up = math.exp((strengths[first] - strengths[second]) / 2)
            odds = np.array([up, 1 / up, tie])
            found = rng.choice([1.0, 0.0, 0.5], size=n, p=odds / odds.sum())
            rows += [Comparison(first, second, won, k) for k, won in enumerate(found.tolist())]
    return rows


def test_bradley_terry_without_ties_is_evalicas():
    rows = games(np.random.default_rng(0), {"a": 0.8, "b": 0.1, "c": -0.2, "d": -0.7}, 60)
    found = bradley_terry(rows, pseudo=0, draws=5)
    winners = [evalica.Winner.X if row.won == 1 else evalica.Winner.Y for row in rows]
    scores = evalica.bradley_terry(
        [r.first for r in rows], [r.second for r in rows], winners, tolerance=1e-12, limit=10_000
    ).scores
    logs = np.log(scores)
    logs -= logs.mean()
    assert found.tie == 0.0
    for name, strength in zip(found.systems, found.strengths, strict=True):
        assert strength.value == pytest.approx(logs[name], abs=1e-6)


def test_bradley_terry_of_two_systems_has_davidsons_closed_form():
    rows = [Comparison("a", "b", won, k) for k, won in enumerate([1] * 20 + [0] * 5 + [0.5] * 10)]
    found = bradley_terry(rows, pseudo=0, draws=5)
    assert found.strengths[0].value - found.strengths[1].value == pytest.approx(math.log(20 / 5), abs=1e-6)
    assert found.tie == pytest.approx(10 / math.sqrt(20 * 5), abs=1e-6)
    assert found.beats[0][1].value == pytest.approx(25 / 35, abs=1e-6)


@QUICK
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.3, 2.0]))
def test_bradley_terry_repeats_every_systems_score(seed, tie):
    rng = np.random.default_rng(seed)
    rows = games(rng, {name: rng.normal() for name in "abcd"}, 15, tie)
    found = bradley_terry(rows, draws=2)
    for i, name in enumerate(found.systems):  # half a win either way is added to each pair
        score = sum(r.won if r.first == name else 1 - r.won for r in rows if name in (r.first, r.second))
        expected = sum((15 + 1) * found.beats[i][j].value for j in range(4) if j != i)
        assert expected == pytest.approx(score + 3 * 0.5, abs=1e-4)
    assert sum(s.value for s in found.strengths) == pytest.approx(0.0, abs=1e-9)
    assert all(
        found.beats[i][j].value + found.beats[j][i].value == pytest.approx(1.0)
        for i in range(4)
        for j in range(i)
    )


def test_bradley_terry_forgets_names_and_sides():
    rows = games(np.random.default_rng(1), {"a": 0.5, "b": 0.0, "c": -0.5}, 30, 0.5)
    turned = [Comparison(r.second, r.first, 1 - r.won, r.prompt) for r in rows]
    one, two = bradley_terry(rows, draws=50), bradley_terry(turned, draws=50)
    assert one.systems == two.systems
    assert np.array(one.strengths) == pytest.approx(np.array(two.strengths), abs=1e-6)


def test_bradley_terry_of_a_system_that_won_everything():
    rows = [Comparison("a", "b", 1, k) for k in range(9)]
    found = bradley_terry(rows)
    assert found.systems == ("a", "b")
    assert found.strengths[0].value == pytest.approx(math.log(9.5 / 0.5) / 2)
    with pytest.raises(ValueError, match="no chain of comparisons"):
        bradley_terry(rows, pseudo=0)


def test_bradley_terry_of_ties_alone_is_level():
    found = bradley_terry([Comparison("a", "b", 0.5, k) for k in range(30)], draws=20)
    assert found.strengths[0][:3] == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert found.beats[0][1].value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "nothing to rank"),
        ([Comparison("a", "b", NAN, 0)], "nothing to rank"),
        ([Comparison("a", "a", 1, 0)], "'a' is compared with itself"),
        ([Comparison("a", "b", 1, 0), Comparison("c", "d", 1, 0)], "no chain of comparisons"),
        ([Comparison("a", "b", 0.3, 0)], "an outcome is"),
    ],
)
def test_bradley_terry_refuses(rows, said):
    with pytest.raises(ValueError, match=said):
        bradley_terry(rows)
