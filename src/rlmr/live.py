"""The live view of a training run: what a terminal shows while it goes on."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

ROWS = (
    ("pass_rate", "pass rate", "{:.0%}"),
    ("reward/quality_mean", "quality", "{:.3g}"),
    ("reward/shadow_mean", "shadow", "{:.3g}"),
    ("words_mean", "words", "{:.0f}"),
    ("penalty_mean_std", "penalty, in std", "{:.2f}"),
    ("unknown_share", "unknown", "{:.0%}"),
    ("entropy", "entropy, nats", "{:.2f}"),
    ("kl", "KL to the start", "{:.3f}"),
)
"""Metrics that are shown: name, label, format. One that no step has had yet has no row."""

BARS = "▁▂▃▄▅▆▇█"
PLAIN_BARS = "_.-=+*%#"
"""For terminals that do not speak Unicode."""

KEPT = 200
"""Steps whose values are kept for the small curves."""

NARROW = 44
"""Columns below which the small curves are left out."""

PACE = 20
"""Steps that the time left is estimated from."""


def sparkline(values: Sequence[float | None], width: int, bars: str = BARS) -> str:
    """A small curve of the last `width` values, from the lowest to the highest of them; no data = a gap.

    >>> sparkline([0.0, 1.0, None, 2.0, 4.0], 4)
    '▁ ▃█'
    >>> sparkline([3.0, 3.0], 5), sparkline([None], 5), sparkline([], 5)
    ('▄▄', ' ', '')
    """
    shown = list(values)[-width:] if width > 0 else []
    known = [value for value in shown if value is not None]
    low, span = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    top = len(bars) - 1

    def bar(value: float | None) -> str:
        if value is None:
            return " "
        return bars[round((value - low) / span * top)] if span else bars[top // 2]

    return "".join(bar(value) for value in shown)


def clock(seconds: float | None) -> str:
    """Seconds as h:mm:ss; a dash where they are not known.

    >>> clock(3725.4), clock(None)
    ('1:02:05', '–')
    """
    return "–" if seconds is None else str(timedelta(seconds=max(0, int(seconds))))


class RunView:
    """What is known of a run, as something that rich can draw at any width.

    Args:
        name: the run's.
        now: a clock, in seconds.
    """

    def __init__(self, name: str, now: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._now = now
        self._began = now()
        self._step, self._total = 0, 0
        self._alarms: list[str] = []
        self._values: dict[str, deque[float | None]] = {}
        self._times: deque[tuple[int, float]] = deque(maxlen=PACE + 1)

    def begin(self) -> None:
        """Time begins here."""
        self._began = self._now()

    def step(self, step: int, total: int, metrics: dict[str, Any]) -> None:
        """Take a step's metrics; `alarms` among them lists what the alarms say that are on."""
        self._step, self._total = step, total
        self._times.append((step, self._now()))
        self._alarms = list(metrics.get("alarms", ()))
        for name, _, _ in ROWS:
            value = metrics.get(name)
            known = isinstance(value, int | float) and math.isfinite(value)
            self._values.setdefault(name, deque(maxlen=KEPT)).append(float(value) if known else None)  # type: ignore[arg-type]

    @property
    def seconds_left(self) -> float | None:
        """At the pace of the last steps; None before there are two."""
        (first, began), (last, ended) = (self._times[0], self._times[-1]) if self._times else ((0, 0.0),) * 2
        return (ended - began) / (last - first) * (self._total - last) if last > first else None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        unicode = options.encoding.startswith("utf")
        yield from self._parts(options.max_width, console.size.height, BARS if unicode else PLAIN_BARS)

    def _parts(self, width: int, height: int, bars: str) -> list[RenderableType]:
        """The bar, the table and the alarms, as many as there is room for."""
        parts = [self._bar(width)]
        names = [row for row in ROWS if any(value is not None for value in self._values.get(row[0], ()))]
        room = height - 3 - len(self._alarms)
        if names and room >= len(names):
            parts.append(self._table(names, width, bars))
        mark = "⚠ alarm " if bars == BARS else "! alarm "
        parts += [Text(mark + alarm, style="bold red") for alarm in self._alarms]
        return [Group(*parts)]

    def _bar(self, width: int) -> RenderableType:
        elapsed = clock(self._now() - self._began)
        words = f"step {self._step}/{self._total or '?'}  {elapsed}  eta {clock(self.seconds_left)}"
        line = Table.grid(padding=(0, 1), expand=False)
        line.add_column(no_wrap=True, overflow="ellipsis", style="bold")
        line.add_column(no_wrap=True, overflow="ellipsis")
        bar = width - len(self.name) - len(words) - 4
        if bar < 8:
            line.add_row(self.name, words)
            return line
        line.add_column(no_wrap=True)
        drawn = ProgressBar(total=max(1, self._total), completed=self._step, width=min(40, bar))
        line.add_row(self.name, words, drawn)
        return line

    def _table(self, rows: Sequence[tuple[str, str, str]], width: int, bars: str) -> Table:
        table = Table.grid(padding=(0, 2), expand=False)
        table.add_column(no_wrap=True, overflow="ellipsis", style="dim")
        table.add_column(no_wrap=True, justify="right")
        curves = 0 if width < NARROW else min(60, width - 32)
        if curves:
            table.add_column(no_wrap=True, style="cyan")
        for name, label, form in rows:
            values = self._values[name]
            newest = "–" if values[-1] is None else form.format(values[-1])
            table.add_row(label, newest, *([sparkline(list(values), curves, bars)] if curves else []))
        return table
