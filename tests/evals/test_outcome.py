import math
from dataclasses import replace

import pytest

from rlmr.constraints.base import Status, Verdict
from rlmr.evals.outcome import EvalRow, read_rows, summarize, write_rows
from rlmr.mixing import reduce_verdicts
from rlmr.verifiers.program import all_pass

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN


def row(task, passed=True, gold=1.0, words=10) -> EvalRow:
    status = {True: PASS, False: FAIL, None: UNKNOWN}[passed]
    return EvalRow(
        task, "p", "text", "text", words, 11, True, (Verdict("word_count", status, 10),), passed, gold
    )


def test_all_pass_decides_as_the_mix_does():
    code = {PASS: 1.0, FAIL: 0.0, UNKNOWN: math.nan}
    for first in Status:
        for second in Status:
            verdicts = [Verdict("a", first), Verdict("b", second), Verdict("c", FAIL, role="soft")]
            reduced = reduce_verdicts(
                [[[code[v.status] for v in verdicts]]], [["hard", "hard", "soft"]], [[1.0, 1.0, 1.0]]
            )
            expected = None if reduced.unknown_PG[0, 0] else bool(reduced.passed_PG[0, 0])
            assert all_pass(verdicts) is expected, (first, second)


def test_summary_counts_what_it_says():
    start = [row(str(i), gold=1.0) for i in range(6)]
    rows = [
        row("0", True, 2.0),  # passes and is better
        row("1", False, 2.0),  # better, but fails
        row("2", True, 1.0),  # a tie is not better
        row("3", True, 0.0),
        row("4", None, 2.0),  # better, whether it passes is unknown
        row("5", True, None, words=40),  # passes, no score
    ]
    found = summarize("rlmr", rows, start, violators_rewarded=0, violators=12)
    assert found.gold_win_rate.value == pytest.approx((1 + 1 + 0.5 + 0 + 1) / 5)
    assert found.gold_win_rate.n == 5
    assert found.pass_rate[:1] == (4 / 5,)
    assert found.pass_and_better.value == pytest.approx(1 / 4)
    assert found.gold_mean == pytest.approx(7 / 5)
    assert found.mean_words == 15
    assert found.sign_p == 0.625  # 3 wins, 1 loss


def test_json_row_has_exactly_the_promised_keys_and_no_nan():
    rows = [row("0", None, None)]
    found = summarize("start", rows, rows).to_json()
    assert list(found) == [
        "rule",
        "gold_win_rate",
        "gold_win_rate_ci",
        "gold_mean",
        "pass_rate",
        "pass_rate_ci",
        "pass_and_better",
        "mean_words",
        "violators_rewarded",
    ]
    assert found["gold_win_rate"] is None
    assert found["pass_rate_ci"] == [None, None]
    assert found["violators_rewarded"] is None


def test_comparing_other_tasks_is_refused():
    with pytest.raises(ValueError, match="same tasks in the same order"):
        summarize("rlmr", [row("0"), row("1")], [row("1"), row("0")])
    with pytest.raises(ValueError, match="same tasks in the same order"):  # one id, two different prompts
        summarize("rlmr", [row("0")], [replace(row("0"), prompt="another")])
    with pytest.raises(ValueError, match="nothing to summarize"):
        summarize("rlmr", [], [])


def test_rows_survive_the_disk_and_bytes_repeat(tmp_path):
    verdicts = (
        Verdict("title", FAIL, "no title", "a title", ((0, 4),), "there is none", "judge:x", "soft", 2.0),
    )
    rows = [replace(row("a"), verdicts=verdicts, completion="火 \u2028 <b>", gold=None, passed=None)]
    first, second = tmp_path / "a" / "rows.jsonl.gz", tmp_path / "again.jsonl.gz"
    write_rows(first, rows)
    write_rows(second, rows)
    assert read_rows(first) == rows
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in first.parent.iterdir()] == ["rows.jsonl.gz"]


def test_a_missing_or_newer_file_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no evaluation at"):
        read_rows(tmp_path / "none.jsonl.gz")
    monkeypatch.setattr("rlmr.evals.outcome.SCHEMA_VERSION", 99)
    write_rows(tmp_path / "new.jsonl.gz", [row("a")])
    monkeypatch.undo()
    with pytest.raises(ValueError, match="schema 99"):
        read_rows(tmp_path / "new.jsonl.gz")
