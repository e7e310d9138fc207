"""Validation during training: it finds the best checkpoint, and the run does not notice it."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from engine_cases import Deadly, LengthScorer, make_job, make_tasks, same

from rlmr.constraints import parse
from rlmr.constraints.base import Status, Verdict
from rlmr.data import Task
from rlmr.engines import trl
from rlmr.engines.checkpoints import Best, find_newest, read_best
from rlmr.engines.validation import Validation, ValidationCallback, measure_texts, outcome
from rlmr.runs import Row, RunError, read_run
from rlmr.runs.files import read_lines

CONSTRAINTS = parse([{"type": "word_count", "at_least": 2, "at_most": 9}])
HELD_OUT = [Task(name, f"write about the {name} .", CONSTRAINTS) for name in ("river", "lantern", "garden")]
SHORT = {"max_steps": 4, "save_strategy": "steps", "save_steps": 2, "max_completion_length": 4}


def job_of(policy, folder, validation, **options):
    return make_job(policy, folder, validation=validation, **{"grpo": SHORT, **options})


def row(passed, score, words="a b"):
    status = {True: Status.PASS, False: Status.FAIL, None: Status.UNKNOWN}[passed]
    return Row(1, "val", 0, 0, "t", "p", words, words, 2, True, {"quality": score}, (Verdict("x", status),))


@pytest.mark.parametrize(
    ("passed", "score", "expected"),
    [
        (True, 2.0, 1.0),
        (True, 1.0, 0.0),  # at the median is not above it
        (False, 9.0, 0.0),
        (False, None, 0.0),  # one of the two is enough to say no
        (None, 0.5, 0.0),
        (None, 2.0, None),
        (True, None, None),
    ],
)
def test_a_text_is_good_where_it_keeps_all_and_beats_the_start(passed, score, expected):
    assert outcome(row(passed, score), "kept_above_start", 1.0) == expected
    assert outcome(row(passed, score), "quality", 1.0) == score
    assert outcome(row(passed, score), "pass_rate", 1.0) == (None if passed is None else float(passed))


def test_unknown_texts_are_counted_and_take_no_part():
    values = measure_texts([row(True, 2.0), row(False, None), row(None, 3.0)], 1.0)
    assert values["kept_above_start"] == 0.5 and values["pass_rate"] == 0.5 and values["quality"] == 2.5
    assert values["unknown_share"] == pytest.approx(2 / 3)


@pytest.fixture(scope="module")
def plain(tiny_policy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain") / "run"
    assert trl.train(make_job(tiny_policy, folder, grpo=SHORT)) == "finished"
    return folder


def test_training_does_not_notice_it(tiny_policy, plain, tmp_path):
    """The same weights, groups and metrics, but for the validation's own."""
    folder = tmp_path / "run"
    validation = Validation(HELD_OUT, every=1, samples=2, metric="quality", seed=7)
    assert trl.train(job_of(tiny_policy, folder, validation)) == "finished"
    lines = read_lines(folder / "metrics.jsonl")
    assert all("val/kept_above_start" in line for line in lines)
    kept = [{name: v for name, v in line.items() if not name.startswith("val/")} for line in lines]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in kept))
    for path in (folder / "groups").glob("val_*"):
        path.unlink()
    same(folder, plain)


def test_the_record_of_validations_stands_beside_that_of_training(tiny_policy, tmp_path):
    folder = tmp_path / "run"
    trl.train(job_of(tiny_policy, folder, Validation(HELD_OUT, every=3, samples=2)))
    run = read_run(folder)
    assert [path.name[:10] for path in sorted((folder / "groups").glob("val*"))] == [
        "val_000000", "val_000003", "val_000004",
    ]  # fmt: skip
    groups = run.groups(3, split="val")
    assert [[r.index for r in group] for group in groups] == [[0, 1]] * 3
    assert [group[0].task for group in groups] == ["river", "lantern", "garden"]
    texts = [r for group in groups for r in group]
    assert {r.split for r in texts} == {"val"} and all(r.derived is None for r in texts)
    assert {v.type for r in texts for v in r.verdicts} == {"word_count", "finished"}
    log = read_lines(folder / "evaluation" / "validation.jsonl")
    assert [line["step"] for line in log] == [0, 3, 4]
    assert log[1]["val/pass_rate"] == run.metrics[2]["val/pass_rate"]
    assert "val/pass_rate" not in run.metrics[0]


class Rising(LengthScorer):
    """Scores all texts of the n-th validation with the n-th of `values`; training's by length."""

    def __init__(self, values):
        super().__init__()
        self.values = list(values)

    def score(self, prompts, answers):
        scores = super().score(prompts, answers)
        if "river" in str(prompts[0]):
            scores = replace(scores, values=[self.values.pop(0)] * len(answers))
        return scores


@pytest.mark.parametrize(
    ("values", "best", "kept"),
    [
        ([0.0, 1.0, 3.0, 2.0, 3.0], 2, {2, 4}),  # of two that are equal the earlier
        ([5.0, 1.0, 2.0, 3.0, 4.0], None, {4}),  # nothing better than the start
        ([0.0, 1.0, 2.0, 3.0, 4.0], 4, {4}),
        ([0.0, None, 9.0, None, None], 2, {2, 4}),  # unknown is never the best
    ],
)
def test_the_best_checkpoint_is_kept_and_marked(tiny_policy, tmp_path, values, best, kept):
    grpo = {**SHORT, "save_steps": 4, "save_total_limit": 1}
    validation = Validation(HELD_OUT, every=1, metric="quality")
    job = job_of(tiny_policy, tmp_path, validation, grpo=grpo, scorer=Rising(values), unknown_pause=None)
    trl.train(job)
    assert {int(path.name[11:]) for path in (tmp_path / "checkpoints").iterdir()} == kept
    if best is None:
        assert read_best(tmp_path) is None
        return
    assert read_best(tmp_path) == Best(best, "quality", values[best], values[0])
    pointer = json.loads((tmp_path / "best.json").read_text())
    assert (tmp_path / pointer["checkpoint"] / "model.safetensors").is_file()


def test_only_measuring_keeps_nothing(tiny_policy, tmp_path):
    grpo = {**SHORT, "save_strategy": "no"}
    validation = Validation(HELD_OUT, every=1, metric="quality", keep=False)
    trl.train(job_of(tiny_policy, tmp_path, validation, grpo=grpo, scorer=Rising([0.0, 1.0, 2.0, 3.0, 4.0])))
    assert read_best(tmp_path) is None and not list((tmp_path / "checkpoints").glob("*"))


VALIDATION = Validation(HELD_OUT, every=1, samples=2, metric="quality", seed=3)
ONE = {**SHORT, "save_steps": 1, "save_total_limit": 1}


@pytest.fixture(scope="module")
def unstopped(tiny_policy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unstopped") / "run"
    trl.train(job_of(tiny_policy, folder, VALIDATION, grpo=ONE))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("call", [1, 3, 4, 6, 7])
def test_the_best_is_remembered_over_a_resume(tiny_policy, unstopped, tmp_path, call):
    """Stopped in the first validation, and then in each step and each validation."""
    folder = tmp_path / "run"
    with pytest.raises(RuntimeError, match="killed"):
        trl.train(job_of(tiny_policy, folder, VALIDATION, grpo=ONE, scorer=Deadly(call)))
    assert trl.train(job_of(tiny_policy, folder, VALIDATION, grpo=ONE, resume=True)) == "finished"
    same(folder, unstopped)
    files = ("best.json", "evaluation/validation.jsonl")
    assert [(folder / name).exists() for name in files] == [(unstopped / name).exists() for name in files]
    for name in files:
        assert (
            not (unstopped / name).exists() or (folder / name).read_bytes() == (unstopped / name).read_bytes()
        )


def test_a_lost_best_checkpoint_is_no_longer_pointed_to(tiny_policy, tmp_path):
    """And found again, where the run comes past it once more."""
    values = [0.0, 9.0, 1.0, 1.0, 1.0]
    folder = tmp_path / "run"
    validation = Validation(HELD_OUT, every=1, metric="quality")
    options = {"grpo": {**SHORT, "save_total_limit": 4}}
    trl.train(job_of(tiny_policy, folder, validation, scorer=Rising(values), **options))
    assert read_best(folder).step == 1
    shutil.rmtree(folder / "checkpoints" / "checkpoint-1")
    shutil.rmtree(folder / "checkpoints" / "checkpoint-4")
    job = job_of(tiny_policy, folder, validation, scorer=Rising([1.0, 1.0]), resume=True, **options)
    assert trl.train(job) == "finished" and read_best(folder) is None


def test_other_validation_tasks_are_refused_on_resume(tiny_policy, tmp_path):
    with pytest.raises(RuntimeError, match="killed"):
        trl.train(job_of(tiny_policy, tmp_path / "run", VALIDATION, grpo=ONE, scorer=Deadly(5)))
    other = replace(VALIDATION, tasks=HELD_OUT[:2])
    with pytest.raises(RunError, match="tasks are not those"):
        trl.train(job_of(tiny_policy, tmp_path / "run", other, grpo=ONE, resume=True))


def test_a_validation_that_fails_leaves_the_trainer_as_it_was(tiny_policy, tmp_path):
    job = job_of(tiny_policy, tmp_path, VALIDATION, scorer=Deadly(1))
    trainer = trl.build_trainer(job, trl.make_config(job.grpo, tmp_path / "checkpoints", 0))
    trainer.model.train()
    before = torch.get_rng_state()
    generations = trainer.num_generations_eval
    with pytest.raises(RuntimeError, match="killed"):
        trainer.validation._sample(0)
    assert trainer.model.training and trainer.num_generations_eval == generations
    assert torch.equal(torch.get_rng_state(), before)
    assert isinstance(trainer.validation, ValidationCallback) and make_tasks()
    assert find_newest(tmp_path / "checkpoints", 1, 4).newest is None
