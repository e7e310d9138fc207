"""Where the time of a training step goes on a CPU, and which settings are fastest.

    python -m benchmarks.cpu_speed [--steps 4] [--rounds 1] [--only NAME ...]

Steps of the sandbox's recipe (64 texts of up to 110 tokens, a policy of 1.1 M parameters, KL with a reference
model), each setting in a process of its own, because OpenMP reads its threads once, and all settings in turn
within a round. Seconds are medians over the steps after the first; the texts of a step are the same as long
as the weights are (a learning rate of 0). Five minutes a round on two quiet cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.clock import Clock

COMMON = ("grpo.learning_rate=0.0", "grpo.save_strategy='no'")
SETTINGS: dict[str, tuple[int, tuple[str, ...]]] = {
    "1 thread": (1, ()),
    "2 threads": (2, ()),
    "2 threads, bf16 weights": (2, ("grpo.model_init_kwargs={dtype: bfloat16}",)),
    "2 threads, bf16 autocast": (2, ("grpo.bf16=true",)),
    "2 threads, activation checkpointing": (2, ("grpo.activation_checkpointing=true",)),
    "2 threads, 2 batches of 32": (
        2,
        ("grpo.per_device_train_batch_size=32", "grpo.gradient_accumulation_steps=2"),
    ),
    "2 threads, 8 batches of 8": (
        2,
        ("grpo.per_device_train_batch_size=8", "grpo.gradient_accumulation_steps=8"),
    ),
    "2 threads, 2 passes": (2, ("grpo.num_iterations=2",)),
    "2 threads, no reference model": (2, ("grpo.beta=0.0",)),
}
"""Threads, and what else than the recipe says."""

PARTS = ("generation", "log-probabilities", "loss", "backward", "optimiser", "scores", "verdicts", "record")
"""What is timed in place, each without the others: `log-probabilities` are all forward passes, of the policy
(also for the loss) and of the reference. The rest of a step is TRL's and transformers' own."""


def instrument(clock: Clock) -> None:
    """Time the parts of a step."""
    from accelerate import Accelerator
    from accelerate.optimizer import AcceleratedOptimizer

    from rlmr.engines import callbacks, trainer
    from rlmr.rewards.reward_model import RewardModel
    from rlmr.runs import write

    kind = trainer.MixedGRPOTrainer
    clock.wrap(kind, "_generate", "generation")
    clock.wrap(kind, "_get_per_token_logps_and_entropies", "log-probabilities")
    clock.wrap(kind, "_compute_loss", "loss")
    clock.wrap(Accelerator, "backward", "backward")
    clock.wrap(AcceleratedOptimizer, "step", "optimiser")
    clock.wrap(RewardModel, "score", "scores")
    clock.wrap(kind, "grade_and_mix", "record")
    clock.wrap(callbacks.RecordCallback, "on_log", "record")
    clock.wrap(write.RunWriter, "groups", "record")


def work(folder: Path, overrides: list[str], steps: int) -> None:
    """One training in this process; prints seconds a step, by part, as JSON."""
    from rlmr import threads

    threads.configure()
    import dataclasses

    from rlmr.engines import trl
    from rlmr.recipes import plan, read_recipe
    from rlmr.recipes.run import job_of
    from rlmr.runs import read_run

    clock = Clock()
    instrument(clock)
    fixed = [f"output={folder / 'run'}", f"grpo.max_steps={steps}", *COMMON, *overrides]
    planned = plan(read_recipe("sandbox", fixed))
    job = job_of(planned)
    job = dataclasses.replace(job, verify=clock.timed(job.verify, "verdicts"))
    window = 2 if "grpo.num_iterations=2" in overrides else 1

    def show(step: int, *_: Any) -> None:
        if step == window:
            clock.reset()

    trl.train(job, show)
    lines = read_run(job.output).metrics[window:]
    seconds = [
        sum(line["seconds"] for line in lines[i : i + window]) / window for i in range(0, len(lines), window)
    ]
    tokens = statistics.mean(line["tokens_mean"] for line in lines if "tokens_mean" in line) * planned.texts
    parts = {name: clock.seconds[name] / len(lines) for name in PARTS}
    print(json.dumps({"seconds": statistics.median(seconds), "tokens": tokens / window, "parts": parts}))


def measure(name: str, steps: int) -> dict[str, Any]:
    """What one setting takes, in a process of its own."""
    number, overrides = SETTINGS[name]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "GOMP_"))}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmarks.cpu_speed",
                "--steps",
                str(steps),
                "--worker",
                folder,
                *overrides,
            ],
            env={**environment, "OMP_NUM_THREADS": str(number)},
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(SETTINGS), default=list(SETTINGS), metavar="NAME")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("overrides", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        work(given.worker, given.overrides, given.steps)
        return
    print(f"{os.cpu_count()} cores; load before {os.getloadavg()[0]:.1f}", flush=True)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in given.only}
    for _ in range(given.rounds):
        for name in given.only:
            found[name].append(measure(name, given.steps))
    print(f"load after {os.getloadavg()[0]:.1f}\n\n| setting | s a step | tokens a second |\n|---|---|---|")
    for name, runs in found.items():
        seconds = statistics.median(run["seconds"] for run in runs)
        print(f"| {name} | {seconds:.2f} | {runs[0]['tokens'] / seconds:.0f} |")
    print("\n| part of a step, in % | " + " | ".join(given.only) + " |\n|---|" + "---|" * len(given.only))
    for part in (*PARTS, "rest"):
        print(f"| {part} | " + " | ".join(share(runs, part) for runs in found.values()) + " |")


def share(runs: list[dict[str, Any]], part: str) -> str:
    """The part of a step that goes into `part`, in per cent."""
    shares = []
    for run in runs:
        parts = {**run["parts"], "rest": run["seconds"] - sum(run["parts"].values())}
        shares.append(100 * parts[part] / run["seconds"])
    return f"{statistics.median(shares):.1f}"


if __name__ == "__main__":
    main()
