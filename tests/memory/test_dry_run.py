"""`rlmr train --dry-run`: the table, the refusal, models that the hub does not give."""

import json
import sys

import pytest
import yaml
from transformers import AutoConfig, GPT2Config

from rlmr import cli
from rlmr.data import Task
from rlmr.engines.settings import make_config
from rlmr.memory import FACTS, GIB, Vllm
from rlmr.recipes import RecipeError, check_recipe, plan, read_recipe, shipped_recipes
from rlmr.recipes.memory import account, device_of, guessed_tokens, longest_prompt, setup_of
from rlmr.recipes.models import Known, only_facts, sizes
from rlmr.recipes.run import job_of

TASK = {"prompt": "write about the fox .", "constraints": [{"type": "word_count", "at_least": 2}]}
LARGE_RECIPES = [name for name in shipped_recipes() if read_recipe(name).hardware]


@pytest.fixture
def values(tiny_policy, tiny_reward_model, tmp_path):
    (tmp_path / "tasks.jsonl").write_text((json.dumps(TASK) + "\n") * 4)
    return {
        "name": "tiny",
        "policy": str(tiny_policy),
        "data": {"train": str(tmp_path / "tasks.jsonl")},
        "reward": {"model": str(tiny_reward_model)},
        "output": str(tmp_path / "run"),
        "hardware": {"memory_gb": 8},
        "grpo": {
            "max_steps": 2,
            "per_device_train_batch_size": 8,
            "num_generations": 4,
            "max_completion_length": 8,
        },
    }


@pytest.fixture
def dry_run(values, tmp_path, monkeypatch, capsys):
    """Run it; gives exit code, stdout, stderr."""

    def run(*overrides):
        path = tmp_path / "tiny.yaml"
        path.write_text(yaml.safe_dump(values))
        monkeypatch.setattr(sys, "argv", ["rlmr", "train", str(path), *overrides, "--dry-run"])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return run


def test_it_shows_what_each_phase_takes(dry_run, tmp_path):
    code, out, err = dry_run()
    assert code == 0 and err == ""
    assert "sizes from its configuration" in out and "hardware: as the recipe states, 1 GPU of 8 GiB" in out
    for words in ("generate", "score", "learn", "update", "# weights", "# KV cache", "# optimiser", ": fits"):
        assert words in out, words
    assert yaml.safe_load(out)["hardware"]["memory_gb"] == 8  # comments, so that it is still a recipe
    assert not (tmp_path / "run").exists()


def test_it_refuses_what_does_not_fit_and_names_what_to_lower(dry_run):
    code, out, err = dry_run("hardware.memory_gb=2", "grpo.max_completion_length=8000")
    assert code == 2 and "does not fit" in out
    assert err.startswith("rlmr: this run does not fit: it needs ") and "grpo." in err


def test_without_stated_hardware_it_is_this_machine(dry_run, values):
    del values["hardware"]
    code, out, _ = dry_run()
    assert code == 0 and "hardware: this machine's memory" in out


def test_a_family_that_is_not_understood_is_unknown_and_not_refused(values, tiny_policy, tmp_path):
    config = GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=80, architectures=["GPT2LMHeadModel"])
    config.save_pretrained(tmp_path / "other")
    known = sizes(str(tmp_path / "other"))
    assert known.shape is None and "is a gpt2, whose memory is not understood here" in known.source


def test_public_facts_stand_in_for_a_hub_that_cannot_be_reached(values, dry_run):
    """The tests have no network, so a known name is known by its facts alone."""
    values |= {"policy": "Qwen/Qwen2.5-0.5B-Instruct", "lora": {}}
    values["reward"]["model"] = "Skywork/Skywork-Reward-V2-Qwen3-0.6B"
    assert only_facts(values["policy"])
    code, out, _ = dry_run()
    assert code == 0 and "rlmr's table of public facts: the hub cannot be reached" in out
    assert "guessed from characters" in out and "# reward model" in out
    with pytest.raises(ValueError, match=r"policy: Qwen.*is no model"):
        plan(check_recipe(values))  # only a dry run goes on


def test_a_name_without_facts_is_refused(values, dry_run):
    values["policy"] = "nobody/nothing"
    code, _, err = dry_run()
    assert code == 2 and "policy: nobody/nothing is no model" in err


def test_prompts_are_counted_with_their_template(tiny_policy, tmp_path):
    config = make_config({}, tmp_path, 0)
    tasks = [Task("1", "the fox"), Task("2", "the fox and the hen .")]
    assert longest_prompt(str(tiny_policy), tasks, config) == (6 + 2, "")  # <|user|> … <|assistant|>


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("abcdef", 2), ("狐狸 fox", 4)])
def test_guessed_tokens(text, tokens):
    assert guessed_tokens(text) == tokens


def test_settings_reach_the_estimate(tmp_path):
    recipe = check_recipe(
        {
            "name": "x", "policy": "p", "data": {"train": "t"}, "reward": {"model": "mine:score"},
            "hardware": {"devices": 4, "memory_gb": 40, "nodes": 2, "sharding": "fsdp2"},
            "lora": {"r": 8, "target_modules": ["q_proj", "v_proj"]},
            "grpo": {
                "per_device_train_batch_size": 2, "gradient_accumulation_steps": 8, "num_generations": 8,
                "beta": 0.1, "bf16": True, "model_init_kwargs": {"dtype": "bfloat16"}, "use_vllm": True,
                "vllm_mode": "colocate", "vllm_gpu_memory_utilization": 0.2, "optim": "adafactor",
                "vllm_enable_sleep_mode": True, "max_completion_length": 100,
            },
        }
    )  # fmt: skip
    devices, capacity, cuda, _ = device_of(recipe)
    assert (devices, capacity, cuda) == (8, 40 * GIB, True)
    known = Known(FACTS["Qwen/Qwen3-8B"], "")
    setup = setup_of(recipe, make_config(recipe.grpo, tmp_path, 0), known, 50, devices=devices, cuda=True)
    assert setup.length == 150 and setup.batch == 2 and setup.accumulation == 8 and setup.generated == 16
    assert setup.weight_bytes == 2 and setup.autocast and setup.reference and setup.optimizer == "adafactor"
    assert setup.lora.rank == 8 and setup.lora.targets == ("q_proj", "v_proj")
    assert setup.vllm == Vllm("colocate", 0.2, True, 1, None) and setup.judges == ()
    assert (setup.sharding, setup.devices) == ("fsdp2", 8)
    odd = make_config({**recipe.grpo, "num_generations": 8}, tmp_path, 0)
    odd.vllm_tensor_parallel_size = 3
    with pytest.raises(RecipeError, match=r"tensor_parallel_size \(3\) must divide the 8 devices"):
        setup_of(recipe, odd, known, 50, devices=devices, cuda=True)


@pytest.mark.parametrize("name", LARGE_RECIPES)
def test_large_recipes_fit_the_hardware_that_they_state(name, tmp_path):
    """With prompts of 1,000 characters; every model that they name is in the table of facts."""
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text((json.dumps({**TASK, "prompt": "Write a story. " * 67}) + "\n") * 64)
    recipe = read_recipe(name, [f"data.train={tasks}", f"output={tmp_path / 'run'}"])
    found = account(plan(recipe, dry_run=True))
    assert found.problem == "", found.problem
    assert not any("unknown:" in line for line in found.lines)


def test_there_are_recipes_for_these():
    policies = {read_recipe(name).policy for name in LARGE_RECIPES}
    assert policies == set(FACTS) - {n for n in FACTS if "Reward" in n or "0.5B" in n or "0.6B" in n}


def test_a_run_that_runs_out_of_memory_has_the_table(values, monkeypatch):
    advised = job_of(plan(check_recipe(values))).memory_advice()
    assert advised.startswith("to lower it: grpo.") and "GiB per device" in advised


def test_reading_sizes_loads_no_weights(tiny_policy, monkeypatch):
    seen = []
    load = AutoConfig.from_pretrained
    monkeypatch.setattr(AutoConfig, "from_pretrained", lambda name: seen.append(name) or load(name))
    assert sizes(str(tiny_policy)).shape.hidden == 32 and seen == [str(tiny_policy)]
