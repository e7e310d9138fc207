"""Whole runs of the TRL engine on a tiny random policy."""

import errno
import signal

import pytest
import torch
from engine_cases import LengthScorer, make_job, make_tasks
from transformers import AutoModelForCausalLM, T5Config, TrainerCallback

from rlmr.engines.callbacks import StopCallback
from rlmr.engines.settings import SettingsError, check_settings, make_config
from rlmr.engines.trainer import MixedGRPOTrainer, place
from rlmr.engines.trl import PolicyError, build_trainer, check_policy, planned_steps, train
from rlmr.models import ModelError
from rlmr.runs import Mixture, RunError, read_run, recompute, write


def rows(run, step):
    return [row for group in run.groups(step) for row in group]


def weights(folder):
    return AutoModelForCausalLM.from_pretrained(folder).state_dict()


def test_a_run_learns_and_records_real_verdicts(tiny_policy, tmp_path):
    assert train(make_job(tiny_policy, tmp_path / "run")) == "finished"
    run = read_run(tmp_path / "run")
    assert run.status["state"] == "finished" and run.status["step"] == run.status["total_steps"] == 2
    assert run.steps == [1, 2] and [line["step"] for line in run.metrics] == [1, 2]
    for step in run.steps:
        recorded = rows(run, step)
        assert len(recorded) == 8 and [r.group for r in recorded] == [0] * 4 + [1] * 4
        assert {verdict.type for row in recorded for verdict in row.verdicts} == {"word_count", "finished"}
        for row in recorded:
            words = len([word for word in row.answer.split() if word.strip('.,!?":')])
            count = row.verdicts[0]
            assert (count.status.value == "pass") == (2 <= words <= 9)
            assert row.scores["quality"] == len(row.answer)
            if not row.derived.passed:
                assert row.derived.advantage < 0
        assert [row.derived for group in recompute(run, step).groups for row in group] == [
            row.derived for row in recorded
        ]
    line = run.metrics[0]
    assert {"loss", "entropy", "grad_norm", "learning_rate", "seconds", "time", "tokens_mean"} <= line.keys()
    assert {"pass_rate", "pass_rate/finished", "reward/quality_mean", "penalty_mean_std"} <= line.keys()
    assert line["violators_rewarded"] == 0
    assert not any(name == "reward" or name.startswith("rewards/") for name in line)
    before, after = weights(tiny_policy), weights(tmp_path / "run" / "model")
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert not list((tmp_path / "run").rglob("training_args.bin"))


def test_the_same_seed_gives_the_same_run(tiny_policy, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(make_job(tiny_policy, tmp_path / name, seed=seed))
    a, b, c = ([row.completion for row in rows(read_run(tmp_path / name), 2)] for name in "abc")
    assert a == b != c


@pytest.mark.parametrize("beta", [0.0, 0.05])
def test_a_group_without_scores_teaches_nothing(tiny_policy, tmp_path, beta):
    broken = LengthScorer(broken=range(1000))
    train(make_job(tiny_policy, tmp_path / "run", scorer=broken, grpo={"beta": beta}))
    run = read_run(tmp_path / "run")
    assert all(row.derived.advantage == 0 and row.derived.unknown for row in rows(run, 1))
    assert run.metrics[0]["unknown_share"] == 1.0 and run.metrics[0]["reward/quality_mean"] is None
    before, after = weights(tiny_policy), weights(tmp_path / "run" / "model")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_unknown_texts_do_not_even_pull_back_to_the_reference(tiny_policy, tmp_path):
    """After one step the policy differs from the reference: a KL term would move it in the second."""
    grpo = {"beta": 0.05, "optim": "sgd", "lr_scheduler_type": "constant", "learning_rate": 1.0}
    for steps in (1, 2):
        scorer = LengthScorer(broken=range(8, 1000))
        train(make_job(tiny_policy, tmp_path / str(steps), scorer=scorer, grpo={**grpo, "max_steps": steps}))
    assert all(row.derived.unknown for row in rows(read_run(tmp_path / "2"), 2))
    start, one, two = (weights(folder) for folder in (tiny_policy, *(tmp_path / n / "model" for n in "12")))
    assert any(not torch.equal(start[name], one[name]) for name in start)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_one_missing_score_leaves_its_siblings_their_mix(tiny_policy, tmp_path):
    train(make_job(tiny_policy, tmp_path / "run", scorer=LengthScorer(broken=[1])))
    first = rows(read_run(tmp_path / "run"), 1)
    assert first[1].scores == {"quality": None} and first[1].derived.advantage == 0
    assert all(
        row.derived.advantage < 0 for row in first if not row.derived.unknown and not row.derived.passed
    )


def test_texts_that_are_cut_off_are_violators(tiny_policy, tmp_path):
    train(make_job(tiny_policy, tmp_path / "run", grpo={"max_completion_length": 2, "max_steps": 1}))
    recorded = rows(read_run(tmp_path / "run"), 1)
    cut = [row for row in recorded if not row.finished]
    assert cut and all(row.verdicts[-1].status.value == "fail" and not row.derived.passed for row in cut)


def test_what_a_rule_remembers_travels_from_step_to_step(tiny_policy, tmp_path):
    train(make_job(tiny_policy, tmp_path / "run", mixture=Mixture("lagrangian", {"rate": 0.5})))
    lines = read_run(tmp_path / "run").metrics
    assert "mixing_state/dual" not in lines[0] and lines[1]["mixing_state/dual"] > 1.0


@pytest.mark.parametrize("mixture", [Mixture(), Mixture("lagrangian", {"rate": 9.0}), Mixture("gdpo")])
def test_evaluation_has_a_record_of_its_own(tiny_policy, tmp_path, mixture):
    grpo = {"eval_strategy": "steps", "eval_steps": 2, "per_device_eval_batch_size": 4}
    train(make_job(tiny_policy, tmp_path / "run", eval_tasks=make_tasks()[:3], grpo=grpo, mixture=mixture))
    run = read_run(tmp_path / "run")
    assert run.steps == [1, 2] and len(rows(run, 2)) == 8
    evaluated = run.groups(2, split="eval")
    assert {group[0].task for group in evaluated} == {"fox", "hen", "owl"}
    assert [row.group for group in evaluated for row in group] == [0] * 4 + [1] * 4 + [2] * 4
    assert {row.split for group in evaluated for row in group} == {"eval"}
    again = recompute(run, 2, "eval").groups
    assert [row.derived for group in again for row in group] == [
        row.derived for group in evaluated for row in group
    ]


def test_one_generation_can_serve_several_steps(tiny_policy, tmp_path):
    train(make_job(tiny_policy, tmp_path / "run", grpo={"num_iterations": 2, "max_steps": 4}))
    run = read_run(tmp_path / "run")
    assert run.steps == [1, 3] and len(run.metrics) == 4 and "pass_rate" not in run.metrics[1]


class PressCtrlC(TrainerCallback):
    def on_step_begin(self, args, state, control, **_):
        if state.global_step == 1:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)  # the terminal and a parent both send it


def test_ctrl_c_ends_after_the_step_and_keeps_the_policy(tiny_policy, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "rlmr.engines.trl.build_trainer",
        lambda job, config: (trainer := build_trainer(job, config), trainer.add_callback(PressCtrlC()))[0],
    )
    former = signal.getsignal(signal.SIGINT)
    assert train(make_job(tiny_policy, tmp_path / "run", grpo={"max_steps": 9})) == "interrupted"
    assert signal.getsignal(signal.SIGINT) is former
    run = read_run(tmp_path / "run")
    assert run.status["state"] == "interrupted" and run.status["step"] == 2 and run.steps == [1, 2]
    weights(tmp_path / "run" / "model")


def test_ctrl_c_before_the_first_step_is_an_interruption(tiny_policy, tmp_path, monkeypatch):
    def stopped(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(MixedGRPOTrainer, "train", stopped)
    assert train(make_job(tiny_policy, tmp_path / "run")) == "interrupted"
    assert read_run(tmp_path / "run").status["reason"] == "stopped by Ctrl-C"


def test_a_second_ctrl_c_stops_at_once():
    with StopCallback() as stop:
        signal.raise_signal(signal.SIGINT)
        stop._at -= 10
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_disk_that_fills_up_fails_the_run_and_leaves_nothing_half_written(
    tiny_policy, tmp_path, monkeypatch
):
    written = write.write_lines_gz

    def full(path, values):
        if path.name == "step_000002.jsonl.gz":
            raise OSError(errno.ENOSPC, "No space left on device")
        written(path, values)

    monkeypatch.setattr(write, "write_lines_gz", full)
    with pytest.raises(RunError, match="run: No space left on device"):
        train(make_job(tiny_policy, tmp_path / "run"))
    run = read_run(tmp_path / "run")
    assert run.status["state"] == "failed" and "No space left" in run.status["reason"]
    assert run.steps == [1] and len(run.metrics) == 1
    assert not (tmp_path / "run" / "model").exists()


def test_a_used_folder_is_refused_and_left_alone(tiny_policy, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty"):
        train(make_job(tiny_policy, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_is_no_policy_is_said(tiny_reward_model, tmp_path):
    with pytest.raises(
        ModelError, match="LlamaForSequenceClassification; a policy is a causal language model"
    ):
        check_policy(str(tiny_reward_model))
    with pytest.raises(ModelError, match="is no model"):
        check_policy(str(tmp_path))
    with pytest.raises(ModelError, match="policy: no folder"):
        check_policy(str(tmp_path / "nowhere"))


def test_an_encoder_and_a_missing_tokenizer_are_said(tiny_policy, tmp_path):
    T5Config(architectures=["T5ForConditionalGeneration"]).save_pretrained(tmp_path / "t5")
    with pytest.raises(PolicyError, match="T5ForConditionalGeneration, encoder and decoder"):
        check_policy(str(tmp_path / "t5"))
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        (bare / name).write_bytes((tiny_policy / name).read_bytes())
    with pytest.raises(PolicyError, match="no usable tokenizer"):
        train(make_job(bare, tmp_path / "run"))


def test_a_broken_weight_file_is_said_and_nothing_is_written(tiny_policy, tmp_path):
    broken = tmp_path / "policy"
    broken.mkdir()
    for path in tiny_policy.iterdir():
        (broken / path.name).write_bytes(path.read_bytes()[: 100 if path.suffix == ".safetensors" else None])
    with pytest.raises(PolicyError, match="cannot be loaded"):
        train(make_job(broken, tmp_path / "run"))
    assert not list((tmp_path / "run").rglob("*.*"))


@pytest.mark.parametrize(
    "change",
    [{}, {"num_iterations": 2}, {"steps_per_generation": 4, "gradient_accumulation_steps": 2}],
)
def test_steps_are_known_before_training(tiny_policy, tmp_path, change):
    job = make_job(tiny_policy, tmp_path / "run", grpo={"max_steps": -1, "num_train_epochs": 1, **change})
    if change.get("steps_per_generation"):
        job.grpo["per_device_train_batch_size"] = 2
    config = make_config(job.grpo, tmp_path, 0)
    train(job)
    status = read_run(tmp_path / "run").status
    assert planned_steps(config, 4) == status["step"] == status["total_steps"] > 0
    with pytest.raises(PolicyError, match="1 tasks, but one generation takes 2"):
        planned_steps(config, 1)


@pytest.mark.parametrize(
    ("grpo", "message"),
    [
        ({"lerning_rate": 1e-4}, "did you mean 'learning_rate'"),
        ({"learning_rate": "fast"}, "grpo.learning_rate"),
        ({"scale_rewards": "batch"}, "mixing.scale"),
        ({"multi_objective_aggregation": "normalize_then_sum"}, "undo"),
        ({"use_kl_in_reward": True}, "grpo.beta"),
        ({"hub_token": "hf_x"}, "HF_TOKEN"),
        ({"mask_truncated_completions": True}, "`finished` gate"),
        ({"logging_steps": 10}, "every step is logged"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_a_way_out(grpo, message):
    with pytest.raises(SettingsError, match=message):
        check_settings(grpo)


def test_trl_refuses_in_its_own_words(tmp_path):
    with pytest.raises(SettingsError, match="divisible by num_generations"):
        make_config({"num_generations": 7}, tmp_path, 0)
    with pytest.raises(SettingsError, match="multiple of"):
        make_config({"gradient_accumulation_steps": 2, "steps_per_generation": 1}, tmp_path, 0)


def test_cpu_defaults_and_their_way_back(tmp_path):
    config = make_config({}, tmp_path, 0)
    if not torch.cuda.is_available():
        assert not config.bf16 and not config.gradient_checkpointing and config.learning_rate == 1e-5
    assert make_config(
        {"gradient_checkpointing": True, "learning_rate": 1e-3}, tmp_path, 0
    ).gradient_checkpointing
    assert config.report_to in ([], "none") and config.logging_steps == 1


def test_groups_of_mixed_tasks_are_a_defect_not_a_mix(tiny_policy, tmp_path):
    train(make_job(tiny_policy, tmp_path / "run", grpo={"max_steps": 1}))
    recorded = rows(read_run(tmp_path / "run"), 1)
    with pytest.raises(RuntimeError, match="expected one task"):
        place(recorded[2:6], 4)
