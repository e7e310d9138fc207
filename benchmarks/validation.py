"""Does validation choose well? Every checkpoint of a sandbox run, by its validations and by the gold judge.

    rlmr train sandbox output=RUN grpo.save_total_limit=99 \\
        'validation={data: "sandbox:heldout", limit: 64, every: 10}'
    python -m benchmarks.validation RUN [--tasks 200] [--seed 1000]

The gold judge and its tasks are not those of training or validation (the sandbox's held-out split with
another seed). Intervals are 95 %, over prompts. `both` is the share of texts that keep every constraint and
whose gold score is above the starting policy's median: what `kept_above_start` stands for.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from statistics import median

from rlmr import threads


def main() -> None:
    """Judge every checkpoint and the starting policy; print the table and what each metric would choose."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1000)
    given = parser.parse_args()
    threads.configure()

    from rlmr.engines.checkpoints import folder_of
    from rlmr.engines.settings import quiet_libraries
    from rlmr.evals.policy import evaluate
    from rlmr.evals.stats import Estimate, clustered_mean
    from rlmr.recipes.models import locate
    from rlmr.runs import read_run
    from rlmr.runs.files import read_lines
    from rlmr.sandbox.gold import gold_score
    from rlmr.sandbox.tasks import make_tasks

    quiet_libraries()
    run = read_run(given.run)
    log = {line["step"]: line for line in read_lines(run.folder / "evaluation" / "validation.jsonl")}
    tasks = make_tasks(given.tasks, given.seed, "heldout")
    length = int(run.config["grpo"]["max_completion_length"])
    middle, found = math.nan, {}
    print("step | val kept_above_start, pass_rate, quality | gold | pass rate | both")
    for step in sorted(log):
        folder = folder_of(run.folder / "checkpoints", step) if step else Path(locate(run.config["policy"]))
        if not folder.is_dir():
            continue
        rows = evaluate(folder, tasks, gold_score, seed=given.seed, max_new_tokens=length)
        gold = [math.nan if row.gold is None else row.gold for row in rows]
        if step == 0:
            middle = median(gold)
        passed = [float(row.passed is True) for row in rows]
        both = [p * (g > middle) for p, g in zip(passed, gold, strict=True)]
        means: list[Estimate] = [clustered_mean(v, [row.task for row in rows]) for v in (gold, passed, both)]
        found[step] = means
        val = ", ".join(f"{log[step][f'val/{name}']:.3f}" for name in METRICS)
        print(f"{step} | {val} | " + " | ".join(f"{m.value:.3f} ({m.low:.3f}-{m.high:.3f})" for m in means))
    for name in METRICS:
        best = max(found, key=lambda step: (log[step][f"val/{name}"], -step))
        gold_mean, rate, joint = (estimate.value for estimate in found[best])
        print(f"{name} chooses step {best}: gold {gold_mean:.3f}, pass rate {rate:.3f}, both {joint:.3f}")
    print(f"the highest `both` has step {max(found, key=lambda step: found[step][2].value)}")


METRICS = ("kept_above_start", "pass_rate", "quality")


if __name__ == "__main__":
    main()
