"""Validation during training: the policy on held-out prompts every k steps, and the best checkpoint kept.

It is no evaluation of TRL's: it computes no loss, mixes nothing, and has random numbers of its own, so that
the run is the same to the bit with it and without it. Every validation draws with the same seed, so that two
of them differ by their policies and not by their luck.

Axes: P validation prompts, S texts of each, N = P * S.
"""

from __future__ import annotations

import math
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from statistics import fmean, median
from typing import Any, get_args

import numpy as np
import torch
from accelerate.utils import gather_object
from transformers import TrainerCallback

from rlmr.data import Message, Task
from rlmr.engines.checkpoints import Best, Metric
from rlmr.runs import Row
from rlmr.text import count_words
from rlmr.verifiers.program import all_pass

METRICS: tuple[Metric, ...] = get_args(Metric)

MOST_UNKNOWN = 0.2
"""Share of unknown texts above which a validation's checkpoint is not called the best: too few are left."""

LOG = "validation.jsonl"
"""In the run's `evaluation` folder: one line per validation, step 0 = the policy that the run began with."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What is validated on, how often, and what makes a checkpoint the best."""

    tasks: Sequence[Task]
    """P prompts, none of them trained on."""
    every: int = 50
    """Steps between two validations; there is one before the first step and one after the last."""
    samples: int = 1
    """Texts per prompt."""
    metric: Metric = "kept_above_start"
    """What the best checkpoint has most of."""
    keep: bool = True
    """Keep the best checkpoint; False only measures."""
    seed: int = 0
    """Of the samples; the same at every validation."""


def outcome(row: Row, metric: Metric, start_median: float | None) -> float | None:
    """What one text adds to the metric's mean; None = unknown, and it takes no part.

    `pass_rate`: 1 where every hard constraint is kept. `quality`: the score. `kept_above_start`: 1 where
    every hard constraint is kept *and* the score is above the starting policy's median score; a text that
    fails one of the two is 0 whatever the other is. Neither better scores alone nor more obedience alone can
    raise it far, which is what training with mixed rewards is for.
    """
    passed, score = all_pass(row.verdicts), row.scores["quality"]
    if metric == "quality":
        return score
    if metric == "pass_rate":
        return None if passed is None else float(passed)
    above = None if score is None or start_median is None else score > start_median
    if passed is False or above is False:
        return 0.0
    return 1.0 if passed and above else None


def measure_texts(rows: Sequence[Row], start_median: float | None) -> dict[str, float]:
    """The numbers of one validation, NaN where there is nothing known to average.

    `unknown_share` is that of texts whose verdict or score is unknown.
    """
    table: dict[str, float] = {}
    for name in METRICS:
        known = [value for row in rows if (value := outcome(row, name, start_median)) is not None]
        table[name] = fmean(known) if known else math.nan
    unknown = [all_pass(row.verdicts) is None or row.scores["quality"] is None for row in rows]
    return {
        **table,
        "unknown_share": fmean(unknown),
        "words_mean": fmean(count_words(row.answer) for row in rows),
        "finished_share": fmean(row.finished for row in rows),
    }


class ValidationCallback(TrainerCallback):  # type: ignore[misc]
    """Validates before the first step, every `every` steps and after the last; remembers the best.

    Args:
        trainer: a `ResumableGRPOTrainer` with a grader.
        validation: what is validated on.
        prompts: of its tasks, as TRL wants them.
        first: place of its first task among the grader's.
    """

    def __init__(
        self, trainer: Any, validation: Validation, prompts: Sequence[str | list[Message]], first: int
    ) -> None:
        self.trainer = trainer
        self.validation = validation
        self.prompts = prompts
        self.first = first
        self.began = False
        """The starting policy has been measured."""
        self.start_median: float | None = None
        """The starting policy's median score; None where no text of it has one."""
        self.best: Best | None = None
        """The best so far; its step is 0 while nothing is better than the starting policy."""

    def memory(self) -> dict[str, Any]:
        """What a checkpoint holds of it, as JSON can."""
        best = None if self.best is None else asdict(self.best)
        return {"began": self.began, "start_median": self.start_median, "best": best}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """The inverse of `memory`."""
        self.began, self.start_median = memory["began"], memory["start_median"]
        self.best = None if memory["best"] is None else Best(**memory["best"])

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Measure the starting policy, unless a checkpoint remembers it."""
        if not self.began:
            self.began = True
            self._validate(0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Validate, and ask for a checkpoint where it is the best so far; the same on all ranks."""
        step = state.global_step
        if step % self.validation.every and step != state.max_steps:
            return
        values, better = self._validate(step)
        for name, value in values.items():
            self.trainer._metrics["train"][f"val/{name}"] = [value]
        control.should_save |= better

    def _validate(self, step: int) -> tuple[dict[str, float], bool]:
        """The numbers of the policy as it is, recorded; and whether it is the best so far."""
        rows = self._sample(step)
        if step == 0:
            scores = [score for row in rows if (score := row.scores["quality"]) is not None]
            self.start_median = median(scores) if scores else None
        values = measure_texts(rows, self.start_median)
        better = self._compare(step, values)
        writer = self.trainer.writer
        if writer is not None:
            writer.groups(step, rows, split="val")
            line = {"step": step, **{f"val/{name}": value for name, value in values.items()}}
            writer.evaluation(LOG, line)
        return values, better and step > 0

    def _compare(self, step: int, values: Mapping[str, float]) -> bool:
        """Whether it is better than all before it; of two that are equal the earlier one stays."""
        metric = self.validation.metric
        value, unknown = values[metric], values["unknown_share"]
        if not self.validation.keep:
            return False
        if unknown > MOST_UNKNOWN or math.isnan(value):
            if self.trainer.accelerator.is_main_process:
                said = f"validation at step {step}: {unknown:.0%} of its texts are unknown"
                print(f"\n{said}; it cannot become the best checkpoint", file=sys.stderr, flush=True)
            return False
        if self.best is not None and value <= self.best.value:
            return False
        start = self.best.start if self.best is not None else value if step == 0 else None
        self.best = Best(step, metric, value, start)
        return True

    def _sample(self, step: int) -> list[Row]:
        """The N graded texts, by prompt; each rank samples and grades its share."""
        trainer, samples = self.trainer, self.validation.samples
        count = len(self.validation.tasks) * samples
        world, rank = trainer.accelerator.num_processes, trainer.accelerator.process_index
        limit = trainer.args.per_device_train_batch_size * trainer.args.steps_per_generation
        found: list[Row] = []
        with _apart(trainer, self.validation.seed * world + rank):
            for places in shares(count, world, limit, rank):
                numbers = [self.first + place // samples for place in places]
                ids = trainer._generate([self.prompts[place // samples] for place in places])[1]
                graded = trainer.grader.grade(numbers, ids, step, "val")
                found += [
                    replace(one.row, group=place // samples, index=place % samples)
                    for place, one in zip(places, graded, strict=True)
                ]
        every: list[Row] = gather_object(found)
        once = {(row.group, row.index): row for row in every}  # ranks repeat the last text to keep step
        return [once[place] for place in sorted(once)]


def shares(count: int, world: int, limit: int, rank: int) -> Iterator[list[int]]:
    """The places of `count` texts that a rank samples, batch by batch, at most `limit` at once.

    Every rank has as many batches of the same size: the last place is repeated where they do not come out.

    >>> list(shares(5, world=2, limit=2, rank=1))
    [[1, 3], [4, 4]]
    """
    batches = math.ceil(count / (world * limit))
    size = math.ceil(count / (world * batches))
    mine = [min(place, count - 1) for place in range(rank, batches * size * world, world)]
    for start in range(0, len(mine), size):
        yield mine[start : start + size]


@contextmanager
def _apart(trainer: Any, seed: int) -> Iterator[None]:
    """Inside, the trainer samples as in an evaluation and draws from `seed`; after it all is as before."""
    was = trainer.model.training, trainer._metrics["eval"], trainer.num_generations_eval
    trainer.model.eval()
    trainer._metrics["eval"] = defaultdict(list)
    trainer.num_generations_eval = 1  # vLLM's server would take every n-th prompt
    try:
        with own_random_numbers(seed):
            yield
    finally:
        training, trainer._metrics["eval"], trainer.num_generations_eval = was
        trainer.model.train(training)


@contextmanager
def own_random_numbers(seed: int) -> Iterator[None]:
    """Draw from `seed` inside; torch (every device), numpy and Python go on afterwards as if nothing was.

    >>> before = torch.get_rng_state()
    >>> with own_random_numbers(1):
    ...     first = torch.rand(1)
    >>> torch.equal(before, torch.get_rng_state())
    True
    """
    theirs, numpys = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        try:
            yield
        finally:
            random.setstate(theirs)
            np.random.set_state(numpys)
