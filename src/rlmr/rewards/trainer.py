"""Training by prompt group: TRL's RewardTrainer, each text encoded once however many pairs it stands in.

A pair-wise trainer encodes both texts of every pair. Where a prompt has 11 texts and all their pairs, that is
ten times the work for the same loss. Here an example is a prompt's texts, and the loss runs over the pairs of
their scores. Legend: N texts of a batch, M pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor, nn
from trl import RewardTrainer

from rlmr.rewards.render import padded
from rlmr.rewards.settings import Length

FLOOR = 1e-3
"""Added to a variance of scores, so that a model whose scores are still all equal has a gradient."""
CENTER = 0.01
"""Weight of the mean squared score in the loss: scores stay near 0 (Eisenstein et al. 2312.09244)."""


@dataclass(frozen=True, slots=True)
class GroupCollator:
    """Texts of several prompt groups into one batch, as lists: the trainer pads them in parts of like
    length."""

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """`texts` N token lists; `pairs` (M, 2); `labels`, `margins` (M,); `lengths` (N,), words."""
        texts: list[list[int]] = []
        pairs: list[list[int]] = []
        for example in examples:
            pairs.extend([len(texts) + i, len(texts) + j] for i, j in example["pairs"])
            texts.extend(example["texts"])
        return {
            "texts": texts,
            "pairs": torch.tensor(pairs),
            "labels": torch.tensor([x for e in examples for x in e["labels"]], dtype=torch.float32),
            "margins": torch.tensor([x for e in examples for x in e["margins"]], dtype=torch.float32),
            "lengths": torch.tensor([x for e in examples for x in e["lengths"]], dtype=torch.float32),
        }


def pair_loss(
    scores_N: Tensor,
    batch: dict[str, Any],
    control: Length,
    length_term: Tensor,
    length_sd: float,
    center: float = CENTER,
) -> Tensor:
    """Mean over pairs of the cross-entropy of P(first wins) = sigmoid(s_i - s_j - margin + length term).

    A pair whose label is p in [0, 1] counts p for the first text and 1 - p for the second. With one text or
    equal lengths the correlation is 0.
    """
    first, second = batch["pairs"][:, 0], batch["pairs"][:, 1]
    logit_M = scores_N[first] - scores_N[second] - batch["margins"]
    log_length_N = batch["lengths"].clamp(min=1).log() / length_sd
    if control.control == "term":
        logit_M = logit_M + length_term * (log_length_N[first] - log_length_N[second])
    loss: Tensor = nn.functional.binary_cross_entropy_with_logits(logit_M, batch["labels"].to(logit_M.dtype))
    if control.control == "decorrelate":
        loss = loss + control.weight * squared_correlation(scores_N, log_length_N)
    return loss + center * (scores_N**2).mean()


def squared_correlation(x_N: Tensor, y_N: Tensor) -> Tensor:
    """cov(x, y)^2 / ((var x + FLOOR) var y): the squared Pearson correlation, but 0 for scores that are all
    equal.

    >>> round(float(squared_correlation(torch.tensor([10.0, 20.0, 40.0]), torch.tensor([3.0, 2.0, 0.0]))), 3)
    1.0
    >>> float(squared_correlation(torch.zeros(3), torch.tensor([3.0, 2.0, 0.0])))
    0.0
    """
    x_N, y_N = x_N - x_N.mean(), y_N - y_N.mean()
    covariance = (x_N * y_N).mean()
    return covariance**2 / (((x_N**2).mean() + FLOOR) * (y_N**2).mean().clamp(min=FLOOR))


class GroupTrainer(RewardTrainer):  # type: ignore[misc]
    """TRL's RewardTrainer on a dataset whose rows are prompt groups (columns of `GroupCollator`).

    Args:
        control: length control.
        texts_per_pass: texts per forward pass inside a step; a step's texts are sorted by length first.
        length_sd: standard deviation of log length over the training texts.
        length_term: where the length term starts.
        head_rate: learning rate of the scoring head; None = that of the rest.
    """

    def __init__(
        self,
        *args: Any,
        control: Length,
        texts_per_pass: int = 8,
        length_sd: float = 1.0,
        length_term: float = 0.0,
        head_rate: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, data_collator=GroupCollator(), **kwargs)
        self.length_control, self.texts_per_pass, self.length_sd = control, texts_per_pass, length_sd
        self.head_rate = head_rate
        self.length_term = nn.Parameter(torch.tensor(length_term, device=self.args.device))

    def _prepare_dataset(self, dataset: Dataset, *_: Any) -> Dataset:
        """Rows are tokenized already."""
        return dataset

    def _set_signature_columns_if_needed(self) -> None:
        self._signature_columns = ["texts", "pairs", "labels", "margins", "lengths"]

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW: the head at its own rate, the length term at the head's and without decay."""
        rate = self.args.learning_rate
        head_rate = self.head_rate or rate
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        head = [p for n, p in named if n.startswith(("score.", "classifier."))]
        ids = {id(p) for p in head}
        body = [p for _, p in named if id(p) not in ids]
        decay = self.args.weight_decay
        self.optimizer = torch.optim.AdamW(
            [
                {"params": body, "lr": rate, "weight_decay": decay},
                {"params": head, "lr": head_rate, "weight_decay": decay},
                {"params": [self.length_term], "lr": max(head_rate, 1e-2), "weight_decay": 0.0},
            ]
        )
        return self.optimizer

    def scores(self, model: nn.Module, texts: Sequence[Sequence[int]]) -> Tensor:
        """Scores of N texts, (N,), encoded in parts of similar length; gradients flow."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = [order[i : i + self.texts_per_pass] for i in range(0, len(order), self.texts_per_pass)]
        pad, device = self.processing_class.pad_token_id, self.args.device
        found = [
            model(**padded([texts[i] for i in part], pad, device)).logits[:, 0].float() for part in parts
        ]
        back = torch.tensor(order, device=found[0].device).argsort()
        return torch.cat(found)[back]

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The pair loss over the groups of a batch."""
        mode = "train" if self.model.training else "eval"
        with self.compute_loss_context_manager():
            scores_N = self.scores(model, inputs["texts"])
        loss = pair_loss(scores_N, inputs, self.length_control, self.length_term, self.length_sd)
        first, second = inputs["pairs"][:, 0], inputs["pairs"][:, 1]
        right_M = (scores_N[first] > scores_N[second]) == (inputs["labels"] > 0.5)
        self._metrics[mode]["accuracy"].append(right_M.float().mean().item())
        self._metrics[mode]["mean_reward"].append(scores_N.mean().item())
        self._metrics[mode]["length_term"].append(self.length_term.item())
        return (loss, {"logits": scores_N.detach()}) if return_outputs else loss


def log_length_sd(lengths: Sequence[float]) -> float:
    """Standard deviation of the log lengths (in words); 1 where all are equal.

    >>> round(log_length_sd([10, 100]), 3), log_length_sd([5, 5])
    (1.151, 1.0)
    """
    logs = [math.log(max(1.0, length)) for length in lengths]
    mean = sum(logs) / len(logs)
    return math.sqrt(sum((x - mean) ** 2 for x in logs) / len(logs)) or 1.0
