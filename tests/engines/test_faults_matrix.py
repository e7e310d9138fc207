"""The faults of a long run: spoiled checkpoints, a full disk, a judge that goes down, NaN and infinity."""

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest
import torch
from engine_cases import LengthScorer, make_job, make_tasks, same
from trl import GRPOTrainer

from judge_cases import judging
from rlmr.constraints import Element
from rlmr.data import Task
from rlmr.engines import trl
from rlmr.engines.checkpoints import PROBE_BYTES, PROBES, Checkpoint, find_newest, probe, read_checkpoint
from rlmr.engines.finite import NotFiniteError
from rlmr.rewards.function import FunctionScorer
from rlmr.runs import RunError, read_run
from rlmr.verifiers.combine import verify_all

SAVED = {"save_strategy": "steps", "save_steps": 1, "max_steps": 4, "max_completion_length": 4}
SPOILS = ("missing", "truncated", "zeroed")


def spoil(path, how):
    """What a crash leaves of a file that had not reached the disk."""
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if how == "truncated" else bytes(len(content)))


@pytest.fixture(scope="module")
def whole(tiny_policy, tmp_path_factory):
    """A finished run with checkpoints of its steps 3 and 4."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert trl.train(make_job(tiny_policy, folder, grpo=SAVED)) == "finished"
    return folder


@pytest.mark.parametrize("how", SPOILS)
def test_every_file_of_a_checkpoint_counts(whole, tmp_path, how):
    """Spoiled in any of its files it is skipped, and it is said which; the one before is taken."""
    names = [p.name for p in (whole / "checkpoints" / "checkpoint-4").iterdir()]
    assert {"model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "complete.json"} <= set(
        names
    )
    for name in names:
        checkpoints = tmp_path / name
        shutil.copytree(whole / "checkpoints", checkpoints)
        spoil(checkpoints / "checkpoint-4" / name, how)
        found = find_newest(checkpoints, 1, 9)
        assert found.step == 3 and len(found.skipped) == 1 and name in found.skipped[0], found
        assert isinstance(read_checkpoint(checkpoints / "checkpoint-3"), Checkpoint)


@pytest.mark.slow
@pytest.mark.parametrize("how", SPOILS)
def test_a_run_goes_on_from_the_checkpoint_before(tiny_policy, whole, tmp_path, capsys, how):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    spoil(folder / "checkpoints" / "checkpoint-4" / "optimizer.pt", how)
    assert trl.train(make_job(tiny_policy, folder, grpo=SAVED, resume=True)) == "finished"
    assert "checkpoint-4 is skipped: optimizer.pt" in capsys.readouterr().err
    same(folder, whole)


def test_a_probe_finds_a_lost_page_of_a_big_file(tmp_path):
    """And a small file's single byte; in a big one, a page anywhere on its probes."""
    path = tmp_path / "big"
    path.write_bytes(os.urandom(PROBES * PROBE_BYTES * 3))
    before, content = probe(path), bytearray(path.read_bytes())
    for start in (0, len(content) // 2, len(content) - PROBE_BYTES * 6):
        lost = bytearray(content)
        lost[start : start + PROBE_BYTES * 6] = bytes(PROBE_BYTES * 6)
        path.write_bytes(lost)
        assert probe(path) != before
    small = tmp_path / "small"
    small.write_bytes(b"abc")
    assert probe(small) != (small.write_bytes(b"abd") and probe(small))


@contextmanager
def small_disk(folder, size):
    """A file system of so many bytes in memory; skips where this process may not mount one."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no file system of its own size can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk, left):
    """Leave so many bytes free."""
    (disk / "filler").write_bytes(bytes(max(0, shutil.disk_usage(disk).free - left)))


@pytest.mark.parametrize(
    ("moment", "left", "said"),
    [
        ("step", 0, r"cannot write to .*run: No space left on device"),
        ("checkpoint", 0, r"cannot write the checkpoint of step 2 .*free some space, then go on"),
        ("checkpoint", 100_000, r"cannot write the checkpoint of step 2 .*free some space, then go on"),
    ],
)
def test_a_full_disk_ends_the_run_readable_and_resumable(
    tiny_policy, whole, tmp_path, monkeypatch, moment, left, said
):
    with small_disk(tmp_path / "disk", 6 << 20) as disk:
        folder, steps = disk / "run", [1] if moment == "step" else [1, 2]
        name = "training_step" if moment == "step" else "_save_checkpoint"
        real = getattr(GRPOTrainer, name)

        def full(self, *arguments):
            if self.state.global_step == steps[-1]:
                fill(disk, left)
            return real(self, *arguments)

        with monkeypatch.context() as patch:
            patch.setattr(GRPOTrainer, name, full)
            with pytest.raises(RunError, match=said):
                trl.train(make_job(tiny_policy, folder, grpo=SAVED))
        run = read_run(folder)
        assert run.status["state"] == "failed" and "RunError: output: cannot write" in run.status["reason"]
        assert [line["step"] for line in run.metrics] == steps and run.groups(1)
        assert not list(folder.rglob("*.part")) and find_newest(folder / "checkpoints", 1, 4).step == 1
        (disk / "filler").unlink()
        assert trl.train(make_job(tiny_policy, folder, grpo=SAVED, resume=True)) == "finished"
        same(folder, whole)


def test_a_judge_that_goes_down_pauses_the_run_and_it_goes_on(tiny_policy, tmp_path):
    tasks = [Task(name, f"write about the {name} .", (Element("a"),)) for name in ("fox", "hen")]
    with judging() as (judge, server):

        def verify(tasks, answers):
            verdicts = verify_all(tasks, answers, judge=judge)
            calls.append(len(answers))
            if len(calls) == 2:
                server.faults = {"500": 1.0}
            return verdicts

        calls = []
        options = {"grpo": {**SAVED, "max_steps": 6, "max_completion_length": 60}, "unknown_pause": 0.1}
        job = make_job(tiny_policy, tmp_path / "run", tasks=tasks, verify=verify, **options)
        assert trl.train(job) == "paused"
        status = read_run(tmp_path / "run").status
        assert 2 < status["step"] < 6 and "judge http 500" in status["reason"]
        server.faults = {}
        job = make_job(tiny_policy, tmp_path / "run", tasks=tasks, verify=verify, resume=True, **options)
        assert trl.train(job) == "finished"
    assert read_run(tmp_path / "run").steps == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_a_score_that_is_none_is_that_texts_alone(tiny_policy, tmp_path, value):
    """The row is in the record as unknown, is counted, and its siblings are mixed without it."""

    def scores(prompts, completions):
        return [value if i == 2 else float(len(text)) for i, text in enumerate(completions)]

    grpo = {"max_steps": 1}
    trl.train(make_job(tiny_policy, tmp_path / "run", scorer=FunctionScorer(scores), grpo=grpo))
    run = read_run(tmp_path / "run")
    rows = [row for group in run.groups(1) for row in group]
    assert [row.scores["quality"] is None for row in rows] == [i == 2 for i in range(8)]
    assert rows[2].derived.unknown and rows[2].derived.advantage == 0
    assert run.metrics[0]["unknown/score_quality"] == 1 / 8
    siblings = [row.derived for row in rows[:4] if not row.derived.unknown]
    assert len(siblings) == 3 and any(one.advantage for one in siblings)
    assert all(one.advantage < 0 for one in siblings if not one.passed)


def test_violators_stay_negative_where_scores_are_huge_and_close(tiny_policy, tmp_path):
    """A fixed margin drowns in float32 at such scores; the loss gets float32."""

    def scores(prompts, completions):
        return [1e5 + 1e-3 * len(text) for text in completions]

    trl.train(make_job(tiny_policy, tmp_path / "run", scorer=FunctionScorer(scores)))
    run = read_run(tmp_path / "run")
    rows = [row.derived for step in run.steps for group in run.groups(step) for row in group]
    violators = [one for one in rows if not one.passed and not one.unknown]
    assert violators and all(torch.tensor(one.advantage, dtype=torch.float32) < 0 for one in violators)


@pytest.mark.parametrize(
    ("column", "beta", "said"),
    [
        ("old_per_token_logps", 0.0, "probabilities relative to when sampled"),
        ("ref_per_token_logps", 0.1, "reference probabilities relative to the policy's"),
    ],
)
def test_a_loss_that_overflows_names_its_text(tiny_policy, tmp_path, monkeypatch, column, beta, said):
    """Every log-probability is finite, but e to the power of their difference is not."""
    loss, worst = GRPOTrainer._compute_loss, []

    def poisoned(self, model, inputs):
        if self.state.global_step == 2:
            i = int(inputs["advantages"].argmin())  # a clipped ratio hides it where the advantage is positive
            logps = inputs[column].clone()
            logps[i, 0] = -1e4 if column.startswith("old") else 1e4
            inputs[column] = logps
            worst.append(int(inputs["row"][i]))
        return loss(self, model, inputs)

    monkeypatch.setattr(GRPOTrainer, "_compute_loss", poisoned)
    grpo = {**SAVED, "num_iterations": 2, "save_steps": 2, "beta": beta}
    with pytest.raises(NotFiniteError, match=rf"step 3: the {said} of text \d of group \d") as raised:
        trl.train(make_job(tiny_policy, tmp_path / "run", grpo=grpo))
    row = [r for group in read_run(tmp_path / "run").groups(3) for r in group][worst[0]]
    assert f"text {row.index} of group {row.group} (task {row.task}, step 3)" in str(raised.value)
    assert find_newest(tmp_path / "run" / "checkpoints", 2, 4).step == 2


class Raises(LengthScorer):
    """A reward model that breaks in its third batch, as a defect does: not a score that could not be had."""

    def score(self, prompts, answers):
        if self.count >= 16:
            raise RuntimeError("index out of range in self")
        return super().score(prompts, answers)


def test_a_reward_model_that_breaks_fails_the_run_and_loses_nothing(tiny_policy, whole, tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(RuntimeError, match="index out of range"):
        trl.train(make_job(tiny_policy, folder, grpo=SAVED, scorer=Raises()))
    run = read_run(folder)
    assert (
        run.status["state"] == "failed" and run.status["reason"] == "RuntimeError: index out of range in self"
    )
    assert find_newest(folder / "checkpoints", 1, 4).step == 2 == len(run.metrics)
    assert trl.train(make_job(tiny_policy, folder, grpo=SAVED, resume=True)) == "finished"
    same(folder, whole)
    assert make_tasks()
