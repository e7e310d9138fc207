"""Out of memory: the message says which setting to lower, and to what."""

import pytest
import torch
from engine_cases import LengthScorer, make_job
from trl import GRPOTrainer

from rlmr.engines.oom import OutOfMemoryError, explained, ran_out
from rlmr.engines.trl import train
from rlmr.runs import read_run

SAID = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB"


def cpu_error():
    """What PyTorch's own allocator says of a tensor larger than any memory."""
    with pytest.raises(RuntimeError) as error:
        torch.empty(1 << 60, dtype=torch.uint8)
    return error.value


def test_these_mean_that_memory_ran_out():
    assert ran_out(torch.OutOfMemoryError(SAID)) and ran_out(MemoryError()) and ran_out(cpu_error())


@pytest.mark.parametrize("error", [RuntimeError("mat1 and mat2 cannot be multiplied"), ValueError("memory")])
def test_these_do_not(error):
    with pytest.raises(type(error)) as raised, explained(lambda: "training", None):
        raise error
    assert raised.value is error


@pytest.mark.parametrize("make", [lambda: torch.OutOfMemoryError(SAID), cpu_error], ids=["gpu", "cpu"])
def test_a_training_that_runs_out_says_what_to_lower(tiny_policy, tmp_path, monkeypatch, make):
    loss = GRPOTrainer._compute_loss

    def full(self, model, inputs):
        if self.state.global_step == 1:
            raise make()
        return loss(self, model, inputs)

    monkeypatch.setattr(GRPOTrainer, "_compute_loss", full)
    job = make_job(tiny_policy, tmp_path / "run", memory_advice=lambda: "to lower it: a smaller batch")
    with pytest.raises(OutOfMemoryError) as raised:
        train(job)
    first, second = str(raised.value).split("\n")
    assert first.startswith("out of memory while training, step 2: ") and "allocate" in first
    assert second == "to lower it: a smaller batch"
    status = read_run(tmp_path / "run").status
    assert status["state"] == "failed" and "out of memory while training, step 2" in status["reason"]


def test_advice_is_asked_for_only_then(tiny_policy, tmp_path):
    asked = []
    job = make_job(tiny_policy, tmp_path / "run", memory_advice=lambda: asked.append(1) or "")
    assert train(job) == "finished" and asked == []


def test_a_policy_that_cannot_be_loaded_for_want_of_memory(tiny_policy, tmp_path, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError(SAID)

    monkeypatch.setattr("rlmr.engines.trl.MixedGRPOTrainer", full)
    with pytest.raises(OutOfMemoryError, match="out of memory while loading the policy: CUDA out of memory"):
        train(make_job(tiny_policy, tmp_path / "run", scorer=LengthScorer()))
