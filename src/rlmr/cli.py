"""The command line. Nothing here imports torch before a command needs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rlmr import __version__
from rlmr.commands.alarms import ALARMS_EXAMPLES, alarms_command
from rlmr.commands.compare import COMPARE_EXAMPLES, compare_command
from rlmr.commands.constraints import constraints_app
from rlmr.commands.decontaminate import DECONTAMINATE_EXAMPLES, decontaminate_command
from rlmr.commands.evaluate import EVALUATE_EXAMPLES, evaluate_command
from rlmr.commands.exits import BAD_INPUT, INTERRUPTED
from rlmr.commands.export import EXPORT_EXAMPLES, export_command
from rlmr.commands.judge import judge_app
from rlmr.commands.reward import reward_app
from rlmr.commands.sample import SAMPLE_EXAMPLES, sample_command
from rlmr.commands.train import TRAIN_EXAMPLES, train_command
from rlmr.commands.verifier import verifier_app
from rlmr.commands.verify import VERIFY_EXAMPLES, verify_command
from rlmr.quickstart import quickstart
from rlmr.recipes import shipped_recipes

app = typer.Typer(
    name="rlmr",
    help="Reinforcement learning with mixed rewards for creative writing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


app.command("train", epilog=TRAIN_EXAMPLES)(train_command)
app.command()(quickstart)


@app.command()
def recipes() -> None:
    """List the recipes that come with the package."""
    for name in [*shipped_recipes(), *(f"{name} (rlmr reward train)" for name in shipped_recipes("reward"))]:
        typer.echo(name)


app.command("sample", epilog=SAMPLE_EXAMPLES)(sample_command)
app.command("export", epilog=EXPORT_EXAMPLES)(export_command)
app.command("evaluate", epilog=EVALUATE_EXAMPLES)(evaluate_command)
app.command("compare", epilog=COMPARE_EXAMPLES)(compare_command)
app.command("decontaminate", epilog=DECONTAMINATE_EXAMPLES)(decontaminate_command)
app.add_typer(constraints_app, name="constraints")
app.add_typer(reward_app, name="reward")
app.add_typer(verifier_app, name="verifier")
app.add_typer(judge_app, name="judge")
app.command("verify", epilog=VERIFY_EXAMPLES)(verify_command)


app.command("alarms", epilog=ALARMS_EXAMPLES)(alarms_command)


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
        file = error.filename2 or error.filename  # of a file that moves: where to
        _refuse(f"{error.strerror or error}: {file}" if file else str(error))


def _is_expected(error: ValueError) -> bool:
    """Whether `error` is one of this package's own, which speak to the user; another's is a defect."""
    return type(error).__module__.split(".")[0] == "rlmr"


def _refuse(message: str) -> None:
    print(f"rlmr: {message}", file=sys.stderr)
    raise SystemExit(BAD_INPUT)
