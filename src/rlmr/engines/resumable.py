"""A `GRPOTrainer` that goes on from a checkpoint as if it had never stopped.

On CPU, with the same number of processes, a run that was killed and resumed ends with the same bits as one
that was not. TRL 1.16 alone does not: its sampler begins its permutations again from the second epoch on, the
texts of a generation are not saved (so checkpoints lie between generations, see `check_save_steps`), its
newest checkpoint may be half-written, and an evaluation at the start would be made twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch.utils.data import Sampler
from transformers.trainer_utils import rotate_checkpoints
from trl import GRPOTrainer

from rlmr.engines.checkpoints import Checkpoint, folder_of, point_to_best, seal
from rlmr.engines.validation import ValidationCallback
from rlmr.models import first_line
from rlmr.runs import RunError

TORCH_WRITER = ("PytorchStreamWriter", "unexpected pos", "iostream error")
"""How `torch.save` says, in a RuntimeError, that a file could not be written."""


class ResumableGRPOTrainer(GRPOTrainer):  # type: ignore[misc]
    """`GRPOTrainer` with whole checkpoints. A subclass gives what it remembers between steps.

    Every method is called on all ranks.
    """

    _epochs_before = 0
    """Epochs that were done before this process began."""
    validation: ValidationCallback | None = None
    """What validates, and remembers the best checkpoint; see `validate_with`."""

    def memory(self) -> dict[str, Any]:
        """What a checkpoint holds beside TRL's own state, as JSON can; equal on all ranks."""
        return {}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """The inverse of `memory`."""

    def validate_with(self, validation: ValidationCallback) -> None:
        """Validate during training, and keep the best checkpoint."""
        self.validation = validation
        self.add_callback(validation)

    def begin(self, checkpoint: Checkpoint | None, total_steps: int, steps_per_epoch: int) -> None:
        """Train from a checkpoint, or from the beginning, to the end; one of the last step is only loaded."""
        if checkpoint is None:
            self._point_to_best()
            self.train()
            return
        self.remember(checkpoint.memory)
        if self.validation is not None:
            self.validation.remember(checkpoint.memory["validation"])
            self._point_to_best()
        if checkpoint.step >= total_steps:
            self._load_from_checkpoint(str(checkpoint.folder))
            self.state.global_step = self.state.max_steps = total_steps
            return
        self._epochs_before = checkpoint.step // steps_per_epoch
        self._step = checkpoint.step * self.args.gradient_accumulation_steps
        self.args.eval_on_start = False
        self.train(resume_from_checkpoint=str(checkpoint.folder))

    def create_model_card(self, *args: Any, **options: Any) -> None:
        """None: TRL makes one for every checkpoint, at the cost of all its files; the record says more."""

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        """transformers', without weights that are tied to others: a checkpoint holds those once."""
        missing = [key for key in load_result.missing_keys if key not in self.model.all_tied_weights_keys]
        super()._issue_warnings_after_load(load_result._replace(missing_keys=missing))

    def _get_train_sampler(self, dataset: Any = None) -> Sampler[int]:
        """TRL's sampler, after the permutations that the epochs before have drawn from it."""
        sampler: Any = super()._get_train_sampler(dataset)
        if sampler.shuffle:
            for _ in range(self._epochs_before):
                torch.randperm(sampler.num_samples, generator=sampler.generator)
        return sampler  # type: ignore[no-any-return]

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """TRL's checkpoint, declared whole when every rank has written; only then are older ones removed.

        Raises RunError where the disk refuses; what was begun is removed, the checkpoint before stays.
        """
        step, checkpoints = self.state.global_step, Path(self.args.output_dir)
        folder, limit = folder_of(checkpoints, step), self.args.save_total_limit
        self.args.save_total_limit = None  # TRL would remove the old one before the new one is whole
        try:
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                (folder / "training_args.bin").unlink(missing_ok=True)  # a pickle; config.yaml has it all
                seal(folder, step, self.args.world_size, self._all_memory())
                self._point_to_best()
        except (OSError, SafetensorError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not any(part in str(error) for part in TORCH_WRITER):
                raise
            shutil.rmtree(folder, ignore_errors=True)
            raise RunError(
                f"output: cannot write the checkpoint of step {step} to {checkpoints}: {first_line(error)}; "
                f"free some space, then go on from the one before: rlmr train --resume {checkpoints.parent}"
            ) from error
        finally:
            self.args.save_total_limit = limit
        if self.args.should_save:
            best = self.validation.best if self.validation else None
            kept = str(folder_of(checkpoints, best.step)) if best and best.step else None
            rotate_checkpoints(str(checkpoints), limit, kept or self.state.best_model_checkpoint)

    def _all_memory(self) -> dict[str, Any]:
        """The subclass's memory, and validation's."""
        return self.memory() | ({"validation": self.validation.memory()} if self.validation else {})

    def _point_to_best(self) -> None:
        """The pointer to the best checkpoint, which is whole by now; rank 0's."""
        if self.validation is not None and self.args.should_save:
            point_to_best(Path(self.args.output_dir).parent, self.validation.best)
