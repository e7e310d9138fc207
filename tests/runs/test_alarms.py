"""The alarms: golden drifts that must fire, noise that must not, and the same events from the record."""

import json
import math
import random

import pytest
import yaml

from rlmr.alarms import ALARMS, UnknownPause, Watch, choose_alarms, events_of, to_specs
from rlmr.alarms.watch import Event
from rlmr.alarms.windows import noise, standard_error


def on(name, metrics, **thresholds):
    """The steps after which alarm `name` went on, over lists of values by metric."""
    only = {other: False for other in ALARMS if other != name}
    watch = Watch(choose_alarms({**only, name: thresholds}))
    length = max(len(values) for values in metrics.values())
    lines = [{metric: values[i] for metric, values in metrics.items()} for i in range(length)]
    events = [event for i, line in enumerate(lines) for event in watch.watch({"step": i + 1, **line})]
    return [event.step for event in events if event.on], watch


def wave(mean, steps, size=1.0):
    """A level with a small ripple."""
    return [mean + size * (-1) ** i for i in range(steps)]


def test_length_goes_on_for_longer_and_for_shorter_texts():
    longer, watch = on("length", {"words_mean": wave(40, 20) + wave(60, 20)})
    assert longer == [26]  # six of ten at 60: mean 52; five of ten are 50, 1.25 times 40 and not above it
    assert watch.message == (
        "alarm length: texts have 60 words over the last 10 steps, 40 over the first 5: 1.5 times as many"
    )
    shorter, _ = on("length", {"words_mean": wave(40, 20) + wave(20, 20)})
    assert len(shorter) == 1 and 20 < shorter[0] <= 30


def test_length_stays_off_for_small_drifts_and_for_noise_that_looks_like_one():
    assert on("length", {"words_mean": wave(40, 20) + wave(48, 30)})[0] == []
    rng = random.Random(0)
    wild = [rng.choice([100.0, 4000.0]) for _ in range(300)]
    assert on("length", {"words_mean": wild})[0] == []
    assert on("length", {"words_mean": wild}, sigmas=0.5)[0] != []  # its own noise is what keeps it off


def test_length_says_nothing_early_or_without_words():
    assert on("length", {"words_mean": [10.0] * 5 + [90.0] * 9})[0] == []
    assert on("length", {"words_mean": [0.0] * 5 + [90.0] * 30})[0] == []


def test_shadow_goes_on_where_the_reward_rises_and_it_falls():
    quality = [0.05 * t for t in range(60)]
    arc = [3.0 - ((t - 20) / 20) ** 2 for t in range(60)]
    steps, watch = on(
        "shadow", {"reward/quality_mean": quality, "reward/shadow_mean": arc, "reward/shadow_std": [1.0] * 60}
    )
    assert len(steps) == 1 and 25 < steps[0] < 40 and "the reward rose by" in watch.message


@pytest.mark.parametrize(
    ("quality", "shadow"),
    [
        (lambda t: 1.0, lambda t: 3.0 - 0.1 * t),  # the reward does not rise
        (lambda t: 0.1 * t, lambda t: 3.0 + 0.1 * t),  # both rise
        (lambda t: -0.1 * t, lambda t: 3.0 - 0.1 * t),  # both fall
        (lambda t: 0.1 * t, lambda t: 3.0 - 0.002 * t),  # a fall too small to matter
        (lambda t: 0.1 * t, lambda t: None),  # nobody watches
    ],
)
def test_shadow_stays_off(quality, shadow):
    values = {
        "reward/quality_mean": [quality(t) for t in range(60)],
        "reward/shadow_mean": [shadow(t) for t in range(60)],
        "reward/shadow_std": [1.0] * 60,
    }
    assert on("shadow", values)[0] == []


def test_shadow_counts_only_steps_with_a_score():
    def every(k, value):
        return [value(t) if t % k == 0 else None for t in range(300)]

    values = {
        "reward/quality_mean": [0.01 * t for t in range(300)],
        "reward/shadow_mean": every(10, lambda t: 3.0 - 0.01 * t),
        "reward/shadow_std": every(10, lambda t: 1.0),
    }
    assert on("shadow", values)[0] == [191]  # the twentieth step with a score


def test_entropy_goes_on_for_a_fraction_of_the_start_and_near_zero():
    fall = [1.0 * 0.9**t for t in range(40)]
    steps, watch = on("entropy", {"entropy": fall})
    assert len(steps) == 1 and 10 < steps[0] < 20 and "nats over the last 10 steps" in watch.message
    assert on("entropy", {"entropy": wave(0.04, 30, 0.0)})[0] == [10]
    assert on("entropy", {"entropy": wave(1.0, 20, 0.1) + wave(0.5, 30, 0.1)})[0] == []


def test_duplicates_goes_on_for_either_kind():
    none, all_of = [0.0] * 30, [0.0] * 15 + [0.9] * 15
    within, watch = on("duplicates", {"duplicates/within": all_of, "duplicates/across": none})
    assert len(within) == 1 and "repeat other texts of their group" in watch.message
    across, watch = on("duplicates", {"duplicates/within": none, "duplicates/across": all_of})
    assert len(across) == 1 and "repeat texts of other groups" in watch.message
    usual = [0.3] * 30  # a form with few possible texts
    assert on("duplicates", {"duplicates/within": usual, "duplicates/across": usual})[0] == []


def test_variance_goes_on_for_either_column_and_skips_steps_without_mixed_groups():
    def shares(values):
        return {
            "mixing/variance_quality": values,
            "mixing/variance_verdicts": [None if v is None else 1 - v for v in values],
        }

    assert on("variance", shares([0.95] * 20))[0] == [20]
    steps, watch = on("variance", shares([-0.1] * 10 + [None] * 20 + [-0.1] * 10))
    assert steps == [40] and "the verdicts supply 110%" in watch.message
    assert on("variance", shares(wave(0.5, 50, 0.45)))[0] == []


def test_unknown_goes_on_above_the_threshold_and_for_a_strong_rise():
    steps, watch = on("unknown", {"unknown_share": [0.2, 0.2, 0.6, 0.6, 0.6], "unknown/timeout": [0.1] * 5})
    assert steps == [3] and watch.metrics() == {"alarm/unknown": 1.0}
    assert watch.message == (
        "alarm unknown: 44% of the texts of the last 5 steps are unknown (above 30%) and teach nothing; "
        "most of them: timeout"
    )
    rise, watch = on("unknown", {"unknown_share": [0.05] * 10 + [0.25] * 10}, above=0.9)
    assert len(rise) == 1 and "5% in the first 10" in watch.message
    assert on("unknown", {"unknown_share": [0.3] * 10 + [0.45] * 10}, above=0.9)[0] == []
    assert on("unknown", {"unknown_share": [0.0] * 10 + [1.0] + [0.0] * 10})[0] == []


def test_a_shadow_that_could_not_be_had_is_no_cause_of_an_unknown_text():
    _, watch = on("unknown", {"unknown_share": [1.0], "unknown/score_shadow": [1.0], "unknown/odd": [0.2]})
    assert watch.message.endswith("most of them: odd")
    assert UnknownPause(0.5).watch({"unknown_share": 1.0, "unknown/score_shadow": 1.0}).endswith("not stated")


def test_an_alarm_goes_off_again_and_on_again():
    shares = [0.5] + [0.0] * 20 + [1.0] * 10
    events = events_of([{"step": i, "unknown_share": share} for i, share in enumerate(shares)])
    assert [(event.step, event.on) for event in events] == [(0, True), (10, False), (22, True)]
    assert str(events[1]) == "step 10: alarm unknown is off again"


def test_an_alarm_that_hovers_at_its_threshold_speaks_once():
    shares = [0.5] + ([0.4] * 7 + [0.2] * 7) * 5
    events = events_of([{"step": i, "unknown_share": share} for i, share in enumerate(shares)])
    means = [sum(shares[i - 10 : i]) / 10 for i in range(10, len(shares))]
    assert min(means) < 0.29 and max(means) > 0.31
    assert [(event.step, event.on) for event in events] == [(0, True)]


@pytest.mark.parametrize("line", [{}, {"unknown_share": None}, {"unknown_share": math.nan}, {"loss": 1.0}])
def test_a_step_without_the_metric_changes_nothing(line):
    watch = Watch(choose_alarms())
    watch.watch({"step": 1, "unknown_share": 1.0})
    before = watch.message
    assert watch.watch({"step": 2, **line}) == [] and watch.message == before != ""


def test_the_record_tells_what_the_run_was_told():
    rng = random.Random(1)
    watch, told, lines = Watch(choose_alarms()), [], []
    for step in range(1, 81):
        share = 0.95 + rng.random() / 9
        line = {"step": step, "words_mean": 40 + step * 0.5 + rng.random(), "unknown_share": rng.random() / 2}
        line |= {"entropy": 1 / step, "reward/quality_mean": math.nan}
        line |= {"mixing/variance_quality": share, "mixing/variance_verdicts": 1 - share}
        told += watch.watch(line)
        lines.append(line | watch.metrics())
    recorded = [json.loads(json.dumps(line).replace("NaN", "null")) for line in lines]
    assert events_of(recorded, {"alarms": to_specs(choose_alarms())}) == told != []
    assert {event.alarm for event in told} >= {"length", "entropy", "variance"}


def test_a_recipe_tunes_and_switches_off():
    assert [alarm.name for alarm in choose_alarms()] == list(ALARMS)
    assert choose_alarms(False) == ()
    assert [alarm.name for alarm in choose_alarms({"length": False}, rule="writing_only")] == [
        *("unknown", "shadow", "entropy", "duplicates")
    ]
    named = choose_alarms({"variance": {"above": 0.99}}, rule="writing_only")
    assert named[-1].above == 0.99
    again = yaml.safe_load(yaml.safe_dump(to_specs(named)))
    assert choose_alarms(again, rule="writing_only") == named


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"lenght": False}, "did you mean 'length'"),
        ({"length": {"ration": 2}}, r"alarms\.length: unknown threshold 'ration'; did you mean 'ratio'"),
        ({"length": {"ratio": 0.5}}, r"alarms\.length\.ratio: 0\.5 is not allowed; from 1 to 100"),
        ({"length": {"window": 2.5}}, r"alarms\.length\.window"),
        ({"entropy": {"floor": "low"}}, r"alarms\.entropy\.floor: 'low'"),
        ({"entropy": 3}, r"alarms\.entropy: 3 is not allowed"),
    ],
)
def test_wrong_settings_are_refused(chosen, message):
    with pytest.raises(ValueError, match=message):
        choose_alarms(chosen)


def test_noise_is_that_of_a_step_and_no_drift_adds_to_it():
    rng = random.Random(2)
    still = [rng.gauss(0, 3) for _ in range(4000)]
    drifting = [x + 0.05 * t for t, x in enumerate(still)]
    assert noise(still) == pytest.approx(3, rel=0.05) and noise(drifting) == pytest.approx(3, rel=0.05)
    assert standard_error(still, 9, 16) == pytest.approx(3 * 5 / 12, rel=0.05)
    assert math.isnan(noise([1.0])) and noise([1.0] * 5) == 0.0


def test_stationary_noise_rarely_goes_off():
    """A small version of benchmarks/alarms.py: 60 runs of 200 steps."""
    rng, fired = random.Random(3), 0
    for _ in range(60):
        lines = [
            {
                "step": t,
                "words_mean": rng.gauss(50, 5),
                "entropy": rng.gauss(1, 0.05),
                "reward/quality_mean": rng.gauss(0, 0.15),
                "reward/shadow_mean": rng.gauss(0, 0.15),
                "reward/shadow_std": 1.0,
                "unknown_share": 0.02,
            }
            for t in range(200)
        ]
        fired += bool(events_of(lines))
    assert fired <= 2


def test_an_event_reads_as_a_sentence():
    assert str(Event(3, "entropy", True, "it is low")) == "step 3: alarm entropy: it is low"
