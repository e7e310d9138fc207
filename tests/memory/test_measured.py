"""The estimate beside what PyTorch's allocator really held, and the GPU benchmark's code on a CPU."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from benchmarks.memory_case import Case

from rlmr.memory.measure import held_bytes, peak_of

ROOT = Path(__file__).parents[2]
ADAPTER = {"lora": True, "bf16": True, "dtype": "bfloat16", "checkpointing": True}
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


def bench(*arguments):
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    ).stdout


def test_the_peak_is_what_stood_at_one_time_not_what_came_by():
    def work():
        for _ in range(3):
            torch.empty(1 << 20, dtype=torch.uint8)
        kept = torch.empty(1 << 20, dtype=torch.uint8)
        torch.empty(1 << 19, dtype=torch.uint8)
        return kept

    assert peak_of(work, 100, "cpu") == 100 + (1 << 20) + (1 << 19)


def test_shared_weights_are_held_once():
    layer, twin = torch.nn.Linear(10, 10, bias=False), torch.nn.Linear(10, 10, bias=False)
    twin.weight = layer.weight
    assert held_bytes([layer, twin]) == 400 and held_bytes([layer, torch.nn.Linear(5, 5, bias=False)]) == 500


@pytest.mark.slow
@pytest.mark.parametrize("how", [{}, {"shape": "wide", "prompt": 40, **ADAPTER}])
def test_the_estimate_is_within_15_percent_and_not_10_below(how):
    *_, last = bench("benchmarks.memory_case", json.dumps({"completion": 8, **how})).splitlines()
    result = json.loads(last)
    ratio = result["estimated_bytes"] / result["measured_bytes"]
    assert 0.9 <= ratio <= 1.15, result


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_gpu_benchmark_says_so():
    assert bench("benchmarks.gpu_memory").startswith("no GPU here: nothing measured")


@pytest.mark.slow
def test_the_gpu_benchmark_runs_on_a_tiny_model(tmp_path):
    out = bench("benchmarks.gpu_memory", "--tiny", "--output", str(tmp_path / "results.json"))
    results = json.loads((tmp_path / "results.json").read_text())["results"]
    assert [(r["trainer"], r["lora"]) for r in results] == [
        ("rlmr", False), ("trl", False), ("rlmr", True), ("trl", True),
    ]  # fmt: skip
    assert all(r["tokens_per_second"] > 0 for r in results)
    ours, theirs, *_ = (r["measured_bytes"] for r in results)
    assert ours == pytest.approx(theirs, rel=0.05)
    assert out.count("| tiny, ") == 4


def test_a_case_is_what_json_says():
    case = Case(**json.loads('{"shape": "7B", "lora": true}'))
    assert asdict(case)["lora"] and case.title() == "7B, LoRA, float32" and case.setup().lora.rank == 16
