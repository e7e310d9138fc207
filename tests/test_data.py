"""Reading and writing tasks."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlmr.constraints import IncludeWords, NoEcho, WordCount, default_gates
from rlmr.data import DataError, Task, choose_gates, read_tasks, with_gates, write_tasks

SPEC = {"type": "word_count", "at_most": 9}


def write_lines(path, *rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_jsonl_with_every_kind_of_row(tmp_path):
    path = write_lines(
        tmp_path / "a.jsonl",
        {"prompt": "Write.", "constraints": [SPEC], "topic": "fox"},
        "",
        {"id": "x", "prompt": [{"role": "user", "content": "Go."}], "constraints": json.dumps([SPEC])},
        {"id": 7, "prompt": "Free."},
    )
    tasks = read_tasks(path)
    assert [t.id for t in tasks] == ["1", "x", "7"]
    assert tasks[0].constraints == tasks[1].constraints == (WordCount(at_most=9),)
    assert tasks[0].meta == {"topic": "fox"}
    assert tasks[1].prompt_text == "Go."
    assert tasks[2].constraints == ()


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz"])
def test_round_trip(tmp_path, name):
    tasks = [
        Task(
            "a",
            "Write.",
            (WordCount(1, 9, lang="zh"), IncludeWords(("fox", "月"), weight=0.5, role="soft")),
            {"k": 1},
        ),
        Task("b", ({"role": "user", "content": "Go."},)),
    ]
    write_tasks(tmp_path / name, tasks)
    back = read_tasks(tmp_path / name)
    assert back == tasks
    assert back[0].meta == {"k": 1}
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_parquet(tmp_path):
    rows = {
        "prompt": ["Write.", "Go."],
        "constraints": [json.dumps([SPEC]), None],
        "score": [1.5, None],
    }
    pq.write_table(pa.table(rows), tmp_path / "t.parquet")
    tasks = read_tasks(tmp_path / "t.parquet")
    assert tasks[0].constraints == (WordCount(at_most=9),)
    assert tasks[0].meta == {"score": 1.5}
    assert tasks[1].constraints == ()
    (tmp_path / "bad.parquet").write_bytes(b"no")
    with pytest.raises(DataError, match=r"bad\.parquet: not a parquet file"):
        read_tasks(tmp_path / "bad.parquet")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{not json", r"a\.jsonl:2: not JSON"),
        ("[1]", r"a\.jsonl:2: \[1\] is not allowed; a row is a JSON object"),
        ({"text": "x"}, r"a\.jsonl:2: prompt: missing; the row has 'text'"),
        ({"prompt": 3}, r"a\.jsonl:2: prompt: 3 is not allowed"),
        ({"prompt": " "}, r"a\.jsonl:2: prompt: ' ' is not allowed"),
        ({"prompt": [{"role": "user"}]}, r"a\.jsonl:2: prompt\[0\]: .* is not allowed"),
        ({"prompt": "p", "id": None}, r"a\.jsonl:2: id: None is not allowed"),
        ({"prompt": "p", "id": "1"}, r"a\.jsonl:2: id: '1' is already the id of line 1"),
        ({"prompt": "p", "schema_version": 99}, r"a\.jsonl:2: schema_version: 99 is not allowed"),
        (
            {"prompt": "p", "constraints": [SPEC, {"type": "word_count", "at_least": "3"}]},
            r"a\.jsonl:2: constraints\[1\]\.at_least: '3' is not allowed; allowed: a valid integer",
        ),
        ({"prompt": "p", "constraints": "nope"}, r"a\.jsonl:2: constraints: not JSON"),
        ({"prompt": "p", "constraints": None}, r"a\.jsonl:2: constraints: None is not allowed"),
    ],
)
def test_errors_name_path_line_and_field(tmp_path, row, message):
    path = write_lines(tmp_path / "a.jsonl", {"prompt": "fine"}, row)
    with pytest.raises(DataError, match=message):
        read_tasks(path)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_tasks(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DataError, match="holds no rows"):
        read_tasks(tmp_path / "empty.jsonl")
    (tmp_path / "t.csv").write_text("a")
    with pytest.raises(DataError, match=r"allowed: \.jsonl"):
        read_tasks(tmp_path / "t.csv")
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(b'{"prompt": "p"}\n')[:-6])
    with pytest.raises(DataError, match="not a whole gzip file"):
        read_tasks(tmp_path / "t.jsonl.gz")
    (tmp_path / "latin.jsonl").write_bytes(b'{"prompt": "caf\xe9"}')
    with pytest.raises(DataError, match="not UTF-8"):
        read_tasks(tmp_path / "latin.jsonl")


def test_ifeval_rows(tmp_path):
    row = {"key": 7, "prompt": "p", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    task = read_tasks(write_lines(tmp_path / "a.jsonl", row))[0]
    assert [c.type for c in task.constraints] == ["punctuation"]
    assert task.meta["key"] == 7
    row["instruction_id_list"] = ["punctuation:no_coma"]
    with pytest.raises(DataError, match=r"a\.jsonl:1: instruction_id_list\[0\].*did you mean"):
        read_tasks(write_lines(tmp_path / "a.jsonl", row))


def test_other_columns(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", {"question": "Q?", "rules": [{"type": "titel"}]})
    with pytest.raises(DataError, match=r"rules\[0\]\.type: 'titel' is not allowed; did you mean 'title'"):
        read_tasks(path, "question", "rules")


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        write_tasks(tmp_path / "t.jsonl", [Task("a", "p", (), {"k": object()})])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataError, match="cannot write this format"):
        write_tasks(tmp_path / "t.parquet", [])


def test_a_failed_write_keeps_the_older_file(tmp_path):
    write_tasks(tmp_path / "t.jsonl", [Task("a", "p")])
    with pytest.raises(TypeError):
        write_tasks(tmp_path / "t.jsonl", [Task("b", "p"), Task("c", "p", (), {"k": object()})])
    assert [task.id for task in read_tasks(tmp_path / "t.jsonl")] == ["a"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_gzip_file_with_a_broken_middle_is_said(tmp_path):
    raw = bytearray(gzip.compress(b'{"prompt": "p"}\n'))
    raw[10:12] = b"\xff\xff"  # behind the header: no kind of block
    (tmp_path / "t.jsonl.gz").write_bytes(raw)
    with pytest.raises(DataError, match="not a whole gzip file"):
        read_tasks(tmp_path / "t.jsonl.gz")


def types(task):
    return [constraint.type for constraint in task.constraints]


def test_gates_stand_behind_the_tasks_own():
    assert with_gates(Task("1", "p"), choose_gates(True)).constraints == default_gates()
    task = Task("1", "p", (WordCount(at_most=9),), {"k": 1})
    gated = with_gates(task, choose_gates(True))
    assert types(gated) == ["word_count", *types(with_gates(Task("1", "p"), default_gates()))]
    assert gated.meta == {"k": 1} and types(task) == ["word_count"]
    assert with_gates(gated, choose_gates(True)) == gated  # twice is once
    assert with_gates(task, choose_gates(False)) == task


def test_a_tasks_own_gate_wins_where_it_looks_at_the_same():
    own = NoEcho(at_most=0.5, role="probe")
    gated = with_gates(Task("1", "p", (own,)), choose_gates(["echo"]))
    assert gated.constraints == (own,)
    partial = NoEcho(scope="first sentence")
    assert with_gates(Task("1", "p", (partial,)), choose_gates(["echo"])).constraints == (partial, NoEcho())


def test_gates_speak_the_tasks_declared_language():
    def lang(*constraints, **meta):
        (gate,) = with_gates(Task("1", "写一首诗", constraints, meta), choose_gates(["refusal"])).constraints[
            -1:
        ]
        return gate.lang

    assert lang() == "en"  # never guessed from a text
    assert lang(lang="zh") == "zh"
    assert lang(WordCount(at_most=9, lang="zh")) == "zh"
    assert lang(WordCount(at_most=9, lang="zh"), lang="en") == "en"
    assert lang(lang="fr") == "en"


def test_ifeval_rows_with_impossible_kwargs_are_named(tmp_path):
    row = {"prompt": "p", "instruction_id_list": ["length_constraints:number_words"]}
    row["kwargs"] = [{"relation": "less than", "num_words": "9"}]
    with pytest.raises(
        DataError, match=r"a\.jsonl:1: instruction_id_list\[0\].*num_words: '9' is not allowed"
    ):
        read_tasks(write_lines(tmp_path / "a.jsonl", row))
