"""The policy has stopped choosing: every next token is all but certain, and a group holds one text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from rlmr.alarms.base import Alarm, Line, check_fields, column


@dataclass(frozen=True, slots=True)
class EntropyCollapse(Alarm):
    """The mean entropy of the policy's next token has fallen to a fraction of the start's, or near zero.

    It goes off where the mean of the last `window` steps is below `share` of that of the first `reference`
    steps, or below `floor` nats. Source: under policy gradients entropy falls fast, and with it what is left
    to gain (Cui et al., arXiv:2505.22617; DAPO, arXiv:2503.14476, calls it entropy collapse).

    Degenerate: silent before `window` steps; a policy that begins below `floor` goes off there, rightly.
    Entropy is TRL's, at the sampling temperature.

    >>> alarm = EntropyCollapse(window=2, reference=2)
    >>> alarm.check([{"entropy": value} for value in (1.0, 1.0, 0.3, 0.2)])
    'the entropy of a token is 0.25 nats over the last 2 steps, 1 over the first 2'
    >>> alarm.check([{"entropy": value} for value in (1.0, 1.0, 0.6, 0.5)])
    ''
    """

    name: ClassVar[str] = "entropy"
    needs: ClassVar[tuple[str, ...]] = ("entropy",)

    share: float = 1 / 3
    """Of the start's entropy."""
    floor: float = 0.05
    """Nats."""
    reference: int = 5
    """Steps at the start."""
    window: int = 10
    """Steps at the end."""

    def __post_init__(self) -> None:
        check_fields(self, share=(0, 1), floor=(0, 100), reference=(1, 10_000))

    def check(self, lines: Sequence[Line]) -> str:
        """See `Alarm`."""
        if len(lines) < self.window:
            return ""
        entropy = column(lines, "entropy")
        first, last = fmean(entropy[: self.reference]), fmean(entropy[-self.window :])
        if last >= self.floor and last >= self.share * first:
            return ""
        return (
            f"the entropy of a token is {last:.2g} nats over the last {self.window} steps, {first:.2g} over "
            f"the first {min(self.reference, len(entropy))}"
        )
