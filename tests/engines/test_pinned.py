"""TRL's private methods that the engine stands on: these tests fail when they move."""

import inspect
import re

import pytest
import torch
import trl
from engine_cases import LengthScorer, make_job
from transformers import AutoTokenizer
from trl import GRPOTrainer

from rlmr.engines.settings import LOSSES
from rlmr.engines.trl import train
from rlmr.runs import read_run


def test_the_private_methods_are_where_they_were():
    assert trl.__version__ == "1.16.0"
    parameters = {
        "_calculate_rewards": ["self", "inputs", "prompts", "completions", "completion_ids_list"],
        "_generate": ["self", "prompts"],
        "_generate_and_score_completions": ["self", "inputs"],
        "_compute_loss": ["self", "model", "inputs"],
        "_get_grad_norm": ["self", "model", "grad_norm"],
        "_get_train_sampler": ["self", "dataset"],
        "_save_checkpoint": ["self", "model", "trial"],
        "_load_from_checkpoint": ["self", "resume_from_checkpoint", "model"],
        "_send_telemetry": ["self"],
    }
    for name, expected in parameters.items():
        assert list(inspect.signature(getattr(GRPOTrainer, name)).parameters) == expected, name


def test_the_losses_are_those_that_a_recipe_may_name():
    source = inspect.getsource(GRPOTrainer._compute_loss)
    compared = re.findall(r'loss_type (?:==|!=|in) (\[[^]]*\]|"\w+")', source)
    assert set(re.findall(r'"(\w+)"', " ".join(compared))) == set(LOSSES)


@pytest.fixture
def spied(monkeypatch):
    """TRL's own advantages, what its loss is given, its table of advantages, and what it sends home."""
    seen = {"theirs": [], "inputs": [], "shown": [], "sent": []}
    scored, loss = GRPOTrainer._generate_and_score_completions, GRPOTrainer._compute_loss

    def spy_scored(self, inputs):
        output = scored(self, inputs)
        seen["theirs"].append(output["advantages"].clone())
        return output

    def spy_loss(self, model, inputs):
        seen["inputs"].append(inputs)
        seen["shown"] = list(self._logs["advantages"])
        return loss(self, model, inputs)

    monkeypatch.setattr("trl.trainer.base_trainer.send_telemetry", lambda **what: seen["sent"].append(what))
    monkeypatch.setattr(GRPOTrainer, "_generate_and_score_completions", spy_scored)
    monkeypatch.setattr(GRPOTrainer, "_compute_loss", spy_loss)
    return seen


def texts(inputs, tokenizer):
    """Prompt and completion of every row that the loss sees, as the record writes them."""
    for i in range(len(inputs["completion_ids"])):
        prompt, completion = (
            tokenizer.decode(
                inputs[f"{part}_ids"][i][inputs[f"{part}_mask"][i].bool()], skip_special_tokens=True
            )
            for part in ("prompt", "completion")
        )
        yield key(prompt, completion)


def key(prompt, completion):
    """Without the spaces, in which tokenizers differ."""
    return prompt.replace(" ", ""), completion.replace(" ", "")


def test_the_loss_learns_each_texts_own_advantage_and_nothing_else(tiny_policy, tmp_path, spied):
    train(make_job(tiny_policy, tmp_path / "run", grpo={"max_steps": 1}))
    (inputs,), (theirs,) = spied["inputs"], spied["theirs"]
    recorded = [row for group in read_run(tmp_path / "run").groups(1) for row in group]
    advantages = torch.tensor([row.derived.advantage for row in recorded])
    wanted = {
        key(row.prompt, row.completion): a for row, a in zip(recorded, advantages.tolist(), strict=True)
    }
    assert len(set(wanted.values())) > 2 and any(not row.derived.passed for row in recorded)
    learned = inputs["advantages"]
    assert learned.shape == (8,) and learned.dtype == torch.float32 and "tool_mask" not in inputs
    tokenizer = AutoTokenizer.from_pretrained(tiny_policy)
    assert dict(zip(texts(inputs, tokenizer), learned.tolist(), strict=True)) == wanted
    violators = {key(row.prompt, row.completion) for row in recorded if not row.derived.passed}
    assert all(wanted[text] < 0 for text in violators)
    assert not torch.allclose(theirs, advantages)
    assert torch.equal(torch.tensor(spied["shown"]), advantages)
    assert not spied["sent"]


def test_unknown_texts_are_not_among_the_tokens_of_the_loss(tiny_policy, tmp_path, spied):
    train(make_job(tiny_policy, tmp_path / "run", scorer=LengthScorer(broken=[1, 6]), grpo={"max_steps": 1}))
    (inputs,) = spied["inputs"]
    recorded = [row for group in read_run(tmp_path / "run").groups(1) for row in group]
    tokens = [row.tokens for row in recorded if not row.derived.unknown]
    assert len(tokens) == 6 and inputs["num_items_in_batch"] == sum(tokens)
    learned = (inputs["completion_mask"] * inputs["tool_mask"]).sum(1)
    assert sorted(learned.tolist()) == sorted([0, 0, *tokens])
