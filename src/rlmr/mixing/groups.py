"""What a rule sees: groups of texts with quality and verdicts, padded, masked and checked.

Axes: P prompts, G texts of one prompt (the group), C constraints of a prompt, 1 a kept dimension.
Everything is float64 or bool on the CPU, whatever the inputs were: a batch is small, the maths wants
the precision, and a GPU would spend more time starting these kernels than running them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Matrix: TypeAlias = Tensor | npt.NDArray[Any] | Sequence[Sequence[float | None] | Tensor | npt.NDArray[Any]]
"""(P, G) numbers: a tensor, an array, or rows; rows may differ in length, and None means unknown."""


@dataclass(frozen=True, slots=True)
class Groups:
    """A batch of groups, ready for a rule. Unknown and absent texts hold 0 and False everywhere."""

    quality_PG: Tensor
    """Writing score, float64, any scale; 0 where not known."""
    severity_PG: Tensor
    """How badly a violator fails, float64 in [0, 1]; 0 for every other text."""
    failed_PG: Tensor
    """Known texts that break a hard constraint, bool."""
    known_PG: Tensor
    """Texts that take part: present, with a finite quality and a decided verdict, bool."""
    present_PG: Tensor
    """Texts that exist; False is padding of a shorter group, bool."""
    n_P1: Tensor
    """Known texts per group, float64 count."""
    f_P1: Tensor
    """Violators per group, float64 count."""

    @property
    def some_P1(self) -> Tensor:
        """Groups with violators and compliant texts, bool."""
        return (self.f_P1 > 0) & (self.f_P1 < self.n_P1)

    @property
    def all_P1(self) -> Tensor:
        """Groups whose known texts all fail, bool."""
        return (self.f_P1 > 0) & (self.f_P1 == self.n_P1)

    def at(self, rows_P: Tensor) -> Groups:
        """The groups where the bool mask `rows_P` is True."""
        return Groups(**{field.name: getattr(self, field.name)[rows_P] for field in fields(self)})


def make_groups(
    quality: Matrix, passed: Matrix, unknown: Matrix | None = None, severity: Matrix | None = None
) -> Groups:
    """Check and mask the columns of a batch.

    A text is unknown where its quality is NaN, None or infinite (a score that overflowed is a fault
    of the scorer, not a judgement), where `unknown` says so, or where `passed` is NaN or None.
    `severity` defaults to 1 for every violator; it is read for known violators only.

    Raises ValueError for shapes that differ, and for values of `passed`, `unknown` and `severity`
    outside their range.

    >>> groups = make_groups([[1.0, 2.0, None], [3.0]], [[True, False, True], [True]])
    >>> groups.known_PG.tolist()
    [[True, True, False], [True, False, False]]
    """
    quality_PG, present_PG = to_matrix("quality", quality)
    passed_PG = _like("passed", passed, quality_PG, present_PG)
    no_PG = passed_PG == 0
    decided_PG = (passed_PG == 1) | no_PG
    _must(decided_PG | (passed_PG != passed_PG), "passed", passed_PG, "0, 1 or NaN")
    known_PG = present_PG & decided_PG & (quality_PG.abs() < torch.inf)
    if unknown is not None:
        unknown_PG = _like("unknown", unknown, quality_PG, present_PG)
        _must((unknown_PG == 0) | (unknown_PG == 1) | ~present_PG, "unknown", unknown_PG, "0 or 1")
        known_PG = known_PG & (unknown_PG == 0)
    failed_PG = known_PG & no_PG
    severity_PG = failed_PG.double()
    f_P1 = severity_PG.sum(1, keepdim=True)
    if severity is not None:
        given_PG = _like("severity", severity, quality_PG, present_PG)
        inside_PG = (given_PG >= 0) & (given_PG <= 1)
        _must(inside_PG | ~failed_PG, "severity", given_PG, "from 0 to 1 for every known violator")
        severity_PG = torch.where(failed_PG, given_PG, severity_PG)
    return Groups(
        quality_PG=quality_PG.nan_to_num(0.0, 0.0, 0.0) * known_PG,
        severity_PG=severity_PG,
        failed_PG=failed_PG,
        known_PG=known_PG,
        present_PG=present_PG,
        n_P1=known_PG.sum(1, keepdim=True).double(),
        f_P1=f_P1,
    )


def to_matrix(name: str, value: Matrix) -> tuple[Tensor, Tensor]:
    """(P, G) float64 values and the bool mask of those that are not padding.

    None becomes NaN; a shorter row is filled with NaN. Raises ValueError if `value` is no table of
    numbers with at least one row and one column.

    >>> to_matrix("quality", [[1, 2], [3]])[0].tolist()
    [[1.0, 2.0], [3.0, nan]]
    """
    if isinstance(value, Tensor):
        matrix_PG = value.detach().to("cpu", torch.float64)
    elif isinstance(value, np.ndarray) and value.dtype != np.object_:
        matrix_PG = torch.from_numpy(np.array(value, dtype=np.float64))
    else:
        return _from_rows(name, value)
    if matrix_PG.ndim != 2 or 0 in matrix_PG.shape:
        raise ValueError(f"{name} must have shape (P, G), both at least 1; got {tuple(matrix_PG.shape)}")
    return matrix_PG, torch.ones(matrix_PG.shape, dtype=torch.bool)


def _from_rows(name: str, value: Any) -> tuple[Tensor, Tensor]:
    """`to_matrix` for a sequence of rows."""
    try:
        rows = [row.tolist() if isinstance(row, Tensor | np.ndarray) else list(row) for row in value]
        lengths = [len(row) for row in rows]
        flat = [float("nan") if x is None else float(x) for x in chain.from_iterable(rows)]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be P rows of G numbers; {error}") from error
    if not flat:
        raise ValueError(f"{name} must hold at least one group of at least one text; got {len(rows)} rows")
    present_PG = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    matrix_PG = torch.full(present_PG.shape, torch.nan, dtype=torch.float64)
    matrix_PG[present_PG] = torch.tensor(flat, dtype=torch.float64)
    return matrix_PG, present_PG


def _like(name: str, value: Matrix, quality_PG: Tensor, present_PG: Tensor) -> Tensor:
    """A column with the shape of quality; ragged rows must have the lengths that quality has."""
    matrix_PG, there_PG = to_matrix(name, value)
    if matrix_PG.shape != quality_PG.shape:
        given, wanted = tuple(matrix_PG.shape), tuple(quality_PG.shape)
        raise ValueError(f"{name} has shape {given}, but quality has shape {wanted} (P, G)")
    if (present_PG & ~there_PG).any():
        p = int((present_PG & ~there_PG).any(1).nonzero()[0])
        there, wants = int(there_PG[p].sum()), int(present_PG[p].sum())
        raise ValueError(f"{name} has {there} texts in group {p}, but quality has {wants}")
    return matrix_PG


def _must(good_PG: Tensor, name: str, value_PG: Tensor, allowed: str) -> None:
    """Raise ValueError at the first entry that is not good."""
    if not good_PG.all():
        p, g = (~good_PG).nonzero()[0].tolist()
        raise ValueError(f"{name} must be {allowed}; got {float(value_PG[p, g])} for text {g} of group {p}")
