"""What mixing and recording add to a step: our own time in it, and whole steps beside plain `GRPOTrainer`.

    python -m benchmarks.overhead [--rounds 3] [--steps 4] [KEY=VALUE ...]

Trains the sandbox with a learning rate of 0, so that both trainers write the same texts in every step, in
turn: ours, plain, plain, ours, ... The plain trainer has the same reward functions and settings. A training's
first step is left out. Our time is what is timed in place: gathering, the mix, its explanations, rows,
metrics, the record; of the wall clock, and of the CPU, which a busy machine changes less. A minute a round on
two quiet cores.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.clock import Clock
from rlmr import threads

OURS = ("gather", "mix", "explain", "rows", "metrics", "advantages", "record")
"""Labels of what plain GRPO has not."""


def instrument(clock: Clock) -> None:
    """Time our parts of a step, and what plain training has too: scores and verdicts."""
    from rlmr.engines import callbacks, grade, mixin, trackers, trainer
    from rlmr.rewards.reward_model import RewardModel
    from rlmr.runs import remixing, write

    clock.wrap(trainer, "gather_object", "gather")
    clock.wrap(callbacks, "gather_object", "gather")
    clock.wrap(remixing, "mix", "mix")
    clock.wrap(trainer, "mix_rows", "explain")
    clock.wrap(trainer, "place", "rows")
    clock.wrap(trainer, "measure", "metrics")
    clock.wrap(trainer.MixedGRPOTrainer, "grade_and_mix", "rows")
    clock.wrap(grade.Grader, "grade", "rows")  # verdicts are done before scores are: it never waits
    clock.wrap(RewardModel, "score", "scores")
    for name in ("_replace_advantages", "_mask_unknown"):
        clock.wrap(mixin.MixedRewardsMixin, name, "advantages")
    for name in ("groups", "metrics", "status"):
        clock.wrap(write.RunWriter, name, "record")
    for callback in (callbacks.RecordCallback, callbacks.StopCallback, trackers.TrackerCallback):
        clock.wrap(callback, "on_log", "record")
    clock.wrap(callbacks.StopCallback, "on_step_end", "record")


def train_ours(job: Any, clock: Clock) -> tuple[list[float], float]:
    """Seconds of every step of a recorded run, and the CPU seconds of a step after the first."""
    from rlmr.engines import trl
    from rlmr.runs import read_run

    at: list[float] = []

    def show(step: int, *_: Any) -> None:
        at.append(time.process_time())
        if step == 1:
            clock.reset()

    trl.train(job, show)
    seconds = [line["seconds"] for line in read_run(job.output).metrics]
    return seconds, (at[-1] - at[0]) / (len(at) - 1)


def train_plain(job: Any) -> list[float]:
    """Seconds of every step of TRL's own trainer with the job's settings, scores and verdicts."""
    from datasets import Dataset
    from transformers import AutoTokenizer, PrinterCallback, TrainerCallback
    from trl import GRPOTrainer

    from rlmr.engines.settings import make_config
    from rlmr.engines.trl import prompt_of
    from rlmr.verifiers.program import all_pass

    tokenizer = AutoTokenizer.from_pretrained(job.policy, padding_side="left", truncation_side="left")
    ends, tasks = {tokenizer.eos_token_id}, job.tasks

    def written(completions: Any) -> list[str]:
        return [completion[-1]["content"] for completion in completions]

    def quality(completions: Any, task: list[int], **_: Any) -> list[float | None]:
        prompts = [tasks[number].prompt for number in task]
        return list(job.scorer.score(prompts, written(completions)).values)

    def passed(completions: Any, completion_ids: Any, task: list[int], **_: Any) -> list[float]:
        rows = job.verify([tasks[number] for number in task], written(completions))
        return [
            float(bool(all_pass(row)) and ids[-1] in ends)
            for row, ids in zip(rows, completion_ids, strict=True)
        ]

    seconds: list[float] = []

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            self.since = time.perf_counter()

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
            if "loss" in logs:
                seconds.append(time.perf_counter() - self.since)
                self.since = time.perf_counter()

    prompts = [prompt_of(task, tokenizer.chat_template is not None) for task in tasks]
    trainer = GRPOTrainer(
        model=job.policy,
        args=make_config(job.grpo, job.output, job.seed),
        processing_class=tokenizer,
        reward_funcs=[quality, passed],
        train_dataset=Dataset.from_dict({"prompt": prompts, "task": list(range(len(tasks)))}),
        callbacks=[Watch()],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return seconds


def time_the_mix(texts: int = 1024, group: int = 8, repeats: int = 300) -> float:
    """Median seconds of the rule `rlmr` on that many texts, one in three a violator."""
    import torch

    from rlmr.mixing import mix

    torch.manual_seed(0)
    quality, passed = torch.randn(texts // group, group), torch.rand(texts // group, group) > 1 / 3
    spent = []
    for _ in range(repeats):
        at = time.perf_counter()
        mix("rlmr", quality, passed)
        spent.append(time.perf_counter() - at)
    return statistics.median(spent)


def main() -> None:
    """Train in turn, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("overrides", nargs="*")
    given = parser.parse_args()
    number = threads.configure()

    from rlmr.recipes import plan, read_recipe
    from rlmr.recipes.run import job_of

    clock = Clock()
    instrument(clock)
    ours: list[float] = []
    busy: list[float] = []
    plain: list[float] = []
    parts: list[dict[str, tuple[float, float]]] = []
    fixed = ["grpo.learning_rate=0.0", "grpo.save_strategy='no'", f"grpo.max_steps={given.steps}"]
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(given.rounds):
            output = Path(folder) / f"run{turn}"
            job = job_of(plan(read_recipe("sandbox", [*fixed, *given.overrides, f"output={output}"])))
            for kind in ("ours", "plain") if turn % 2 == 0 else ("plain", "ours"):
                if kind == "ours":
                    seconds, cpu = train_ours(job, clock)
                    ours += seconds[1:]
                    busy.append(cpu)
                    steps = given.steps - 1
                    parts.append({x: (clock.seconds[x] / steps, clock.cpu[x] / steps) for x in OURS})
                else:
                    plain += train_plain(job)[1:]
            print(f"round {turn + 1} of {given.rounds}: load {os.getloadavg()[0]:.1f}", flush=True)
    step = statistics.median(ours)
    theirs = statistics.median(plain)
    print(
        f"\n{number} threads; seconds a step, median of {len(ours)} each: ours {step:.3f}, plain {theirs:.3f}"
    )
    print(f"ratio ours / plain: {step / theirs:.3f}")
    pairs = [a / b for a, b in zip(ours, plain, strict=True)]
    spread = f"{min(pairs):.3f} to {max(pairs):.3f}"
    print(f"paired by step (same texts): median {statistics.median(pairs):.3f}, {spread}")
    total = worked = 0.0
    for label in OURS:
        spent, work = (statistics.median(part[label][i] for part in parts) for i in (0, 1))
        total, worked = total + spent, worked + work
        print(f"  {label:<11} {1e3 * spent:8.2f} ms a step (CPU {1e3 * work:.2f})")
    print(f"  {'all of it':<11} {1e3 * total:8.2f} ms, {100 * total / step:.2f} % of our step", end="")
    cpu = statistics.median(busy)
    print(f" (CPU {1e3 * worked:.2f} ms of {cpu:.2f} s: {100 * worked / cpu:.2f} %)")
    print(f"the mix of 1,024 texts in groups of 8: {1e3 * time_the_mix():.2f} ms")


if __name__ == "__main__":
    main()
