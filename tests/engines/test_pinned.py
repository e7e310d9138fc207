"""TRL's private methods that the engine stands on: these tests fail when they move."""

import inspect

import torch
import trl
from engine_cases import make_job
from trl import GRPOTrainer

from rlmr.engines.settings import make_config
from rlmr.engines.trainer import MixedGRPOTrainer
from rlmr.engines.trl import build_trainer


def test_the_private_methods_are_where_they_were():
    assert trl.__version__ == "1.16.0"
    parameters = {
        "_calculate_rewards": ["self", "inputs", "prompts", "completions", "completion_ids_list"],
        "_generate_and_score_completions": ["self", "inputs"],
        "_compute_loss": ["self", "model", "inputs"],
        "_send_telemetry": ["self"],
    }
    for name, expected in parameters.items():
        assert list(inspect.signature(getattr(GRPOTrainer, name)).parameters) == expected, name


def test_the_loss_learns_from_our_advantages_and_from_nothing_else(tiny_policy, tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr("trl.trainer.base_trainer.send_telemetry", lambda **what: sent.append(what))
    job = make_job(tiny_policy, tmp_path / "run", grpo={"max_steps": 1})
    trainer = build_trainer(job, make_config(job.grpo, tmp_path / "checkpoints", 0))
    assert not sent
    mixed, learned, theirs = [], [], []
    scored, loss = GRPOTrainer._generate_and_score_completions, GRPOTrainer._compute_loss
    placed = MixedGRPOTrainer._replace_advantages

    def spy_scored(self, inputs):
        output = scored(self, inputs)
        theirs.append(output["advantages"].clone())
        return output

    def spy_placed(self, output, advantages, local):
        mixed.append(torch.tensor(advantages, dtype=torch.float32))
        placed(self, output, advantages, local)

    def spy_loss(self, model, inputs):
        learned.append(inputs["advantages"].clone())
        return loss(self, model, inputs)

    monkeypatch.setattr(GRPOTrainer, "_generate_and_score_completions", spy_scored)
    monkeypatch.setattr(MixedGRPOTrainer, "_replace_advantages", spy_placed)
    monkeypatch.setattr(GRPOTrainer, "_compute_loss", spy_loss)
    trainer.train()
    assert len(mixed) == len(learned) == len(theirs) == 1
    assert learned[0].shape == (8,) and learned[0].dtype == torch.float32
    assert torch.equal(learned[0].sort().values, mixed[0].sort().values)  # TRL shuffles its batch
    assert not torch.allclose(theirs[0], mixed[0])
    shown = torch.tensor(list(trainer._logs["advantages"]), dtype=torch.float32)
    assert torch.equal(shown, mixed[0])
