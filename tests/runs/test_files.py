"""The record's files: whole or not there, strict JSON, no secrets."""

import errno
import json
from pathlib import Path

import pytest

from rlmr.runs.files import append_line, dumps, read_lines, redact, write_lines_gz, write_whole


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_json_is_strict():
    assert json.loads(dumps({"a": float("nan"), "b": [float("-inf"), 1.5]})) == {"a": None, "b": [None, 1.5]}


def test_a_full_disk_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    path = tmp_path / "status.json"
    write_whole(path, b"old")

    def half(self, content):
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        full_disk()

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"something new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_lines_survive_gzip_and_equal_values_give_equal_bytes(tmp_path):
    values = [{"text": "fünf — 五", "score": None}, {"text": "a\nb\u2028c"}]
    for name in ("a", "b"):
        write_lines_gz(tmp_path / f"{name}.jsonl.gz", values)
    assert read_lines(tmp_path / "a.jsonl.gz") == values
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_a_torn_last_line_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    append_line(path, {"step": 1})
    with path.open("a") as file:
        file.write('{"step": 2, "lo')
    assert read_lines(path) == [{"step": 1}]


@pytest.mark.parametrize(
    "secret",
    [
        {"hub_token": "abc"},
        {"deep": [{"api_key": "abc"}]},
        {"model_init_kwargs": {"token": "abc"}},
        {"note": "use hf_abcabcabcabcabcabc here"},
    ],
)
def test_secrets_are_replaced(secret):
    assert "abc" not in dumps(redact(secret))


def test_what_is_no_secret_stays():
    harmless = {"eos_token": "<|end|>", "max_tokens": 5, "token": None, "num_input_tokens_seen": 3}
    assert redact(harmless) == harmless
