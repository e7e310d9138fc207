"""What a quickstart shows: a first screen, a bar per policy, and the table at the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from rlmr.progress import summary
from rlmr.quickstart.children import Children, read_progress
from rlmr.quickstart.plan import TASKS, Job, Settings, estimated_seconds, policy_folder
from rlmr.report import prose
from rlmr.report.study import LABELS, Policy

WIDTH = 92
"""Columns of the first screen, where the terminal has them."""

LINE_SECONDS = 15.0
"""Between two plain lines about one policy, where there is no terminal."""

ABOUT = {
    "rlmr": "quality ranks the texts, and one that breaks a constraint is always discouraged",
    "writing_only": "the writing reward model alone",
    "verifier_only": "the constraints alone",
    "weighted_sum": "half the writing score, half the constraints",
    "gate": "no reward for a text that breaks a constraint",
    "gdpo": "each reward normalised by itself, then added",
    "lagrangian": "a weight on the constraints that adapts over time",
}


def duration(seconds: float) -> str:
    """A time for a person.

    >>> duration(80), duration(400)
    ('About 80 seconds', 'About 7 minutes')
    """
    return (
        f"About {round(seconds / 10) * 10} seconds"
        if seconds < 100
        else f"About {round(seconds / 60)} minutes"
    )


def welcome(console: Console, settings: Settings) -> None:
    """Say what will happen, how long it takes, and where it goes."""
    rules = Table.grid(padding=(0, 2))
    for rule in settings.rules:
        rules.add_row("", Text(LABELS[rule], style="bold"), ABOUT[rule])
    steps = settings.recipe.grpo["max_steps"]
    body = Group(
        "A small language model writes stories that have to keep constraints. It is trained for "
        f"{steps} steps from the same start, with each of {len(settings.rules)} ways to mix the rewards:\n",
        rules,
        f"\nThen all of them, and the start, write for the same {TASKS} new tasks, and a judge that no "
        "training has seen compares the texts. It ends with a table and a report for your browser.\n",
        Text.assemble(
            (duration(estimated_seconds(settings)), "bold"), ", no network. Ctrl-C keeps what is done."
        ),
        Text.assemble("Everything goes to ", (str(settings.output), "bold")),
    )
    width = min(console.width, WIDTH)
    console.print(Panel(body, title="rlmr quickstart", title_align="left", padding=(1, 2), width=width))


class Board:
    """Shows the children: bars on a terminal, else a plain line now and then. Call it with the children."""

    def __init__(self, console: Console, settings: Settings, jobs: Sequence[Job]) -> None:
        self.console = console
        self.settings = settings
        self.jobs = [job for job in jobs if job.kind == "train"]
        self.evaluations = [job for job in jobs if job.kind == "evaluate"]
        self._said: dict[str, tuple[float, str]] = {}
        self._bars: Progress | None = None
        self._ids: dict[str, TaskID] = {}
        if console.is_terminal:
            self._bars = Progress(
                TextColumn("[bold]{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(),
                TimeRemainingColumn(), TextColumn("{task.fields[info]}"), console=console,
            )  # fmt: skip

    def __enter__(self) -> Board:
        if self._bars is not None:
            self._bars.start()
            for job in self.jobs:
                self._ids[job.name] = self._bars.add_task(job.label, total=None, info="waiting")
            self._ids["evaluate"] = self._bars.add_task("Evaluation", total=len(self.evaluations), info="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, children: Children) -> None:
        """Look at every run folder and show what is new."""
        for job in self.jobs:
            if job.name in children.running or job.name in children.done:
                found = read_progress(policy_folder(self.settings, job.rule))
                info = summary(dict(found.metrics)) if found.metrics else "starting"
                self._show(job.name, job.label, found.step, found.total, info)
        done = sum(job.name in children.done for job in self.evaluations)
        if done or any(job.name in children.running for job in self.evaluations):
            names = [job.label for job in self.evaluations if job.name in children.running]
            self._show("evaluate", "Evaluation", done, len(self.evaluations), ", ".join(names))

    def _show(self, name: str, label: str, step: int, total: int | None, info: str) -> None:
        if self._bars is not None:
            self._bars.update(self._ids[name], completed=step, total=total, info=info)
            return
        now = time.monotonic()
        at, former = self._said.get(name, (-LINE_SECONDS, ""))
        line = f"{label}: {step}/{total or '?'}  {info}"
        if line != former and (now - at >= LINE_SECONDS or step == total):
            self._said[name] = (now, line)
            self.console.print(line, highlight=False, soft_wrap=True)


def results(policies: Sequence[Policy]) -> Table:
    """The numbers of every evaluated policy."""
    table = Table(title="On held-out tasks", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    table.add_column("Policy", no_wrap=True)
    for name in (
        "Better than\nthe start's",
        "Keeps every\nconstraint",
        "Both",
        "Gold\nscore",
        "Words",
        "Violators\nrewarded",
    ):
        table.add_column(name, justify="right")
    for policy in policies:
        if policy.summary is None:
            continue
        s = policy.summary
        table.add_row(
            Text(policy.label, style="bold"),
            f"{prose.percent(s.gold_win_rate.value)} ({prose.interval(s.gold_win_rate)})",
            f"{prose.percent(s.pass_rate.value)} ({prose.interval(s.pass_rate)})",
            prose.percent(s.pass_and_better.value),
            prose.number(s.gold_mean, 2),
            prose.number(s.mean_words, 0),
            prose.rewarded(policy),
        )
    return table
