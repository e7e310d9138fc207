"""The quickstart from beginning to end: train side by side, evaluate, show, report."""

from __future__ import annotations

import contextlib
import io
import math
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from rlmr.evals.outcome import EvalRow, read_rows, summarize
from rlmr.quickstart.children import ChildFailedError, Children
from rlmr.quickstart.plan import (
    QuickstartError,
    Settings,
    baseline_file,
    check,
    child_environment,
    evaluation_file,
    jobs_of,
    policy_folder,
    save_settings,
)
from rlmr.quickstart.screen import Board, results, welcome
from rlmr.report.study import START, Policy, Study
from rlmr.runs import Run, read_run
from rlmr.runs.files import write_json

BAD_INPUT, DIED, INTERRUPTED = 2, 1, 130
"""Exit codes: a child could not run as it was asked to, a child died, Ctrl-C."""


def run(settings: Settings, console: Console) -> int:
    """Do all of it and give the exit code: 0, 2 where a child ended with 2, 1 where one died otherwise, 130
    after Ctrl-C.

    However it ends, the runs that had begun are usable, and report and `numbers.json` show what there is; the
    file of `--json`, which promises every number, is written only at a good end.

    Raises:
        QuickstartError: see `check`; nothing has been trained then.
    """
    check(settings)
    if settings.json is not None:
        try:
            settings.json.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise QuickstartError(f"--json: {settings.json} cannot be written: {error.strerror}") from error
    save_settings(settings)
    welcome(console, settings)
    with interruptible(console):
        code = work(settings, console)
    study = gather(settings)
    report(study, settings, console)
    write_json(settings.output / "numbers.json", numbers(study))
    if code == 0 and settings.json is not None:
        write_json(settings.json, numbers(study))
    return code


def work(settings: Settings, console: Console) -> int:
    """Run every child to its end, or to the first that dies, or to Ctrl-C; gives `run`'s exit code."""
    jobs = jobs_of(settings)
    environment = child_environment(settings.jobs)
    with Children(jobs, settings.jobs, settings.output / "logs", environment) as children:
        try:
            with Board(console, settings, jobs) as board:
                children.run(board)
        except KeyboardInterrupt:
            console.print(
                "Stopping: every training ends its step and saves its policy. Ctrl-C again stops now."
            )
            children.interrupt()
            console.print(
                f"Go on with: rlmr quickstart --resume {settings.output}", soft_wrap=True, markup=False
            )
            return INTERRUPTED
        except ChildFailedError as error:
            console.print(f"rlmr: {error}", style="red", markup=False, highlight=False)
            console.print(f"All output is in {settings.output / 'logs'}.", markup=False, highlight=False)
            return BAD_INPUT if error.code == BAD_INPUT else DIED
    return 0


@contextlib.contextmanager
def interruptible(console: Console) -> Iterator[None]:
    """Within it SIGTERM and SIGHUP are Ctrl-C, unless they are ignored (nohup); handlers are put back."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:  # the terminal is gone: to write to it would fail
            console.file = io.StringIO()
        raise KeyboardInterrupt

    signals = (signal.SIGTERM, signal.SIGHUP)
    former = {
        number: handler for number in signals if (handler := signal.getsignal(number)) != signal.SIG_IGN
    }
    for number in former:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def report(study: Study, settings: Settings, console: Console) -> None:
    """Print the table and write the report, where there is anything to show."""
    if not any(policy.run or policy.summary for policy in study.policies):
        console.print("Nothing was trained yet, so there is no report.")
        return
    from rlmr.report import write_report  # the templates: not needed for `rlmr --help`

    if study.tasks:
        console.print(results(study.policies))
    path = write_report(study, settings.output / "report.html")
    console.print(f"Report: {path.absolute().as_uri()}", soft_wrap=True, highlight=False)


def gather(settings: Settings) -> Study:
    """The study of what lies in the output folder, finished or not."""
    baseline = _rows(baseline_file(settings))
    policies = [_policy(settings, rule, baseline) for rule in (START, *settings.rules)]
    cut = [p for p in policies if p.run and p.run.status["state"] != "finished"]
    note = ""
    if cut:
        steps = ", ".join(
            f"{p.label} at {p.run.status['step']} of {p.run.status['total_steps']}" for p in cut if p.run
        )
        note = f"The training was interrupted ({steps} steps); what follows is what was there."
    found = tuple(policy for policy in policies if policy.run or policy.summary)
    return Study(found or (Policy(START),), settings.seed, note=note)


def _policy(settings: Settings, rule: str, baseline: list[EvalRow]) -> Policy:
    folder = policy_folder(settings, rule)
    run = read_run(folder) if (folder / "status.json").is_file() else None
    rows = _rows(evaluation_file(settings, rule))
    if not rows or not baseline:
        return Policy(rule, run=run)
    rewarded, violators = (
        (None, None) if run is None else (total(run, "violators_rewarded"), total(run, "violators"))
    )
    found = summarize(rule, rows, baseline, violators_rewarded=rewarded, violators=violators)
    return Policy(rule, found, rows, run)


def _rows(path: Path) -> list[EvalRow]:
    return read_rows(path) if path.is_file() else []


def total(run: Run, metric: str) -> int | None:
    """The sum of a count over all steps that recorded it; None where none did."""
    counts = [row[metric] for row in run.metrics if row.get(metric) is not None]
    return round(math.fsum(counts)) if counts else None


def numbers(study: Study) -> dict[str, Any]:
    """What `numbers.json` holds."""
    return {
        "seed": study.seed,
        "held_out_tasks": study.tasks,
        "policies": [policy.summary.to_json() for policy in study.policies if policy.summary],
    }
