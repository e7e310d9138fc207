"""How long work shows itself: a bar or a table on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from rlmr.live import RunView

LINES = 20
"""About how many plain lines a whole run prints."""

SHOWN = (
    ("pass_rate", "pass", "{:.0%}"),
    ("reward/quality_mean", "quality", "{:.2f}"),
    ("words_mean", "words", "{:.0f}"),
)
"""Metrics that are shown: name, label, format."""


def summary(metrics: dict[str, Any]) -> str:
    """The shown metrics as one line; a metric without data is a dash.

    >>> summary({"pass_rate": 0.5, "reward/quality_mean": None})
    'pass 50%  quality –  words –'
    """
    return "  ".join(
        f"{label} {form.format(value) if (value := metrics.get(name)) is not None else '–'}"
        for name, label, form in SHOWN
    )


class ProgressDisplay:
    """Shows a run's steps; call it with (step, total steps, metrics) inside its context.

    On a terminal a live table (see `rlmr.live.RunView`); elsewhere about `LINES` plain lines, with the
    first and the last step among them.
    """

    def __init__(self, name: str, console: Console, quiet: bool = False) -> None:
        self.name = name
        self.console = console
        self.quiet = quiet
        self.view = RunView(name)
        self._live: Live | None = None
        if console.is_terminal and not console.is_dumb_terminal and not quiet:
            self._live = Live(self.view, console=console, refresh_per_second=2)

    def __enter__(self) -> ProgressDisplay:
        self.view.begin()
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, step: int, total: int, metrics: dict[str, Any]) -> None:
        """Show one step."""
        self.view.step(step, total, metrics)
        if self._live is not None:
            self._live.refresh()
        elif not self.quiet and (step % max(1, total // LINES) == 0 or step in {1, total}):
            line = f"{self.name}: step {step}/{total}  {summary(metrics)}"
            self.console.print(line, highlight=False, soft_wrap=True)


@contextmanager
def file_bar(name: str, size: int, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar over a file of `size` bytes, on stderr if that is a terminal; call it with the bytes done."""
    with _bar(DownloadColumn(), quiet) as bar:
        task = bar.add_task(name, total=size)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def count_bar(name: str, quiet: bool = False) -> Iterator[Callable[..., None]]:
    """A bar over things that are counted, on stderr if that is a terminal; call it with (done, total), and
    with what is done where that changes."""
    with _bar(MofNCompleteColumn(), quiet) as bar:
        task = bar.add_task(name, total=None)

        def show(done: int, total: int, what: str = "") -> None:
            said = f"{name}: {what}" if what else name
            bar.update(task, completed=done, total=total, description=said)

        yield show


def _bar(amount: ProgressColumn, quiet: bool) -> Progress:
    """A bar on stderr that says how much is done in the way of `amount`; off where that is no terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("[bold]{task.description}"), BarColumn(), amount, TimeElapsedColumn(),
        TextColumn("eta"), TimeRemainingColumn(),
        console=console, transient=True, disable=quiet or not console.is_terminal,
    )  # fmt: skip


@contextmanager
def spinner(first: str, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """What is being done, `first` at first, on stderr if that is a terminal; call it with what comes next."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda sentence: None
        return
    with console.status(first) as status:
        yield status.update
