"""Programs first, then a classifier, then a judge: who is asked what, and what comes out."""

from dataclasses import replace

import pytest

from rlmr.constraints import (
    Dialogue,
    Element,
    If,
    PointOfView,
    SentenceCount,
    Status,
    Style,
    Tone,
    WordCount,
)
from rlmr.data import Task
from rlmr.verifiers.combine import SKIPPED, verify_all, verify_group
from rlmr.verifiers.program import MAX_CHARACTERS

TASK = Task(
    "1", "Write.", (WordCount(at_most=3), Tone("sad", role="soft", weight=2.0), Style("Poe", role="probe"))
)


class Oracle:
    """Passes what its table says, by type; unknown where it says nothing."""

    def __init__(self, source, **table):
        self.source, self.table, self.items = source, table, []

    def verify_many(self, items):
        self.items += items
        verdicts = []
        for _, constraint, text in items:
            if constraint.type in self.table:
                verdict = constraint.verdict(self.table[constraint.type], 0, "", ((0, len(text)),))
            else:
                verdict = constraint.unknown("undecided: p = 0.5")
            verdicts.append(replace(verdict, source=self.source))
        return verdicts


def table(verdicts):
    return [(verdict.status.value, verdict.source) for verdict in verdicts]


def test_without_others_programs_alone_decide():
    verdicts = verify_group(TASK, ["A fox ran."])[0]
    assert table(verdicts) == [("pass", "program"), ("unknown", "program"), ("unknown", "program")]
    assert verdicts[1].reason == "needs a judge"


def test_each_is_asked_only_what_is_left():
    classifier, judge = Oracle("classifier:c", tone=True), Oracle("judge:j", style=False)
    verdicts = verify_group(TASK, ["A fox ran."], classifier=classifier, judge=judge)[0]
    assert table(verdicts) == [("pass", "program"), ("pass", "classifier:c"), ("fail", "judge:j")]
    assert [item[1].type for item in classifier.items] == ["tone", "style"]
    assert [item[1].type for item in judge.items] == ["style"]
    assert [(v.type, v.role, v.weight) for v in verdicts] == [
        (c.type, c.role, c.weight) for c in TASK.constraints
    ]


def test_the_last_one_asked_gives_the_reason():
    classifier, judge = Oracle("classifier:c"), Oracle("judge:j")
    verdicts = verify_group(TASK, ["A fox ran."], classifier=classifier, judge=judge)[0]
    assert table(verdicts)[1:] == [("unknown", "judge:j")] * 2
    only = verify_group(TASK, ["A fox ran."], classifier=Oracle("classifier:c"))[0]
    assert only[1].reason == "undecided: p = 0.5"


def test_the_same_text_is_asked_about_once():
    judge = Oracle("judge:j", tone=True, style=True)
    tasks = [TASK, TASK, Task("2", "Write.", TASK.constraints), Task("3", "Sing.", TASK.constraints)]
    rows = verify_all(tasks, ["A fox ran."] * 4, judge=judge)
    assert len(judge.items) == 4  # two prompts, two constraints
    assert all(row == rows[0] for row in rows)


def test_programs_hand_on_what_they_cannot_decide():
    judge = Oracle("judge:j", point_of_view=True)
    task = Task("1", "Write.", (PointOfView("first"), WordCount(at_most=1)))
    rows = verify_group(task, ["Rain fell.", "I ran.", "He ran."], judge=judge)
    assert [table(row)[0] for row in rows] == [("pass", "judge:j"), ("pass", "program"), ("fail", "program")]
    assert len(judge.items) == 1


def test_skipping_spares_the_judge_and_says_so():
    judge = Oracle("judge:j", tone=True, style=True)
    rows = verify_group(TASK, ["A fox ran far away.", "A fox."], judge=judge, skip_failed=True)
    assert [item[2] for item in judge.items] == ["A fox."] * 2
    assert [v.status.value for v in rows[0]] == ["fail", "unknown", "unknown"] and rows[0][
        1
    ].reason == SKIPPED
    assert [v.status.value for v in rows[1]] == ["pass"] * 3


def test_what_is_too_long_is_not_asked_about():
    judge = Oracle("judge:j", tone=True, style=True)
    verdicts = verify_group(TASK, ["fox " * (MAX_CHARACTERS // 4 + 1)], judge=judge)[0]
    assert not judge.items and all(v.reason.startswith("too long") for v in verdicts)


@pytest.mark.parametrize(
    ("tone", "text", "status"),
    [
        (True, '"Hi." He ran. He hid.', "fail"),
        (True, '"Hi."', "pass"),
        (False, "He ran. He hid.", "pass"),
        (None, '"Hi."', "pass"),
        (None, "He ran. He hid.", "unknown"),
    ],
)
def test_judged_parts_of_an_if(tone, text, status):
    judge = Oracle("judge:j", **({} if tone is None else {"tone": tone}))
    rule = If(when=Tone("sad"), then=SentenceCount(at_most=1), role="soft", weight=3.0)
    verdict = verify_group(Task("1", "Write.", (rule,)), [text], judge=judge)[0][0]
    assert verdict.status == status
    assert (verdict.type, verdict.role, verdict.weight) == ("if", "soft", 3.0)
    both_roads_pass = SentenceCount(at_most=1).check(text).passed
    assert [item[1].type for item in judge.items] == ([] if both_roads_pass else ["tone"])


def test_parts_of_an_if_that_programs_decide_are_not_asked_about():
    judge = Oracle("judge:j", element=True)
    rule = If(when=Dialogue(at_least=1), then=Element("a fox"))
    rows = verify_group(Task("1", "Write.", (rule,)), ['"Hi."', "He ran."], judge=judge)
    assert [row[0].status for row in rows] == [Status.PASS, Status.PASS]
    assert [item[2] for item in judge.items] == ['"Hi."']


def test_different_numbers_are_an_error():
    with pytest.raises(ValueError):
        verify_all([TASK], [])
