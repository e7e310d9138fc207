"""Alarms over a run: while it goes on, and over its record afterwards, by the same lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlmr.alarms.base import Alarm, Line
from rlmr.alarms.table import choose_alarms

CALM = 10
"""Steps in a row that must be calm before an alarm is off again: one that hovers at its threshold speaks
once."""


@dataclass(frozen=True, slots=True)
class Event:
    """An alarm that went on or off."""

    step: int
    """The step after which."""
    alarm: str
    """Its name."""
    on: bool
    """False: it is off again."""
    why: str
    """What it says, in one sentence; empty where it went off."""

    def __str__(self) -> str:
        """For a person.

        >>> print(Event(20, "length", True, "texts have 60 words"))
        step 20: alarm length: texts have 60 words
        """
        return (
            f"step {self.step}: alarm {self.alarm}: {self.why}"
            if self.on
            else (f"step {self.step}: alarm {self.alarm} is off again")
        )


class Watch:
    """All alarms of a run, step by step. Equal lines give equal events, whoever reads them.

    >>> watch = Watch(choose_alarms({"unknown": {"above": 0.3}}))
    >>> shares = (0.1, 0.9, 0.9)
    >>> [len(watch.watch({"step": i, "unknown_share": share})) for i, share in enumerate(shares)]
    [0, 1, 0]
    >>> watch.metrics()
    {'alarm/unknown': 1.0}
    """

    def __init__(self, alarms: Sequence[Alarm] = ()) -> None:
        self.alarms = tuple(alarms)
        self.on: dict[str, str] = {}
        """What the alarms that are on say, by name: the newest sentence."""
        self._calm: dict[str, int] = {}
        self._lines: dict[str, list[Line]] = {alarm.name: [] for alarm in self.alarms}

    @property
    def message(self) -> str:
        """What all that are on say; empty where none is."""
        return "; ".join(f"alarm {name}: {why}" for name, why in self.on.items())

    def watch(self, line: Line) -> list[Event]:
        """Take a step's metrics (with its `step`): the alarms that went on or off because of it.

        A step that lacks a metric that an alarm needs changes nothing for that alarm.
        """
        events = []
        for alarm in self.alarms:
            if not all(_known(line.get(name)) for name in alarm.needs):
                continue
            lines = self._lines[alarm.name]
            lines.append(line)
            why, name, was_on = alarm.check(lines), alarm.name, alarm.name in self.on
            self._calm[name] = 0 if why else self._calm.get(name, 0) + 1
            if why:
                self.on[name] = why
            elif self._calm[name] >= CALM:
                self.on.pop(name, None)
            if (name in self.on) != was_on:
                events.append(Event(int(line["step"]), name, not was_on, why))
        return events

    def metrics(self) -> dict[str, float]:
        """For the record: `alarm/NAME` is 1 while it is on, and not there while it is off."""
        return {f"alarm/{name}": 1.0 for name in sorted(self.on)}


def _known(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def events_of(metrics: Iterable[Line], config: Mapping[str, Any] | None = None) -> list[Event]:
    """What went on and off in a recorded run, in order: `Run.metrics` and `Run.config`.

    Without a config, or with one of a run from before there were alarms, by their default thresholds.
    """
    config = config or {}
    rule = str((config.get("mixing") or {}).get("rule", ""))
    watch = Watch(choose_alarms(config.get("alarms", True), rule))
    return [event for line in metrics for event in watch.watch(line)]
