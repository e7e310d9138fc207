"""The estimate as a table for a terminal."""

from __future__ import annotations

from rlmr.memory.estimate import GIB, PHASES, Estimate
from rlmr.memory.fit import Fit

WIDTH = 9
"""Columns of one phase."""


def table(found: Estimate) -> list[str]:
    """Lines: a part in each row, a phase in each column, GiB.

    >>> print(*table(Estimate({"generate": {"weights": GIB}, "score": {}, "learn": {"weights": GIB // 2},
    ...                        "update": {}})), sep=chr(10))
    GiB per device     generate    score    learn   update
    weights                1.00        -     0.50        -
    total                  1.00     0.00     0.50     0.00
    """
    names = list(dict.fromkeys(name for phase in PHASES for name in found.phases[phase]))
    left = max(len(name) for name in [*names, "GiB per device  "]) + 2
    lines = ["GiB per device".ljust(left) + "".join(phase.rjust(WIDTH) for phase in PHASES)]
    for name in names:
        cells = [found.phases[phase].get(name) for phase in PHASES]
        lines.append(name.ljust(left) + "".join(_cell(size).rjust(WIDTH) for size in cells))
    totals = [found.total(phase) for phase in PHASES]
    lines.append("total".ljust(left) + "".join(_cell(size).rjust(WIDTH) for size in totals))
    return lines


def _cell(size: int | None) -> str:
    return "-" if size is None else f"{size / GIB:.2f}"


def verdict(found: Fit) -> str:
    """One sentence: the peak, the device, what is left."""
    peak, usable, capacity = found.estimate.peak / GIB, found.usable / GIB, found.capacity / GIB
    where = f"{peak:.1f} GiB to {found.estimate.busiest}; {usable:.1f} of {capacity:.1f} GiB are for tensors"
    return f"peak {where}: {'does not fit' if found.problem else 'fits'}"
