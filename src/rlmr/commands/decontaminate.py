"""`rlmr decontaminate`: training prompts that hold tasks of a suite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rlmr.data import DataError, prompt_text, read_rows, to_prompt, write_whole

DECONTAMINATE_EXAMPLES = """
Examples:

    rlmr decontaminate train.jsonl --suite write-eval:all,ifeval=input_data.jsonl

    rlmr decontaminate train.jsonl --suite write-eval:all --output clean.jsonl

A prompt is contaminated where it holds at least --share of a task's runs of eight words (13 hanzi). Exit
codes: 0 nothing found, 1 contaminated (also where --output wrote the rest), 2 cannot read the files.
"""

SHOWN = 20
"""Rows of the table."""


def decontaminate_command(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help=".jsonl, .jsonl.gz or .parquet of training prompts.")
    ],
    suite: Annotated[
        list[str], typer.Option("--suite", "-s", help="Suites, separated by commas; may be repeated.")
    ],
    column: Annotated[str, typer.Option(help="The column that holds the prompt.")] = "prompt",
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Of a task's runs, from which on a prompt holds it.")
    ] = 0.5,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the rows that are clean (JSON Lines).", dir_okay=False),
    ] = None,
) -> None:
    """Find training prompts that hold tasks of evaluation suites."""
    from rlmr.evals.decontaminate import overlaps
    from rlmr.sandbox.suite import suites_of

    suites = suites_of(suite)
    lines, rows, prompts = [], [], []
    for line, row in read_rows(path):
        if column not in row:
            raise DataError(f"{path}:{line}: {column}: missing; the row has {', '.join(map(repr, row))}")
        lines.append(line)
        rows.append(row)
        prompts.append(prompt_text(to_prompt(row[column], column)))
    if not rows:
        raise DataError(f"{path}: the file holds no rows")
    found = [(one.name, overlap) for one in suites for overlap in overlaps(prompts, one.tasks)]
    held = [(name, overlap) for name, overlap in found if overlap.share >= share]
    table = Table("line", "suite", "task", "share", "shared words", box=None, header_style="bold")
    for name, overlap in sorted(held, key=lambda item: -item[1].share)[:SHOWN]:
        table.add_row(
            str(lines[overlap.row]), name, escape(overlap.task), f"{overlap.share:.0%}", escape(overlap.run)
        )
    bad = {overlap.row for _, overlap in held}
    if held:
        Console().print(table)
        if len(held) > SHOWN:
            typer.echo(f"... and {len(held) - SHOWN} more")
    less = len({overlap.row for _, overlap in found} - bad)
    typer.echo(
        f"{len(rows)} prompts, {len(bad)} hold a task of {', '.join(one.name for one in suites)}; "
        f"{less} more share some run of words with one"
    )
    if output is not None:
        with write_whole(output) as file:
            for i, row in enumerate(rows):
                if i not in bad:
                    file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())
    if bad:
        raise typer.Exit(1)
