"""IFEval rows in the native reading: every id, every row, no exploit."""

import json
import os
from pathlib import Path

import pytest

from rlmr.constraints import ConstraintError, default_gates, from_ifeval
from rlmr.constraints.translate import TRANSLATIONS
from rlmr.verifiers.program import verify

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
PROMPTS = SHARED / "ifeval" / "input_data.jsonl"
REFUSALS = [
    "I'm sorry, but I can't assist with that request.",
    "I cannot fulfill this request.",
    "As an AI language model, I cannot do that.",
    "Sorry, I am unable to help with this.",
    "很抱歉，我无法完成这个请求。",
]


@pytest.fixture(scope="module")
def rows():
    if not PROMPTS.exists():
        pytest.skip(f"IFEval's prompts are not at {PROMPTS} (set RLMR_SHARED_DATA)")
    return [json.loads(line) for line in PROMPTS.read_text("utf-8").splitlines()]


def test_every_row_and_id_is_read(rows):
    used = {name for row in rows for name in row["instruction_id_list"]}
    assert used == set(TRANSLATIONS)
    for row in rows:
        assert all(constraint.describe() for constraint in from_ifeval(row))


def exploits(prompt):
    yield from (".", "a", "...", prompt, prompt + ".", "> " + prompt, *REFUSALS)


def test_no_exploit_passes_any_prompt(rows):
    for row in rows:
        constraints = (*default_gates(), *from_ifeval(row))
        for text in exploits(row["prompt"]):
            verdicts = verify(row["prompt"], text, constraints)
            assert not all(verdict.passed for verdict in verdicts), (row["key"], text)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"instruction_id_list": ["punctuation:no_coma"], "kwargs": [{}]},
            r"\[0\].*did you mean 'punctuation:no_comma'",
        ),
        (
            {"instruction_id_list": ["length_constraints:number_words"], "kwargs": [{"num_words": 3}]},
            r"relation: missing",
        ),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": []}, "lists of the same length"),
    ],
)
def test_bad_rows(row, message):
    with pytest.raises(ConstraintError, match=message):
        from_ifeval(row)


def test_nulls_are_dropped():
    row = {"instruction_id_list": ["length_constraints:number_words"]}
    kwargs = {"relation": "less than", "num_words": 9, "keywords": None}
    assert from_ifeval({**row, "kwargs": [kwargs]})[0].at_most == 8
