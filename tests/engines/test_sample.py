"""Trying a policy on a prompt: a run, a model, a server; what is asked, what is shown."""

import io
import json
import math

import pytest
from policy_cases import ASKED, finished

from rlmr.commands import sample as command
from rlmr.constraints.base import Status, Verdict
from rlmr.data import Task
from rlmr.endpoint.fake import FakeServer
from rlmr.evals.generate import Sampling
from rlmr.policies.find import find_policy
from rlmr.policies.sample import Sample, of_run, sample_task, trained_sampling
from rlmr.recipes import check_recipe
from rlmr.runs import read_run

__all__ = ["finished"]

PROMPT = "write about the fox ."


@pytest.fixture
def rows(rlmr):
    """The JSON lines of a `rlmr sample … --json` that ends well."""

    def run(*arguments):
        code, out, err = rlmr("sample", *arguments, "--json")
        assert code == 0, err
        return [json.loads(line) for line in out.splitlines()]

    return run


def test_a_run_samples_as_trained_with_its_reward_and_gates(finished, rows):
    first = rows(finished, PROMPT, "-n", 3, "--constraints", json.dumps(ASKED))
    assert len(first) == 3 and len({row["completion"] for row in first}) > 1
    for row in first:
        types = [verdict["type"] for verdict in row["verdicts"]]
        assert types == [
            "word_count", "substance", "echo", "repetition", "refusal", "meta_commentary", "finished",
        ]  # fmt: skip
        assert math.isfinite(row["score"]) and row["tokens"] <= 8
        statuses = {verdict["status"] for verdict in row["verdicts"]}
        assert row["passed"] == (statuses == {"pass"})
    again = rows(finished, PROMPT, "-n", 3, "--no-gates", "--no-score")
    assert [row["completion"] for row in again] == [row["completion"] for row in first]
    assert [v["type"] for v in again[0]["verdicts"]] == ["finished"] and again[0]["score"] is None
    other = rows(finished, PROMPT, "-n", 3, "--seed", 5)
    assert [row["completion"] for row in other] != [row["completion"] for row in first]


def test_the_score_is_the_reward_models_of_the_answer(finished):
    run = read_run(finished)
    source = of_run(run, find_policy(run, "last"))
    assert source.sampling == trained_sampling(check_recipe(run.config))
    assert (source.sampling.temperature, source.sampling.top_k, source.sampling.max_new_tokens) == (
        0.9,
        20,
        8,
    )
    [one] = sample_task(source, Task("1", PROMPT), 1, source.sampling)
    assert source.scorer.score([PROMPT], [one.answer]).values == [one.score]


def test_checkpoints_write_differently(finished, rows):
    by = {which: rows(finished, PROMPT, "--checkpoint", which)[0] for which in ("2", "4", "last")}
    assert by["2"]["completion"] != by["last"]["completion"] == by["4"]["completion"]
    assert "step 2" in by["2"]["model"]


def test_a_model_folder_and_a_prompt_from_stdin(tiny_policy, rows, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(PROMPT + "\n"))
    [row] = rows(tiny_policy, "-", "--max-new-tokens", 4, "--temperature", 0, "--extract")
    assert row["prompt"] == PROMPT and row["tokens"] <= 4 and row["score"] is None


def test_a_task_of_a_file(finished, rows):
    [row] = rows(finished, "--task", finished.parent / "tasks.jsonl", "--row", 2)
    assert row["prompt"] == "write about the hen ." and row["verdicts"][0]["type"] == "word_count"


def test_constraints_are_read_out_of_the_prompt(tiny_policy, rows):
    [row] = rows(tiny_policy, "Write a story in 30 to 60 words.", "--extract", "--max-new-tokens", 3)
    assert row["verdicts"][0]["type"] == "word_count" and row["verdicts"][0]["required"] == "30 to 60 words"


def test_a_server_is_asked_for_each_text_with_a_seed_of_its_own(rows):
    with FakeServer(lambda request: f"a fox of {request.body['seed']}") as server:
        found = rows("m", PROMPT, "--endpoint", server.base_url, "-n", 3, "--seed", 4, "--top-p", 0.9)
        body = server.requests[0].body
    assert sorted(row["answer"] for row in found) == [f"a fox of {seed}" for seed in (4, 5, 6)]
    assert (body["model"], body["top_p"], body["temperature"]) == ("m", 0.9, 1.0)


def test_a_server_that_fails_gives_no_text_and_no_verdict(rlmr):
    with FakeServer(faults={"400": 1.0}) as server:
        code, out, err = rlmr("sample", "m", PROMPT, "--endpoint", server.base_url, "--json")
    row = json.loads(out)
    assert (row["missing"], row["passed"], row["verdicts"]) == ("http 400", None, [])
    assert code == 2 and "no text: http 400" in err


def test_texts_are_shown_with_what_they_break(finished, rlmr):
    code, out, _ = rlmr("sample", finished, PROMPT, "-n", 2, "--constraints", json.dumps(ASKED))
    assert code == 0 and "text 2 of 2 · score" in out and "keep everything" in out
    assert "word_count" in out and "2 to 9 words" in out


def test_what_fails_is_marked_in_the_text_and_gates_that_hold_take_one_line():
    fail = Verdict("exclude_words", Status.FAIL, "wet", "without 'wet'", ((2, 5),))
    verdicts = (fail, Verdict("echo", Status.PASS), Verdict("finished", Status.PASS))
    text = command.marked(Sample("a wet", "a wet", 2, True, verdicts, None))
    assert [(span.start, span.end) for span in text.spans] == [(2, 5)]
    table = command.verdict_table(verdicts)
    cells = [[str(cell) for cell in column.cells] for column in table.columns]
    assert cells[1] == ["exclude_words", "gates"] and cells[3][1] == "echo, finished"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "PROMPT or --task FILE: give one of the two"),
        (["p", "--constraints", "[", "--extract"], "give one of the two"),
        (["p", "--constraints", "[1"], "not JSON"),
        (["p", "--constraints", '[{"type": "word_cout"}]'], "did you mean 'word_count'"),
        (["p", "--constraints", "@nowhere.json"], "no file 'nowhere.json'"),
        (["p", "--top-p", "0"], "--top-p: top_p must be above 0"),
        (["p", "--checkpoint", "best"], "--checkpoint best: only a run folder has them"),
        ([" "], "PROMPT: empty"),
    ],
)
def test_what_cannot_be_is_said(tiny_policy, rlmr, arguments, said):
    code, out, err = rlmr("sample", tiny_policy, *arguments)
    assert code == 2 and said in err and not out


def test_a_missing_model_and_a_row_that_is_not_there(finished, rlmr):
    code, _, err = rlmr("sample", "/nowhere/model", "p")
    assert code == 2 and "no folder /nowhere/model" in err
    code, _, err = rlmr("sample", finished, "--task", finished.parent / "tasks.jsonl", "--row", 99)
    assert code == 2 and "--row 99" in err and "has 8 tasks" in err
    assert Sampling().temperature == 1.0
