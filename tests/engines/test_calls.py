"""Judges and reward servers are asked once per text, whatever the number of ranks, and side by side."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter

import pytest
import yaml
from engine_cases import make_job

from judge_cases import asks, parts
from rlmr.endpoint.fake import FakeServer
from rlmr.engines.trl import train
from rlmr.rewards.function import FunctionScorer
from rlmr.runs import read_run
from rlmr.verifiers.combine import verify_all


def test_a_score_and_a_verdict_wait_side_by_side(tiny_policy, tmp_path):
    """Each waits for the other: one after the other would never end."""
    both = threading.Barrier(2, timeout=30)

    async def score(prompts, completions):
        both.wait()
        return [float(len(text)) for text in completions]

    def verify(tasks, answers):
        both.wait()
        return verify_all(tasks, answers)

    job = make_job(tiny_policy, tmp_path / "run", scorer=FunctionScorer(score), verify=verify)
    assert train(job) == "finished"
    assert read_run(tmp_path / "run").metrics[0]["unknown_share"] == 0


@pytest.mark.slow
def test_two_ranks_ask_about_each_text_once(tiny_policy, tmp_path):
    """Groups of four on two ranks of six texts; both servers take a while, and count."""
    scored, judged = [], []

    def classify(request):
        scored.append(request.body["input"])
        value = float(len(request.body["input"]))
        return {"data": [{"index": 0, "label": "L", "probs": [value], "num_classes": 1}]}

    def judge(request):
        if not asks(request):
            return "The sea is wide."
        name, question, response = parts(request)
        judged.append((question, response))
        found = "the" in response.split()
        verdict = {"evidence": "the" if found else "", "verdict": "pass" if found else "fail"}
        return json.dumps({"id": name, **verdict})

    element = {"type": "element", "element": "the word the"}
    tasks = [
        {"prompt": f"write about the {name} .", "constraints": [element]} for name in ("fox", "hen", "owl")
    ]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in tasks))
    with FakeServer(classify, latency_s=0.5) as rewards, FakeServer(judge, latency_s=0.5) as server:
        recipe = {
            "name": "calls",
            "policy": str(tiny_policy),
            "data": {"train": "tasks.jsonl"},
            "reward": {"endpoint": {"base_url": rewards.base_url, "model": "m"}, "by": "classifier"},
            "judge": {"endpoint": {"base_url": server.base_url, "model": "m"}},
            "gates": False,
            "output": "run",
            "grpo": {
                "max_steps": 3,
                "per_device_train_batch_size": 6,
                "num_generations": 4,
                "max_completion_length": 8,
                "save_strategy": "no",
                "use_cpu": True,
            },
        }
        (tmp_path / "calls.yaml").write_text(yaml.safe_dump(recipe))
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
        done = subprocess.run(
            [*torchrun, "-m", "rlmr", "train", "calls.yaml", "--quiet"],
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=400,
        )
    assert done.returncode == 0, done.stderr
    run = read_run(tmp_path / "run")
    texts = [[row for group in run.groups(step) for row in group] for step in run.steps]
    assert [len(rows) for rows in texts] == [12, 12, 12]
    answers = [row.prompt + row.answer for rows in texts for row in rows]
    tried = Counter({"Write.A word.": 2 * 2})  # each rank asks for a logit and for a probability first
    assert Counter(scored) - tried == Counter(answers), "every text once, on the rank that wrote it"
    asked = [
        {(row.task, row.answer) for row in rows[start : start + 6] if row.answer.strip()}
        for rows in texts
        for start in (0, 6)
    ]
    assert len(judged) == sum(len(of_rank) for of_rank in asked) > 24
    assert all(row.scores["quality"] is not None for rows in texts for row in rows)
