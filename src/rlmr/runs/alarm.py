"""An alarm for a policy that drifts into what is unknown: texts that nobody could decide teach nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from statistics import fmean

UNKNOWN_ALARM = 0.3
"""Share of unknown texts that is too much, where nothing else is said."""

WINDOW = 10
"""Steps that the share is a mean of."""

PAUSE = 0.5
"""Share of unknown texts at which a run pauses, where nothing else is said."""

PAUSE_WINDOW = 3
"""Steps that must be so, in the mean, before a run pauses; one without any known text is enough."""

RISE = 0.1
"""How far the share may rise above that of the run's first steps."""


class UnknownAlarm:
    """Watches the share of unknown texts, step by step.

    It goes off where the mean share of the last `WINDOW` steps is above `threshold` (0 to 1), or more than
    `RISE` above that of the first `WINDOW` steps and twice as high: a policy learns to write what a verifier
    cannot decide long before most of its texts are so. It says so once, and again after it was quiet.

    >>> alarm = UnknownAlarm(0.3)
    >>> [alarm.watch({"unknown_share": share}) for share in (0.1, 0.9, 0.9)]
    [False, True, False]
    >>> alarm.metrics()
    {'alarm/unknown': 1.0}
    """

    def __init__(self, threshold: float = UNKNOWN_ALARM) -> None:
        self.threshold = threshold
        self.message = ""
        """One sentence for a person while the alarm is on; else empty."""
        self._first: list[float] = []
        self._last: deque[float] = deque(maxlen=WINDOW)

    def watch(self, metrics: Mapping[str, float | None]) -> bool:
        """Take a step's metrics: whether the alarm has just gone off. Without a share nothing changes."""
        share = metrics.get("unknown_share")
        if share is None or share != share:
            return False
        self._last.append(share)
        if len(self._first) < WINDOW:
            self._first.append(share)
        was_on, now, before = bool(self.message), fmean(self._last), fmean(self._first)
        if now > self.threshold:
            why = f"above {self.threshold:.0%}"
        elif now > before + RISE and now > 2 * before:
            why = f"{before:.0%} in the first {len(self._first)}"
        else:
            self.message = ""
            return False
        self.message = (
            f"alarm: {now:.0%} of the texts of the last {len(self._last)} steps are unknown ({why}) and "
            f"teach nothing; most of them: {_most(metrics)}"
        )
        return not was_on

    def metrics(self) -> dict[str, float]:
        """For the record: 1 while the alarm is on, else nothing."""
        return {"alarm/unknown": 1.0} if self.message else {}


class UnknownPause:
    """Says when a run should stop and wait: it trains on too little that is known, or on nothing.

    The share is a mean over the last `PAUSE_WINDOW` steps of this process; `threshold` (0 to 1) None = never.

    >>> pause = UnknownPause(0.5)
    >>> [bool(pause.watch({"unknown_share": share})) for share in (0.9, 0.5, 0.0, 0.9, 0.8, 1.0)]
    [False, False, False, False, True, True]
    """

    def __init__(self, threshold: float | None = PAUSE) -> None:
        self.threshold = threshold
        self._last: deque[float] = deque(maxlen=PAUSE_WINDOW)

    def watch(self, metrics: Mapping[str, float | None]) -> str:
        """Take a step's metrics: why the run should pause, in a sentence; empty where it should not."""
        share = metrics.get("unknown_share")
        if self.threshold is None or share is None or share != share:
            return ""
        self._last.append(share)
        now = fmean(self._last)
        if share == 1.0:
            what = "all texts of the last step are unknown"
        elif len(self._last) == PAUSE_WINDOW and now > self.threshold:
            share_of = f"{now:.0%} of the texts of the last {PAUSE_WINDOW} steps"
            what = f"{share_of} are unknown (above {self.threshold:.0%})"
        else:
            return ""
        return f"{what}; most of them: {_most(metrics)}"


def _most(metrics: Mapping[str, float | None]) -> str:
    """The most frequent cause of the step.

    >>> _most({"unknown/judge_timeout": 0.5, "unknown/too_long": 0.1})
    'judge timeout'
    """
    causes = {name: share for name, share in metrics.items() if name.startswith("unknown/") and share}
    most = max(causes, key=lambda name: causes[name] or 0.0, default="unknown/not stated")
    return most.removeprefix("unknown/").replace("_", " ")
