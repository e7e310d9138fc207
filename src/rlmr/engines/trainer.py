"""The trainer of a recorded run: tasks are graded with their evidence, mixed behind the gather, written down.

Scores and verdicts of a text are one row (`rlmr.runs.Row`). The rows of all ranks are gathered as objects and
mixed whole, as `MixedRewardsMixin` mixes columns; a guest of `GRPOTrainer`, no maths, no copy of a trainer.

Axes: P prompts, G texts of one prompt (the group), N = P * G texts of all ranks, B of them on this rank.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from accelerate.utils import gather_object

from rlmr.engines.extent import fingerprint
from rlmr.engines.finite import FiniteGRPOTrainer
from rlmr.engines.grade import Graded, Grader
from rlmr.engines.mixin import NOT_OURS, MixedRewardsMixin
from rlmr.engines.resumable import ResumableGRPOTrainer
from rlmr.mixing import Mixed
from rlmr.runs import Mixture, Row, RunWriter, measure, mix_rows


def quality(**_: Any) -> list[float]:
    """Name of the first reward column; TRL never calls it."""
    raise RuntimeError("scores are made in MixedGRPOTrainer.grade_and_mix")


def passed(**_: Any) -> list[float]:
    """Name of the second reward column; TRL never calls it."""
    raise RuntimeError("verdicts are made in MixedGRPOTrainer.grade_and_mix")


class MixedGRPOTrainer(MixedRewardsMixin, FiniteGRPOTrainer, ResumableGRPOTrainer):
    """`GRPOTrainer` whose advantages come from `rlmr.mixing`.

    The dataset has a column `prompt` and a column `task`, the index of the prompt's task in the grader.

    Args:
        grader: scores and verdicts of completions.
        mixture: the rule, its parameters, the frozen standardisation.
        options: GRPOTrainer's own (model, args, train_dataset, processing_class, …).
    """

    hidden = (*NOT_OURS, "rewards/")

    def __init__(self, *, grader: Grader, mixture: Mixture, **options: Any) -> None:
        super().__init__(reward_funcs=[quality, passed], **options)
        self.grader = grader
        self.mixture = mixture
        self.writer: RunWriter | None = None
        """Rank 0's record; None records nothing."""
        self.reward_error = ""
        """What the scorer raised last, for a person; empty = it never did."""
        self._rows: list[Row] = []
        self._sampled: list[Row] = []
        self._evaluated: list[Row] = []

    def memory(self) -> dict[str, Any]:
        """What the rule remembers, and which tasks the run is made of."""
        return {**super().memory(), "tasks": self._tasks}

    @cached_property
    def _tasks(self) -> str:
        return fingerprint(self.grader.tasks)

    def row_name(self, row: int) -> str:
        """A text by its place in the record."""
        text = self._sampled[row]
        return f"text {text.index} of group {text.group} (task {text.task}, step {text.step})"

    def _send_telemetry(self) -> None:
        """Nothing is sent."""

    def grade_and_mix(
        self, inputs: list[dict[str, Any]], prompts: Any, completions: Any, ids: list[list[int]]
    ) -> tuple[torch.Tensor, Mixed, dict[str, float]]:
        """Grade this rank's B completions, mix the rows of all N; columns for TRL's tables, (N, 2)."""
        mode, state = self._mode, self.mixing_state
        numbers = [example["task"] for example in inputs]
        step = self.state.global_step + (mode == "train")
        graded: list[Graded] = gather_object(self.grader.grade(numbers, ids, step, mode))
        mixed = mix_rows(place([one.row for one in graded], self._group_size), self.mixture, state)
        self._rows = [row for group in mixed.groups for row in group]
        metrics = measure(mixed, (state or {}).items()) if mode == "train" else {}  # evaluations: see `log`
        metrics["reward/truncated_share"] = sum(one.truncated for one in graded) / len(graded)
        if raised := [one.error for one in graded if one.error]:
            metrics["unknown/reward_raised"] = len(raised) / len(graded)
            self._say(raised[0])
        columns = torch.tensor([_columns(row) for row in self._rows], dtype=torch.float32)
        return columns.to(self.accelerator.device), mixed.mixed, metrics

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """The mixed batch of this rank, each text with its place among all, and the record of all."""
        output = super()._generate_and_score_completions(inputs)
        if self._mode == "train":
            self._sampled = self._rows
            start = self.accelerator.process_index * len(inputs)
            device = output["advantages"].device
            output["row"] = torch.arange(start, start + len(inputs), device=device)
        self._record(self._rows, self._mode)
        return output

    def _say(self, error: str) -> None:
        """Say on rank 0 what the scorer raised, once for each new message."""
        if error != self.reward_error and self.accelerator.is_main_process:
            print(f"\nreward.model: {error}; its texts are unknown", file=sys.stderr, flush=True)
        self.reward_error = error

    def _record(self, rows: list[Row], mode: str) -> None:
        if mode == "eval":
            self._evaluated.extend(rows)
        elif self.writer is not None:
            self.writer.groups(rows[0].step, rows)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """TRL's log. The batches of an evaluation are mixed and recorded together, beside the training's.

        Where its last batch is not full, ranks fill it with the first tasks again: those texts are left out.
        """
        if self._mode == "eval" and self._evaluated:
            size = self._group_size
            asked = place(self._evaluated[: len(self.eval_dataset) * size], size)
            mixed = mix_rows(asked, self.mixture, self.mixing_state)
            for name, value in measure(mixed, (self.mixing_state or {}).items()).items():
                self._metrics["eval"][name] = [value]
            if self.writer is not None:
                rows = [row for group in mixed.groups for row in group]
                self.writer.groups(self.state.global_step, rows, split="eval")
            self._evaluated = []
        super().log(logs, start_time)


def place(rows: Sequence[Row], size: int) -> list[list[Row]]:
    """Gathered rows as groups of `size`, each row with its group and index.

    Raises RuntimeError where a group mixes tasks: then TRL orders its batches otherwise than assumed here.
    """
    groups = [
        [
            replace(row, group=start // size, index=index)
            for index, row in enumerate(rows[start : start + size])
        ]
        for start in range(0, len(rows), size)
    ]
    for group in groups:
        if len(group) != size or len({row.task for row in group}) != 1:
            tasks = ", ".join(sorted({row.task for row in group}))
            raise RuntimeError(
                f"a group of {len(group)} texts (of {size}) answers the tasks {tasks}; expected one task"
            )
    return groups


def _columns(row: Row) -> list[float]:
    """A row's reward columns for TRL's tables: quality and passed, NaN where unknown."""
    score, derived = row.scores["quality"], row.derived
    verdict = math.nan if derived is None or derived.unknown else float(derived.passed)
    return [math.nan if score is None else score, verdict]
