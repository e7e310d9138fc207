"""Two ranks whose groups straddle them: the mix still sees whole groups."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from rlmr.runs import read_run, recompute

SCORES = """
def score(prompts, completions, **_):
    return [None if len(text) % 7 == 3 else float(len(text)) for text in completions]
"""


@pytest.mark.slow
def test_groups_that_straddle_ranks_are_mixed_whole(tiny_policy, tmp_path):
    """Two ranks of three texts in groups of two: the middle group has one text on each."""
    rule = {"type": "word_count", "at_least": 2, "at_most": 4}
    tasks = [{"prompt": f"write about the {name} .", "constraints": [rule]} for name in ("fox", "hen", "owl")]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in tasks))
    (tmp_path / "my_scores.py").write_text(SCORES)
    recipe = {
        "name": "ranks",
        "policy": str(tiny_policy),
        "data": {"train": "tasks.jsonl"},
        "reward": {"model": "my_scores:score"},
        "output": "run",
        "grpo": {
            "max_steps": 4,
            "per_device_train_batch_size": 3,
            "num_generations": 2,
            "max_completion_length": 8,
            "beta": 0.05,
            "save_strategy": "no",
            "use_cpu": True,
        },
    }
    (tmp_path / "ranks.yaml").write_text(yaml.safe_dump(recipe))
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*torchrun, "-m", "rlmr", "train", "ranks.yaml", "--quiet"],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    run = read_run(tmp_path / "run")
    assert run.status["state"] == "finished" and run.steps == [1, 2, 3, 4]
    violators = unknown = 0
    for step in run.steps:
        groups = run.groups(step)
        assert [[(row.group, row.index) for row in group] for group in groups] == [
            [(group, 0), (group, 1)] for group in range(3)
        ]
        assert all(len({row.task for row in group}) == 1 for group in groups)
        derived = [row.derived for group in groups for row in group]
        assert [row.derived for group in recompute(run, step).groups for row in group] == derived
        failed = [one for one in derived if not one.unknown and not one.passed]
        assert all(one.advantage < 0 for one in failed)
        assert all(one.advantage == 0 for one in derived if one.unknown)
        violators, unknown = violators + len(failed), unknown + sum(one.unknown for one in derived)
    assert violators and unknown
