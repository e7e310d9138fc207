"""What an alarm is: a few thresholds, and a pure function of a run's metrics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

Line = Mapping[str, Any]
"""The metrics of one step, as `metrics.jsonl` has them; a number without data is None or NaN."""


class Alarm(ABC):
    """One thing to watch. A subclass is a frozen dataclass: its fields are its thresholds.

    Alarms audit: they say what a record shows, after the fact and over several steps. None of them decides
    anything about the training.
    """

    name: ClassVar[str]
    """Under which a recipe tunes it, and `alarm/NAME` in the metrics."""
    needs: ClassVar[tuple[str, ...]]
    """Metrics that a step must have; steps without them are left out of `lines`."""

    @abstractmethod
    def check(self, lines: Sequence[Line]) -> str:
        """Why it is on after the newest of `lines` (at least one), in one sentence; empty while it is off."""


def column(lines: Sequence[Line], name: str) -> list[float]:
    """One metric of some steps that have it."""
    return [float(line[name]) for line in lines]


def check_fields(alarm: Alarm, **limits: tuple[float, float]) -> None:
    """Raise ValueError for a field outside of [low, high], or a window that is no whole number above 1."""
    for field, (low, high) in limits.items():
        value = getattr(alarm, field)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and low <= value <= high):
            raise ValueError(
                f"alarms.{alarm.name}.{field}: {value!r} is not allowed; from {low:g} to {high:g}"
            )
    window = getattr(alarm, "window", 2)
    if not (isinstance(window, int) and not isinstance(window, bool) and window >= 2):
        raise ValueError(f"alarms.{alarm.name}.window: {window!r} is not allowed; a whole number from 2")
