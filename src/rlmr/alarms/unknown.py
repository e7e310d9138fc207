"""Texts that nobody could decide teach nothing: an alarm for a policy that drifts there, and a pause."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from rlmr.alarms.base import Alarm, Line, check_fields, column
from rlmr.alarms.windows import too_high

PAUSE = 0.5
"""Share of unknown texts at which a run pauses, where nothing else is said."""

PAUSE_WINDOW = 3
"""Steps that must be so, in the mean, before a run pauses; one without any known text is enough."""

NO_CAUSE = "unknown/score_shadow"
"""Counted beside the causes, and none: a text without a shadow score takes part all the same."""


@dataclass(frozen=True, slots=True)
class UnknownTexts(Alarm):
    """The share of unknown texts is high, or rises.

    A policy learns to write what a verifier cannot decide long before most of its texts are so: unknown texts
    get advantage 0, which beats a negative one. It goes off from the first step on.

    >>> UnknownTexts().check([{"unknown_share": 0.1}, {"unknown_share": 0.7, "unknown/timeout": 0.7}])
    '40% of the texts of the last 2 steps are unknown (above 30%) and teach nothing; most of them: timeout'
    """

    name: ClassVar[str] = "unknown"
    needs: ClassVar[tuple[str, ...]] = ("unknown_share",)

    above: float = 0.3
    """Share of the texts of the last `window` steps."""
    rise: float = 0.1
    """How far the share may rise above that of the run's first `window` steps, and to twice that."""
    window: int = 10
    """Steps."""

    def __post_init__(self) -> None:
        check_fields(self, above=(0, 1), rise=(0, 1))

    def check(self, lines: Sequence[Line]) -> str:
        """See `Alarm`."""
        shares = column(lines, "unknown_share")
        why = too_high(shares, self.window, self.above, self.rise)
        if not why:
            return ""
        last = shares[-self.window :]
        return (
            f"{fmean(last):.0%} of the texts of the last {len(last)} steps are unknown ({why}) and teach "
            f"nothing; most of them: {most(lines[-1])}"
        )


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
        return f"{what}; most of them: {most(metrics)}"


def most(metrics: Line) -> str:
    """The most frequent cause of the step.

    >>> most({"unknown/judge_timeout": 0.5, "unknown/too_long": 0.1})
    'judge timeout'
    """
    causes = {name: share for name, share in metrics.items() if name.startswith("unknown/") and share}
    causes.pop(NO_CAUSE, None)
    often = max(causes, key=lambda name: causes[name] or 0.0, default="unknown/not stated")
    return often.removeprefix("unknown/").replace("_", " ")
