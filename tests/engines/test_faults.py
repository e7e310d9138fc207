"""What goes wrong in a long run: it is unknown, or it is said; what was done until then is not lost."""

import resource

import pytest
import torch
from engine_cases import LengthScorer, make_job, same
from transformers import TrainerCallback
from trl import GRPOTrainer

from rlmr.alarms import UnknownPause
from rlmr.engines.callbacks import StopCallback
from rlmr.engines.checkpoints import find_newest
from rlmr.engines.finite import NotFiniteError
from rlmr.engines.trl import build_trainer, train
from rlmr.rewards.function import FunctionScorer
from rlmr.runs import Mixture, RunError, read_run

SAVED = {"save_strategy": "steps", "save_steps": 2, "max_steps": 6, "max_completion_length": 4}


class Flaky:
    """A user's reward function that raises from its `down`-th call to its `up`-th."""

    def __init__(self, down, up):
        self.calls, self.down, self.up = 0, down, up

    def __call__(self, prompts, completions):
        self.calls += 1
        if self.down <= self.calls < self.up:
            raise ConnectionError(f"no reply to call {self.calls}")
        return [float(len(text)) for text in completions]


def test_a_reward_function_that_raises_is_unknown_and_counted(tiny_policy, tmp_path, capsys):
    job = make_job(
        tiny_policy, tmp_path / "run", scorer=FunctionScorer(Flaky(2, 3)), grpo=SAVED, unknown_pause=None
    )
    assert train(job) == "finished"
    assert (
        "reward.model: ConnectionError: no reply to call 2; its texts are unknown" in capsys.readouterr().err
    )
    run = read_run(tmp_path / "run")
    assert [line.get("unknown/reward_raised") for line in run.metrics] == [None, 1.0, *[None] * 4]
    assert all(row.derived.unknown for group in run.groups(2) for row in group)


def test_a_run_that_knows_nothing_pauses_and_goes_on(tiny_policy, tmp_path):
    """Judge down: it stops after the step, with a checkpoint of it, and goes on when the judge is back."""
    job = make_job(tiny_policy, tmp_path / "run", scorer=FunctionScorer(Flaky(3, 99)), grpo=SAVED)
    assert train(job) == "paused"
    run = read_run(tmp_path / "run")
    assert run.status["state"] == "paused" and run.status["step"] == 3 == len(run.metrics)
    assert "all texts of the last step are unknown" in run.status["reason"]
    assert "ConnectionError: no reply to call 3" in run.status["reason"]
    assert find_newest(tmp_path / "run" / "checkpoints", 1, 6).step == 3
    job = make_job(tiny_policy, tmp_path / "run", grpo=SAVED, resume=True)
    assert train(job) == "finished"
    run = read_run(tmp_path / "run")
    assert run.steps == [1, 2, 3, 4, 5, 6] and run.status["reason"] == ""


def test_a_pause_waits_for_the_end_of_a_generation(tiny_policy, tmp_path):
    grpo = {**SAVED, "num_iterations": 3, "save_steps": 3}
    job = make_job(tiny_policy, tmp_path / "run", scorer=FunctionScorer(Flaky(1, 99)), grpo=grpo)
    assert train(job) == "paused"
    assert read_run(tmp_path / "run").status["step"] == 3
    assert find_newest(tmp_path / "run" / "checkpoints", 3, 6).step == 3


def test_a_pause_needs_more_than_one_bad_step():
    pause = UnknownPause(0.5)
    shares = [0.9, 0.3, 0.2, 0.6, None, float("nan"), 0.8]
    assert [bool(pause.watch({"unknown_share": share})) for share in shares] == [False] * 6 + [True]
    assert not UnknownPause(None).watch({"unknown_share": 1.0})
    said = pause.watch({"unknown_share": 0.6, "unknown/judge_timeout": 0.4, "unknown/too_long": 0.2})
    assert said == "67% of the texts of the last 3 steps are unknown (above 50%); most of them: judge timeout"


class PressCtrlC(TrainerCallback):
    """Ctrl-C in the third step."""

    def __init__(self, trainer):
        self.trainer = trainer

    def on_step_begin(self, args, state, control, **_):
        if state.global_step == 2:
            callbacks = self.trainer.callback_handler.callbacks
            next(one for one in callbacks if isinstance(one, StopCallback))._ask(2, None)


@pytest.mark.parametrize(("iterations", "stopped_at"), [(1, 3), (2, 4)])
def test_ctrl_c_leaves_a_checkpoint_from_which_nothing_is_lost(
    tiny_policy, tmp_path, monkeypatch, iterations, stopped_at
):
    options = {
        "grpo": {**SAVED, "num_iterations": iterations},
        "mixture": Mixture("lagrangian", {"rate": 0.5}),
    }
    assert train(make_job(tiny_policy, tmp_path / "unstopped", **options)) == "finished"

    def build(job, config):
        trainer = build_trainer(job, config)
        trainer.add_callback(PressCtrlC(trainer))
        return trainer

    with monkeypatch.context() as patch:
        patch.setattr("rlmr.engines.trl.build_trainer", build)
        assert train(make_job(tiny_policy, tmp_path / "run", **options)) == "interrupted"
    assert read_run(tmp_path / "run").status["step"] == stopped_at
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()
    assert train(make_job(tiny_policy, tmp_path / "run", resume=True, **options)) == "finished"
    assert read_run(tmp_path / "run").environment["resumed"][0]["step"] == stopped_at
    same(tmp_path / "run", tmp_path / "unstopped")


def test_a_disk_that_is_full_at_a_checkpoint_leaves_the_one_before(tiny_policy, tmp_path, monkeypatch):
    """Files of that size cannot be written from the second checkpoint on: the optimiser's is the largest."""
    saved = GRPOTrainer._save_checkpoint
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def save(self, model, trial):
        if self.state.global_step == 4:
            size = (tmp_path / "run" / "checkpoints" / "checkpoint-2" / "optimizer.pt").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1000, limits[1]))
        try:
            saved(self, model, trial)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    train(make_job(tiny_policy, tmp_path / "unstopped", grpo=SAVED))
    with monkeypatch.context() as patch:
        patch.setattr(GRPOTrainer, "_save_checkpoint", save)
        with pytest.raises(RunError, match=r"checkpoint of step 4 .*free some space.*--resume"):
            train(make_job(tiny_policy, tmp_path / "run", grpo=SAVED))
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["checkpoint-2"]
    assert read_run(tmp_path / "run").status["state"] == "failed"
    assert train(make_job(tiny_policy, tmp_path / "run", grpo=SAVED, resume=True)) == "finished"
    same(tmp_path / "run", tmp_path / "unstopped")


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_a_text_whose_log_probabilities_are_not_finite_is_named(tiny_policy, tmp_path, monkeypatch, value):
    """Before the optimiser's step: the policy of the last checkpoint and of the end are finite."""
    logps = GRPOTrainer._get_per_token_logps_and_entropies
    bad = {}

    def poisoned(self, model, input_ids, *args, **options):
        values, *rest = logps(self, model, input_ids, *args, **options)
        if self.state.global_step == 2 and torch.is_grad_enabled():
            values = values + 0
            values[5, 0] = value
            bad["text"] = self.processing_class.decode(input_ids[5], skip_special_tokens=True)
        return values, *rest

    monkeypatch.setattr(GRPOTrainer, "_get_per_token_logps_and_entropies", poisoned)
    with pytest.raises(
        NotFiniteError, match=r"step 3: the log-probabilities of text \d of group \d"
    ) as raised:
        train(make_job(tiny_policy, tmp_path / "run", grpo=SAVED))
    run = read_run(tmp_path / "run")
    assert run.status["state"] == "failed" and "learning_rate" in run.status["reason"]
    words = str(raised.value).replace(",", "").split()
    text, group = (int(words[words.index(name) + 1]) for name in ("text", "group"))
    row = run.groups(3)[group][text]
    assert f"task {row.task}" in str(raised.value)
    assert bad["text"].replace(" ", "").endswith((row.prompt + row.completion).replace(" ", ""))
    assert find_newest(tmp_path / "run" / "checkpoints", 1, 6).step == 2


def test_a_policy_that_diverged_is_said(tiny_policy, tmp_path):
    grpo = {**SAVED, "learning_rate": 1e38, "max_grad_norm": 0, "lr_scheduler_type": "constant"}
    with pytest.raises(NotFiniteError, match=r"step 2: .*lower grpo.learning_rate"):
        train(make_job(tiny_policy, tmp_path / "run", scorer=LengthScorer(), grpo=grpo))
