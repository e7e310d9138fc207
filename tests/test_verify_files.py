"""Verification of files: rows, order, errors, several processes, bounded memory."""

import gzip
import json
import tracemalloc
from collections import Counter

import pytest

from rlmr.constraints import ConstraintError, Status
from rlmr.data import DataError
from rlmr.verifiers import files
from rlmr.verifiers.files import verify_file, verify_row
from rlmr.verifiers.parallel import AHEAD, ordered_map

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN
SPECS = [
    {"type": "word_count", "at_most": 3},
    {"type": "point_of_view", "person": "first"},
    {"type": "title", "role": "soft"},
]
IFEVAL = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
TEXTS = ["I ran.", "It rains today here.", "Rain fell."]


def rows(n):
    return [{"id": i, "prompt": "p", "completion": TEXTS[i % 3], "constraints": SPECS} for i in range(n)]


def write(path, data):
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in data)
    return path


def read(path):
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return [json.loads(line) for line in file]


@pytest.mark.parametrize("name", ["out.jsonl", "new/out.jsonl.gz"])
def test_rows_summary_and_order(tmp_path, name):
    path = write(tmp_path / "a.jsonl.gz", rows(9))
    summary = verify_file(path, tmp_path / name)
    out = read(tmp_path / name)
    assert [row["passed"] for row in out] == [True, False, None] * 3
    assert [row["id"] for row in out] == list(range(9))
    assert summary.rows == 9 and summary.loose is None
    assert summary.strict.texts == {PASS: 3, FAIL: 3, UNKNOWN: 3}
    assert summary.strict.kinds[("word_count", "hard")] == {PASS: 6, FAIL: 3}
    assert summary.strict.kinds[("title", "soft")] == {FAIL: 9}
    assert summary.strict.constraints.total() == 18  # the soft ones stand apart
    assert set(out[1]) == {*rows(1)[0], "verdicts", "passed"}
    verdict = out[1]["verdicts"][0]
    assert verdict["reason"] == "wanted at most 3 words, counted 4"
    assert {"type", "status", "measured", "required", "spans", "reason"} <= set(verdict)


def test_former_results_are_replaced():
    row = {**rows(1)[0], "passed": False, "passed_loose": True, "verdicts": []}
    assert verify_row(row) == verify_row(rows(1)[0])


def test_response_and_messages_are_read():
    messages = [{"role": "user", "content": "Write of the sea now please."}]
    row = {"prompt": messages, "response": "Write of the sea now please.", "constraints": [{"type": "echo"}]}
    assert verify_row(row)["passed"] is False
    assert verify_row({**row, "prompt": ""})["passed"] is True


def test_half_a_surrogate_pair_survives(tmp_path):
    row = {**rows(1)[0], "completion": "I ran \ud83d."}
    verify_file(write(tmp_path / "a.jsonl", [row]), tmp_path / "out.jsonl")
    assert read(tmp_path / "out.jsonl")[0]["completion"] == row["completion"]


@pytest.mark.parametrize("settings", [{"profile": "native"}, {"profile": "ifeval", "loose": True}])
def test_two_processes_give_the_same(tmp_path, settings):
    path = write(tmp_path / "a.jsonl", [{**row, **IFEVAL} for row in rows(300)])
    summaries = [verify_file(path, tmp_path / f"{jobs}.jsonl", jobs=jobs, **settings) for jobs in (1, 2)]
    assert summaries[0] == summaries[1] and summaries[0].rows == 300
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()


def test_the_first_bad_row_is_named_whichever_process_is_faster(tmp_path):
    data = rows(300)
    for bad in (290, 130):
        data[bad]["constraints"] = [{"type": "titel"}]
    path = write(tmp_path / "b.jsonl", data)
    torn = tmp_path / "c.jsonl.gz"  # its end is read while the bad row is still being checked
    torn.write_bytes(gzip.compress(path.read_bytes())[:-4])
    for jobs in (1, 2):
        for file in (path, torn):
            with pytest.raises(DataError, match=rf"{file.name}:131: constraints\[0\]\.type: 'titel'"):
                verify_file(file, tmp_path / "out.jsonl", jobs=jobs)
    torn.write_bytes(gzip.compress(json.dumps(rows(1)[0]).encode())[:-4])
    with pytest.raises(DataError, match=r"c\.jsonl\.gz: not a whole gzip file"):
        verify_file(torn, tmp_path / "out.jsonl")
    assert not list(tmp_path.glob("*out*"))


TEXT = {"prompt": "p", "completion": "A fox."}


@pytest.mark.parametrize(
    ("profile", "row", "message"),
    [
        ("native", {**TEXT, "constraints": [{"type": "word_count"}]}, r"constraints\[0\]\.at_least: missing"),
        ("native", {**TEXT, "constraints": None}, "constraints: None is not allowed"),
        ("native", TEXT, "constraints: missing; give constraints, or instruction_id_list and kwargs"),
        ("native", {"prompt": "p", "constraints": []}, "completion: missing"),
        ("native", {**TEXT, "completion": 3, "constraints": []}, "completion: 3 is not allowed"),
        ("native", {**TEXT, "response": "A hen.", "constraints": []}, "response: is not the text of comple"),
        ("native", {"promt": "p", "completion": "A fox.", "constraints": []}, "prompt: missing; the row has"),
        ("native", {**TEXT, "prompt": 3, "constraints": []}, "prompt: 3 is not allowed"),
        (
            "native",
            {**TEXT, "instruction_id_list": ["punctuation:no_coma"], "kwargs": [{}]},
            r"list\[0\]: .*did you mean",
        ),
        (
            "native",
            {
                **TEXT,
                "instruction_id_list": ["length_constraints:number_words"],
                "kwargs": [{"relation": "less than", "num_words": "9"}],
            },
            r"instruction_id_list\[0\]: .*num_words: '9' is not allowed",
        ),
        ("native", {**TEXT, **IFEVAL, "kwargs": ["x"]}, r"kwargs\[0\]: 'x' is not allowed"),
        ("ifeval", {**TEXT, "constraints": []}, "instruction_id_list: missing"),
        ("ifeval", {**TEXT, **IFEVAL, "kwargs": []}, "lists of the same length"),
        ("ifeval", {**TEXT, **IFEVAL, "kwargs": ["x"]}, r"kwargs\[0\]: 'x' is not allowed"),
        ("ifeval", {**TEXT, **IFEVAL, "kwargs": [{"n": 3}]}, r"instruction_id_list\[0\]: .*n: not allowed"),
        ("ifeval", {**TEXT, **IFEVAL, "instruction_id_list": ["title"]}, r"list\[0\]: 'title' is not allo"),
        ("ifeval", {**TEXT, **IFEVAL, "instruction_id_list": [3]}, r"list\[0\]: 3 is not allowed"),
        ("ifbench", {**TEXT, **IFEVAL}, r"list\[0\]: 'punctuation:no_comma' is not allowed"),
    ],
)
def test_a_bad_row_is_named_and_leaves_nothing(tmp_path, profile, row, message):
    data = (
        [json.dumps({**TEXT, **IFEVAL}), "", json.dumps(row)]
        if profile != "ifbench"
        else ["", "", json.dumps(row)]
    )
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(data))
    with pytest.raises(DataError, match=rf"a\.jsonl:3: .*{message}"):
        verify_file(path, tmp_path / "out.jsonl", profile=profile)
    assert not list(tmp_path.glob("*out*"))


def test_an_older_output_stays_when_a_row_is_bad(tmp_path):
    write(tmp_path / "out.jsonl", [{"old": True}])
    with pytest.raises(DataError, match=r":2: not JSON"):
        path = tmp_path / "a.jsonl"
        path.write_text(json.dumps(rows(1)[0]) + "\n{")
        verify_file(path, tmp_path / "out.jsonl")
    assert read(tmp_path / "out.jsonl") == [{"old": True}]


def test_what_cannot_be_asked_is_refused_before_reading(tmp_path):
    with pytest.raises(ConstraintError, match=r"no loose reading .*ifeval, ifbench"):
        verify_file(tmp_path / "none.jsonl", loose=True)
    with pytest.raises(ConstraintError, match="'ifevil' is not allowed; did you mean 'ifeval'"):
        verify_file(tmp_path / "none.jsonl", profile="ifevil")
    with pytest.raises(DataError, match="no such file"):
        verify_file(tmp_path / "none.jsonl")


def test_processes_never_read_far_ahead():
    taken = Counter()

    def source():
        for number in range(40):
            taken["items"] += 1
            yield number

    for done, result in enumerate(ordered_map(abs, source(), jobs=2)):
        assert result == done
        assert taken["items"] - done <= 2 * AHEAD
    assert taken["items"] == 40


def test_chunks_are_bounded_in_rows_and_in_bytes(tmp_path, monkeypatch):
    path = write(tmp_path / "a.jsonl", rows(files.CHUNK_ROWS * 2 + 1))
    chunks = list(files._chunks(path, "native", False))
    assert [len(chunk.lines) for chunk in chunks] == [files.CHUNK_ROWS, files.CHUNK_ROWS, 1]
    monkeypatch.setattr(files, "CHUNK_BYTES", 1000)
    size = len(path.read_bytes().splitlines()[0])
    for chunk in files._chunks(path, "native", False):
        assert sum(len(raw) for _, raw in chunk.lines) < 1000 + 2 * size
    assert chunk.position == path.stat().st_size


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_larger_than_the_memory_in_use(tmp_path, monkeypatch, jobs):
    monkeypatch.setattr(files, "CHUNK_BYTES", 100_000)
    row = {"prompt": "p", "completion": "A fox. " * 3000, "constraints": []}
    path = write(tmp_path / "a.jsonl", [row] * 1500)
    assert path.stat().st_size > 30e6
    done = []
    tracemalloc.start()
    try:
        summary = verify_file(path, tmp_path / "out.jsonl", jobs=jobs, progress=done.append)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert summary.rows == 1500 and peak < 5e6, peak
    assert done == sorted(done) and done[-1] == path.stat().st_size
