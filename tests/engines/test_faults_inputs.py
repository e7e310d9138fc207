"""What a run is given and cannot take: wrong tokenizers, tasks without constraints; and telemetry."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engine_cases import make_job
from transformers import AutoTokenizer

from rlmr.data import Task, read_tasks
from rlmr.engines import trl
from rlmr.engines.extent import PolicyError
from rlmr.models import ModelError
from rlmr.recipes import check_recipe
from rlmr.recipes.schema import RecipeError, ValidationSettings
from rlmr.recipes.validation import check_asked, check_every, hold_out
from rlmr.rewards.reward_model import RewardModel
from rlmr.runs import read_run


def with_tokenizer(model, folder, change):
    """A copy of a model whose tokenizer was changed."""
    shutil.copytree(model, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    change(tokenizer)
    tokenizer.save_pretrained(folder)
    return folder


def longer(tokenizer):
    tokenizer.add_tokens(["more", "words"])


def endless(tokenizer):
    tokenizer.eos_token = None


def unpadded(tokenizer):
    tokenizer.pad_token = None


def bare(tokenizer):
    tokenizer.eos_token = tokenizer.pad_token = None


def templateless(tokenizer):
    tokenizer.chat_template = None


def test_a_tokenizer_of_another_model_is_refused_before_anything_is_written(
    tiny_policy, tiny_reward_model, tmp_path
):
    policy = with_tokenizer(tiny_policy, tmp_path / "policy", longer)
    with pytest.raises(
        ModelError, match=r"policy: .*ids up to \d+, but the model knows 0 to \d+; .*take both from one"
    ):
        trl.train(make_job(policy, tmp_path / "run"))
    assert not (tmp_path / "run").exists()
    judge = with_tokenizer(tiny_reward_model, tmp_path / "reward", longer)
    with pytest.raises(ModelError, match=r"reward.model: .*ids up to \d+"):
        RewardModel(judge)


def test_a_tokenizer_without_an_end_is_refused(tiny_policy, tiny_reward_model, tmp_path):
    for name, change in (("endless", endless), ("bare", bare)):
        policy = with_tokenizer(tiny_policy, tmp_path / name, change)
        with pytest.raises(ModelError, match=r"no(r an)? end-of-text token.*set .*eos_token"):
            trl.check_policy(str(policy))
    judge = with_tokenizer(tiny_reward_model, tmp_path / "reward", bare)
    with pytest.raises(ModelError, match=r"reward.model: .*neither a padding nor an end-of-text token"):
        RewardModel(judge)


def test_a_tokenizer_without_padding_pads_with_its_end(tiny_policy, tiny_reward_model, tmp_path):
    policy = with_tokenizer(tiny_policy, tmp_path / "policy", unpadded)
    assert trl.train(make_job(policy, tmp_path / "run", grpo={"max_steps": 1})) == "finished"
    judge = RewardModel(with_tokenizer(tiny_reward_model, tmp_path / "reward", unpadded))
    padded = judge.score(["write ."] * 2, ["the fox", "the fox and the hen"]).values
    assert padded[0] == pytest.approx(judge.score(["write ."], ["the fox"]).values[0], abs=1e-6)


def test_without_a_chat_template_text_is_taken_as_it_is_and_messages_are_refused(tiny_policy, tmp_path):
    policy = with_tokenizer(tiny_policy, tmp_path / "policy", templateless)
    (policy / "chat_template.jinja").unlink(missing_ok=True)
    assert trl.train(make_job(policy, tmp_path / "run", grpo={"max_steps": 1})) == "finished"
    assert read_run(tmp_path / "run").groups(1)[0][0].prompt.startswith("write about")
    chat = [Task(name, ({"role": "user", "content": f"write {name}"},)) for name in "abcd"]
    with pytest.raises(PolicyError, match="its prompt is messages, but the policy has no chat template"):
        trl.train(make_job(policy, tmp_path / "other", tasks=chat))
    assert not (tmp_path / "other").exists()


ASKED = {"type": "word_count", "at_most": 9}


def tasks_of(path, *constraints):
    rows = [
        {"prompt": f"write {i}", **({} if c is None else {"constraints": c})}
        for i, c in enumerate(constraints)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_tasks(path)


def test_tasks_without_constraints_are_counted_and_none_at_all_is_refused(tmp_path):
    some = tasks_of(tmp_path / "some.jsonl", [ASKED], None, [], [ASKED])
    said = check_asked(some, "constraints", "rlmr")
    assert said.startswith("data.train: 2 of 4 tasks have no constraint of their own (2, 3)")
    assert check_asked(some[:1], "constraints", "rlmr") == ""
    none = tasks_of(tmp_path / "none.jsonl", None, None)
    with pytest.raises(RecipeError, match=r"none of its 2 tasks.*column 'rules'.*data.constraints_column"):
        check_asked(none, "rules", "rlmr")
    assert check_asked(none, "rules", "writing_only") == ""


def test_a_task_without_constraints_learns_from_its_score(tiny_policy, tmp_path):
    tasks = [Task(name, f"write about the {name} .") for name in ("fox", "hen")]
    assert trl.train(make_job(tiny_policy, tmp_path / "run", tasks=tasks)) == "finished"
    rows = [row for group in read_run(tmp_path / "run").groups(1) for row in group]
    assert {verdict.type for row in rows for verdict in row.verdicts} == {"finished"}
    assert any(row.derived.advantage for row in rows)


@pytest.mark.parametrize("split", [0.2, 0.5])
def test_held_out_prompts_are_chosen_by_what_they_are(split):
    tasks = [Task(str(i), f"write {i % 60}") for i in range(120)]  # every prompt stands twice
    settings = ValidationSettings(split=split, limit=100)
    rest, chosen = hold_out(settings, tasks, [])
    assert not {t.prompt for t in rest} & {t.prompt for t in chosen}
    assert abs(len(chosen) / 120 - split) < 0.15
    more, again = hold_out(settings, [*reversed(tasks), Task("x", "another")], [])
    assert {t.prompt for t in again} - {"another"} == {t.prompt for t in chosen} and len(more) >= len(rest)


def test_what_validation_cannot_do_is_said():
    tasks = [Task(str(i), f"write {i}") for i in range(4)]
    with pytest.raises(RecipeError, match=r"1 of its 2 prompts are in data.train too \(task 3"):
        hold_out(ValidationSettings(data="x"), tasks, [Task("new", "new"), tasks[3]])
    with pytest.raises(RecipeError, match="no task to validate on"):
        hold_out(ValidationSettings(split=0.001), tasks, [])
    with pytest.raises(RecipeError, match=r"validation.every \(5\) cuts a generation.*right number is 6"):
        check_every(ValidationSettings(split=0.5, every=5), 3, 20)
    with pytest.raises(RecipeError, match=r"more than the run's 20 steps"):
        check_every(ValidationSettings(split=0.5, every=50), 1, 20)
    check_every(ValidationSettings(split=0.5, every=5, keep=False), 3, 20)


@pytest.mark.parametrize("block", [{}, {"data": "x.jsonl", "split": 0.1}])
def test_validation_has_one_source(block):
    recipe = {
        "name": "x",
        "policy": "p",
        "data": {"train": "t"},
        "reward": {"model": "m"},
        "validation": block,
    }
    with pytest.raises(RecipeError, match=r"give one of `data` .* and `split`"):
        check_recipe(recipe)


def test_a_dry_run_says_what_is_held_out_and_what_has_no_constraints(
    tiny_policy, tiny_reward_model, tmp_path, rlmr
):
    tasks_of(tmp_path / "tasks.jsonl", *[[ASKED]] * 11, None)
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(
        f"name: tiny\npolicy: {tiny_policy}\ndata: {{train: {tmp_path}/tasks.jsonl}}\n"
        f"reward: {{model: {tiny_reward_model}}}\nvalidation: {{split: 0.4, every: 1}}\n"
        f"output: {tmp_path}/run\n"
        "grpo: {max_steps: 2, per_device_train_batch_size: 4, num_generations: 2}\n"
    )
    code, out, err = rlmr("train", recipe, "--dry-run")
    assert code == 0, err
    said = re.search(r"# (\d+) tasks, .* (\d+) validation prompts", out)
    assert int(said[1]) + int(said[2]) == 12 and int(said[2]) >= 1
    assert "rlmr: data.train: 1 of 12 tasks have no constraint of their own (12)" in err
    assert not (tmp_path / "run").exists()


LISTEN = """
import sys
calls = []
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        place = args[1] if event == "socket.connect" else args[0]
        host = place[0] if isinstance(place, tuple) else place
        if host not in ("127.0.0.1", "::1", "localhost", None, "") and not isinstance(place, bytes):
            calls.append((event, str(place)))
sys.addaudithook(hook)
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from engine_cases import make_job
from rlmr.engines.trl import train
assert train(make_job(sys.argv[2], Path(sys.argv[3]))) == "finished"
print("CALLS", calls)
"""


@pytest.mark.slow
def test_nothing_is_sent_home_unless_it_is_asked_for(tiny_policy, tmp_path):
    """A whole run in a process whose environment forbids nothing: no name is looked up, no host is called."""
    switches = ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "TRANSFORMERS_OFFLINE", "DO_NOT_TRACK")
    environment = {name: value for name, value in os.environ.items() if name not in switches}
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", LISTEN, here, str(tiny_policy), str(tmp_path / "run")],
        env={**environment, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "CALLS []" in done.stdout, done.stdout
