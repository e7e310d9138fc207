"""The alarms by name, and a recipe's `alarms` block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from rlmr.alarms.base import Alarm
from rlmr.alarms.duplicates import DuplicateTexts
from rlmr.alarms.entropy import EntropyCollapse
from rlmr.alarms.length import LengthDrift
from rlmr.alarms.shadow import ShadowFalls
from rlmr.alarms.unknown import UnknownTexts
from rlmr.alarms.variance import OneColumn
from rlmr.names import nearest

ALARMS: dict[str, type[Alarm]] = {
    "unknown": UnknownTexts,
    "length": LengthDrift,
    "shadow": ShadowFalls,
    "entropy": EntropyCollapse,
    "duplicates": DuplicateTexts,
    "variance": OneColumn,
}
"""Every alarm, by the name that a recipe uses."""

ONE_COLUMN_RULES = ("writing_only", "verifier_only")
"""Rules that are of one column by their definition."""


def choose_alarms(chosen: bool | Mapping[str, Any] = True, rule: str = "") -> tuple[Alarm, ...]:
    """The alarms that an `alarms` block asks for.

    Args:
        chosen: True = all as they are, False = none; or, by name, False for one that stays off, True, or the
            thresholds that differ. Names that are not mentioned are on.
        rule: the run's mixing rule; under one of a single column `variance` is off unless it is named.

    Raises ValueError for an unknown name or threshold, and for one that is not allowed.

    >>> [alarm.name for alarm in choose_alarms({"length": False, "variance": {"above": 0.95}})]
    ['unknown', 'shadow', 'entropy', 'duplicates', 'variance']
    >>> choose_alarms({"lenght": False})
    Traceback (most recent call last):
    ValueError: alarms: unknown alarm 'lenght'; did you mean 'length'?
    """
    if isinstance(chosen, bool):
        chosen = {} if chosen else dict.fromkeys(ALARMS, False)
    for name in chosen:
        if name not in ALARMS:
            raise ValueError(f"alarms: unknown alarm {name!r}; {nearest(name, ALARMS)}")
    unless_named = {"variance": False} if rule in ONE_COLUMN_RULES else {}
    settings: dict[str, Any] = {**unless_named, **chosen}
    return tuple(_make(name, settings.get(name, True)) for name in ALARMS if settings.get(name) is not False)


def _make(name: str, setting: object) -> Alarm:
    kind = ALARMS[name]
    if setting is True:
        return kind()
    if not isinstance(setting, Mapping):
        raise ValueError(f"alarms.{name}: {setting!r} is not allowed; give true, false or thresholds")
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in setting:
        if key not in known:
            raise ValueError(f"alarms.{name}: unknown threshold {key!r}; {nearest(key, known)}")
    return kind(**setting)


def to_specs(alarms: Iterable[Alarm]) -> dict[str, Any]:
    """The `alarms` block that says all of it: every alarm by name, False for those that are off.

    >>> to_specs(choose_alarms(False))["length"]
    False
    >>> choose_alarms(to_specs(choose_alarms({"entropy": {"floor": 0.2}})))[3].floor
    0.2
    """
    on = {alarm.name: asdict(alarm) for alarm in alarms}  # type: ignore[call-overload]
    return {name: on.get(name, False) for name in ALARMS}
