"""`rlmr evaluate` and `rlmr compare` as typed: results, resumption after a kill, refusals."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from evaluation_cases import honest, judge_by
from typer.testing import CliRunner

from rlmr.cli import app
from rlmr.endpoint.fake import FakeServer
from rlmr.evals.suites import SuiteError, read_suite, read_suites
from rlmr.sandbox.suite import suites_of

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)


def suite_file(folder, n=8):
    path = folder / "tasks.jsonl"
    rows = [
        {
            "id": f"t{i}",
            "prompt": f"Write two or three sentences about rain, number {i}.",
            "constraints": [{"type": "word_count", "at_least": 5, "at_most": 12}],
            "category": "poems" if i % 2 else "stories",
        }
        for i in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def texts_file(path, texts):
    path.write_text(
        "".join(json.dumps({"id": key, "completion": text}) + "\n" for key, text in texts.items())
    )
    return path


GOOD = "Worth 2.00. Rain fell all night on the tin roof."
LONG = "Worth 1.00. Rain fell all night on the tin roof, and then it fell all day on everything else."


def test_texts_of_a_file_are_decided_and_reported(tmp_path):
    texts = {"t0": GOOD, "t1": GOOD, "t2": LONG, "t3": "."}
    answers = texts_file(tmp_path / "answers.jsonl", texts)
    found = run("evaluate", answers, "-s", suite_file(tmp_path), "-o", tmp_path / "out", "-q")
    assert found.exit_code == 0, found.output
    results = json.loads((tmp_path / "out" / "results.json").read_text())["suites"]["tasks"]
    assert results["texts"] == 4 and results["missing"] == {"not in the file": 4}
    assert results["strict"]["prompts"]["value"] == 0.5
    assert results["strict"]["constraints"]["n"] == 4  # gates are not among what was asked
    assert results["by"]["category"]["stories"] == {
        **results["by"]["category"]["stories"],
        "value": 0.5,
        "n": 2,
    }
    page = (tmp_path / "out" / "index.html").read_text()
    assert "No text for 4 of 8: not in the file 4." in page and "http" not in page.replace("http-equiv", "")
    written = gzip.decompress((tmp_path / "out" / "tasks" / "rows.jsonl.gz").read_bytes())
    rows = [json.loads(line) for line in written.splitlines()]
    assert [row["passed"] for row in rows] == [True, True, False, False]


def test_texts_from_the_web_are_shown_not_run(tmp_path):
    answers = texts_file(tmp_path / "answers.jsonl", {"t0": "<script>alert(1)</script> Rain fell on it."})
    run("evaluate", answers, "-s", suite_file(tmp_path), "-o", tmp_path / "out", "-q")
    assert "<script>alert" not in (tmp_path / "out" / "index.html").read_text()


def test_a_local_model_writes_the_same_texts_after_a_stop(tiny_policy, tmp_path):
    arguments = ("-s", suite_file(tmp_path), "--max-new-tokens", 8, "--batch-size", 3, "-q")
    assert run("evaluate", tiny_policy, *arguments, "-o", tmp_path / "whole").exit_code == 0
    assert run("evaluate", tiny_policy, *arguments, "-o", tmp_path / "cut").exit_code == 0
    log = tmp_path / "cut" / "tasks" / "texts.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:3]) + lines[3][:20])  # one batch is whole, then a torn line
    (tmp_path / "cut" / "tasks" / "rows.jsonl.gz").unlink()
    assert run("evaluate", tiny_policy, *arguments, "-o", tmp_path / "cut").exit_code == 0
    assert log.read_bytes() == (tmp_path / "whole" / "tasks" / "texts.jsonl").read_bytes()


@pytest.mark.slow
def test_a_killed_evaluation_goes_on_without_asking_twice(tmp_path):
    suite = suite_file(tmp_path, n=40)
    command = [sys.executable, "-m", "rlmr", "evaluate", "writer", "-s", str(suite), "-q"]
    with FakeServer(lambda request: GOOD, latency_s=0.5) as server:
        command += ["--endpoint", server.base_url, "-o", str(tmp_path / "out"), "--in-flight", "2"]
        process = subprocess.Popen(command)
        while server.calls < 12 and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        before = server.calls
        assert before < 40, "it was killed half-way"
        server.latency_s = 0.0
        assert subprocess.run(command, check=False).returncode == 0
        assert server.calls <= 40 + 2, "only those under way at the kill are asked again"
        assert subprocess.run(command, check=False).returncode == 0
        assert server.calls <= 40 + 2
    results = json.loads((tmp_path / "out" / "results.json").read_text())["suites"]["tasks"]
    assert results["texts"] == 40 and results["strict"]["prompts"]["value"] == 1.0


def test_what_a_server_does_not_write_is_missing_and_asked_again(tmp_path):
    suite = suite_file(tmp_path)
    with FakeServer(lambda request: GOOD, faults={"400": 0.5}) as server:
        arguments = ("--endpoint", server.base_url, "-s", suite, "-o", tmp_path / "out", "-q")
        assert run("evaluate", "writer", *arguments).exit_code == 0
        results = json.loads((tmp_path / "out" / "results.json").read_text())["suites"]["tasks"]
        lost = 8 - results["texts"]
        assert lost and results["missing"] == {"http 400": lost}
        before, server.faults = server.calls, {}
        assert run("evaluate", "writer", *arguments).exit_code == 0
        assert server.calls - before == lost
    results = json.loads((tmp_path / "out" / "results.json").read_text())["suites"]["tasks"]
    assert results["texts"] == 8 and not results["missing"]


def test_a_score_can_be_added_and_nothing_else_changed(tiny_policy, tmp_path):
    suite, out = suite_file(tmp_path), tmp_path / "out"
    given = (tiny_policy, "-s", suite, "-o", out, "-q", "--max-new-tokens", 8)
    assert run("evaluate", *given).exit_code == 0
    texts = (out / "tasks" / "texts.jsonl").read_bytes()
    scored = run("evaluate", *given, "--score", "length=evaluation_cases:length")
    assert scored.exit_code == 0, scored.output
    assert (out / "tasks" / "texts.jsonl").read_bytes() == texts
    assert json.loads((out / "results.json").read_text())["suites"]["tasks"]["scores"]["length"]["n"] == 8
    other = run("evaluate", *given, "--score", "length=evaluation_cases:other")
    assert "holds an evaluation with scores" in str(other.exception)
    changed = run("evaluate", *given, "--temperature", 0.5)
    assert "holds an evaluation with sampling" in str(changed.exception)
    assert run("evaluate", *given, "--temperature", 0.5, "--overwrite").exit_code == 0


def evaluations(tmp_path):
    suite = suite_file(tmp_path, n=24)
    for name, text in (("base", LONG), ("better", GOOD)):
        texts = {f"t{i}": text.replace("tin", f"tin {i}") for i in range(24)}
        answers = texts_file(tmp_path / f"{name}.jsonl", texts)
        assert run("evaluate", answers, "-s", suite, "-o", tmp_path / name, "-q").exit_code == 0
    return tmp_path / "base", tmp_path / "better"


def test_evaluations_are_compared_by_a_judge_that_is_asked_once(tmp_path):
    base, better = evaluations(tmp_path)
    with FakeServer(judge_by(honest)) as server:
        given = (
            "compare",
            base,
            better,
            "--judge",
            server.base_url,
            "--judge-model",
            "j",
            "-o",
            tmp_path / "c",
        )
        found = run(*given, "-q")
        assert found.exit_code == 0, found.output
        before = server.calls
        assert before == 1 + 2 * 24
        assert run(*given, "-q").exit_code == 0
        assert server.calls == before + 1  # the canary alone
    comparison = json.loads((tmp_path / "c" / "comparison.json").read_text())["suites"]["tasks"]
    assert comparison["pairwise"][0]["win"]["wins"] == 24
    assert comparison["differences"][0]["value"] == 1.0
    table = (tmp_path / "c" / "table.md").read_text()
    assert "| better | 100.0% [86, 100] |" in table and "24 won, 0 tied, 0 lost" in table
    assert "<table" in (tmp_path / "c" / "index.html").read_text()


def test_different_tasks_are_not_compared(tmp_path):
    base, better = evaluations(tmp_path)
    suite = suite_file(tmp_path, n=23)
    run("evaluate", tmp_path / "better.jsonl", "-s", suite, "-o", better, "-q", "--overwrite")
    found = run("compare", base, better, "-o", tmp_path / "c")
    assert "evaluated on different tasks" in str(found.exception)


@pytest.mark.parametrize(
    ("folders", "message"),
    [((), "two evaluations or more"), (("nowhere", "nothing"), "no finished evaluation")],
)
def test_what_is_no_evaluation_is_said(folders, message, tmp_path):
    found = run("compare", *(folders or ("one",)), "-o", tmp_path / "c")
    assert message in str(found.exception)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ifevl", "did you mean 'ifeval'"),
        ("ifeval", "not part of this package; give ifeval=FILE"),
        ("write-eval:train", "split 'train' is not allowed"),
        ("write-eval:test:fr", "lang 'fr' is not allowed"),
        ("a b=x.jsonl", "a name has letters"),
    ],
)
def test_suites_that_are_none(name, message):
    with pytest.raises(SuiteError, match=message):
        read_suite(name)


def test_a_suite_stands_once():
    with pytest.raises(SuiteError, match="stands twice"):
        read_suites(["write-eval:dev,write-eval:dev"])
    with pytest.raises(SuiteError, match="no suite"):
        read_suites([","])


def test_decontaminate_finds_a_task_among_training_prompts(tmp_path):
    suite = read_suite("write-eval:test:en")
    task = suite.tasks[0]
    path = tmp_path / "train.jsonl"
    rows = [{"prompt": "Write a story about a fox who cannot sleep."}, {"prompt": task.prompt_text.upper()}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = run("decontaminate", path, "-s", "write-eval:test:en", "-o", tmp_path / "clean.jsonl")
    assert found.exit_code == 1 and "2 prompts, 1 hold a task" in found.output
    assert [json.loads(line) for line in (tmp_path / "clean.jsonl").read_text().splitlines()] == rows[:1]
    assert run("decontaminate", tmp_path / "clean.jsonl", "-s", "write-eval:test:en").exit_code == 0
    (tmp_path / "empty.jsonl").touch()
    nothing = run("decontaminate", tmp_path / "empty.jsonl", "-s", "write-eval:test:en")
    assert "holds no rows" in str(nothing.exception), "nothing was checked, so nothing is clean"


def test_decontaminate_knows_the_sandboxs_held_out_tasks(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"prompt": suites_of(["sandbox:heldout"])[0].tasks[7].prompt_text}) + "\n")
    found = run("decontaminate", path, "-s", "sandbox:heldout")
    assert found.exit_code == 1 and "1 prompts, 1 hold a task of sandbox-heldout" in found.output


@pytest.mark.slow
def test_ifeval_tables_of_ten_models_are_the_official_sums(tmp_path):
    verdicts = SHARED / "ifeval" / "official_verdicts_10_open_models.jsonl.gz"
    if not verdicts.is_file():
        pytest.skip(f"no shared data: {verdicts.name} not found (set RLMR_SHARED_DATA)")
    models = {}
    with gzip.open(verdicts, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            if not any(row["unstable"]):
                models.setdefault(row["model"], []).append(row)
    assert len(models) == 10
    for name, rows in models.items():
        folder = tmp_path / name
        folder.mkdir()
        for file, keys in (
            ("suite.jsonl", ("key", "prompt", "instruction_id_list", "kwargs")),
            ("texts.jsonl", ("key", "response")),
        ):
            lines = [json.dumps({key: row[key] for key in keys}) + "\n" for row in rows]
            (folder / file).write_text("".join(lines))
        given = ("evaluate", folder / "texts.jsonl", "-s", f"ifeval={folder / 'suite.jsonl'}")
        assert run(*given, "-o", folder / "out", "-q").exit_code == 0
        found = json.loads((folder / "out" / "results.json").read_text())["suites"]["ifeval"]
        for kind in ("strict", "loose"):
            flat = [followed for row in rows for followed in row[kind]]
            assert found[kind]["prompts"]["n"] == len(rows) and found[kind]["constraints"]["n"] == len(flat)
            assert found[kind]["prompts"]["value"] == round(sum(all(r[kind]) for r in rows) / len(rows), 6)
            assert found[kind]["constraints"]["value"] == round(sum(flat) / len(flat), 6)
