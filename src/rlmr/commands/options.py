"""Options that several commands share, each with its name and its words; those of one command stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlmr.data import DataError

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]

Settings = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Settings to change; keys are dotted.")
]

Checkpoint = Annotated[
    str,
    typer.Option(
        metavar="best|last|STEP", help="Of a run; without it the best by validation, else the last."
    ),
]

Endpoint = Annotated[
    str | None, typer.Option(metavar="URL", help="An OpenAI-compatible server that has MODEL.")
]

Judge = Annotated[
    str | None, typer.Option(metavar="URL", help="An OpenAI-compatible server, for what no program decides.")
]

JudgeModel = Annotated[str, typer.Option(help="Name by which it knows the judge.")]

JudgeCache = Annotated[Path | None, typer.Option(help="SQLite file of its valid replies.", dir_okay=False)]

ApiKeyEnv = Annotated[str, typer.Option(help="NAME of the environment variable with the server's key.")]

API_KEY_ENV = "OPENAI_API_KEY"
"""Where `ApiKeyEnv` is not given."""

RewardModel = Annotated[
    str, typer.Argument(metavar="MODEL", help="Folder or Hugging Face name of a reward model or ensemble.")
]


def check_both(option: str, url: str | None, named: str, model: str | None) -> None:
    """Raise DataError where a server is given without its model's name, or the name without a server.

    >>> check_both("--judge", "http://127.0.0.1:8000/v1", "--judge-model", "")
    Traceback (most recent call last):
    rlmr.data.DataError: --judge and --judge-model: give both, or none
    """
    if (url is None) != (not model):
        raise DataError(f"{option} and {named}: give both, or none")
