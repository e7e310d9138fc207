"""The first types, in English and Chinese: what passes, what fails, and the evidence."""

import json
from pathlib import Path

import pytest

from rlmr.constraints import CONSTRAINTS, Judged, Status, parse_one

ROWS = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines()]
CASES = [(row["spec"], row["pass"], row["fail"], row.get("prompt", "")) for row in ROWS]
NAMES = [row["spec"]["type"] for row in ROWS]


@pytest.mark.parametrize(("spec", "passing", "failing", "prompt"), CASES, ids=NAMES)
def test_passes_and_fails(spec, passing, failing, prompt):
    constraint = parse_one(spec)
    for text in passing:
        assert constraint.check(text, prompt).status is Status.PASS, (text, constraint.check(text, prompt))
    for text in failing:
        verdict = constraint.check(text, prompt)
        assert verdict.status is Status.FAIL, (text, verdict)
        assert verdict.reason
    for text in passing + failing:
        verdict = constraint.check(text, prompt)
        assert verdict.type == spec["type"] and verdict.required
        assert all(0 <= a < b <= len(text) for a, b in verdict.spans), verdict
        assert constraint.check(text.replace("\n", "\r\n"), prompt).status is verdict.status, text


@pytest.mark.parametrize("spec", [case[0] for case in CASES], ids=NAMES)
@pytest.mark.parametrize("text", ["", " \n", ".", "…！", "***", '""'])
def test_nothing_to_check_is_a_fail(spec, text):
    assert parse_one(spec).check(text).status is Status.FAIL


def test_every_type_has_a_case_and_describes_itself():
    by_program = {name for name, cls in CONSTRAINTS.items() if not issubclass(cls, Judged)}
    assert {case[0]["type"] for case in CASES} == by_program
    for spec, *_ in CASES:
        english, chinese = (parse_one({**spec, "lang": lang}).describe() for lang in ("en", "zh"))
        assert english.endswith(".") and english[0].isupper() and chinese.endswith("。")


def test_surplus_and_words_are_shown():
    text = "One two three, four."
    verdict = parse_one({"type": "word_count", "at_most": 2}).check(text)
    assert [text[a:b] for a, b in verdict.spans] == ["three, four"]
    verdict = parse_one({"type": "exclude_words", "words": ["two", "four"]}).check(text)
    assert [text[a:b] for a, b in verdict.spans] == ["two", "four"]
    assert verdict.reason == "found: two, four"


def test_evidence_is_capped():
    assert len(parse_one({"type": "exclude_words", "words": ["a"]}).check("a " * 999).spans) == 16


@pytest.mark.parametrize(
    ("scope", "at_most", "status"),
    [
        ("each line", 3, "pass"),
        ("each line", 2, "fail"),
        ("body", 5, "pass"),
        ("body", 4, "fail"),
        ("title", 2, "pass"),
        ("last sentence", 3, "pass"),
        ("line 2", 2, "fail"),
        ("line 9", 9, "fail"),
        ("paragraph 2", 5, "pass"),
        ("quoted", 1, "pass"),
        ("unquoted", 6, "pass"),
        ("unquoted", 5, "fail"),
    ],
)
def test_scopes(scope, at_most, status):
    text = 'The Fox\n\nHe said "hi".\nNight fell.'
    verdict = parse_one({"type": "word_count", "at_most": at_most, "scope": scope}).check(text)
    assert verdict.status == status, verdict


def test_spans_of_a_scope_are_offsets_into_the_text():
    text = "One.\nTwo bad words."
    verdict = parse_one({"type": "exclude_words", "words": ["bad"], "scope": "last line"}).check(text)
    assert [text[a:b] for a, b in verdict.spans] == ["bad"]
    quoted = parse_one({"type": "exclude_words", "words": ["bad"], "scope": "quoted"})
    assert quoted.check('bad "good"').passed
    assert quoted.check('bad "so bad"').spans == ((8, 11),)
