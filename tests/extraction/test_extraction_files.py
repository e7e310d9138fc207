"""Files of prompts, and the command."""

from __future__ import annotations

import gzip
import json

import pytest
from typer.testing import CliRunner

from rlmr.cli import app
from rlmr.data import DataError, read_tasks
from rlmr.endpoint import EndpointError
from rlmr.endpoint.fake import FakeServer
from rlmr.extraction.files import extract_file
from rlmr.verifiers.files import verify_row

ROWS = [
    {"id": "a", "prompt": "Write a limerick without the word 'wet'.", "source": "mine"},
    {"id": "b", "prompt": "Write a story."},
    {
        "id": "c",
        "prompt": [{"role": "user", "content": "写一篇不超过80字的散文。"}],
        "constraints": [{"type": "title"}],
    },
]


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rows_become_tasks(tmp_path):
    out = tmp_path / "tasks.jsonl"
    done = extract_file(write(tmp_path / "p.jsonl", ROWS), out)
    assert (done.rows, done.empty, done.found["word_count"]) == (3, 1, 1)
    tasks = read_tasks(out)
    assert [[c.type for c in task.constraints] for task in tasks] == [
        ["verse_form", "exclude_words"],
        [],
        ["title", "word_count"],
    ]
    first, _, third = lines(out)
    assert first["source"] == "mine"
    for entry in first["extracted"]:
        assert first["prompt"][slice(*entry["span"])] == entry["words"]
    assert third["extracted"][0]["words"] == "不超过80字"
    assert verify_row({**third, "completion": "# 雨\n\n下雨了。"})["passed"] is True


def test_what_is_asked_already_stands_once(tmp_path):
    row = {"prompt": "At most 9 words.", "constraints": [{"type": "word_count", "at_most": 9}]}
    extract_file(write(tmp_path / "p.jsonl", [row]), tmp_path / "t.jsonl")
    [written] = lines(tmp_path / "t.jsonl")
    assert len(written["constraints"]) == 1
    assert len(written["extracted"]) == 1


def test_another_column_and_gzip(tmp_path):
    source, out = tmp_path / "p.jsonl.gz", tmp_path / "t.jsonl.gz"
    with gzip.open(source, "wt", encoding="utf-8") as file:
        file.write(json.dumps({"query": "Write a haiku."}) + "\n")
    extract_file(source, out, column="query")
    assert read_tasks(out)[0].constraints[0].type == "haiku"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "x"}, "p.jsonl:2: prompt: missing; the row has 'text'"),
        ({"prompt": 3}, "p.jsonl:2: prompt: 3 is not allowed"),
        ({"prompt": "x", "constraints": [{"type": "titel"}]}, "p.jsonl:2: constraints[0].type: 'titel'"),
    ],
)
def test_a_bad_row_names_file_line_and_field_and_leaves_no_output(tmp_path, row, message):
    out = tmp_path / "t.jsonl"
    with pytest.raises(DataError, match=r"p\.jsonl:2: ") as caught:
        extract_file(write(tmp_path / "p.jsonl", [ROWS[0], row]), out)
    assert message in str(caught.value)
    assert not out.exists()


def test_a_file_without_rows_is_an_error(tmp_path):
    with pytest.raises(DataError, match="holds no rows"):
        extract_file(write(tmp_path / "p.jsonl", []))


def run(*arguments):
    return CliRunner().invoke(app, ["constraints", "extract", *map(str, arguments)])


def test_command_on_one_prompt():
    result = run("--prompt", "Write a haiku.", "--quiet")
    assert json.loads(result.stdout)["constraints"] == [{"type": "haiku"}]


def test_command_on_a_file_with_a_model(tmp_path):
    reply = {"constraints": [{"quote": "limerick", "type": "title", "parameters": "{}"}]}
    path, out = write(tmp_path / "p.jsonl", ROWS[:1]), tmp_path / "t.jsonl"
    with FakeServer(lambda _: json.dumps(reply)) as server:
        result = run(path, "-o", out, "--llm", server.base_url, "--llm-model", "m")
    assert result.exit_code == 0
    assert "rows 1, constraints 2, rows without one 0" in result.stderr
    assert "set aside: 1 × already read by a rule" in result.stderr


def test_a_server_that_gives_no_reply_is_an_error_at_once(tmp_path):
    out = tmp_path / "t.jsonl"
    with FakeServer(api_key="right") as server:
        result = run("--prompt", "Write a haiku.", "-o", out, "--llm", server.base_url, "--llm-model", "m")
    assert isinstance(result.exception, EndpointError) and not out.exists()
    assert "--llm: the server gives no reply (http 401" in str(result.exception)


def test_command_writes_one_prompt_to_a_file(tmp_path):
    assert run("--prompt", "Add a title.", "-o", tmp_path / "t.jsonl").stdout == ""
    assert read_tasks(tmp_path / "t.jsonl")[0].constraints[0].type == "title"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "FILE or --prompt: give one of the two"),
        (("p.jsonl", "--prompt", "x"), "FILE or --prompt: give one of the two"),
        (("--prompt", " "), "--prompt: empty"),
        (("--prompt", "x", "--llm", "http://127.0.0.1:1/v1"), "--llm and --llm-model: give both"),
    ],
)
def test_command_says_what_is_wrong(arguments, message):
    error = run(*arguments).exception
    assert isinstance(error, DataError)
    assert message in str(error)


def test_help_shows_examples():
    text = run("--help").stdout
    assert "rlmr constraints extract prompts.jsonl --output tasks.jsonl" in text
