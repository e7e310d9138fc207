"""Verification of files: streaming, order, several processes."""

import gzip
import json

import pytest

from rlmr.data import DataError
from rlmr.verifiers.files import verify_file


def rows(n):
    specs = [
        {"type": "word_count", "at_most": 3},
        {"type": "point_of_view", "person": "first", "role": "hard"},
    ]
    texts = ["I ran.", "It rains today here.", "Rain fell."]
    return [{"id": i, "prompt": "p", "completion": texts[i % 3], "constraints": specs} for i in range(n)]


def write(path, data):
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in data)
    return path


def test_rows_summary_and_order(tmp_path):
    path = write(tmp_path / "a.jsonl.gz", rows(9))
    summary = verify_file(path, tmp_path / "out.jsonl")
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").open()]
    assert [row["passed"] for row in out] == [True, False, None] * 3
    assert [row["id"] for row in out] == list(range(9))
    assert (summary.rows, summary.passed, summary.decided, summary.unknown) == (9, 3, 6, 3)
    assert summary.by_type["word_count"] == {"pass": 6, "fail": 3}
    assert out[1]["verdicts"][0]["reason"] == "wanted at most 3 words, counted 4"


def test_two_processes_give_the_same(tmp_path):
    path = write(tmp_path / "a.jsonl", rows(150))
    verify_file(path, tmp_path / "one.jsonl")
    verify_file(path, tmp_path / "two.jsonl", jobs=2)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_a_bad_row_names_its_line_and_leaves_nothing(tmp_path):
    data = rows(3)
    data[2]["constraints"] = [{"type": "word_count"}]
    path = write(tmp_path / "a.jsonl", data)
    with pytest.raises(DataError, match=r"a\.jsonl:3: constraints\[0\]\.at_least: missing"):
        verify_file(path, tmp_path / "out.jsonl")
    assert not list(tmp_path.glob("out*"))
    path = write(tmp_path / "b.jsonl", [{"constraints": []}])
    with pytest.raises(DataError, match=r"b\.jsonl:1: completion: None is not allowed"):
        verify_file(path)
