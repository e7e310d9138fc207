"""Krippendorff's alpha and Cohen's kappa: golden values, other implementations, what has to hold."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from evalica import alpha as evalica_alpha
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from rlmr.evals.stats import cohen_kappa, krippendorff_alpha

QUICK = settings(deadline=None, max_examples=25)

METRICS = ("nominal", "ordinal", "interval", "ratio")
A = "0 1 0 0 0 0 0 0 1 0 | 1 1 1 0 0 1 0 0 0 0"
B = "a a b b d c c c e d d a | b a b b b c c c e d d d"
C = "1 2 3 3 2 1 4 1 2 * * * | 1 2 3 3 2 2 4 1 2 5 * 3 | * 3 3 3 2 3 4 2 2 5 1 * | 1 2 3 3 2 4 4 1 2 5 1 *"


def units(table):
    """One row per unit of a table that has one row per rater."""
    raters = [
        [None if x == "*" else int(x) if x.isdigit() else x for x in row.split()] for row in table.split("|")
    ]
    return list(zip(*raters, strict=True))


@pytest.mark.parametrize(
    ("table", "metric", "expected"),
    [
        (A, "nominal", 0.095238),
        (B, "nominal", 0.691964),
        (C, "nominal", 0.743421),
        (C, "ordinal", 0.815388),
        (C, "interval", 0.849107),
        (C, "ratio", 0.797403),
    ],
)
def test_alpha_has_its_golden_values(table, metric, expected):
    found = krippendorff_alpha(units(table), metric, draws=50)
    assert found.value == pytest.approx(expected, abs=5e-7)
    assert found.low <= found.value <= found.high


def test_alpha_counts_units_with_two_ratings():
    assert krippendorff_alpha(units(C), draws=1).n == 11  # the last unit has one rating


RATINGS = st.lists(
    st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=3, max_size=3), min_size=2, max_size=25
)


@QUICK
@given(RATINGS, st.sampled_from(METRICS))
def test_alpha_is_evalicas(rows, metric):
    pairable = [[x for x in row if x is not None] for row in rows]
    pairable = [row for row in pairable if len(row) > 1]
    if len({x for row in pairable for x in row}) < 2:
        assert math.isnan(krippendorff_alpha(rows, metric, draws=1).value)
        return
    frame = pd.DataFrame(rows, dtype="float64").T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = evalica_alpha(frame, distance=metric, solver="naive").alpha
    assert krippendorff_alpha(rows, metric, draws=1).value == pytest.approx(expected, abs=1e-9)


@QUICK
@given(RATINGS, st.sampled_from(METRICS), st.randoms(use_true_random=False))
def test_alpha_forgets_the_order_of_raters_and_units_and_is_1_for_copies(rows, metric, rng):
    value = krippendorff_alpha(rows, metric, draws=1).value
    shuffled = [rng.sample(row, len(row)) for row in rng.sample(rows, len(rows))]
    assert krippendorff_alpha(shuffled, metric, draws=1).value == pytest.approx(value, abs=1e-9, nan_ok=True)
    copies = [[row[0], row[0], row[0]] for row in rows]
    agreed = krippendorff_alpha(copies, metric, draws=1).value
    assert math.isnan(agreed) or agreed == pytest.approx(1.0)


def test_alpha_draws_units_that_belong_together_together():
    rows = units(C)
    alone = krippendorff_alpha(rows, "interval")
    doubled = krippendorff_alpha(rows * 2, "interval", clusters=[*range(12), *range(12)])
    loose = krippendorff_alpha(rows * 2, "interval")
    width = alone.high - alone.low
    assert doubled.high - doubled.low == pytest.approx(width, rel=0.1)
    assert loose.high - loose.low < 0.85 * width


@pytest.mark.parametrize(
    ("rows", "metric", "said"),
    [
        ([["a", "b"]], "interval", "interval ratings are numbers, but one is 'a'"),
        ([[-1, 2]], "ratio", "not negative, but one is -1"),
        ([[1, 2], [1]], "nominal", r"rows have \[1, 2\] places"),
        ([[1, 2]], "ordinl", "did you mean 'ordinal'"),
    ],
)
def test_alpha_refuses_what_it_cannot_read(rows, metric, said):
    with pytest.raises(ValueError, match=said):
        krippendorff_alpha(rows, metric)


def test_agreement_on_nothing_is_unknown():
    for found in (
        krippendorff_alpha([[1, None], [None, 2]]),
        krippendorff_alpha([]),
        cohen_kappa([None], [1]),
        cohen_kappa([], []),
    ):
        assert math.isnan(found.value)
        assert found.n == 0
    assert math.isnan(cohen_kappa([1, 1], [1, 1]).value)
    assert math.isnan(krippendorff_alpha([[1, 1], [1, 1]]).value)


FIRST, SECOND = [1, 2, 3, 3, 2, 1, 4, 1, 2], [1, 2, 3, 3, 2, 2, 4, 1, 2]


def test_kappa_has_its_golden_values():
    assert cohen_kappa(FIRST, SECOND).value == pytest.approx(0.844828, abs=5e-7)
    assert cohen_kappa(FIRST, SECOND, "quadratic").value == pytest.approx(0.939597, abs=5e-7)


PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40)


@QUICK
@given(PAIRS, st.sampled_from(["plain", "linear", "quadratic"]))
def test_kappa_is_scikit_learns_and_statsmodels(pairs, weights):
    first, second = ([pair[k] for pair in pairs] for k in (0, 1))
    found = cohen_kappa(first, second, weights, categories=range(4), draws=1).value
    if len({x for pair in pairs for x in pair}) == 1:
        assert math.isnan(found)
        return
    kind = None if weights == "plain" else weights
    expected = cohen_kappa_score(first, second, labels=list(range(4)), weights=kind)
    assert found == pytest.approx(expected, abs=1e-9)
    table = np.zeros((4, 4))
    np.add.at(table, (first, second), 1)
    modelled = cohens_kappa(table, wt=kind, return_results=False)
    assert found == pytest.approx(modelled, abs=1e-9)


def test_kappa_wants_to_know_a_category_that_nobody_gave():
    first, second = [1, 1, 1, 4, 4, 3], [1, 3, 3, 1, 4, 4]
    given = cohen_kappa(first, second, "linear").value
    assert cohen_kappa(first, second, "linear", categories=[1, 2, 3, 4]).value != pytest.approx(given)
    assert cohen_kappa(first, second, "linear", categories=[1, 3, 4, 9]).value == pytest.approx(given)
    with pytest.raises(ValueError, match="rating 3 is not among the categories"):
        cohen_kappa([1, 3], [1, 1], categories=[1, 2])
    with pytest.raises(ValueError, match="did you mean 'linear'"):
        cohen_kappa([1, 3], [1, 1], "lineer")
