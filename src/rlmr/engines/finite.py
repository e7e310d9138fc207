"""A `GRPOTrainer` that stops before NaN or infinity reaches the weights, and says which text it came from.

transformers replaces a loss that is not finite by the mean of the former ones in what it logs
(`logging_nan_inf_filter`), and steps all the same.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from accelerate.utils import gather_object
from trl import GRPOTrainer

ADVICE = "start again with a lower grpo.learning_rate; checkpoints/ holds policies of earlier steps"
"""What usually helps."""

BROKEN_SAMPLING = "probability tensor contains"
"""How torch says that it cannot sample from what the policy gives."""


class NotFiniteError(ValueError):
    """A loss, gradient or probability that is NaN or infinite; nothing was learned from it."""


def _ratio(above: torch.Tensor | None, below: torch.Tensor | None) -> torch.Tensor | None:
    """exp(above - below), as TRL's loss (above over what sampled) and its KL term have it."""
    if above is None or below is None or above.shape != below.shape:
        return None
    return (above - below).exp()


class FiniteGRPOTrainer(GRPOTrainer):  # type: ignore[misc]
    """`GRPOTrainer` that raises NotFiniteError, on all ranks, before an optimiser step that is not finite.

    Rows are named where the batch has a column `row`, (B,) int64, and `row_name` knows what it stands for.
    With fp16 a gradient may overflow: its scaler skips such steps.
    """

    _logps: torch.Tensor | None = None
    """Log-probabilities of the newest forward pass, (B, T)."""
    _culprit = ""
    """What is not finite on this rank, in words."""

    def row_name(self, row: int) -> str:
        """Row `row` of the generation, of all ranks, for a person."""
        return f"text {row}"

    def _get_per_token_logps_and_entropies(self, *args: Any, **options: Any) -> Any:
        result = super()._get_per_token_logps_and_entropies(*args, **options)
        self._logps = result[0].detach()
        return result

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        loss: torch.Tensor = super()._compute_loss(model, inputs)
        if self.model.training and not torch.isfinite(loss.detach()):
            self._culprit = self._culprit or self._explain(inputs)
        return loss

    def _explain(self, inputs: dict[str, Any]) -> str:
        """Which text made the loss of a batch what it is."""
        mask = inputs["completion_mask"].bool()
        now, then, reference = (
            self._logps,
            inputs.get("old_per_token_logps"),
            inputs.get("ref_per_token_logps"),
        )
        columns = [("log-probabilities", now)]
        columns += [("log-probabilities when sampled", then)]
        columns += [("reference log-probabilities", reference)]
        columns += [("probabilities relative to when sampled", _ratio(now, then))]
        columns += [("reference probabilities relative to the policy's", _ratio(reference, now))]
        for name, values in columns:
            if values is None or values.shape != mask.shape:
                continue
            bad = (~torch.isfinite(values) & mask).any(1)
            if bad.any():
                first = int(bad.nonzero()[0])
                row = int(inputs["row"][first]) if "row" in inputs else first
                some = f"{int(bad.sum())} of {len(bad)} texts"
                return f"the {name} of {self.row_name(row)} are not finite ({some})"
        return "the loss is not finite, though the log-probabilities of all texts are"

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        """The last look before the optimiser's step; the norm is that of all ranks' gradients."""
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)
        mine = [self._culprit]
        culprits = gather_object(mine) if self.args.world_size > 1 else mine
        what = next((one for one in culprits if one), "")
        known = norm is not None  # DeepSpeed has none before its first step
        if not what and known and not (math.isfinite(float(norm)) or self.args.fp16):
            what = "the gradient is not finite, though the loss is"
        if not what:
            return norm
        raise NotFiniteError(
            f"step {self.state.global_step + 1}: {what}; nothing was learned from it: {ADVICE}"
        )

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        try:
            output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        except RuntimeError as error:
            if BROKEN_SAMPLING not in str(error):
                raise
            raise NotFiniteError(
                f"step {self.state.global_step + 1}: the policy's probabilities are not finite, its weights "
                f"have diverged: {ADVICE}"
            ) from error
        return output
