"""`rlmr constraints extract`: typed constraints out of free-form prompts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from rlmr.commands.options import API_KEY_ENV, ApiKeyEnv, check_both
from rlmr.data import DataError, write_whole
from rlmr.progress import file_bar

if TYPE_CHECKING:
    from rlmr.endpoint import Client

EXTRACT_EXAMPLES = """
Examples:

    rlmr constraints extract --prompt "A limerick about rain, without the word 'wet'."

    rlmr constraints extract prompts.jsonl --output tasks.jsonl

    rlmr constraints extract prompts.jsonl -o tasks.jsonl --llm http://127.0.0.1:8000/v1 --llm-model NAME

Rules read English and Chinese, offline. `--llm` adds what a model proposes (tone, plot, style, and what
the rules missed); every proposal is checked against the prompt. docs/extraction.md says how often rules are
right: look at the constraints before you train on them.
"""


def extract_command(
    path: Annotated[
        Path | None, typer.Argument(metavar="FILE", help=".jsonl or .jsonl.gz, a prompt in each row.")
    ] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", help="One prompt instead of a file.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Where tasks go (JSON Lines, gzipped if named .gz); else stdout.",
            dir_okay=False,
        ),
    ] = None,
    column: Annotated[str, typer.Option(help="The column that holds the prompt.")] = "prompt",
    llm: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible server, ending in /v1.")
    ] = None,
    llm_model: Annotated[str, typer.Option(help="The model's name on that server.")] = "",
    api_key_env: ApiKeyEnv = API_KEY_ENV,
    llm_cache: Annotated[
        Path | None, typer.Option(help="SQLite file of the model's answers: a stopped run goes on from it.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress and no summary.")] = False,
) -> None:
    """Read the constraints that prompts state; write tasks with `constraints` and their source spans."""
    check_both("--llm", llm, "--llm-model", llm_model)
    from rlmr.endpoint import connect  # and aiohttp with it

    client = None if llm is None else connect("--llm", llm, llm_model, api_key_env, llm_cache)
    try:
        if path is not None and prompt is None:
            causes = _extract_file(path, output, column, client, quiet)
        elif prompt is not None and path is None:
            causes = _extract_prompt(prompt, output, client)
        else:
            raise DataError("FILE or --prompt: give one of the two")
    finally:
        if client is not None:
            client.close()
    for cause, count in sorted(causes.items(), key=lambda item: -item[1]):
        if not quiet:
            _say(f"set aside: {count} × {cause}")


def _extract_file(
    path: Path, output: Path | None, column: str, client: Client | None, quiet: bool
) -> Mapping[str, int]:
    """Every row of a file; what was set aside, by cause."""
    from rlmr.extraction.files import extract_file

    emit = typer.echo if output is None else None
    with file_bar("extract", path.stat().st_size if path.is_file() else 0, quiet) as show:
        done = extract_file(path, output, column=column, client=client, progress=show, emit=emit)
    if not quiet:
        _say(f"rows {done.rows}, constraints {done.found.total()}, rows without one {done.empty}")
        _say(", ".join(f"{name} {count}" for name, count in done.found.most_common()))
    return done.dropped


def _extract_prompt(prompt: str, output: Path | None, client: Client | None) -> Mapping[str, int]:
    """One prompt; what was set aside, by cause."""
    from rlmr.extraction.files import to_row
    from rlmr.extraction.llm import extract_all

    if not prompt.strip():
        raise DataError("--prompt: empty; give a prompt")
    [read] = extract_all([prompt], client)
    line = json.dumps(to_row({"prompt": prompt}, prompt, read), ensure_ascii=False)
    if output is None:
        typer.echo(line)
    else:
        with write_whole(output) as file:
            file.write(line.encode() + b"\n")
    return Counter(item.cause for item in read.dropped)


def _say(line: str) -> None:
    """A line on stderr."""
    Console(stderr=True).print(line, highlight=False, soft_wrap=True, markup=False, emoji=False)
