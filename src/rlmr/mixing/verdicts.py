"""From one verdict per constraint to what a mix needs of each text.

Axes: P prompts, G texts of one prompt (the group), C constraints of a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

ROLES = ("hard", "soft", "probe", "absent")
"""hard decides, soft adds to quality, probe is only logged, absent: the prompt has no such constraint."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """What the verdicts say about each text. A text is exactly one of passed, unknown and failed."""

    passed_PG: Tensor
    """No hard constraint fails and none is unknown, bool."""
    unknown_PG: Tensor
    """No hard constraint fails, but one is unknown, bool."""
    severity_PG: Tensor
    """Weighted share of the prompt's hard constraints that failed, 0 to 1, float64."""
    soft_PG: Tensor
    """Weighted share of the soft constraints that passed, 0 to 1, float64: to be added to quality, times
    a factor in its units. 0 without soft constraints; NaN where one of them is unknown."""


def reduce_verdicts(
    verdicts_PGC: Tensor | npt.NDArray[Any] | Sequence[Any],
    role_PC: Sequence[Sequence[str]] | npt.NDArray[Any],
    weight_PC: Tensor | npt.NDArray[Any] | Sequence[Sequence[float]] | None = None,
) -> Reduced:
    """Fold the verdicts of each text into passed, unknown, severity and the soft share.

    `verdicts_PGC` holds 1 for pass, 0 for fail, NaN or None for unknown; `role_PC` one of `ROLES` for
    each constraint of each prompt; `weight_PC` its weight (1 where not given). Nested lists may be
    ragged in every direction: prompts with fewer constraints are filled up with `absent` ones, whose
    verdicts do not count, groups with fewer texts with texts whose verdicts are unknown.

    A text fails as soon as one hard constraint fails, whatever is unknown beside it. Without hard
    constraints every text passes. The weights of unknown hard constraints stay in the denominator of
    severity, so a failure is never made to look worse by what is not known.

    Raises ValueError for other values, unknown roles, weights that are not finite and positive, and
    shapes that do not fit.

    >>> reduced = reduce_verdicts([[[1, 0], [1, None]]], [["hard", "hard"]], [[1.0, 3.0]])
    >>> reduced.passed_PG.tolist(), reduced.unknown_PG.tolist(), reduced.severity_PG.tolist()
    ([[False, False]], [[False, True]], [[0.75, 0.0]])
    """
    verdict_PGC = _verdicts(verdicts_PGC)
    role_P1C, weight_P1C = _roles(role_PC, weight_PC, verdict_PGC)
    unknown_PGC = verdict_PGC.isnan()
    counted_PGC = (role_P1C < ROLES.index("absent")).expand_as(verdict_PGC)
    _check_verdicts(verdict_PGC, counted_PGC)
    hard_P1C, soft_P1C = role_P1C == ROLES.index("hard"), role_P1C == ROLES.index("soft")
    failed_PGC = hard_P1C & (verdict_PGC == 0)
    failed_PG = failed_PGC.any(2)
    unknown_PG = ~failed_PG & (hard_P1C & unknown_PGC).any(2)
    weight_P1C = torch.where(hard_P1C | soft_P1C, weight_P1C, 1.0)
    weight_P1C = weight_P1C / weight_P1C.amax(2, keepdim=True)
    hard_weight_P1 = (weight_P1C * hard_P1C).sum(2)
    soft_weight_P1 = (weight_P1C * soft_P1C).sum(2)
    severity_PG = (weight_P1C * failed_PGC).sum(2) / torch.where(hard_weight_P1 > 0, hard_weight_P1, 1.0)
    soft_PG = torch.where(soft_P1C, weight_P1C * verdict_PGC, 0.0).sum(2)
    soft_PG = soft_PG / torch.where(soft_weight_P1 > 0, soft_weight_P1, 1.0)
    return Reduced(~failed_PG & ~unknown_PG, unknown_PG, severity_PG.clamp(max=1), soft_PG)


def _verdicts(value: Any) -> Tensor:
    """(P, G, C) float64 verdicts; None and padding are NaN."""
    if isinstance(value, Tensor):
        verdict_PGC = value.detach().to("cpu", torch.float64)
    elif isinstance(value, np.ndarray) and value.dtype != np.object_:
        verdict_PGC = torch.from_numpy(np.array(value, dtype=np.float64))
    else:
        verdict_PGC = _nested(value)
    if verdict_PGC.ndim != 3 or 0 in verdict_PGC.shape[:2]:
        shape = tuple(verdict_PGC.shape)
        raise ValueError(f"verdicts must have shape (P, G, C), P and G at least 1; got {shape}")
    if verdict_PGC.shape[2] == 0:
        return torch.full((*verdict_PGC.shape[:2], 1), torch.nan, dtype=torch.float64)
    return verdict_PGC


def _nested(value: Any) -> Tensor:
    """Nested lists of verdicts, ragged in G and C, as one padded tensor."""
    try:
        rows = [[[torch.nan if v is None else float(v) for v in text] for text in group] for group in value]
    except (TypeError, ValueError) as error:
        raise ValueError(f"verdicts must be P groups of G texts of C verdicts; {error}") from error
    for p, group in enumerate(rows):
        if len({len(text) for text in group}) > 1:
            raise ValueError(f"texts of group {p} have different numbers of verdicts; all need the same")
    size_G = max(map(len, rows), default=0)
    size_C = max((len(text) for group in rows for text in group), default=0)
    for group in rows:
        group += [[] for _ in range(size_G - len(group))]
        for text in group:
            text += [torch.nan] * (size_C - len(text))
    return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), size_G, size_C)


def _roles(role_PC: Any, weight_PC: Any, verdict_PGC: Tensor) -> tuple[Tensor, Tensor]:
    """(P, 1, C) codes into ROLES and weights; where a prompt has fewer than C, absent with weight 1."""
    size_P, _, size_C = verdict_PGC.shape
    weights = [[1.0] * len(row) for row in role_PC] if weight_PC is None else weight_PC
    if len(role_PC) != size_P or len(weights) != size_P:
        given = f"roles for {len(role_PC)} and weights for {len(weights)} prompts"
        raise ValueError(f"{given}, but verdicts for {size_P}; there must be as many of each")
    codes: list[list[int]] = []
    values: list[list[float]] = []
    for p, (names, row) in enumerate(zip(role_PC, weights, strict=True)):
        if len(names) > size_C or len(row) != len(names):
            given = f"{len(names)} roles and {len(row)} weights"
            raise ValueError(
                f"prompt {p} has {given}, but at most {size_C} verdicts; there must be one of each"
            )
        for name, weight in zip(names, row, strict=True):
            if str(name) not in ROLES:
                raise ValueError(f"role must be one of {', '.join(ROLES)}; got {name!r} for prompt {p}")
            if not 0 < float(weight) < torch.inf:
                raise ValueError(f"weight must be finite and above 0; got {float(weight)} for prompt {p}")
        missing = size_C - len(names)
        codes.append([ROLES.index(str(name)) for name in names] + [-1] * missing)
        values.append([float(weight) for weight in row] + [1.0] * missing)
    code_P1C = torch.tensor(codes)[:, None]
    extra_PG = ((code_P1C < 0) & ~verdict_PGC.isnan()).any(2)
    if extra_PG.any():
        p = int(extra_PG.any(1).nonzero()[0])
        raise ValueError(
            f"prompt {p} has {len(role_PC[p])} roles for more verdicts; there must be one of each"
        )
    code_P1C = torch.where(code_P1C < 0, ROLES.index("absent"), code_P1C)
    return code_P1C, torch.tensor(values, dtype=torch.float64)[:, None]


def _check_verdicts(verdict_PGC: Tensor, counted_PGC: Tensor) -> None:
    """Raise ValueError for a verdict that is not 0, 1 or NaN."""
    bad_PGC = counted_PGC & ~((verdict_PGC == 0) | (verdict_PGC == 1) | verdict_PGC.isnan())
    if bad_PGC.any():
        p, g, c = bad_PGC.nonzero()[0].tolist()
        raise ValueError(f"verdicts must be 0, 1 or NaN; got {float(verdict_PGC[p, g, c])} at {(p, g, c)}")
