"""Validation on two ranks: each samples its share, and both know the same best."""

import json
import os
import subprocess
import sys

import pytest
import yaml
from policy_cases import ASKED
from test_ranks import SCORES

from rlmr.engines.checkpoints import read_best
from rlmr.runs import read_run
from rlmr.runs.files import read_lines


@pytest.mark.slow
def test_two_ranks_share_a_validation_and_learn_as_without_it(tiny_policy, tmp_path):
    names = ("fox", "hen", "owl", "wolf", "river", "lantern", "garden")
    rows = [{"prompt": f"write about the {name} .", "constraints": ASKED} for name in names]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:4]))
    (tmp_path / "heldout.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[4:]))
    (tmp_path / "my_scores.py").write_text(SCORES)
    grpo = {"max_steps": 4, "per_device_train_batch_size": 2, "num_generations": 2, "learning_rate": 1e-2}
    recipe = {
        "name": "ranks",
        "policy": str(tiny_policy),
        "data": {"train": "tasks.jsonl"},
        "reward": {"model": "my_scores:score"},
        "grpo": {**grpo, "max_completion_length": 6, "save_steps": 4, "use_cpu": True},
    }
    validation = {"data": "heldout.jsonl", "every": 1, "samples": 3, "metric": "quality"}
    runs = []
    for name, block in (("with", validation), ("without", None)):
        values = {**recipe, "validation": block, "output": name}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(values))
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
        done = subprocess.run(
            [*torchrun, "-m", "rlmr", "train", f"{name}.yaml", "--quiet"],
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        runs.append(read_run(tmp_path / name))
    with_it, without = runs
    for step in with_it.steps:
        assert with_it.groups(step) == without.groups(step)
    weights = [(run.folder / "model" / "model.safetensors").read_bytes() for run in runs]
    assert weights[0] == weights[1]
    for step in range(5):
        groups = with_it.groups(step, "val")
        assert [[row.index for row in group] for group in groups] == [[0, 1, 2]] * 3
        assert sorted(group[0].task for group in groups) == ["1", "2", "3"]
    log = {
        line["step"]: line["val/quality"]
        for line in read_lines(tmp_path / "with/evaluation/validation.jsonl")
    }
    best = read_best(tmp_path / "with")
    top = max(log, key=lambda step: (log[step], -step))
    assert (best.step, best.value) == (top, log[top]) if top else best is None
