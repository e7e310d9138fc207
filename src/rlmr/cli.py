"""The command line. Nothing here imports torch before a command needs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from rlmr import __version__
from rlmr.evals.judge_command import judge_app
from rlmr.extraction.cli import EXTRACT_EXAMPLES, extract_command
from rlmr.progress import ProgressDisplay
from rlmr.quickstart import quickstart
from rlmr.recipes import Plan, RecipeError, plan, read_recipe, shipped_recipes
from rlmr.recipes.resume import plan_resumed
from rlmr.recipes.run import job_of
from rlmr.reward_cli import reward_app
from rlmr.runs import read_run
from rlmr.verifier_cli import verifier_app
from rlmr.verifiers.cli import constraints_app
from rlmr.verifiers.command import VERIFY_EXAMPLES, verify_command

app = typer.Typer(
    name="rlmr",
    help="Reinforcement learning with mixed rewards for creative writing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

BAD_INPUT = 2
"""Exit code: the command cannot run as it was given."""

INTERRUPTED = 130
"""Exit code: stopped by Ctrl-C; what was done until then is kept."""

PAUSED = 75
"""Exit code: a run stopped by itself because too much is unknown; it can be resumed."""

TRAIN_EXAMPLES = """
Examples:

    rlmr train sandbox

    rlmr train sandbox mixing.rule=gdpo grpo.learning_rate=1e-4 output=runs/gdpo

    rlmr train longbench_write policy=PATH reward.model=PATH data.train=PATH

    rlmr train my_recipe.yaml --dry-run

    rlmr train --resume runs/gdpo

Paths are relative to the folder in which the command runs.
"""


def _version(show: bool) -> None:
    if show:
        typer.echo(f"rlmr {__version__}")
        raise typer.Exit


@app.callback()
def rlmr(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Reinforcement learning with mixed rewards for creative writing."""


@app.command(epilog=TRAIN_EXAMPLES)
def train(
    recipe: Annotated[
        str | None,
        typer.Argument(help="A recipe file, or the name of a shipped recipe; to resume, the run's own."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change; keys are dotted."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, show the resolved recipe, train nothing.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run that the folder holds.")
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with the run in this folder from its newest checkpoint."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Train a policy as a recipe says and record every step of it.

    Exit codes: 0 finished, 2 cannot run as it was asked to, 75 paused because too much is unknown, 130
    stopped by Ctrl-C. A run that did not finish can be resumed.
    """
    quiet = quiet or os.environ.get("RANK", "0") != "0"
    planned = _plan(recipe, overrides or [], overwrite, resume)
    if planned is None:
        if not quiet:
            typer.echo(f"{resume} is finished; there is nothing to resume")
        return
    resolved, console = planned.recipe, Console()
    if dry_run:
        typer.echo(
            yaml.safe_dump(resolved.model_dump(mode="json"), sort_keys=False, allow_unicode=True), nl=False
        )
        gates, asked = planned.gates_and_asked
        typer.echo(
            f"# {len(planned.tasks)} tasks, {planned.steps} steps of {planned.texts} texts in groups of "
            f"{planned.group}; {gates} gates beside {asked} asked constraints; nothing was trained"
        )
        return
    from rlmr.engines import trl

    job = job_of(planned, overwrite=overwrite)
    with ProgressDisplay(resolved.name, console, quiet) as show:
        state = trl.train(job, show)
    trl.close_ranks()
    if not quiet:
        console.print(f"{state}: {resolved.output} (policy in {resolved.output}/model)", soft_wrap=True)
    if state == "paused" and os.environ.get("RANK", "0") == "0":
        reason = read_run(resolved.output).status["reason"]
        print(f"rlmr: {reason}; go on with: rlmr train --resume {resolved.output}", file=sys.stderr)
    if state != "finished":
        raise typer.Exit(PAUSED if state == "paused" else INTERRUPTED)


def _plan(recipe: str | None, overrides: list[str], overwrite: bool, resume: Path | None) -> Plan | None:
    """What the arguments of `train` come to; None = the run to resume is finished."""
    if resume is None:
        if recipe is None:
            raise RecipeError("name a recipe (rlmr recipes lists those that come with rlmr), or --resume RUN")
        return plan(read_recipe(recipe, overrides), overwrite=overwrite)
    if overwrite:
        raise RecipeError("--resume goes on with a run and --overwrite replaces it; give one of them")
    run = read_run(resume)
    if run.status["state"] == "finished":
        return None
    if recipe is not None and "=" in recipe:  # the first of the overrides of the run's own recipe
        return plan_resumed(run, None, [recipe, *overrides])
    return plan_resumed(run, recipe, overrides)


app.command()(quickstart)


@app.command()
def recipes() -> None:
    """List the recipes that come with the package."""
    for name in shipped_recipes():
        typer.echo(name)


constraints_app.command("extract", epilog=EXTRACT_EXAMPLES)(extract_command)
app.add_typer(constraints_app, name="constraints")
app.add_typer(reward_app, name="reward")
app.add_typer(verifier_app, name="verifier")
app.add_typer(judge_app, name="judge")
app.command("verify", epilog=VERIFY_EXAMPLES)(verify_command)


def main() -> None:
    """Run the command line. Bad input: one message on stderr, exit code 2; defects keep their traceback.

    The working folder is searched last for a user's own `module:Name`.
    """
    sys.path.append(str(Path.cwd()))
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except ValueError as error:
        if not _is_expected(error):
            raise
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))


def _is_expected(error: ValueError) -> bool:
    """Whether `error` is one of this package's own, which speak to the user; another's is a defect."""
    return type(error).__module__.split(".")[0] == "rlmr"


def _refuse(message: str) -> None:
    print(f"rlmr: {message}", file=sys.stderr)
    raise SystemExit(BAD_INPUT)
