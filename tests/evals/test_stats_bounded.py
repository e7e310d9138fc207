"""Means of bounded values: Wilson's and Tango's intervals as special cases, clusters, and the edges."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from rlmr.evals.results import share
from rlmr.evals.stats import (
    bounded_mean,
    clustered_mean,
    first_place_rate,
    flip_rate,
    length_controlled_win_rate,
    share_difference,
    wilson,
    win_rate,
)

QUICK = settings(deadline=None, max_examples=15)
NAN = math.nan
Z = 1.959963984540054
COUNTS = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)).filter(any)


def tango(b, c, n, side):
    """Tango's limit (1998): his root of a quadratic for the shares under the difference in question."""

    def statistic(gap):
        first = -b - c + (2 * n - b + c) * gap
        share = (math.sqrt(max(0.0, first**2 + 8 * n * c * gap * (1 - gap))) - first) / (4 * n)
        return (b - c - n * gap) / math.sqrt(max(1e-300, n * (2 * share + gap * (1 - gap))))

    found = (b - c) / n
    if side < 0:
        return -1.0 if found == -1 else brentq(lambda gap: statistic(gap) - Z, -1 + 1e-12, found - 1e-12)
    return 1.0 if found == 1 else brentq(lambda gap: statistic(gap) + Z, found + 1e-12, 1 - 1e-12)


@QUICK
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_of_zeros_and_ones_it_is_wilsons(counts):
    k, n = counts
    found = bounded_mean([1.0] * k + [0.0] * (n - k), range(n))
    expected = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert found[:3] == pytest.approx((k / n, expected.low, expected.high), abs=1e-9)
    assert found[1:3] == pytest.approx(proportion_confint(k, n, 0.05, method="wilson"), abs=1e-9)
    assert found.n == n


@QUICK
@given(COUNTS)
def test_of_paired_shares_it_is_tangos(counts):
    b, c, same = counts
    n = b + c + same
    candidate, baseline = [1.0] * b + [0.0] * c + [1.0] * same, [0.0] * b + [1.0] * (c + same)
    found = share_difference(candidate, baseline, range(n))
    assert found.value == pytest.approx((b - c) / n)
    assert found.low == pytest.approx(tango(b, c, n, -1), abs=1e-6)
    assert found.high == pytest.approx(tango(b, c, n, 1), abs=1e-6)


def test_of_win_rates_with_ties_it_is_tangos_moved():
    won = [1.0] * 12 + [0.0] * 2 + [0.5] * 6
    found = win_rate(won, range(20)).rate
    assert found.low == pytest.approx((1 + tango(12, 2, 20, -1)) / 2, abs=1e-9)
    assert found.high == pytest.approx((1 + tango(12, 2, 20, 1)) / 2, abs=1e-9)


def test_golden_difference_of_paired_shares():
    """b = 40, c = 20, n = 160, the example of R's PropCIs::scoreci.mp."""
    found = bounded_mean([1.0] * 40 + [-1.0] * 20 + [0.0] * 100, range(160), least=-1)
    assert [round(x, 4) for x in found[:3]] == [0.125, 0.0309, 0.2181]


def test_every_statistic_has_a_width_at_its_edge():
    """All won, all tied, nothing flips, no pair differs: a bootstrap's interval would be a point."""
    swept = win_rate([1.0] * 24, range(24)).rate
    assert (swept.low, swept.high) == pytest.approx((24 / (24 + Z**2), 1.0))
    lost = win_rate([0.0] * 24, range(24)).rate
    assert (lost.low, lost.high) == pytest.approx((0.0, Z**2 / (24 + Z**2)))
    tied = win_rate([0.5] * 24, range(24)).rate
    assert tied.high - 0.5 == pytest.approx(0.5 - tied.low) and tied.high == pytest.approx(
        (1 + Z**2 / (24 + Z**2)) / 2
    )
    same = share_difference([1.0] * 24, [1.0] * 24, range(24))
    assert (same.value, same.high) == pytest.approx((0.0, Z**2 / (24 + Z**2)))
    all_differ = share_difference([1.0] * 24, [0.0] * 24, range(24))
    assert all_differ.high == 1.0 and -1 < all_differ.low < 1.0
    ones, zeros = [1.0] * 24, [0.0] * 24
    assert flip_rate(ones, ones, range(24)).high == pytest.approx(Z**2 / (24 + Z**2))
    assert first_place_rate(ones, zeros, range(24)).low == pytest.approx(24 / (24 + Z**2))


@QUICK
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 6)), min_size=1, max_size=30))
def test_turning_the_two_sides_turns_the_interval(rows):
    values, prompts = [value for value, _ in rows], [prompt for _, prompt in rows]
    forth = bounded_mean(values, prompts)
    back = bounded_mean([1.0 - value for value in values], prompts)
    assert (forth.low, forth.high) == pytest.approx((1.0 - back.high, 1.0 - back.low), abs=1e-9)
    assert 0.0 <= forth.low <= forth.value + 1e-12 and forth.value - 1e-12 <= forth.high <= 1.0


def test_a_tasks_texts_are_no_independent_coins():
    alone = share([True, False] * 30, [str(i) for i in range(60)])
    assert alone == pytest.approx(wilson(30, 60), abs=1e-9)
    together = share([True] * 30 + [False] * 30, [str(i // 10) for i in range(60)])  # 6 tasks, 10 texts each
    assert together == pytest.approx((*wilson(3, 6)[:3], 60), abs=1e-9), "tasks that agree are coins"
    every = share([True] * 60, [str(i // 10) for i in range(60)])
    assert every.high == 1.0 and every.low == pytest.approx(wilson(6, 6).low)
    nearly = share([False] + [True] * 59, [str(i // 10) for i in range(60)])
    assert nearly.low < every.low, "one failure more is no better news"


def test_with_many_prompts_it_is_the_bootstraps():
    rng = np.random.default_rng(0)
    chance = rng.beta(2.0, 3.0, 400)
    values = (rng.random((400, 3)) < chance[:, None]).astype(float).ravel()
    prompts = np.repeat(np.arange(400), 3).tolist()
    found, drawn = bounded_mean(values, prompts), clustered_mean(values, prompts)
    assert (found.low, found.high) == pytest.approx((drawn.low, drawn.high), abs=0.004)


def test_unknown_is_left_out_and_nothing_is_nothing():
    assert bounded_mean([1.0, NAN], "ab") == bounded_mean([1.0], "a")
    assert bounded_mean([NAN], "a").n == 0 and math.isnan(bounded_mean([], "").value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: bounded_mean([1.5], "a"), r"\[0, 1\], but go from 1.5 to 1.5"),
        (lambda: bounded_mean([-1.0, 0.0], "ab"), "from -1 to 0"),
        (lambda: bounded_mean([1.0], "ab"), "1 values, 2 clusters"),
        (lambda: bounded_mean([1.0], "a", level=1.0), "between 0 and 1"),
        (lambda: share_difference([1.0], [1.0, 0.0], "a"), "1 candidate, 2 baseline"),
    ],
)
def test_it_refuses(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_length_control_without_differences_has_the_win_rates_interval():
    won = [1.0] * 9 + [0.5] * 4 + [0.0] * 2
    found = length_controlled_win_rate(won, [0.0] * 15, range(15), draws=5)
    assert found.rate == pytest.approx(win_rate(won, range(15)).rate, abs=1e-9)


def test_length_control_of_a_clean_sweep_knows_no_more_than_its_shorter_texts():
    """Of 40 wins the 6 of shorter texts count in full; the 34 longer ones might owe it to length."""
    gap = [-40.0] * 6 + [60.0] * 34
    swept = length_controlled_win_rate([1.0] * 40, gap, range(40), draws=5).rate
    assert (swept.value, swept.high) == (1.0, 1.0)
    assert wilson(6, 6).low < swept.low < wilson(40, 40).low
    one_lost = length_controlled_win_rate([0.0] + [1.0] * 39, gap, range(40), draws=5).rate
    assert one_lost.low < swept.low and one_lost.high > one_lost.value


@pytest.mark.slow
def test_the_interval_of_clustered_shares_covers():
    rng = np.random.default_rng(0)
    for rate in (0.4, 0.95):
        covered = 0
        for _ in range(1000):
            chance = rng.beta(3 * rate, 3 * (1 - rate), 200)
            passed = (rng.random((200, 4)) < chance[:, None]).astype(float)
            found = bounded_mean(passed.ravel(), np.repeat(np.arange(200), 4).tolist())
            covered += found.low <= rate <= found.high
        assert 0.93 < covered / 1000 <= 0.99  # 95 % and three standard errors of 1,000 simulations, or wider
