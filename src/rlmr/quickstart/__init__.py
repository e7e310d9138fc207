"""The quickstart: the whole method in a few minutes, from one command to a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["RULES", "quickstart"]

RULES = ("rlmr", "writing_only", "weighted_sum")
"""What is compared unless `--rules` says otherwise."""


def quickstart(
    fast: Annotated[bool, typer.Option("--fast", help="A short training: under 90 seconds in all.")] = False,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="A copy of the numbers.", dir_okay=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides tasks, samples and intervals.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where everything goes; a new folder under runs/ if not given."),
    ] = None,
    rules: Annotated[str, typer.Option(help="Mixing rules to compare, separated by commas.")] = ",".join(
        RULES
    ),
    resume: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Go on with the quickstart in this folder, with its settings."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Trainings side by side; as many as memory allows if not given.")
    ] = None,
) -> None:
    """Train a small policy with mixed rewards, and with other rules beside it; compare, evaluate, report."""
    import psutil
    from rich.console import Console

    from rlmr.quickstart.flow import run
    from rlmr.quickstart.plan import Settings, default_jobs, free_folder, saved_settings

    if resume is not None:
        saved = saved_settings(resume)
        rules, seed, fast, output = ",".join(saved.rules), saved.seed, saved.fast, resume
    names = tuple(rule.strip() for rule in rules.split(",") if rule.strip())
    settings = Settings(
        output=output or free_folder(Path("runs")),
        rules=names,
        seed=seed,
        fast=fast,
        jobs=default_jobs(len(names), psutil.virtual_memory().available) if jobs is None else jobs,
        json=json,
        resume=resume is not None,
    )
    code = run(settings, Console())
    if code:
        raise typer.Exit(code)
