"""LoRA through a recipe: the adapter learns, the base model stays, a stopped run goes on."""

import pytest
import torch
from engine_cases import make_job, make_tasks, same
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from rlmr.data import write_tasks
from rlmr.engines.extent import PolicyError
from rlmr.engines.trl import train
from rlmr.evals.generate import load_policy
from rlmr.recipes import RecipeError, plan, read_recipe
from rlmr.recipes.load import check_recipe
from rlmr.recipes.run import job_of, locate
from rlmr.runs import read_run

LORA = {"r": 4, "alpha": 8, "dropout": 0.1, "target_modules": ["q_proj", "v_proj"]}
SAVED = {"max_steps": 4, "save_strategy": "steps", "save_steps": 2, "max_completion_length": 4}


def test_the_adapter_learns_and_the_base_model_stays(tiny_policy, tmp_path):
    before = {path.name: path.read_bytes() for path in tiny_policy.iterdir()}
    assert train(make_job(tiny_policy, tmp_path / "run", lora=LORA, grpo={"beta": 0.05})) == "finished"
    assert {path.name: path.read_bytes() for path in tiny_policy.iterdir()} == before
    folder = tmp_path / "run" / "model"
    assert [path.name for path in folder.glob("*.safetensors")] == ["adapter_model.safetensors"]
    adapter = load_file(folder / "adapter_model.safetensors")
    assert {name.split(".")[-3] for name in adapter} == {"q_proj", "v_proj"}
    assert {tuple(matrix.shape)[name.endswith("lora_B.weight")] for name, matrix in adapter.items()} == {4}
    grown = [matrix for name, matrix in adapter.items() if name.endswith("lora_B.weight")]
    assert len(grown) == 4 and all(matrix.abs().max() > 0 for matrix in grown)
    ids = torch.tensor([[7, 8, 9]])
    base, tuned = AutoModelForCausalLM.from_pretrained(tiny_policy), load_policy(folder)[0]
    assert not torch.allclose(base(ids).logits, tuned(ids).logits)
    run = read_run(tmp_path / "run")
    assert run.metrics[0]["kl"] == 0 < run.metrics[1]["kl"], "the reference is the base without its adapter"


def test_a_stopped_adapter_goes_on_to_the_same_bits(tiny_policy, tmp_path):
    class Deadly:
        def __init__(self, scorer):
            self.scorer, self.calls = scorer, 0

        def score(self, prompts, answers):
            self.calls += 1
            if self.calls == 4:
                raise RuntimeError("killed")
            return self.scorer.score(prompts, answers)

    whole = make_job(tiny_policy, tmp_path / "whole", lora=LORA, grpo=SAVED)
    assert train(whole) == "finished"
    with pytest.raises(RuntimeError, match="killed"):
        train(make_job(tiny_policy, tmp_path / "run", lora=LORA, grpo=SAVED, scorer=Deadly(whole.scorer)))
    assert train(make_job(tiny_policy, tmp_path / "run", lora=LORA, grpo=SAVED, resume=True)) == "finished"
    same(tmp_path / "run", tmp_path / "whole")


def test_a_layer_that_the_policy_has_not_is_said(tiny_policy, tmp_path):
    job = make_job(tiny_policy, tmp_path / "run", lora={**LORA, "target_modules": ["q_proj", "v_porj"]})
    with pytest.raises(PolicyError, match=r"lora.target_modules: .* no linear layer 'v_porj'; .*'v_proj'"):
        train(job)
    assert not (tmp_path / "run").exists()


def test_a_recipe_asks_for_an_adapter(tiny_policy, tiny_reward_model, tmp_path):
    write_tasks(tmp_path / "tasks.jsonl", make_tasks())
    values = {
        "name": "t",
        "policy": str(tiny_policy),
        "data": {"train": str(tmp_path / "tasks.jsonl")},
        "reward": {"model": str(tiny_reward_model)},
        "output": str(tmp_path / "run"),
        "lora": {"r": 8},
    }
    job = job_of(plan(check_recipe(values)))
    assert job.lora == {"r": 8, "alpha": 32, "dropout": 0.0, "target_modules": "all-linear"}
    assert job_of(plan(check_recipe({**values, "lora": None}))).lora is None
    for wrong, message in (
        ({"rank": 8}, "unknown key 'lora.rank'"),
        ({"r": 0}, "lora.r: .*greater than 0"),
        ({"dropout": 1.0}, "lora.dropout"),
        ({"target_modules": "q_proj"}, "lora.target_modules"),
    ):
        with pytest.raises(RecipeError, match=message):
            check_recipe({**values, "lora": wrong})


@pytest.mark.slow
def test_the_sandbox_learns_with_an_adapter(tmp_path):
    """End to end: fewer weights, the same road."""
    small = ["grpo.max_steps=2", "grpo.per_device_train_batch_size=16", "grpo.max_completion_length=40"]
    recipe = read_recipe("sandbox", [*small, "lora={}", "grpo.save_steps=1", f"output={tmp_path / 'run'}"])
    before = load_file(f"{locate('sandbox:policy')}/model.safetensors")
    assert train(job_of(plan(recipe))) == "finished"
    run = read_run(tmp_path / "run")
    assert run.config["lora"]["r"] == 16 and run.metrics[1]["violators_rewarded"] == 0
    after = load_file(f"{locate('sandbox:policy')}/model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not list((tmp_path / "run").rglob("model.safetensors"))
    assert load_policy(tmp_path / "run" / "model")[0] is not None
