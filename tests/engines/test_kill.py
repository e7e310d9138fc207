"""Runs that are killed and go on: the same weights and the same record as one that was never stopped."""

import json
import multiprocessing
import os
import random
import signal
import socket
import sys
import time

import pytest
import torch
import yaml
from engine_cases import ANIMALS, CONSTRAINTS, LengthScorer, make_job, make_tasks, same

from rlmr import cli
from rlmr.engines.checkpoints import find_newest
from rlmr.engines.trl import train
from rlmr.runs import Mixture, read_run
from rlmr.runs.files import read_lines

LAGRANGIAN = Mixture("lagrangian", {"rate": 0.5})
LONG = {
    "max_steps": 24,  # 6 epochs of 2 generations of 2 steps
    "num_iterations": 2,
    "save_steps": 2,
    "save_strategy": "steps",
    "save_total_limit": 1,
    "eval_strategy": "steps",
    "eval_steps": 4,
    "per_device_eval_batch_size": 4,
    "beta": 0.05,
    "max_completion_length": 6,
}
"""A rule with memory, evaluation, several epochs, several steps per generation, one checkpoint kept."""


def long_job(policy, folder, **options):
    return make_job(policy, folder, mixture=LAGRANGIAN, grpo=LONG, eval_tasks=make_tasks()[:2], **options)


@pytest.fixture(scope="module")
def server():
    """Processes that are forked from one which has loaded everything: a child costs its training only."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["rlmr.cli", "rlmr.engines.trl"])
    return context


@pytest.fixture(scope="module")
def unstopped(tiny_policy, tmp_path_factory, server):
    """A run of 24 steps that nobody stops."""
    folder = tmp_path_factory.mktemp("unstopped") / "run"
    child = server.Process(target=run_child, args=(tiny_policy, folder, False))
    child.start()
    child.join(120)
    assert child.exitcode == 0
    return folder


class Unhurried(LengthScorer):
    """Takes its time, so that there is some to be killed in on a fast machine too."""

    def score(self, prompts, answers):
        time.sleep(0.05)
        return super().score(prompts, answers)


def run_child(policy, folder, resume):
    torch.set_num_threads(1)
    train(long_job(policy, folder, resume=resume, scorer=Unhurried()))


def step_of(folder):
    lines = read_lines(folder / "metrics.jsonl")
    return lines[-1]["step"] if lines else 0


@pytest.mark.slow
def test_ten_kills_leave_no_trace(tiny_policy, unstopped, tmp_path, server):
    """kill -9 at ten moments, from before the first step on, in whatever it is doing then."""
    folder, rng, resumed_at = tmp_path / "run", random.Random(0), []
    moments = sorted(rng.uniform(0, 20) for _ in range(9))
    for moment in [-1.0, *moments]:
        child = server.Process(
            target=run_child, args=(tiny_policy, folder, (folder / "status.json").exists())
        )
        child.start()
        deadline = time.monotonic() + 60
        while step_of(folder) < moment and child.is_alive() and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.1))
        assert child.is_alive(), "the run ended before it was killed"
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        if (folder / "checkpoints").is_dir():
            resumed_at.append(find_newest(folder / "checkpoints", 2, 24).step)
    assert len(set(resumed_at)) > 2, resumed_at
    run_child(tiny_policy, folder, resume=True)
    same(folder, unstopped)
    assert len(read_run(folder).environment["resumed"]) >= 5


SCORES = "def score(prompts, completions, **_): return [float(len(text)) for text in completions]"


def run_rank(folder, arguments, environment):
    """One process of two, as torchrun starts it, through the command line."""
    os.chdir(folder)
    os.environ.update(environment)
    torch.set_num_threads(1)
    sys.argv = ["rlmr", "train", *arguments, "--quiet"]
    cli.main()


@pytest.mark.slow
def test_two_ranks_go_on_where_both_were_killed(tiny_policy, tmp_path, server):
    """In the second epoch and again in the fourth; groups stand on both ranks."""
    tasks = [{"prompt": f"write about the {name} .", "constraints": CONSTRAINTS} for name in ANIMALS]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in tasks))
    (tmp_path / "my_scores.py").write_text(SCORES)
    grpo = {
        "per_device_train_batch_size": 2,
        "num_generations": 2,
        "max_completion_length": 6,
        "max_steps": 10,
    }
    recipe = {
        "name": "ranks",
        "policy": str(tiny_policy),
        "data": {"train": "tasks.jsonl"},
        "reward": {"model": "my_scores:score"},
        "grpo": {**grpo, "beta": 0.05, "save_steps": 1, "learning_rate": 1e-2, "use_cpu": True},
    }
    (tmp_path / "ranks.yaml").write_text(yaml.safe_dump(recipe))

    def ranks(*arguments):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        world = {
            "WORLD_SIZE": "2",
            "LOCAL_WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
        children = []
        for rank in ("0", "1"):
            of_rank = {**world, "RANK": rank, "LOCAL_RANK": rank}
            children.append(server.Process(target=run_rank, args=(tmp_path, arguments, of_rank)))
            children[-1].start()
        return children

    def end(children):
        for child in children:
            child.join(120)
        return [child.exitcode for child in children]

    assert end(ranks("ranks.yaml", "output=unstopped")) == [0, 0]
    for arguments, moment in (("ranks.yaml", "output=run"), 3), (("--resume", "run"), 7):
        children = ranks(*arguments)
        while step_of(tmp_path / "run") < moment and all(child.is_alive() for child in children):
            time.sleep(0.002)
        for child in children:
            child.kill()
        assert end(children) == [-signal.SIGKILL] * 2
    assert find_newest(tmp_path / "run" / "checkpoints", 1, 10).step >= 5
    assert end(ranks("--resume", "run")) == [0, 0]
    same(tmp_path / "run", tmp_path / "unstopped")
