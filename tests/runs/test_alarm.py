"""The alarm for a policy that drifts into what is unknown."""

import math

import pytest

from rlmr.runs.alarm import RISE, WINDOW, UnknownAlarm


def steps(alarm, shares):
    return [alarm.watch({"unknown_share": share, "unknown/judge_timeout": share}) for share in shares]


def test_above_the_threshold_it_goes_off_once():
    alarm = UnknownAlarm(0.3)
    assert steps(alarm, [0.2, 0.2, 0.6, 0.6, 0.6]) == [False, False, True, False, False]
    assert alarm.metrics() == {"alarm/unknown": 1.0}
    assert alarm.message == (
        "alarm: 44% of the texts of the last 5 steps are unknown (above 30%) and teach nothing; "
        "most of them: judge timeout"
    )


def test_a_mean_over_steps_forgives_one_bad_moment():
    alarm = UnknownAlarm(0.3)
    assert not any(steps(alarm, [0.0] * WINDOW + [1.0] + [0.0] * WINDOW))


def test_a_strong_rise_goes_off_below_the_threshold():
    alarm = UnknownAlarm(0.9)
    assert not any(steps(alarm, [0.05] * WINDOW))
    heard = steps(alarm, [0.05 + 2 * RISE] * WINDOW)
    assert heard.count(True) == 1 and "5% in the first 10" in alarm.message
    slow = UnknownAlarm(0.9)
    assert not any(steps(slow, [0.3] * WINDOW + [0.3 + 1.5 * RISE] * WINDOW))


def test_it_is_quiet_again_and_goes_off_again():
    alarm = UnknownAlarm(0.3)
    heard = steps(alarm, [0.5] + [0.0] * WINDOW + [1.0] * WINDOW)
    assert heard[0] and heard.count(True) == 2
    steps(alarm, [0.0] * WINDOW)
    assert alarm.metrics() == {} and alarm.message == ""


@pytest.mark.parametrize("metrics", [{}, {"unknown_share": None}, {"unknown_share": math.nan}, {"loss": 1.0}])
def test_a_step_without_texts_changes_nothing(metrics):
    alarm = UnknownAlarm(0.3)
    alarm.watch({"unknown_share": 1.0})
    before = alarm.message
    assert not alarm.watch(metrics) and alarm.message == before != ""
