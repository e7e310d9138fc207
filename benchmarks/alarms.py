"""The alarms: how often noise sets them off, and what they say about recorded runs.

    python -m benchmarks.alarms noise                  # 1,000 simulated runs of each kind (about 2 minutes)
    python -m benchmarks.alarms runs runs/quickstart/* # recorded sandbox runs, with the gold judge as shadow
    python -m benchmarks.alarms speed                  # what a step costs

`runs` scores the recorded texts with the sandbox's gold judge, as `shadow:` does during a run, and
counts duplicates where the record is from before they were counted.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from rlmr.alarms import ALARMS, Watch, choose_alarms, events_of
from rlmr.evals.stats import wilson
from rlmr.recipes.run import SANDBOX_TASKS
from rlmr.runs import Row, Run, measure, mix_rows, mixture_of, read_run
from rlmr.runs.duplicates import duplicates
from rlmr.sandbox.gold import gold_score
from rlmr.sandbox.tasks import make_tasks

RUNS, STEPS = 1_000, 200

LEVELS = {
    "words_mean": (48.0, 4.2),
    "entropy": (0.97, 0.02),
    "reward/quality_mean": (0.9, 0.13),
    "reward/shadow_mean": (2.5, 0.15),
    "unknown_share": (0.05, 0.03),
    "duplicates/within": (0.1, 0.04),
    "duplicates/across": (0.1, 0.04),
    "mixing/variance_quality": (0.4, 0.12),
}
"""Mean and standard deviation of a step; about those of the sandbox, steps of 8 groups of 8 texts."""


def main() -> None:
    """One of the three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["noise", "runs", "speed"])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.what == "noise":
        for kind in KINDS:
            false_alarms(kind, args.runs, args.steps, args.seed)
    elif args.what == "runs":
        for folder in args.folders:
            show(folder)
    else:
        speed(args.seed)


def white(rng: random.Random, steps: int, mean: float, std: float) -> Iterator[float]:
    """Steps that know nothing of each other: fresh prompts every step."""
    return (rng.gauss(mean, std) for _ in range(steps))


def correlated(rng: random.Random, steps: int, mean: float, std: float) -> Iterator[float]:
    """Neighbours alike, correlation .5: a policy that wanders, prompts that come in blocks."""
    x = rng.gauss(0, std)
    for _ in range(steps):
        yield mean + x
        x = 0.5 * x + rng.gauss(0, std * 0.75**0.5)


def wild(rng: random.Random, steps: int, mean: float, std: float) -> Iterator[float]:
    """Six times the noise: few texts a step, and prompts that ask for 100 words or for 4,000."""
    return (rng.gauss(mean, min(6 * std, abs(mean))) for _ in range(steps))


KINDS: dict[str, Callable[[random.Random, int, float, float], Iterator[float]]] = {
    "white": white,
    "correlated": correlated,
    "wild": wild,
}


def false_alarms(kind: str, runs: int, steps: int, seed: int) -> None:
    """Print the share of stationary runs in which each alarm went on at least once."""
    rng, fired = random.Random(seed), Counter[str]()
    for _ in range(runs):
        columns = {name: list(KINDS[kind](rng, steps, *level)) for name, level in LEVELS.items()}
        lines = [{name: values[i] for name, values in columns.items()} for i in range(steps)]
        events = events_of(complete(line, step) for step, line in enumerate(lines, 1))
        fired.update({event.alarm for event in events if event.on} | ({"any"} if events else set()))
    print(f"\n{kind} noise: {runs} runs of {steps} steps, seed {seed}; runs with a false alarm")
    for name in [*ALARMS, "any"]:
        share = wilson(fired[name], runs)
        print(f"  {name:<11} {share.value:6.1%}  (95 % interval {share.low:.1%} to {share.high:.1%})")


def complete(line: dict[str, float], step: int) -> dict[str, float]:
    """A simulated step as the record would have it: shares between 0 and 1."""
    shares = {name: min(1.0, max(0.0, line[name])) for name in line if name.startswith(("unk", "dup"))}
    verdicts = 1 - line["mixing/variance_quality"]
    return {**line, **shares, "step": step, "reward/shadow_std": 1.0, "mixing/variance_verdicts": verdicts}


def show(folder: Path) -> None:
    """Print what the alarms say about a recorded sandbox run, and the numbers that they say it of."""
    run = read_run(folder)
    lines = with_shadow(run)
    print(f"\n{folder.name}: {len(lines)} steps, rule {run.config['mixing']['rule']}")
    for name in ("words_mean", "reward/quality_mean", "reward/shadow_mean", "entropy", "pass_rate"):
        print(f"  {name:<24}", "  ".join(f"{value:6.2f}" for value in tenths(lines, name)))
    for name in ("duplicates/within", "duplicates/across", "mixing/variance_verdicts"):
        print(f"  {name:<24}", "  ".join(f"{value:6.2f}" for value in tenths(lines, name)))
    events = events_of(lines, {"mixing": run.config["mixing"]})
    for event in events:
        print(f"  {event}")
    if not events:
        print("  no alarm")


def with_shadow(run: Run) -> list[dict[str, Any]]:
    """The run's metrics, with the gold judge's column and the duplicates of its texts."""
    data = run.config["data"]
    tasks = {t.id: t for t in make_tasks(data["limit"] or SANDBOX_TASKS, run.config["seed"], "train")}
    mixture, lines = mixture_of(run.config), []
    for line in run.metrics:
        groups = [[judged(row, tasks) for row in group] for group in run.groups(line["step"])]
        new = measure(mix_rows(groups, mixture))
        added = {name: new[name] for name in new if name.startswith(("reward/shadow", "duplicates/"))}
        lines.append({**line, **added})
    return lines


def judged(row: Row, tasks: dict[str, Any]) -> Row:
    """The row with the gold judge's score as its shadow."""
    return replace(row, scores={**row.scores, "shadow": gold_score(tasks[row.task], row.answer)})


def tenths(lines: Sequence[dict[str, Any]], name: str) -> list[float]:
    """Ten means over the run, in order."""
    values = [line[name] for line in lines if line.get(name) is not None]
    size = len(values) / 10
    return [fmean(values[int(i * size) : max(int(i * size) + 1, int((i + 1) * size))]) for i in range(10)]


def speed(seed: int) -> None:
    """Print what watching and counting duplicates cost per step, in milliseconds of CPU time (medians)."""
    rng, watch, costs = random.Random(seed), Watch(choose_alarms()), []
    columns = {name: list(white(rng, 2_000, *level)) for name, level in LEVELS.items()}
    for i in range(2_000):
        line = complete({name: values[i] for name, values in columns.items()}, i + 1)
        began = time.process_time()
        watch.watch(line)
        costs.append(1e3 * (time.process_time() - began))
    print(
        f"all alarms: {median(costs[50:150]):.2f} ms at step 100, {median(costs[-100:]):.2f} ms at step 2,000"
    )
    words = [f"word{i}" for i in range(500)]
    for groups, size, length in ((8, 8, 60), (64, 16, 400)):
        texts = [[" ".join(rng.choices(words, k=length)) for _ in range(size)] for _ in range(groups)]
        times = []
        for _ in range(5):
            began = time.process_time()
            duplicates(texts)
            times.append(1e3 * (time.process_time() - began))
        print(f"duplicates of {groups * size} texts of {length} words: {median(times):.1f} ms")


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main()
