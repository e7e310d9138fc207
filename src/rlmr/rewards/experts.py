"""Linear scorers of preferences, solved in the space of the training texts, and their weighted sum.

score = K a, with K the Gram matrix of N texts, so that 36,000 features cost no more than three. Legend: N
texts, R <= N directions of K, E experts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from rlmr.rewards.settings import Length
from rlmr.rewards.trainer import GroupCollator, pair_loss

PENALTIES = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5)
"""Weights of |b|^2 beside the mean loss of a pair that are tried, the strongest first; a reading's features
are scaled to a mean square of 1 per text."""

FOLDS = 5
STEPS = 40
"""LBFGS steps from the last penalty's solution."""
LEAST_EIGENVALUE = 1e-6
"""Directions of the texts below this share of the largest are left out."""


Objective = Callable[[Tensor, Tensor], Tensor]
"""The mean loss of weights (R,) and a length term."""


class Expert:
    """A penalised linear scorer on one Gram matrix, its penalty chosen by the loss on rows left out."""

    def __init__(
        self, gram_NN: Tensor, rows: Sequence[dict[str, Any]], control: Length, length_sd: float
    ) -> None:
        values_R, basis_NR = torch.linalg.eigh(gram_NN)
        kept = values_R > LEAST_EIGENVALUE * values_R.max().clamp(min=1e-12)
        root_R, basis_NR = values_R[kept].sqrt(), basis_NR[:, kept]
        points_NR = basis_NR * root_R
        parts = torch.split(points_NR, [len(row["texts"]) for row in rows])
        self.held_out_N = torch.zeros(len(gram_NN), dtype=torch.float64)
        tried = 1
        if len(rows) >= FOLDS:
            tried, self.held_out_N = _held_out(parts, rows, control, length_sd)
        whole = _objective(points_NR, rows, control, length_sd)
        solver = _Solver(whole, points_NR.shape[1])
        direction_R = [solver(penalty) for penalty in PENALTIES[:tried]][-1][0]
        if len(rows) < FOLDS:
            self.held_out_N = points_NR @ direction_R
        self.dual_N = basis_NR @ (direction_R / root_R)


def _objective(
    points_NR: Tensor, rows: Sequence[dict[str, Any]], control: Length, length_sd: float
) -> Objective:
    batch = GroupCollator()(rows)
    return lambda weight_R, term: pair_loss(points_NR @ weight_R, batch, control, term, length_sd)


class _Solver:
    """Minimises an objective + penalty * |weight|^2 for one penalty after another, each from the solution
    before; LBFGS, in float64."""

    def __init__(self, objective: Objective, size: int, start: float = 0.0) -> None:
        self.objective = objective
        self.weight = torch.full((size,), start, dtype=torch.float64, requires_grad=True)
        self.term = torch.zeros((), dtype=torch.float64, requires_grad=True)

    def __call__(self, penalty: float) -> tuple[Tensor, Tensor]:
        """The weights, (size,), and the length term."""
        solver = torch.optim.LBFGS([self.weight, self.term], max_iter=STEPS, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            solver.zero_grad()
            value = self.objective(self.weight, self.term) + penalty * (self.weight @ self.weight)
            value.backward()  # type: ignore[no-untyped-call]
            return value

        solver.step(closure)  # type: ignore[no-untyped-call]
        return self.weight.detach().clone(), self.term.detach().clone()


def _held_out(
    parts: Sequence[Tensor], rows: Sequence[dict[str, Any]], control: Length, length_sd: float
) -> tuple[int, Tensor]:
    """How many `PENALTIES` to go down to the one with the least mean loss on rows left out of the fit, over
    `FOLDS` folds of whole rows, and the scores, (N,), of all texts by the fits that left them out."""
    folds = []
    for fold in range(FOLDS):
        kept = [i for i in range(len(rows)) if i % FOLDS != fold]
        out = [i for i in range(len(rows)) if i % FOLDS == fold]
        fit, check = (
            _objective(torch.cat([parts[i] for i in side]), [rows[i] for i in side], control, length_sd)
            for side in (kept, out)
        )
        folds.append((_Solver(fit, parts[0].shape[1]), check, out))
    least, best, scores_N = float("inf"), 1, torch.empty(0)
    for number, penalty in enumerate(PENALTIES, 1):
        value, scores = 0.0, [torch.empty(0)] * len(rows)
        for solver, check, out in folds:
            weight_R, term = solver(penalty)
            value += check(weight_R, term).item() / FOLDS
            for i in out:
                scores[i] = parts[i] @ weight_R
        if value < least:
            least, best, scores_N = value, number, torch.cat(scores)
        elif number > best + 1:
            break
    return best, scores_N


def stack(
    held_out: Sequence[Tensor], rows: Sequence[dict[str, Any]], control: Length, length_sd: float
) -> tuple[Tensor, float]:
    """Weights >= 0 of the experts' held-out scores, (E,), and the length term, with the least loss."""
    scores_NE = torch.stack(list(held_out), dim=1)
    batch = GroupCollator()(rows)

    def objective(root_E: Tensor, term: Tensor) -> Tensor:
        return pair_loss(scores_NE @ root_E**2, batch, control, term, length_sd)

    root_E, term = _Solver(objective, len(held_out), start=len(held_out) ** -0.5)(0.0)
    return root_E**2, term.item()
