"""`rlmr constraints`: list, show, lint, compose, extract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rlmr.commands.extract import EXTRACT_EXAMPLES, extract_command
from rlmr.constraints import FAMILIES, ConstraintError, parse_one, to_specs
from rlmr.constraints.compose import compose as compose_task
from rlmr.constraints.compose import lint as lint_constraints
from rlmr.data import DataError, read_rows

SHOW_EXAMPLES = """
Examples:

    rlmr constraints show word_count

    rlmr constraints show haiku --schema

    rlmr constraints show my_module:MyConstraint
"""
LINT_EXAMPLES = """
Examples:

    rlmr constraints lint tasks.jsonl

    rlmr constraints lint tasks.parquet --column requirements

Exit codes: 0 no problem, 1 problems, 2 cannot read the file.
"""
COMPOSE_EXAMPLES = """
Examples:

    rlmr constraints compose "Write a story about a fox."

    rlmr constraints compose "Write a story about a fox." -n 4 --tasks 100 --difficulty 0.8 > tasks.jsonl

    rlmr constraints compose 写一个关于狐狸的故事。 --lang zh
"""

constraints_app = typer.Typer(no_args_is_help=True, help="Constraints: list, show, lint, compose, extract.")
constraints_app.command("extract", epilog=EXTRACT_EXAMPLES)(extract_command)


@constraints_app.command("list")
def list_types() -> None:
    """Every built-in type with what it asks, by family."""
    table = Table("type", box=None, header_style="bold")
    table.add_column("what it asks", overflow="fold")
    for family, types in FAMILIES.items():
        table.add_row(f"[dim]{family}[/dim]", "")
        for cls in types:
            table.add_row(cls.type, escape((cls.__doc__ or "").strip().splitlines()[0]))
    Console().print(table)


@constraints_app.command("show", epilog=SHOW_EXAMPLES)
def show_type(
    name: Annotated[str, typer.Argument(metavar="TYPE", help="A type's name, such as word_count.")],
    schema: Annotated[bool, typer.Option("--schema", help="Print its JSON Schema instead.")] = False,
) -> None:
    """What one type asks, its parameters and its edge cases."""
    from rlmr.constraints.schema import parameters, type_schema
    from rlmr.constraints.spec import resolve

    cls = resolve(name)
    if schema:
        typer.echo(json.dumps(type_schema(cls), ensure_ascii=False, indent=2))
        return
    lines = (cls.__doc__ or "").strip().splitlines()
    typer.echo("\n".join([f"{cls.type}: {lines[0]}", *(line.removeprefix("    ") for line in lines[1:])]))
    typer.echo("\nParameters:")
    for parameter, kind, default in parameters(cls):
        typer.echo(f"  {parameter}: {kind}" + (f" = {default}" if default else "  (required)"))
    typer.echo("  and lang, scope, role, weight")


@constraints_app.command("lint", epilog=LINT_EXAMPLES)
def lint_file(
    path: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl, .jsonl.gz or .parquet of tasks.")],
    column: Annotated[str, typer.Option(help="The column that holds the constraints.")] = "constraints",
) -> None:
    """Read every row's constraints; name each bad one and each pair that cannot be kept together."""
    problems = rows = asked = 0
    for line, row in read_rows(path):
        rows += 1
        asked += column in row
        for problem in lint_row(row.get(column, [])):
            problems += 1
            typer.echo(f"{path}:{line}: {problem}")
    if not asked:
        raise DataError(f"{path}: none of its {rows} rows has the column {column!r}")
    typer.echo(f"{rows} rows, {problems} problems")
    if problems:
        raise typer.Exit(1)


def lint_row(value: object) -> list[str]:
    """Every problem of a row's `constraints`: bad specifications, then conflicts among the good ones.

    >>> lint_row([{"type": "titel"}, {"type": "word_count"}])[0]
    "constraints[0].type: 'titel' is not allowed; did you mean 'title'?"
    """
    try:
        specs = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as error:
        return [f"constraints: not JSON: {error}"]
    if not isinstance(specs, list):
        return [f"constraints: {value!r:.80} is not allowed; give a list of specifications"]
    problems, good = [], []
    for index, spec in enumerate(specs):
        try:
            good.append(parse_one(spec))
        except ConstraintError as error:
            field = f".{error.field}" if error.field else ""
            problems.append(f"constraints[{index}]{field}: {error}")
    return problems or lint_constraints(good)


@constraints_app.command("compose", epilog=COMPOSE_EXAMPLES)
def compose(
    brief: Annotated[
        str, typer.Argument(metavar="BRIEF", help='What to write: "Write a story about a fox."')
    ],
    count: Annotated[int, typer.Option("--count", "-n", help="Constraints in each task.")] = 3,
    tasks: Annotated[int, typer.Option(min=1, help="How many tasks; their seeds follow each other.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the first task.")] = 0,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the constraints.")] = "en",
    difficulty: Annotated[float, typer.Option(help="0 (easy) to 1 (hard).")] = 0.5,
) -> None:
    """Tasks from a brief and seeded draws of constraints, as JSON Lines."""
    for number in range(seed, seed + tasks):
        prompt, drawn = compose_task(brief, count=count, seed=number, lang=lang, difficulty=difficulty)
        row = {"id": f"{lang}-{number}", "prompt": prompt, "constraints": to_specs(drawn)}
        typer.echo(json.dumps(row, ensure_ascii=False))
