"""GRPO by TRL, with the mix behind its gather: a guest of `GRPOTrainer`, no maths, no copy of a trainer.

TRL's reward functions see one rank's slice of a group; a rule on the group must see all of it. So the two
private methods around TRL's gather are overridden: `_calculate_rewards` gathers scores and verdicts as
objects, `_generate_and_score_completions` puts the mix's advantages where TRL's own were. Both are private:
TRL is pinned, and tests/engines/test_pinned.py fails when they move.

Axes: P prompts, G texts of one prompt (the group), N = P * G texts of all ranks, B of them on this rank.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from accelerate.utils import gather_object

from rlmr.engines.extent import fingerprint
from rlmr.engines.finite import FiniteGRPOTrainer
from rlmr.engines.grade import Graded, Grader
from rlmr.engines.resumable import ResumableGRPOTrainer
from rlmr.mixing import State
from rlmr.runs import MixedRows, Mixture, Row, RunWriter, measure, mix_rows

NOT_OURS = ("reward", "reward_std", "frac_reward_zero_std")
"""TRL's metrics about rewards that it did not use (and all under 'rewards/'); the mix logs its own."""


def quality(**_: Any) -> list[float]:
    """Name of the first reward column; TRL never calls it."""
    raise RuntimeError("scores are made in MixedGRPOTrainer._calculate_rewards")


def passed(**_: Any) -> list[float]:
    """Name of the second reward column; TRL never calls it."""
    raise RuntimeError("verdicts are made in MixedGRPOTrainer._calculate_rewards")


class MixedGRPOTrainer(FiniteGRPOTrainer, ResumableGRPOTrainer):
    """`GRPOTrainer` whose advantages come from `rlmr.mixing`.

    The dataset has a column `prompt` and a column `task`, the index of the prompt's task in the grader.

    Args:
        grader: scores and verdicts of completions.
        mixture: the rule, its parameters, the frozen standardisation.
        options: GRPOTrainer's own (model, args, train_dataset, processing_class, …).
    """

    def __init__(self, *, grader: Grader, mixture: Mixture, **options: Any) -> None:
        super().__init__(reward_funcs=[quality, passed], **options)
        self.grader = grader
        self.mixture = mixture
        self.mixing_state: State | None = None
        """What the rule remembers between steps."""
        self.writer: RunWriter | None = None
        """Rank 0's record; None records nothing."""
        self.reward_error = ""
        """What the scorer raised last, for a person; empty = it never did."""
        self._mixed: MixedRows | None = None
        self._sampled: list[Row] = []
        self._evaluated: list[Row] = []

    def memory(self) -> dict[str, Any]:
        """What the rule remembers, and which tasks the run is made of."""
        return {"mixing_state": self.mixing_state, "tasks": self._tasks}

    @cached_property
    def _tasks(self) -> str:
        return fingerprint(self.grader.tasks)

    def remember(self, memory: Mapping[str, Any]) -> None:
        """The inverse of `memory`."""
        self.mixing_state = memory["mixing_state"]

    def row_name(self, row: int) -> str:
        """A text by its place in the record."""
        text = self._sampled[row]
        return f"text {text.index} of group {text.group} (task {text.task}, step {text.step})"

    def _send_telemetry(self) -> None:
        """Nothing is sent."""

    def _calculate_rewards(
        self,
        inputs: list[dict[str, Any]],
        prompts: Any,
        completions: Any,
        completion_ids_list: list[list[int]],
    ) -> torch.Tensor:
        """Grade this rank's B completions, gather and mix all N; TRL gets the columns it shows, (N, 2)."""
        mode = "train" if self.model.training else "eval"
        numbers = [example["task"] for example in inputs]
        step = self.state.global_step + (mode == "train")
        graded: list[Graded] = gather_object(self.grader.grade(numbers, completion_ids_list, step, mode))
        size = self.num_generations if mode == "train" else self.num_generations_eval
        state = self.mixing_state
        self._mixed = mixed = mix_rows(place([one.row for one in graded], size), self.mixture, state)
        if mode == "train":
            self.mixing_state = mixed.mixed.state
        metrics = measure(mixed, (state or {}).items())
        metrics["reward/truncated_share"] = sum(one.truncated for one in graded) / len(graded)
        if raised := [one.error for one in graded if one.error]:
            metrics["unknown/reward_raised"] = len(raised) / len(graded)
            self._say(raised[0])
        for name, value in metrics.items():
            self._metrics[mode][name].append(value)
        columns = [_columns(row) for group in mixed.groups for row in group]
        return torch.tensor(columns, dtype=torch.float32, device=self.accelerator.device)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """Let TRL sample, then put the mix's advantages in place of its own: (B,) float32 of this rank."""
        mode = "train" if self.model.training else "eval"
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self._mixed is None:
            raise RuntimeError("TRL scored without calling _calculate_rewards; is this TRL 1.16.0?")
        mixed, self._mixed = self._mixed, None
        self._replace_advantages(output, mixed.advantages, len(inputs))
        self._mask_unknown(output, mixed, len(inputs))
        if mode == "train":
            self._sampled = [row for group in mixed.groups for row in group]
            start = self.accelerator.process_index * len(inputs)
            device = output["advantages"].device
            output["row"] = torch.arange(start, start + len(inputs), device=device)
        for name in [name for name in self._metrics[mode] if name in NOT_OURS or name.startswith("rewards/")]:
            del self._metrics[mode][name]
        self._record([row for group in mixed.groups for row in group], mode)
        return output

    def _say(self, error: str) -> None:
        """Say on rank 0 what the scorer raised, once for each new message."""
        if error != self.reward_error and self.accelerator.is_main_process:
            print(f"\nreward.model: {error}; its texts are unknown", file=sys.stderr, flush=True)
        self.reward_error = error

    def _replace_advantages(self, output: dict[str, Any], advantages: list[float], local: int) -> None:
        """Ours into what TRL learns from (this rank's slice) and into its tables (all ranks')."""
        start = self.accelerator.process_index * local
        theirs = output["advantages"]
        ours = torch.tensor(advantages, dtype=theirs.dtype, device=theirs.device)
        output["advantages"] = ours[start : start + local]
        shown = self._logs["advantages"]
        for _ in range(min(len(advantages), len(shown))):
            shown.pop()
        shown.extend(advantages)

    def _mask_unknown(self, output: dict[str, Any], mixed: MixedRows, local: int) -> None:
        """Take unknown texts out of the loss, where an advantage of 0 would leave them their KL term and
        their share of the tokens that it is divided by. A batch without any is left as it is."""
        known = [row.derived is not None and not row.derived.unknown for g in mixed.groups for row in g]
        if all(known):
            return
        start = self.accelerator.process_index * local
        texts = output["completion_mask"]
        takes_part = torch.tensor(known[start : start + local], device=texts.device).unsqueeze(1)
        output["tool_mask"] = output.get("tool_mask", torch.ones_like(texts)) * takes_part
        tokens = (texts * output["tool_mask"]).sum()
        output["num_items_in_batch"] = self.accelerator.gather(tokens).sum()  # TRL's losses take 0 as 1

    def _record(self, rows: list[Row], mode: str) -> None:
        if self.writer is not None and mode == "train":
            self.writer.groups(rows[0].step, rows)
        elif self.writer is not None:
            self._evaluated.extend(rows)

    def evaluate(self, *args: Any, **options: Any) -> dict[str, float]:
        """TRL's evaluation; the groups of its batches are recorded together, beside the training's."""
        self._evaluated = []
        metrics: dict[str, float] = super().evaluate(*args, **options)
        if self.writer is not None and self._evaluated:
            groups = place(self._evaluated, self.num_generations_eval)
            mixed = mix_rows(groups, self.mixture, self.mixing_state)  # of all batches, as `recompute` does
            rows = [row for group in mixed.groups for row in group]
            self.writer.groups(self.state.global_step, rows, split="eval")
        return metrics


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
