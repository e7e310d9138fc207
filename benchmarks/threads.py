"""Seconds per training step by OpenMP settings: one training alone, and two side by side.

    python -m benchmarks.threads [--steps 6] [--repeats 1]

A step is the sandbox's: 64 texts of 110 tokens (a random policy of 1.4 M parameters never ends by itself), KL
with a reference model, reward model of the same size, real verdicts, the run record. Each setting runs in
processes of its own, because OpenMP reads its settings once. The number is the median over the steps after
the first, of the slowest of the processes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rlmr.runs import read_run

WORDS = 800
SETTINGS: dict[str, dict[str, str]] = {
    "1 thread": {"OMP_NUM_THREADS": "1"},
    "all cores, OpenMP's default": {},
    "all cores, GOMP_SPINCOUNT=0": {"GOMP_SPINCOUNT": "0"},
    "all cores, OMP_WAIT_POLICY=PASSIVE": {"OMP_WAIT_POLICY": "PASSIVE"},
}


def build(folder: Path) -> None:
    """A random policy and reward model of the sandbox's shape, with one tokenizer."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        LlamaConfig,
        LlamaForCausalLM,
        LlamaForSequenceClassification,
        PreTrainedTokenizerFast,
    )

    raw = Tokenizer(models.WordLevel({f"w{i}": i for i in range(WORDS)}, unk_token="w0"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="w1", unk_token="w0", eos_token="w2", padding_side="left"
    )
    tokenizer.chat_template = "{% for m in messages %}w3 {{ m['content'] }} w4 {% endfor %}"
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=WORDS, hidden_size=160, intermediate_size=480, num_hidden_layers=4, num_attention_heads=4,
        max_position_embeddings=256, pad_token_id=1, eos_token_id=2, bos_token_id=None, num_labels=1,
    )  # fmt: skip
    for name, kind in (("policy", LlamaForCausalLM), ("reward_model", LlamaForSequenceClassification)):
        kind(config).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    task = '{"prompt": "w5 w6 w7", "constraints": [{"type": "word_count", "at_most": 60}]}\n'
    (folder / "tasks.jsonl").write_text(task * 64)


def work(folder: Path, output: Path, steps: int) -> None:
    """One training, in this process."""
    import torch

    from rlmr.data import read_tasks
    from rlmr.engines.trl import Job, train
    from rlmr.rewards.reward_model import RewardModel
    from rlmr.runs import Mixture

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "0")) or len(os.sched_getaffinity(0)))
    grpo = {
        "max_steps": steps, "per_device_train_batch_size": 64, "num_generations": 8, "beta": 0.05,
        "max_completion_length": 110, "save_strategy": "no",
    }  # fmt: skip
    scorer = RewardModel(folder / "reward_model")
    train(Job(str(folder / "policy"), read_tasks(folder / "tasks.jsonl"), scorer, Mixture(), output, grpo))


def measure(folder: Path, environment: dict[str, str], jobs: int, steps: int) -> float:
    """Seconds per step of the slowest of `jobs` trainings that run at the same time."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "GOMP_"))}
    with tempfile.TemporaryDirectory() as outputs:
        command = [sys.executable, "-m", "benchmarks.threads", "--worker", str(folder), "--steps", str(steps)]
        children = [
            subprocess.Popen(
                [*command, "--output", f"{outputs}/{i}"],
                env={**clean, **environment},
                stderr=subprocess.DEVNULL,
            )
            for i in range(jobs)
        ]
        if any(child.wait() for child in children):
            raise RuntimeError(f"a training with {environment} failed")
        runs = [read_run(f"{outputs}/{i}") for i in range(jobs)]
    return max(statistics.median(line["seconds"] for line in run.metrics[1:]) for run in runs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.output, options.steps)
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; seconds per step")
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        for name, environment in SETTINGS.items():
            times = [
                min(measure(Path(folder), environment, jobs, options.steps) for _ in range(options.repeats))
                for jobs in (1, 2)
            ]
            print(f"{name:36} alone {times[0]:5.2f}   two side by side {times[1]:5.2f}", flush=True)


if __name__ == "__main__":
    main()
