"""What a checkpoint costs: seconds and megabytes per save, beside the seconds of a step.

    python -m benchmarks.checkpoints [--steps 4] [--recipe sandbox] [KEY=VALUE ...]

Trains the recipe with a checkpoint after every step, into a temporary folder. Seconds are medians: of the
wall clock, and of this process's CPU time, which a busy machine changes less.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from rlmr import threads


def main() -> None:
    """Train, time every save, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--recipe", default="sandbox")
    parser.add_argument("overrides", nargs="*")
    given = parser.parse_args()
    threads.configure()

    from rlmr.engines.resumable import ResumableGRPOTrainer
    from rlmr.recipes import read_recipe, train
    from rlmr.runs import read_run

    wall, cpu, saved = [], [], ResumableGRPOTrainer._save_checkpoint

    def timed(self: Any, model: Any, trial: Any) -> None:
        at, worked = time.perf_counter(), time.process_time()
        saved(self, model, trial)
        wall.append(time.perf_counter() - at)
        cpu.append(time.process_time() - worked)

    ResumableGRPOTrainer._save_checkpoint = timed  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "run"
        every = ["grpo.save_strategy=steps", "grpo.save_steps=1", f"grpo.max_steps={given.steps}"]
        train(read_recipe(given.recipe, [*given.overrides, *every, f"output={output}"]))
        newest = output / "checkpoints" / f"checkpoint-{given.steps}"
        size = sum(path.stat().st_size for path in newest.iterdir())
        seconds = [line["seconds"] for line in read_run(output).metrics]
    step = statistics.median(seconds) - statistics.median(wall)  # a step's seconds hold the save before it
    print(f"{len(wall)} checkpoints of {given.recipe}: {size / 1e6:.1f} MB each")
    print(f"a save {statistics.median(wall):.3f} s (CPU {statistics.median(cpu):.3f} s), a step {step:.2f} s")


if __name__ == "__main__":
    main()
