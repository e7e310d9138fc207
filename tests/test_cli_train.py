"""`rlmr train` as a user meets it: help, dry runs, exit codes, one message for bad input."""

import errno
import json
import resource
import subprocess
import sys

import pytest
import yaml

from rlmr import cli
from rlmr.data import GATES
from rlmr.runs import RunWriter, read_run, write

TASK = {
    "prompt": "write about the fox .",
    "constraints": [{"type": "word_count", "at_least": 2, "at_most": 9}],
}


@pytest.fixture
def recipe(tiny_policy, tiny_reward_model, tmp_path):
    (tmp_path / "tasks.jsonl").write_text((json.dumps(TASK) + "\n") * 4)
    values = {
        "name": "tiny",
        "policy": str(tiny_policy),
        "data": {"train": str(tmp_path / "tasks.jsonl")},
        "reward": {"model": str(tiny_reward_model)},
        "output": str(tmp_path / "run"),
        "grpo": {
            "max_steps": 2,
            "per_device_train_batch_size": 8,
            "num_generations": 4,
            "max_completion_length": 8,
            "save_strategy": "no",
        },
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_train_trains(rlmr, recipe, tmp_path):
    code, out, _err = rlmr("train", recipe, "mixing.rule=gdpo", "seed=1")
    assert code == 0 and "step 2/2" in out and "finished" in out
    run = read_run(tmp_path / "run")
    assert run.status["state"] == "finished" and len(run.metrics) == 2
    assert run.config["mixing"]["rule"] == "gdpo" and run.config["seed"] == 1
    assert [gate["type"] for gate in run.config["gates"]] == list(GATES)
    assert all(0 <= metrics[f"pass_rate/{gate}"] <= 1 for metrics in run.metrics for gate in GATES)
    assert run.config["report_to"] in ([], ["trackio"]) and run.environment["threads"] >= 1
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()
    code, _out, err = rlmr("train", recipe)
    assert code == 2 and "not empty" in err and len(read_run(tmp_path / "run").metrics) == 2
    code, out, _err = rlmr("train", recipe, "--overwrite", "--quiet", "grpo.max_steps=1")
    assert code == 0 and out == "" and len(read_run(tmp_path / "run").metrics) == 1


def test_dry_run_shows_the_resolved_recipe_and_writes_nothing(rlmr, recipe, tmp_path):
    code, out, _err = rlmr("train", recipe, "mixing.gamma=0.75", "--dry-run")
    assert code == 0 and not (tmp_path / "run").exists()
    shown = yaml.safe_load(out)
    assert shown["mixing"] == {"rule": "rlmr", "soft_weight": 1.0, "gamma": 0.75}
    assert shown["grpo"]["max_steps"] == 2 and "4 tasks, 2 steps of 8 texts in groups of 4" in out
    assert "20 gates beside 4 asked constraints" in out and shown["gates"][1] == {"type": "echo"}
    assert "0 gates beside 4 asked" in rlmr("train", recipe, "gates=false", "--dry-run")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["polcy=x"], "unknown key 'polcy'; did you mean 'policy'"),
        (["grpo.lerning_rate=1"], "unknown key 'lerning_rate'; did you mean 'learning_rate'"),
        (["grpo.multi_objective_aggregation=normalize_then_sum"], "undo"),
        (["mixing.rule=rlrm"], "did you mean 'rlmr'"),
        (["data.train=nowhere.jsonl"], "no file 'nowhere.jsonl'"),
        (["policy=nowhere"], "policy: nowhere is no model"),
        (["reward.model=nowhere"], "reward.model: nowhere is no model"),
        (["reward.model=nowhere:score", "--dry-run"], "reward.model: 'nowhere:score'"),
        (["data.eval=nowhere.jsonl", "--dry-run"], "data.eval: no file 'nowhere.jsonl'"),
        (["grpo.eval_strategy=steps", "grpo.eval_steps=1", "--dry-run"], "set data.eval"),
        (["data.limit=1"], "1 tasks, but one generation takes 2"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(rlmr, recipe, tmp_path, arguments, message):
    code, _out, err = rlmr("train", recipe, *arguments)
    assert code == 2 and message in err and err.count("\n") == 1 and "Traceback" not in err
    assert not (tmp_path / "run").exists()


def test_a_row_with_a_bad_constraint_is_named_by_file_line_and_field(rlmr, recipe, tmp_path):
    bad = {**TASK, "constraints": [{"type": "word_count", "at_leest": 2}]}
    (tmp_path / "tasks.jsonl").write_text(json.dumps(TASK) + "\n" + json.dumps(bad) + "\n")
    code, _out, err = rlmr("train", recipe)
    assert code == 2 and f"{tmp_path / 'tasks.jsonl'}:2: constraints[0]" in err and "at_leest" in err
    assert not (tmp_path / "run").exists()


def test_a_full_disk_is_exit_code_2(rlmr, recipe, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write, "append_line", full)
    code, _out, err = rlmr("train", recipe, "-q")
    assert code == 2 and err == f"rlmr: output: cannot write to {tmp_path / 'run'}: No space left on device\n"
    assert read_run(tmp_path / "run").status["state"] == "failed"


def test_a_defect_keeps_its_traceback(rlmr, recipe, monkeypatch):
    def defect(*_, **__):
        raise ValueError("shapes do not match")

    monkeypatch.setattr(RunWriter, "metrics", defect)
    monkeypatch.setattr(sys, "argv", ["rlmr", "train", str(recipe), "-q"])
    with pytest.raises(ValueError, match="shapes"):
        cli.main()


def test_usage_errors_are_exit_code_2(rlmr):
    assert rlmr("train")[0] == 2
    assert rlmr("trian")[0] == 2


def test_shipped_recipes_are_listed(rlmr):
    code, out, _err = rlmr("recipes")
    assert code == 0 and {"sandbox", "longbench_write"} <= set(out.split())


def test_help_has_examples_and_needs_no_torch():
    code = "import sys; from rlmr import cli; assert 'torch' not in sys.modules; cli.main()"
    command = [sys.executable, "-c", code, "train", "--help"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert "rlmr train sandbox mixing.rule=gdpo" in done.stdout
    assert after.ru_utime - before.ru_utime < 1  # seconds of CPU, which a busy machine does not change


def stopped(rlmr, recipe, monkeypatch, *arguments):
    """A run of four steps that fails in its third, with a checkpoint of the second."""
    written = write.write_lines_gz

    def full(path, values):
        if path.name == "step_000003.jsonl.gz":
            raise OSError(errno.ENOSPC, "No space left on device")
        written(path, values)

    with monkeypatch.context() as patch:
        patch.setattr(write, "write_lines_gz", full)
        saved = ("grpo.save_strategy=steps", "grpo.save_steps=1", "grpo.max_steps=4")
        assert rlmr("train", recipe, *saved, *arguments, "-q")[0] == 2
    return saved


def test_a_run_is_resumed_with_its_own_recipe(rlmr, recipe, tmp_path, monkeypatch):
    saved = stopped(rlmr, recipe, monkeypatch)
    moved = (tmp_path / "run").rename(tmp_path / "moved")
    code, out, _err = rlmr("train", "--resume", moved, "unknown_pause=0.9", "--dry-run")
    assert code == 0 and yaml.safe_load(out)["output"] == str(moved) and len(read_run(moved).metrics) == 2
    code, out, _err = rlmr("train", "--resume", moved, "unknown_pause=0.9")
    assert code == 0 and "step 4/4" in out and "finished" in out
    run = read_run(moved)
    assert run.status["state"] == "finished" and [line["step"] for line in run.metrics] == [1, 2, 3, 4]
    assert run.config["unknown_pause"] == 0.9 and run.config["output"] == str(moved)
    assert [one["step"] for one in run.environment["resumed"]] == [2]
    weights = (moved / "model" / "model.safetensors").read_bytes()
    code, out, err = rlmr("train", recipe, "--resume", moved)
    assert code == 0 and out == f"{moved} is finished; there is nothing to resume\n" and not err
    assert rlmr("train", recipe, *saved, "-q")[0] == 0
    assert (tmp_path / "run" / "model" / "model.safetensors").read_bytes() == weights


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["RECIPE", "--resume", "RUN"], "grpo.max_steps (4, now 2)"),
        (["--resume", "RUN", "seed=7", "mixing.gamma=0.7"], "seed (0, now 7)"),
        (["--resume", "RUN", "mixing.rule=gdpo"], "mixing.rule ('rlmr', now 'gdpo')"),
        (["--resume", "RUN", "--overwrite"], "give one of them"),
        (["--resume", "NOWHERE"], "is no run folder: config.yaml and status.json not found"),
        ([], "name a recipe"),
    ],
)
def test_a_resumption_that_cannot_be_is_said_and_changes_nothing(
    rlmr, recipe, tmp_path, monkeypatch, arguments, message
):
    stopped(rlmr, recipe, monkeypatch)
    folder = tmp_path / "run"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    names = {"RECIPE": recipe, "RUN": folder, "NOWHERE": tmp_path}
    code, _out, err = rlmr("train", *(names.get(one, one) for one in arguments))
    assert code == 2 and message in err and err.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_secrets_that_the_record_does_not_hold_are_asked_for(rlmr, recipe, tmp_path, monkeypatch):
    secret = "grpo.model_init_kwargs={token: hf_abcdefghijklmnopqrstuvwx}"
    saved = stopped(rlmr, recipe, monkeypatch, secret)
    code, _out, err = rlmr("train", "--resume", tmp_path / "run")
    assert code == 2 and "no secrets (grpo.model_init_kwargs.token)" in err
    assert rlmr("train", recipe, *saved, secret, "--resume", tmp_path / "run", "-q")[0] == 0
    assert "hf_" not in (tmp_path / "run" / "config.yaml").read_text()


def test_a_pause_has_an_exit_code_and_says_how_to_go_on(rlmr, recipe, tmp_path, monkeypatch):
    (tmp_path / "down.py").write_text("def score(prompts, completions, **_): raise TimeoutError('no judge')")
    monkeypatch.syspath_prepend(tmp_path)
    code, _out, err = rlmr("train", recipe, "reward.model=down:score", "grpo.save_strategy=steps", "-q")
    assert code == 75 and "TimeoutError: no judge" in err
    assert f"go on with: rlmr train --resume {tmp_path / 'run'}\n" in err
