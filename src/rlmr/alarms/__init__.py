"""Alarms: what a run's metrics show that somebody should look at.

They audit. Each is a pure function of the lines of `metrics.jsonl`, so a run that goes on, one that was
resumed, and a record of long ago give the same events; none of them changes what is learned. `ALARMS` names
them, a recipe's `alarms` block tunes them (docs/alarms.md).
"""

from rlmr.alarms.base import Alarm, Line
from rlmr.alarms.table import ALARMS, choose_alarms, to_specs
from rlmr.alarms.unknown import PAUSE, UnknownPause
from rlmr.alarms.watch import Event, Watch, events_of

__all__ = [
    "ALARMS",
    "PAUSE",
    "Alarm",
    "Event",
    "Line",
    "UnknownPause",
    "Watch",
    "choose_alarms",
    "events_of",
    "to_specs",
]
