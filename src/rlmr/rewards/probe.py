"""Where the fine-tuning of an encoder starts: its head fitted on the untouched encoder's mean states.

Fitting the head first keeps a new, random head from spoiling the encoder in the first steps (linear probing,
then fine-tuning: Kumar et al., arXiv 2202.10054). It is one pass over the texts and a convex problem of
hidden + 1 numbers. Legend: N texts, H mean states of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rlmr.rewards.encoder import EncoderForSequenceClassification
from rlmr.rewards.render import padded
from rlmr.rewards.trainer import GroupCollator, PairLoss, pair_loss

PENALTIES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
"""Weights of |w|^2 beside the mean loss of a pair that are tried; the best in cross-validation by group is
taken."""

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Head:
    """score = weight . (states - center) / scale."""

    center: Tensor
    """(H,)"""
    scale: Tensor
    """(H,)"""
    weight: Tensor
    """(H,)"""
    length_term: float
    """What the loss's length term came to; 0 without one."""
    penalty: float
    """Which of `PENALTIES` was taken."""

    def __call__(self, states_NH: Tensor) -> Tensor:
        """Scores, (N,)."""
        return (states_NH - self.center) / self.scale @ self.weight


def fit_head(
    model: EncoderForSequenceClassification, rows: Sequence[dict[str, Any]], loss: PairLoss, length_sd: float
) -> float:
    """Set the model's center, scale and head from the training rows; returns the length term.

    Args:
        model: an untrained model.
        rows: prompt groups, in the columns of `GroupCollator`.
        loss: what training will minimise; the head minimises the same, over all rows at once.
        length_sd: standard deviation of log length.
    """
    head = find_head(pool(model, [ids for row in rows for ids in row["texts"]]), rows, loss, length_sd)
    with torch.no_grad():
        model.center.copy_(head.center)
        model.scale.copy_(head.scale)
        model.score.weight.copy_(head.weight[None])
        model.score.bias.zero_()
    return head.length_term


def find_head(states_NH: Tensor, rows: Sequence[dict[str, Any]], loss: PairLoss, length_sd: float) -> Head:
    """The head for mean states that stand in the rows' order, its penalty chosen in cross-validation by
    row."""
    center, scale = states_NH.mean(0), states_NH.std(0).clamp(min=1e-3)
    parts = torch.split((states_NH - center) / scale, [len(row["texts"]) for row in rows])
    penalty = max(PENALTIES)
    if len(rows) >= FOLDS:
        penalty = min(PENALTIES, key=lambda p: _held_out(parts, rows, loss, length_sd, p))
    weight_H, length_term = solve(parts, rows, loss, length_sd, penalty)
    return Head(center, scale, weight_H, length_term, penalty)


def solve(
    parts: Sequence[Tensor], rows: Sequence[dict[str, Any]], loss: PairLoss, length_sd: float, penalty: float
) -> tuple[Tensor, float]:
    """The weights, (H,), and the length term that minimise the pair loss + penalty * |w|^2 on standardised
    states.

    `parts` has one (N, H) block per row. LBFGS from 0.
    """
    states_NH = torch.cat(list(parts))
    batch = GroupCollator()(rows)
    batch = {name: batch[name].to(states_NH.device) for name in ("pairs", "labels", "margins", "lengths")}
    weight_H = torch.zeros(states_NH.shape[1], device=states_NH.device, requires_grad=True)
    length_term = torch.zeros((), device=states_NH.device, requires_grad=True)
    solver = torch.optim.LBFGS([weight_H, length_term], max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        value = pair_loss(states_NH @ weight_H, batch, loss, length_term, length_sd)
        value = value + penalty * (weight_H @ weight_H)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    solver.step(closure)  # type: ignore[no-untyped-call]
    return weight_H.detach(), length_term.item()


def _held_out(
    parts: Sequence[Tensor], rows: Sequence[dict[str, Any]], loss: PairLoss, length_sd: float, penalty: float
) -> float:
    """Mean pair loss on rows left out of the fit, over `FOLDS` folds of whole rows."""
    losses = []
    for fold in range(FOLDS):
        kept = [i for i in range(len(rows)) if i % FOLDS != fold]
        out = [i for i in range(len(rows)) if i % FOLDS == fold]
        weight_H, term = solve([parts[i] for i in kept], [rows[i] for i in kept], loss, length_sd, penalty)
        batch = GroupCollator()([rows[i] for i in out])
        scores_N = torch.cat([parts[i] for i in out]) @ weight_H
        losses.append(pair_loss(scores_N, batch, loss, torch.tensor(term), length_sd).item())
    return sum(losses) / FOLDS


@torch.no_grad()
def pool(model: EncoderForSequenceClassification, texts: Sequence[Sequence[int]], size: int = 8) -> Tensor:
    """The untouched encoder's mean states of N texts, (N, H), in their order."""
    model.eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = []
    for start in range(0, len(order), size):
        batch = padded([texts[i] for i in order[start : start + size]], 0, model.device)
        found.append(model.pooled(batch["input_ids"], batch["attention_mask"]))
    back = torch.tensor(order).argsort()
    return torch.cat(found)[back.to(found[0].device)]
