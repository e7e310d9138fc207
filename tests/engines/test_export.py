"""A run's policy as a folder that plain transformers loads: the same logits, nothing of this machine."""

import json
import shutil

import pytest
import torch
import yaml
from peft import AutoPeftModelForCausalLM
from policy_cases import finished, train_run
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from rlmr.data import Task
from rlmr.engines.checkpoints import Best, point_to_best
from rlmr.policies import export
from rlmr.policies.card import public
from rlmr.policies.export import export_policy
from rlmr.policies.find import find_policy
from rlmr.policies.sample import of_run, sample_task
from rlmr.policies.weights import MERGED_WITHIN, compare
from rlmr.runs import RunError, read_run

__all__ = ["finished"]

IDS = torch.tensor([[7, 8, 9, 10, 11, 12]])


def logits(folder, **options):
    model = AutoModelForCausalLM.from_pretrained(folder, **options).eval()
    with torch.inference_mode():
        return model(IDS).logits


def copy(run, folder):
    shutil.copytree(run, folder)
    return folder


def test_it_gives_the_runs_logits_and_says_nothing_of_this_machine(finished, tmp_path):
    exported = export_policy(read_run(finished), tmp_path / "out", "last", license="apache-2.0")
    assert torch.equal(logits(tmp_path / "out"), logits(finished / "model"))
    assert exported.merge is None and exported.cast is None and exported.kept.step == 4
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"README.md", "config.json", "generation_config.json", "model.safetensors", "rlmr.json"} <= names
    assert not names & {"optimizer.pt", "trainer_state.json", "training_args.bin", "complete.json"}
    for path in (tmp_path / "out").iterdir():
        assert str(tmp_path.parents[1]).encode() not in path.read_bytes(), path.name
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    settings = GenerationConfig.from_pretrained(tmp_path / "out")
    assert (settings.do_sample, settings.temperature, settings.top_k) == (True, 0.9, 20)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert settings.eos_token_id == tokenizer.eos_token_id and tokenizer.chat_template


def test_the_card_says_what_it_is(finished, tmp_path):
    export_policy(read_run(finished), tmp_path / "writer", "last", license="apache-2.0")
    card = (tmp_path / "writer" / "README.md").read_text()
    head = yaml.safe_load(card.split("---")[1])
    assert head["license"] == "apache-2.0" and head["library_name"] == "transformers"
    assert "base_model" not in head  # a folder is no name that others know
    for said in ("2508.18642", "mixing rule | rlmr", "word", "held-out prompts", 'from_pretrained("writer")'):
        assert said in card, said
    recipe = yaml.safe_load(card.split("```yaml")[1].split("```")[0])
    assert recipe["data"]["train"] == "tasks.jsonl" and "output" not in recipe
    run = read_run(finished)
    start = [row.scores["quality"] for group in run.groups(0, "val") for row in group]
    assert f"{sum(start) / len(start):.3g} (" in card  # with its interval


def test_an_adapter_is_merged(tiny_policy, tiny_reward_model, tmp_path):
    run = train_run(tmp_path, tiny_policy, tiny_reward_model, lora={"r": 4, "alpha": 8}, validation=None)
    exported = export_policy(read_run(run), tmp_path / "out")
    ours = AutoPeftModelForCausalLM.from_pretrained(run / "model").eval()
    with torch.inference_mode():
        unmerged = ours(IDS).logits
    merged, base = logits(tmp_path / "out"), logits(tiny_policy)
    assert compare([unmerged[0]], [merged[0]]).largest < MERGED_WITHIN[torch.float32]
    assert compare([base[0]], [merged[0]]).largest > 0.01, "the adapter learned something"
    assert exported.merge.same_choice == 1.0 and 0 <= exported.merge.largest < 1e-3
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert not any(name.startswith("adapter") for name in names)
    assert "LoRA, rank 4, merged" in (tmp_path / "out" / "README.md").read_text()
    source = of_run(read_run(run), exported.kept)
    [one] = sample_task(source, Task("1", "write about the fox ."), 1, source.sampling)
    assert one.tokens and one.score is not None


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_another_precision_is_compared_and_said(finished, tmp_path, dtype):
    exported = export_policy(read_run(finished), tmp_path / "out", dtype=dtype)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype="auto")
    assert str(model.dtype) == f"torch.{dtype}" and 0 < exported.cast.largest < 0.1
    assert f"to {dtype}: logits moved" in (tmp_path / "out" / "README.md").read_text()


def test_which_policy(finished, tmp_path):
    run = read_run(copy(finished, tmp_path / "run"))
    point_to_best(run.folder, None)
    assert find_policy(run).which == "last" and find_policy(run).folder.name == "model"
    assert find_policy(run, "4").folder.name == "model"
    two = find_policy(run, "2")
    assert (two.folder.name, two.step, two.which) == ("checkpoint-2", 2, "step")
    with pytest.raises(RunError, match="no checkpoint is marked as the best"):
        find_policy(run, "best")
    point_to_best(run.folder, Best(2, "quality", 1.0, 0.0))
    assert find_policy(run).which == "best" and find_policy(run, "best").step == 2
    with pytest.raises(RunError, match=r"step 3: .*half-written.*steps with a checkpoint: 2, 4"):
        find_policy(run, "3")
    with pytest.raises(RunError, match="'newest' is not allowed; give best, last or the number of a step"):
        find_policy(run, "newest")
    shutil.rmtree(run.folder / "model")
    assert find_policy(run, "last").folder.name == "checkpoint-4"
    shutil.rmtree(run.folder / "checkpoints")
    with pytest.raises(RunError, match="holds no policy yet"):
        find_policy(run, "last")


def test_only_an_export_is_replaced_and_only_when_asked_to(finished, tmp_path):
    run, out = read_run(finished), tmp_path / "out"
    export_policy(run, out, "2")
    before = (out / "model.safetensors").read_bytes()
    with pytest.raises(RunError, match="not empty; choose another, or pass --overwrite"):
        export_policy(run, out, "4")
    assert (out / "model.safetensors").read_bytes() == before
    export_policy(run, out, "4", overwrite=True)
    assert (out / "model.safetensors").read_bytes() != before
    (out / "rlmr.json").unlink()
    with pytest.raises(RunError, match="replaces exports only"):
        export_policy(run, out, "2", overwrite=True)


def test_what_fails_leaves_the_former_export_as_it_was(finished, tmp_path, monkeypatch):
    run, out = read_run(finished), tmp_path / "out"
    export_policy(run, out, "2")
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def broken(part, logits, probe):
        weights = part / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-4] + b"\x00\x00\x80\x3f")
        check(part, logits, probe)

    check = export.check_saved
    monkeypatch.setattr(export, "check_saved", broken)
    with pytest.raises(RunError, match="does not give the run's logits when it is loaded again"):
        export_policy(run, out, "4", overwrite=True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_adapter_of_another_base_is_refused(tiny_policy, tiny_reward_model, tmp_path, monkeypatch):
    """Weights that a merge would move further than rounding does."""
    run = train_run(tmp_path, tiny_policy, tiny_reward_model, lora={"r": 4, "alpha": 8}, validation=None)
    monkeypatch.setitem(MERGED_WITHIN, torch.float32, -1.0)
    with pytest.raises(RunError, match="do not belong together"):
        export_policy(read_run(run), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_secrets_and_places_stay_out_of_a_card():
    recipe = {
        "policy": "/home/ann/models/mine",
        "judge": {"endpoint": {"base_url": "http://10.0.0.3:8000/v1", "model": "m", "cache": "/x/y.sqlite"}},
        "data": {"train": "~/tasks.jsonl", "eval": "sandbox:heldout"},
        "output": "runs/x",
    }
    assert public(recipe) == {
        "policy": "mine",
        "judge": {"endpoint": {"model": "m"}},
        "data": {"train": "tasks.jsonl", "eval": "sandbox:heldout"},
    }


def test_the_command(finished, tmp_path, rlmr):
    code, out, err = rlmr("export", finished, "-o", tmp_path / "out", "--checkpoint", "last")
    assert code == 0 and "bit for bit" in out and "loading it again" in err
    assert json.loads((tmp_path / "out" / "rlmr.json").read_text())["step"] == 4
    code, _, err = rlmr("export", finished, "-o", tmp_path / "out")
    assert code == 2 and err.startswith("rlmr: --output:") and "--overwrite" in err
    code, _, err = rlmr("export", tmp_path)
    assert code == 2 and "is no run folder" in err
