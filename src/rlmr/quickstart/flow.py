"""The quickstart from beginning to end: train side by side, evaluate, show, report."""

from __future__ import annotations

import math
import signal
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from rlmr.evals.outcome import EvalRow, read_rows, summarize
from rlmr.quickstart.children import ChildFailedError, Children
from rlmr.quickstart.plan import (
    Settings,
    baseline_file,
    check,
    child_environment,
    evaluation_file,
    jobs_of,
    policy_folder,
)
from rlmr.quickstart.screen import Board, results, welcome
from rlmr.report.study import START, Policy, Study
from rlmr.runs import Run, read_run
from rlmr.runs.files import write_json

INTERRUPTED = 130
"""Exit code after Ctrl-C."""


def run(settings: Settings, console: Console) -> int:
    """Do all of it and give the exit code: 0, 1 where a child died, 130 after Ctrl-C.

    After Ctrl-C the runs that had begun are usable and the report shows what there is; the JSON file, which
    promises every number, is not written.

    Raises:
        QuickstartError: see `check`; nothing has been written then.
    """
    check(settings)
    welcome(console, settings)
    signal.signal(signal.SIGTERM, _interrupt)
    jobs = jobs_of(settings)
    environment = child_environment(settings.jobs)
    stopped = False
    with Children(jobs, settings.jobs, settings.output / "logs", environment) as children:
        try:
            with Board(console, settings, jobs) as board:
                children.run(board)
        except KeyboardInterrupt:
            console.print(
                "Stopping: every training ends its step and saves its policy. Ctrl-C again stops now."
            )
            children.interrupt()
            stopped = True
        except ChildFailedError as error:
            console.print(f"rlmr: {error}", style="red", markup=False, highlight=False)
            console.print(f"All output is in {settings.output / 'logs'}.", markup=False, highlight=False)
            return 1
    study = gather(settings)
    report(study, settings, console)
    if stopped:
        return INTERRUPTED
    if settings.json is not None:
        write_json(settings.json, numbers(study))
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


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
    found = summarize(
        rule, rows, baseline, violators_rewarded=rewarded, violators=violators, seed=settings.seed
    )
    return Policy(rule, found, baseline if rule == START else rows, run)


def _rows(path: Path) -> list[EvalRow]:
    return read_rows(path) if path.is_file() else []


def total(run: Run, metric: str) -> int:
    """The sum of a count over all steps that recorded it."""
    return round(math.fsum(row[metric] for row in run.metrics if row.get(metric) is not None))


def numbers(study: Study) -> dict[str, Any]:
    """What `--json` writes."""
    return {
        "seed": study.seed,
        "held_out_tasks": study.tasks,
        "policies": [policy.summary.to_json() for policy in study.policies if policy.summary],
    }
