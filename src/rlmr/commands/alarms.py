"""`rlmr alarms`: what the record of a run shows that somebody should look at."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from rlmr.alarms import choose_alarms, events_of, to_specs
from rlmr.recipes.load import read_override, set_value
from rlmr.recipes.schema import RecipeError
from rlmr.runs import read_run

ALARMS_EXAMPLES = """
Examples:

    rlmr alarms runs/sandbox

    rlmr alarms runs/sandbox length.ratio=1.1 entropy=false

    rlmr alarms runs/sandbox --json
"""


def alarms_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, finished or not.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="Other thresholds than the run's own; keys are dotted."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Say which alarms went on and off in a recorded run, and when.

    The same as the run itself said, unless thresholds are given. Nothing is written.
    """
    found = read_run(run)
    config = {**found.config, "alarms": _changed(found.config, overrides or [])}
    for event in events_of(found.metrics, config):
        typer.echo(json.dumps(asdict(event), ensure_ascii=False) if as_json else str(event))


def _changed(config: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """The run's `alarms` block with other values. Raises RecipeError for what is no alarm or no threshold."""
    rule = config["mixing"]["rule"]
    block = to_specs(choose_alarms(config.get("alarms", True), rule))
    try:
        for keys, value in map(read_override, overrides):
            set_value(block, keys, value)
        choose_alarms(block, rule)
    except ValueError as error:
        raise RecipeError(str(error)) from error
    return block
