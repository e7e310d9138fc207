import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from rlmr.evals.stats import (
    clustered_mean,
    detectable,
    outcomes,
    sample_size,
    sign_test,
    spearman,
    wilson,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("wins", "losses"), [(0, 0), (1, 0), (9, 1), (12, 12), (170, 130), (700, 800), (5000, 4700)]
)
def test_sign_test_is_scipys_binomial_test(wins, losses):
    expected = scipy_stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(0, 20), (20, 20), (1, 3), (131, 300), (299, 300)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_is_scipys(k, n, level):
    expected = scipy_stats.binomtest(k, n).proportion_ci(level, method="wilson")
    value, low, high, count = wilson(k, n, level)
    assert (value, count) == (k / n, n)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=40))
def test_spearman_is_scipys_ties_included(pairs):
    x, y = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert math.isnan(spearman(x, y))
    else:
        assert spearman(x, y) == pytest.approx(scipy_stats.spearmanr(x, y).statistic, abs=1e-12)


def test_spearman_leaves_unknown_pairs_out():
    assert spearman([1, 2, NAN, 3], [1, 2, 9, NAN]) == pytest.approx(1.0)
    assert math.isnan(spearman([1, NAN], [1, 2]))


def test_sample_sizes_of_the_design():
    """55 % about 780 prompts, 60 % about 195, the paper's 72.75 % about 36."""
    assert sample_size(0.55) == pytest.approx(780, abs=5)
    assert sample_size(0.60) == pytest.approx(195, abs=2)
    assert sample_size(0.7275) == 36
    assert sample_size(0.45) == sample_size(0.55)


@given(st.integers(4, 5000))
def test_detectable_inverts_sample_size(n):
    rate = detectable(n)
    if math.isnan(rate):
        assert sample_size(1.0) > n
    else:
        assert sample_size(rate) <= n < sample_size(rate - 1e-5)


def test_outcomes_count_ties_as_half_and_keep_unknowns_unknown():
    assert np.array_equal(
        outcomes([1.0, 2.0, 3.0, NAN, 1.0], [2.0, 2.0, 2.0, 0.0, NAN]),
        [0.0, 0.5, 1.0, NAN, NAN],
        equal_nan=True,
    )


def test_bootstrap_covers_the_truth_about_as_often_as_it_says():
    draw = np.random.default_rng(7)
    hits = 0
    for trial in range(300):
        values = draw.random(120) < 0.6
        estimate = clustered_mean(values.astype(float), range(120), draws=400, seed=trial)
        hits += estimate.low <= 0.6 <= estimate.high
    assert 0.91 <= hits / 300 <= 0.98


def test_bootstrap_resamples_prompts_not_texts():
    """Ten texts per prompt that all agree carry as much as one each: the interval must not shrink."""
    per_prompt = [1.0, 0.0] * 20
    single = clustered_mean(per_prompt, range(40), seed=1)
    repeated = clustered_mean(np.repeat(per_prompt, 10), np.repeat(range(40), 10).tolist(), seed=1)
    assert (repeated.low, repeated.high) == pytest.approx((single.low, single.high))
    alone = clustered_mean(np.repeat(per_prompt, 10), range(400), seed=1)
    assert alone.high - alone.low < 0.5 * (single.high - single.low)


def test_bootstrap_matches_scipys_percentile_interval():
    values = np.random.default_rng(3).normal(0.3, 1.0, 200)
    ours = clustered_mean(values, range(200), draws=4000, seed=0)
    theirs = scipy_stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4000, rng=0)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.02)


def test_bootstrap_is_seeded_and_leaves_unknown_out():
    values, clusters = [1.0, 0.0, 1.0, 0.0, 1.0, NAN], ["a", "b", "c", "d", "e", "f"]
    assert clustered_mean(values, clusters, seed=5) == clustered_mean(values, clusters, seed=5)
    assert clustered_mean(values, clusters) == clustered_mean(values[:5], clusters[:5])
    nothing = clustered_mean([NAN], ["a"])
    assert nothing.n == 0
    assert math.isnan(nothing.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: outcomes([1.0], [1.0, 2.0]), "1 and 2"),
        (lambda: clustered_mean([1.0], []), "1 values, 0 clusters"),
        (lambda: clustered_mean([1.0], ["a"], draws=0), "draws must be at least 1, but is 0"),
        (lambda: clustered_mean([1.0], ["a"], level=1.0), "between 0 and 1"),
        (lambda: sign_test(-1, 2), "-1 and 2"),
        (lambda: wilson(4, 3), "0..3, but is 4"),
        (lambda: spearman([1.0], [1.0, 2.0]), "1 and 2"),
        (lambda: sample_size(0.5), "differ from 0.5"),
        (lambda: detectable(0), "at least 1, but is 0"),
    ],
)
def test_errors_say_what_was_given(call, message):
    with pytest.raises(ValueError, match=message):
        call()
