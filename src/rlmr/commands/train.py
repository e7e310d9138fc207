"""`rlmr train`: a policy as a recipe says, or on with a run that stopped."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from rich.console import Console

from rlmr.commands.exits import INTERRUPTED, PAUSED
from rlmr.commands.options import Quiet, Settings
from rlmr.engines.checkpoints import read_best
from rlmr.progress import ProgressDisplay
from rlmr.recipes import Plan, RecipeError, plan, read_recipe
from rlmr.recipes.memory import account, check_memory
from rlmr.recipes.resume import plan_resumed
from rlmr.recipes.run import job_of
from rlmr.runs import read_run

if TYPE_CHECKING:
    from rlmr.runs.write import State

TRAIN_EXAMPLES = """
Examples:

    rlmr train sandbox

    rlmr train sandbox mixing.rule=gdpo grpo.learning_rate=1e-4 output=runs/gdpo

    rlmr train longbench_write policy=PATH reward.model=PATH data.train=PATH

    rlmr train my_recipe.yaml --dry-run

    rlmr train --resume runs/gdpo

Paths are relative to the folder in which the command runs.
"""


def train_command(
    recipe: Annotated[
        str | None,
        typer.Argument(
            metavar="RECIPE", help="A recipe file, or the name of a shipped recipe; to resume, the run's own."
        ),
    ] = None,
    overrides: Settings = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, show the resolved recipe and its memory.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run that the folder holds.")
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with the run in this folder from its newest checkpoint."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Train a policy as a recipe says and record every step of it.

    Exit codes: 0 finished, 2 cannot run as it was asked to, 75 paused because too much is unknown, 130
    stopped by Ctrl-C. A run that did not finish can be resumed.
    """
    planned = _plan(recipe, overrides or [], overwrite, resume, dry_run)
    first = os.environ.get("RANK", "0") == "0"
    if planned is None:
        if first and not quiet:
            typer.echo(f"{resume} is finished; there is nothing to resume")
        return
    for note in planned.notes if first else ():
        print(f"rlmr: {note}", file=sys.stderr)
    if dry_run:
        _show(planned)
        return
    from rlmr.engines import trl  # and torch with it

    job = job_of(planned, overwrite=overwrite)
    with ProgressDisplay(planned.recipe.name, Console(), quiet or not first) as show:
        state = trl.train(job, show)
    trl.close_ranks()
    if first:
        _say_how_it_ended(state, Path(planned.recipe.output), quiet)
    if state != "finished":
        raise typer.Exit(PAUSED if state == "paused" else INTERRUPTED)


def _show(planned: Plan) -> None:
    """The resolved recipe, what it comes to and its memory. Raises where that does not suffice."""
    values = planned.recipe.model_dump(mode="json")
    typer.echo(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), nl=False)
    gates, asked = planned.gates_and_asked
    held_out = f"{len(planned.validation_tasks)} validation prompts; " if planned.validation_tasks else ""
    typer.echo(
        f"# {len(planned.tasks)} tasks, {planned.steps} steps of {planned.texts} texts in groups of "
        f"{planned.group}; {gates} gates beside {asked} asked constraints; {held_out}nothing was trained"
    )
    found = account(planned)
    for line in found.lines:
        typer.echo(f"# {line}".rstrip())
    check_memory(found.problem)


def _say_how_it_ended(state: State, output: Path, quiet: bool) -> None:
    """Where the policy is and which checkpoint is best; how to go on with a run that paused."""
    if not quiet:
        said = partial(Console().print, soft_wrap=True)
        said(f"{state}: {output} (policy in {output}/model)")
        if best := read_best(output):
            said(f"best by validation: step {best.step} ({best.metric} {best.value:.3g})")
    if state == "paused":
        reason = read_run(output).status["reason"]
        print(f"rlmr: {reason}; go on with: rlmr train --resume {output}", file=sys.stderr)


def _plan(
    recipe: str | None, overrides: list[str], overwrite: bool, resume: Path | None, dry_run: bool
) -> Plan | None:
    """What the arguments of `train` come to; None = the run to resume is finished."""
    if resume is None:
        if recipe is None:
            raise RecipeError("name a recipe (rlmr recipes lists those that come with rlmr), or --resume RUN")
        return plan(read_recipe(recipe, overrides), overwrite=overwrite, dry_run=dry_run)
    if overwrite:
        raise RecipeError("--resume goes on with a run and --overwrite replaces it; give one of them")
    run = read_run(resume)
    if run.status["state"] == "finished":
        return None
    if recipe is not None and "=" in recipe:  # the first of the overrides of the run's own recipe
        return plan_resumed(run, None, [recipe, *overrides])
    return plan_resumed(run, recipe, overrides)
