"""All measures of a system's texts, two systems side by side, two judges."""

import math
import random

import numpy as np
import pytest

from rlmr.evals.breaks import SET, SET_MEASURES, TEXT_MEASURES, Sample, compare, judge_drift, measure
from rlmr.evals.breaks.measures import Measure
from rlmr.evals.stats import clustered_mean

WORDS = ["fox", "hen", "sea", "hill", "ran", "rose", "old", "grey", "lamp", "road", "snow", "wind", "salt"]


def texts(count, seed=0, tail="", lang="en", turns=1):
    """Random texts for numbered prompts."""
    rng = random.Random(seed)
    return [
        Sample(f"Tell of number {i}.", " ".join(rng.choices(WORDS, k=60)) + f".{tail}", lang)
        for i in range(count)
        for _ in range(turns)
    ]


def test_a_profile_has_every_measure():
    profile = measure(texts(60, turns=2))
    assert set(profile.by_text) == {one.name for one in TEXT_MEASURES}
    assert set(profile.across) == set(profile.within) == {one.name for one in SET_MEASURES}
    assert all(column.shape == (120,) for column in profile.by_text.values())
    assert all(column.shape == (60 // SET,) for column in profile.across.values())
    assert all(column.shape == (60,) for column in profile.within.values())
    estimates = profile.estimates(draws=50)
    assert len(estimates) == len(TEXT_MEASURES) + 2 * len(SET_MEASURES)
    assert estimates["words"].value == 60
    assert estimates["within.self_bleu"].n == 60
    assert estimates["across.self_bleu"].n == 2
    expected = clustered_mean(profile.by_text["slop"], [s.prompt for s in profile.samples], draws=50)
    assert estimates["slop"] == expected


def test_one_text_a_prompt_has_no_within_and_few_prompts_one_set():
    profile = measure(texts(7))
    assert all(np.isnan(column).all() for column in profile.within.values())
    assert all(column.shape == (1,) for column in profile.across.values())
    assert math.isnan(profile.estimates(draws=5)["across.distinct_2"].low)
    assert measure([]).estimates(draws=5)["words"].n == 0
    assert measure(texts(1)).across["self_bleu"].size == 0


def test_sets_hold_one_language():
    english, chinese = texts(SET), [Sample(f"写{i}。", "月光照在水面上。", "zh") for i in range(SET)]
    profile = measure(english + chinese)
    assert profile.across["opening_share"].tolist() == [measure(english).across["opening_share"][0], 1.0]


def test_sets_do_not_depend_on_the_order_of_the_texts():
    given = texts(50)
    turned = measure(given[::-1])
    assert measure(given).across["self_bleu"].tolist() == turned.across["self_bleu"].tolist()


def test_compare_finds_what_broke_and_nothing_else():
    tail = "\n\nThis story beautifully captures the mood, a testament to hope."
    changes = {change.name: change for change in compare(measure(texts(60)), measure(texts(60, 1, tail)))}
    assert changes["praise"].worse
    assert changes["slop"].worse
    assert changes["praise"].difference[:3] == (1.0, 1.0, 1.0)
    assert changes["slop"].after.value == pytest.approx(1000 / 70)
    assert changes["words"].ratio == pytest.approx(70 / 60)
    for name in ("empty", "loops", "wrapped", "markdown", "across.opening_share", "across.self_bleu"):
        assert not changes[name].worse, name
    assert math.isnan(changes["within.distinct_2"].difference.value)
    assert math.isnan(changes["within.distinct_2"].adjusted_p)


def test_compare_with_itself_changes_nothing():
    profile = measure(texts(30))
    for change in compare(profile, profile):
        assert not change.worse
        assert change.p == 1.0
        assert math.isnan(change.difference.value) or change.difference.value == 0.0


def test_collapse_across_prompts_shows():
    stock = [Sample(s.prompt, "Once upon a time there lived a fox. " + s.completion) for s in texts(200, 3)]
    changes = {change.name: change for change in compare(measure(texts(200)), measure(stock))}
    for name in ("opening_share", "opening_entropy", "self_bleu", "joint_compression"):
        assert changes[f"across.{name}"].worse, name


def test_compare_takes_the_prompts_that_both_have():
    changes = compare(measure(texts(40)), measure(texts(60)[20:]))
    assert changes[0].before.n == changes[0].after.n == changes[0].difference.n == 20
    with pytest.raises(ValueError, match="2 and 1 prompts, none in common"):
        compare(measure(texts(2)), measure([Sample("x", "y")]))


def test_compare_averages_a_prompts_texts():
    twice = [Sample("p", "one two"), Sample("p", "one two three four"), Sample("q", "one")]
    change = compare(measure([Sample("p", "one"), Sample("q", "one")]), measure(twice))[0]
    assert change.difference.value == pytest.approx((2 + 0) / 2)


def test_the_tables_are_complete():
    names = [one.name for one in (*TEXT_MEASURES, *SET_MEASURES)]
    assert len(set(names)) == len(names)
    assert all(isinstance(one, Measure) and one.says and one.unit for one in (*TEXT_MEASURES, *SET_MEASURES))


def test_drift_is_what_the_held_out_judge_does_not_confirm():
    rng = np.random.default_rng(0)
    before = rng.normal(size=300)
    true_gain, gamed = rng.normal(0.2, 0.3, 300), rng.normal(1.5, 1.0, 300)
    found = judge_drift(
        before + true_gain + gamed,
        before + true_gain + rng.normal(0, 0.1, 300),
        before + rng.normal(0, 0.1, 300),
        before + rng.normal(0, 0.1, 300),
        range(300),
    )
    assert found.train.rate.value > found.held_out.rate.value
    assert found.gap.low > 0
    assert found.gap.value == pytest.approx(found.train.rate.value - found.held_out.rate.value)
    assert found.agreement.high < found.agreement_before.low
    honest = judge_drift(before + 1, before + 1, before, before, range(300))
    assert honest.gap.value == 0.0 and -0.02 < honest.gap.low < 0 < honest.gap.high < 0.02
    assert honest.same_order.value == 1.0


def test_drift_leaves_unknown_scores_out():
    found = judge_drift([1, 2, math.nan], [1, 2, 3], [0, 0, 0], [0, 5, 0], "abc")
    assert (found.train.unknown, found.gap.n, found.same_order.n) == (1, 2, 2)
    assert found.same_order.value == 0.5
