"""Pairwise comparison through a real server: rankings are recovered, bad habits are exposed."""

import math
from dataclasses import replace

import pytest
from evaluation_cases import honest, judge_by, length_biased, noisy, position_biased, rows_of

from rlmr.endpoint import Client, Endpoint
from rlmr.endpoint.fake import FakeServer
from rlmr.evals.comparison import compare_models
from rlmr.evals.evaluation import Evaluated
from rlmr.evals.finished_items import FinishedItems
from rlmr.evals.pairwise import Meeting, compare, meet_by_judge, meet_by_scores, paired, rank
from rlmr.evals.suites import Facts
from rlmr.report.evaluation import markdown, write_comparison
from rlmr.rewards.judge import PairwiseJudge

SYSTEMS = {
    "start": (1.0, 40, 6),
    "rlmr": (2.0, 40, 20),
    "writing": (1.6, 55, 20),
    "endless": (1.6, 90, 6),
}
"""Worth, words, and by how many words its texts differ."""
ROWS = {name: rows_of(name, mean, words, spread=spread) for name, (mean, words, spread) in SYSTEMS.items()}


def ask(prefers, folder, candidate="rlmr", baseline="start", **server):
    with FakeServer(judge_by(prefers), **server) as running:
        endpoint = Endpoint(running.base_url, "judge", retries=0, retries_rejected=0, backoff_s=0.01)
        with Client(endpoint) as client:
            log = FinishedItems(folder / f"{candidate}-{baseline}.jsonl")
            met = meet_by_judge(PairwiseJudge(client), ROWS[candidate], ROWS[baseline], log)
        return met, running


def test_an_honest_judge_agrees_with_the_scores(tmp_path):
    met, _ = ask(honest, tmp_path)
    by_judge = compare("rlmr", "start", "judge", met, ordered=True)
    by_gold = compare(
        "rlmr", "start", "gold", meet_by_scores("gold", ROWS["rlmr"], ROWS["start"]), ordered=False
    )
    assert abs(by_judge.win.rate.value - by_gold.win.rate.value) < 0.02  # worth is written to two digits
    assert by_judge.win.rate.low > 0.75 and by_judge.win.p < 1e-6
    assert by_judge.flips.value == 0 and by_judge.first_place.value == 0.5
    assert by_gold.flips is None and by_gold.first_place is None
    assert by_judge.warnings == ()


def test_a_noisy_judge_still_ranks_three_systems_rightly(tmp_path):
    pairs = [("rlmr", "start"), ("writing", "start"), ("writing", "rlmr")]
    ranking = rank({(a, b): ask(noisy, tmp_path, a, b)[0] for a, b in pairs})
    assert ranking.systems == ("rlmr", "writing", "start")
    assert ranking.strengths[0].low > ranking.strengths[2].high


def test_a_position_biased_judge_is_exposed(tmp_path):
    found = compare("rlmr", "start", "judge", ask(position_biased, tmp_path)[0], ordered=True)
    assert found.first_place.low > 0.5 and found.flips.value > 0.3
    assert any(w.startswith("Position bias: the text that stands first") for w in found.warnings)
    assert found.win.rate.low > 0.5  # both orders: the ranking survives


def test_a_length_biased_judge_is_exposed(tmp_path):
    met = ask(length_biased, tmp_path, "writing", "rlmr")[0]
    found = compare("writing", "rlmr", "judge", met, ordered=True)
    assert found.win.rate.low > 0.5, "the longer, worse system wins with this judge"
    assert any(w.startswith("Verdicts follow length") for w in found.warnings)
    assert found.controlled.rate.value < found.win.rate.value - 0.1
    assert found.controlled.rate.low < 0.5


def test_what_is_always_longer_cannot_be_compared_at_equal_length(tmp_path):
    met = ask(length_biased, tmp_path, "endless", "rlmr")[0]
    found = compare("endless", "rlmr", "judge", met, ordered=True)
    assert found.win.rate.low > 0.9 and math.isnan(found.controlled.rate.value)
    assert any("cannot be told from quality" in w for w in found.warnings)


def test_failures_are_unknown_and_asked_again_and_nothing_else_is(tmp_path):
    met, _ = ask(honest, tmp_path, faults={"500": 0.2})
    unknown = [one for one in met if math.isnan(one.first)]
    assert 0 < len(unknown) < len(met)
    found = compare("rlmr", "start", "judge", met, ordered=True)
    assert found.win.unknown == len(unknown) and "are unknown" in found.warnings[0]
    again, server = ask(honest, tmp_path)
    assert server.calls == 2 * len(unknown)
    assert not any(math.isnan(one.first) for one in again)
    assert [b for a, b in zip(met, again, strict=True) if a == b] == [
        one for one in met if not math.isnan(one.first)
    ]


def test_a_changed_text_is_judged_anew(tmp_path):
    ask(honest, tmp_path)
    before = ROWS["rlmr"]
    try:
        ROWS["rlmr"] = [rows_of("rlmr", 2.0, 40, seed=1)[0], *before[1:]]
        assert ask(honest, tmp_path)[1].calls == 2
    finally:
        ROWS["rlmr"] = before


def test_only_tasks_that_both_have_meet():
    assert [a.task for a, _ in paired(ROWS["rlmr"][:5], ROWS["start"][3:])] == ["t3", "t4"]


@pytest.mark.parametrize(("n", "warned"), [(8, True), (40, False)])
def test_few_comparisons_say_nothing_of_a_judge(n, warned):
    met = [Meeting(f"t{i}", 1.0, 0.0, 3.0) for i in range(n)]
    found = compare("a", "b", "judge", met, ordered=True)
    assert any("too few" in w for w in found.warnings) is warned
    assert any("Position bias" in w for w in found.warnings) is not warned


def test_no_comparison_is_no_verdict():
    found = compare("a", "b", "judge", [], ordered=True)
    assert math.isnan(found.win.rate.value) and math.isnan(found.detectable)


def test_models_that_nothing_connects_are_not_ranked_and_the_page_says_why(tmp_path):
    facts = Facts("mine", "native", "", "0" * 16, 120)
    three = [Evaluated(name, facts, ROWS[name][:30]) for name in ("start", "rlmr", "writing")]
    known = [Meeting(f"t{i}", float(i % 2), float(i % 2), 1.0) for i in range(30)]
    unknown = [Meeting(f"t{i}", math.nan, math.nan, 1.0) for i in range(30)]
    some = compare_models("abc", three, {"judge": {(1, 0): known, (2, 0): unknown}}, [])
    assert some.unranked == {"judge": "no comparison of c is known"} and not some.rankings
    assert "30 of 30 comparisons are unknown" in some.pairwise[1].warnings[0]
    pairs = {(1, 0): known, (2, 0): unknown, (3, 0): unknown, (3, 2): known}
    apart = compare_models("abcd", [*three, three[0]], {"judge": pairs}, [])
    assert "no chain of comparisons" in apart.unranked["judge"] and "no chain" in markdown([apart])
    assert "no chain of comparisons" in write_comparison([apart], tmp_path).read_text()
    swept = [Meeting(f"t{i}", 1.0, 1.0, 1.0) for i in range(30)]
    clean = compare_models("abc", three, {"judge": {(1, 0): known, (2, 0): swept}}, [])
    assert clean.rankings["judge"].systems[0] == "c" and math.isfinite(
        clean.rankings["judge"].strengths[0].high
    )
    every = compare_models("abc", three, {"judge": {(1, 0): known, (2, 0): known}}, [])
    assert set(every.rankings["judge"].systems) == set("abc")


@pytest.mark.parametrize("longest", ["writing", "endless"])
def test_the_page_ranks_at_equal_length_or_says_why_not(longest, tmp_path):
    facts = Facts("mine", "native", "", "0" * 16, 120)
    names = ("start", "rlmr", longest)
    rows = [
        [replace(row, scores={"long": row.scores["gold"] + 0.08 * row.words}) for row in ROWS[name]]
        for name in names
    ]
    found = compare_models(names, [Evaluated(n, facts, r) for n, r in zip(names, rows, strict=True)], {})
    page, table = write_comparison([found], tmp_path).read_text(), markdown([found])
    assert found.rankings["long"].systems[0] == longest, "a score that pays for words"
    if longest == "writing":
        fair = found.rankings_at_equal_length["long"]
        assert fair.systems[0] == "rlmr" and fair.slope.low > 0
        assert "Bradley-Terry by long at equal length: rlmr +" in table and "a longer text +" in table
        assert f"{fair.strengths[0].value:+.2f}" in page and "<th>At equal length</th>" in page
    else:
        why = found.unranked_at_equal_length["long"]
        assert "[['endless'], ['rlmr', 'start']]" in why and "longer in nearly all" in why
        assert "longer in nearly all comparisons" in page and "longer in nearly all" in table
