"""A hand-written gold set in Chinese, both scripts: (constraint, text, verdict)."""

import json
from collections import Counter
from pathlib import Path

import pytest

from rlmr.constraints import parse_one

PATH = Path(__file__).parent / "gold_zh.jsonl"
ROWS = [json.loads(line) for line in PATH.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["spec"]["type"])
def test_gold(row):
    verdict = parse_one(row["spec"]).check(row["text"])
    assert verdict.status.value == row["verdict"], (row, verdict)


def test_the_set_is_large_and_balanced():
    verdicts = Counter(row["verdict"] for row in ROWS)
    assert len(ROWS) >= 300
    assert min(verdicts["pass"], verdicts["fail"]) >= 0.4 * len(ROWS)
    assert all(row["spec"]["lang"] == "zh" for row in ROWS)
