"""`rlmr verify` as a user meets it: help, table, exit codes, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from rlmr import cli

ROW = {"prompt": "p", "completion": "A fox, a hen.", "constraints": [{"type": "punctuation", "at_most": 0}]}
PROBE = {"type": "word_count", "at_most": 9, "role": "probe"}


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_help_has_examples(rlmr):
    code, out, _err = rlmr("verify", "--help")
    assert code == 0 and "rlmr verify answers.jsonl --profile ifeval --loose" in out
    assert all(word in out for word in ("native", "ifeval", "ifbench", "--output", "--jobs", "passed_loose"))


def test_summary_of_constraints(rlmr, tmp_path):
    unknown = {**ROW, "completion": "Rain.", "constraints": [{"type": "point_of_view", "person": "first"}]}
    mixed = {**ROW, "constraints": [{"type": "punctuation", "at_most": 2}, PROBE]}
    path = write(tmp_path / "a.jsonl", ROW, ROW, mixed, unknown)
    code, out, _err = rlmr("verify", path, "-o", tmp_path / "out.jsonl")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0 and lines[0] == ["native", "profile"]
    assert lines[1] == ["checked", "unknown", "passed", "rate"]
    assert lines[2][-4:] == ["4", "1", "1", "33.3%"] and lines[2][:2] == ["prompt", "level:"]
    assert lines[3][-4:] == ["4", "1", "1", "33.3%"] and lines[3][:2] == ["constraint", "level"]
    assert lines[4] == ["point_of_view", "1", "1", "0", "-"]
    assert lines[5] == ["punctuation", "3", "1", "33.3%"]
    assert lines[6] == ["word_count", "(probe)", "1", "1", "100.0%"]
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 4


def test_summary_of_instructions_strict_and_loose(rlmr, tmp_path):
    row = {"prompt": "p", "response": "Sure:\nA fox.", "instruction_id_list": ["startend:quotation"]}
    path = write(
        tmp_path / "a.jsonl", *({**row, "response": r, "kwargs": [{}]} for r in ('S:\n"Fox."', "Fox."))
    )
    code, out, _err = rlmr("verify", path, "--profile", "ifeval", "--loose")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0 and lines[1] == ["checked", "unknown", "passed", "strict", "passed", "loose"]
    assert lines[4] == ["startend:quotation", "2", "0", "0.0%", "1", "50.0%"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--loose"], "loose: the native profile has no loose reading"),
        (["--profile", "ifeval"], "a.jsonl:1: instruction_id_list: missing"),
        (["--output", "a.jsonl/out.jsonl"], "File exists"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(rlmr, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jsonl", ROW)
    code, out, err = rlmr("verify", "a.jsonl", *arguments)
    assert code == 2 and out == "" and message in err and err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_it_cleanly(tmp_path, jobs):
    row = {
        **ROW,
        "completion": "The sea, the sea. " * 300,
        "constraints": [{"type": "language", "language": "en"}],
    }
    path = write(tmp_path / "a.jsonl", *[row] * 30_000)
    command = [sys.executable, "-m", "rlmr", "verify", path, "-o", tmp_path / "out.jsonl", "-j", str(jobs)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not any(file.stat().st_size for file in tmp_path.glob(".out*")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
    out, err = process.communicate(timeout=20)
    assert process.returncode == cli.INTERRUPTED
    assert out == "" and "Traceback" not in err
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]
    assert _gone(process.pid)


def _gone(group):
    """Whether nobody of a process group is left, within ten seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
