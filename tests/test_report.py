import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_runs import HOSTILE, group_rows, make_run, make_study
from rlmr.constraints.base import Status, Verdict
from rlmr.report import Policy, Study, curves, prose, render, texts, why, write_report
from rlmr.runs import read_run

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Checks nesting and collects tags and text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def page(study) -> Page:
    return Page(render(study))


def test_the_page_needs_nothing_beside_itself(study, page):
    html = render(study)
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not [value for name, value in page.attributes if name in {"src", "href", "onload", "onclick"}]
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_hostile_texts_stay_text(study, page):
    assert "<script>" not in render(study)
    assert "{{ 7 * 7 }}" in page.text  # never evaluated
    assert page.text.count("<script>alert(1)</script>") >= 4  # a prompt, and each policy's answer


def test_hostile_labels_reasons_and_notes_stay_text(study):
    verdict = Verdict(HOSTILE, Status.FAIL, HOSTILE, HOSTILE, reason=HOSTILE)
    rows = [replace(row, verdicts=(verdict,)) for row in study.policies[1].rows]
    hostile = replace(study.policies[1], rule="mine:" + HOSTILE, rows=rows)
    html = render(replace(study, policies=(study.policies[0], hostile), title=HOSTILE, note=HOSTILE))
    assert "<script>" not in html
    Page(html)


def test_every_policy_and_its_numbers_are_there(study, page):
    for policy in study.policies:
        assert policy.label in page.text
        assert prose.interval(policy.summary.pass_rate) in page.text
        assert prose.rewarded(policy) in page.text
    assert "Why this advantage" in page.text
    assert "word count" in page.text


def test_the_page_suits_dark_print_and_narrow_screens(study):
    html = render(study)
    for needed in ("prefers-color-scheme: dark", "@media print", "max-width: 820px", "width=device-width"):
        assert needed in html


def test_what_is_missing_is_left_out(tmp_path, study):
    run = read_run(make_run(tmp_path / "rlmr", "rlmr", steps=4, state="interrupted"))
    html = render(Study((Policy("rlmr", run=run),), seed=1, note="Interrupted at step 4."))
    assert "Interrupted at step 4." in html
    assert "What came out" not in html
    assert "Trained: RLMR for 4 steps." in Page(html).text
    only_start = Page(render(replace(study, policies=study.policies[:1])))
    assert "How training went" not in only_start.text
    with pytest.raises(ValueError, match="at least one policy"):
        render(Study((), seed=0))


def test_a_run_without_a_single_step_is_shown(tmp_path):
    folder = make_run(tmp_path / "rlmr", "rlmr", steps=1, state="interrupted")
    (folder / "metrics.jsonl").unlink()
    next((folder / "groups").iterdir()).unlink()
    assert "RLMR" in render(Study((Policy("rlmr", run=read_run(folder)),), seed=0))


def test_the_report_is_written_whole(tmp_path, study):
    path = write_report(study, tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8") == render(study)
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=6))
def test_segments_joined_are_the_text(text, pairs):
    verdicts = [
        Verdict("a", status, spans=((min(pair), max(pair)),))
        for pair, status in zip(pairs, [Status.FAIL, Status.PASS, Status.UNKNOWN] * 2, strict=False)
    ]
    pieces = texts.segments(text, verdicts)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)


def test_broken_wins_over_kept_and_wide_kept_marks_are_left_out():
    kept = Verdict("include_words", Status.PASS, spans=((2, 5),))
    broken = Verdict("exclude_words", Status.FAIL, spans=((2, 5),))
    everything = Verdict("sentence_count", Status.PASS, spans=((0, 12),))
    assert texts.segments("a fox ran on", [broken, kept, everything])[1].mark == "broken"
    assert [p.mark for p in texts.segments("a fox ran on", [everything])] == [""]


def test_prompts_are_chosen_by_task_alone(study):
    """Shuffling what the policies wrote leaves the choice of prompts as it was."""
    chosen = [prompt.text for prompt in texts.prompts(study)]
    worse = [
        replace(policy, rows=[replace(row, gold=None) for row in policy.rows]) for policy in study.policies
    ]
    assert [prompt.text for prompt in texts.prompts(replace(study, policies=tuple(worse)))] == chosen
    assert len(chosen) == 2


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_ticks_enclose_what_is_drawn(low, span):
    high = low + span
    found = curves.ticks(low, high)
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert found[0] <= low + slack
    assert found[-1] >= high - slack
    assert 2 <= len(found) <= 8
    assert all(b > a for a, b in pairwise(found))


def test_curves_stay_inside_their_box(study):
    found = curves.panels(study)
    recorded = [title for name, title, _ in curves.PANELS if name != "reward/shadow_mean"]
    assert [panel.title for panel in found] == recorded
    for panel in found:
        for line in panel.lines:
            xy = [float(n) for n in re.findall(r"-?\d+\.\d", line.raw + line.smooth)]
            assert all(curves.LEFT - 1 <= x <= curves.RIGHT + 1 for x in xy[::2])
            assert all(curves.TOP - 1 <= y <= curves.BOTTOM + 1 for y in xy[1::2])


def test_a_metric_that_is_null_is_a_gap_not_a_zero(study):
    kl = next(panel for panel in curves.panels(study) if panel.title.startswith("KL"))
    assert kl.lines[0].raw.count("L") == 12 - 1 - 1  # twelve steps, the first without a value


def test_the_explained_group_is_a_penalised_mixed_one(study):
    found = why.sample_group(study)
    assert found.label == "RLMR"
    assert found.step > 8
    assert found.penalty_std > 0
    assert {text.status for text in found.texts} == {Status.PASS, Status.FAIL}
    advantages = [text.advantage for text in found.texts]
    assert advantages == sorted(advantages, reverse=True)
    for text in found.texts:
        assert (text.x_after is not None) == (text.status is Status.FAIL)
        assert 0 <= text.bar[0] <= text.bar[0] + text.bar[1] <= 100
        assert text.x_after is None or 0 <= text.x_after < text.x <= 100
        assert f"{text.advantage:+.2f}".replace("-", "−") in text.sentence


def test_drawn_means_are_the_groups(study):
    """Every violator ends left of the mean after the penalty, which is what makes its advantage negative."""
    found = why.sample_group(study)
    assert found.mean_after < found.mean
    for text in found.texts:
        end = text.x if text.x_after is None else text.x_after
        assert (end < found.mean_after) == (text.advantage < 0)


def test_sentences_say_why():
    import random

    rows = group_rows(random.Random(4), "rlmr", 1, 0, keep=0.5)
    said = {text.row.index: text.sentence for text in why.explain("RLMR", 1, rows).texts}
    for row in rows:
        if row.derived.passed:
            assert said[row.index].startswith("Kept every constraint; its writing scored")
        else:
            assert "so its reward was lowered by" in said[row.index]
            assert row.verdicts[0].reason[1:] in said[row.index] or "issing: moss" in said[row.index]


def test_an_unknown_text_takes_no_part():
    import random

    rows = group_rows(random.Random(4), "rlmr", 1, 0, keep=0.5)
    lost = replace(rows[0].derived, unknown=True, passed=False, quality=None, advantage=0.0)
    rows[0] = replace(rows[0], derived=lost, scores={"quality": None})
    text = next(t for t in why.explain("RLMR", 1, rows).texts if t.row.index == 0)
    assert (text.status, text.x, text.bar[1]) == (Status.UNKNOWN, None, 0.0)
    assert (
        text.sentence == "Unknown (it could not be scored), so it takes no part in its group: advantage 0.00."
    )
    with pytest.raises(ValueError, match="was not mixed"):
        why.explain("RLMR", 1, [replace(row, derived=None) for row in rows])
