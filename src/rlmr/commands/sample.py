"""`rlmr sample`: try a policy on a prompt, and see what its texts keep."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rlmr import threads
from rlmr.commands.options import API_KEY_ENV, ApiKeyEnv, Checkpoint, Endpoint, Quiet
from rlmr.commands.screen import console
from rlmr.constraints import Constraint, ConstraintError, parse
from rlmr.constraints.base import Status, Verdict
from rlmr.data import GATES, DataError, Task, read_tasks
from rlmr.policies.find import Author
from rlmr.progress import spinner
from rlmr.text import count_words

if TYPE_CHECKING:
    from rlmr.evals.generate import Sampling
    from rlmr.policies.sample import Sample, Source

SAMPLE_EXAMPLES = """
Examples:

    rlmr sample runs/mine "Write a limerick about rain." -n 4 --extract

    rlmr sample runs/mine --task tasks.jsonl --row 3 --checkpoint last

    rlmr sample Qwen/Qwen3-0.6B "Two lines." --constraints '[{"type": "line_count", "at_most": 2}]'

    echo "Write a toast." | rlmr sample NAME - --endpoint http://127.0.0.1:8000/v1 --json

MODEL is a run folder, a Hugging Face folder or name, or the name that a server knows (with --endpoint). A run
samples as it was trained, scores with its reward model and verifies with its judge; --json gives one line per
text.
"""

MARKS = {Status.PASS: ("✓", "green"), Status.FAIL: ("✗", "red"), Status.UNKNOWN: ("?", "yellow")}


def sample_command(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Who writes; see below.")],
    prompt: Annotated[
        str | None, typer.Argument(metavar="PROMPT", help="The prompt; - reads it from stdin.")
    ] = None,
    task: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A task file, instead of a prompt.")
    ] = None,
    row: Annotated[int, typer.Option(min=1, help="Which task of the file.")] = 1,
    count: Annotated[int, typer.Option("-n", min=1, max=256, help="Texts.")] = 1,
    constraints: Annotated[
        str | None, typer.Option(metavar="JSON", help="A list of constraints; or @FILE with one.")
    ] = None,
    extract: Annotated[
        bool, typer.Option("--extract", help="Read constraints out of the prompt, by rules.")
    ] = False,
    checkpoint: Checkpoint = "",
    endpoint: Endpoint = None,
    api_key_env: ApiKeyEnv = API_KEY_ENV,
    max_new_tokens: Annotated[int | None, typer.Option(min=1, help="As trained; else 512.")] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0.0, help="As trained; else 1; 0 = greedy.")
    ] = None,
    top_p: Annotated[float | None, typer.Option(help="As trained; else 1.")] = None,
    top_k: Annotated[int | None, typer.Option(min=0, help="As trained; else 0, all tokens.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The run's; else 0.")] = None,
    gates: Annotated[
        bool, typer.Option(help="Check the gates too: empty, echoing, looping, refusing.")
    ] = True,
    score: Annotated[bool, typer.Option(help="Score with the run's reward model.")] = True,
    judge: Annotated[bool, typer.Option(help="Ask the run's judge or classifier, if it has one.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per text.")] = False,
    quiet: Quiet = False,
) -> None:
    """Let MODEL write to a prompt; show each text with what it keeps and breaks."""
    asked = _task(prompt, task, row, constraints, extract)
    author = Author(model, checkpoint, endpoint, api_key_env)
    given = {"max_new_tokens": max_new_tokens, "temperature": temperature, "top_p": top_p, "top_k": top_k}
    threads.configure()
    with spinner("loading …", quiet) as say:
        from rlmr.engines.settings import quiet_libraries  # the first import of torch; seconds
        from rlmr.policies.sample import sample_task, source_of

        quiet_libraries()
        source = source_of(author, score=score, judge=judge)
        source = source if gates else replace(source, gates=())
        sampling = _changed(source.sampling, {**given, "seed": seed})
        say(f"{source.name} writes {count} {'text' if count == 1 else 'texts'} …")
        samples = list(sample_task(source, asked, count, sampling))
    if as_json:
        for one in samples:
            line = {"model": source.name, "prompt": asked.prompt_text, **one.to_dict()}
            typer.echo(json.dumps(line, ensure_ascii=False))
    else:
        show(console(width=100), asked, source, samples)
    if all(one.missing for one in samples):
        raise DataError(f"{source.name}: no text: {samples[0].missing}")


def _changed(sampling: Sampling, given: Mapping[str, Any]) -> Sampling:
    """The settings with those that were given in their place. Raises DataError that names the option."""
    try:
        return replace(sampling, **{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        name = next(one.name for one in fields(sampling) if str(error).startswith(one.name))
        raise DataError(f"--{name.replace('_', '-')}: {error}") from None


def _task(prompt: str | None, path: Path | None, row: int, constraints: str | None, extract: bool) -> Task:
    """What is asked, with its constraints. Raises DataError where that is not one thing."""
    if (prompt is None) == (path is None):
        raise DataError("PROMPT or --task FILE: give one of the two; - reads the prompt from stdin")
    if constraints is not None and extract:
        raise DataError("--constraints and --extract: give one of the two")
    if path is not None:
        tasks = read_tasks(path)
        if row > len(tasks):
            raise DataError(f"--row {row}: {path} has {len(tasks)} tasks")
        task = tasks[row - 1]
    else:
        text = sys.stdin.read().strip() if prompt == "-" else str(prompt)
        if not text.strip():
            raise DataError("PROMPT: empty; give at least one character")
        task = Task("prompt", text)
    if constraints is not None:
        return replace(task, constraints=_parse(constraints))
    if extract:
        from rlmr.extraction import extract as extract_from

        found = extract_from(task.prompt_text)
        for dropped in found.dropped:
            print(f"set aside: {dropped.what}: {dropped.cause}", file=sys.stderr)
        return replace(task, constraints=tuple(item.constraint for item in found.found))
    return task


def _parse(given: str) -> tuple[Constraint, ...]:
    """Constraints from JSON, or from the file behind an @. Raises DataError."""
    file = Path(given[1:]) if given.startswith("@") else None
    if file is not None and not file.is_file():
        raise DataError(f"--constraints: no file {given[1:]!r}")
    try:
        return tuple(parse(json.loads(given if file is None else file.read_text(encoding="utf-8"))))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        example = '[{"type": "word_count", "at_most": 100}]'
        raise DataError(f"--constraints: not JSON ({error}); give a list such as {example}") from None
    except ConstraintError as error:
        raise DataError(f"--constraints: {error}") from None


def show(console: Console, task: Task, source: Source, samples: Sequence[Sample]) -> None:
    """Print the prompt, every text with what it keeps and breaks, and how many keep everything."""
    console.print(Text(task.prompt_text, style="bold"), soft_wrap=True)
    for number, one in enumerate(samples, 1):
        console.rule(_headline(number, len(samples), one), align="left", style="dim")
        if one.missing:
            console.print(Text(f"no text: {one.missing}", style="yellow"))
            continue
        console.print(marked(one), soft_wrap=True)
        if one.verdicts:
            console.print(verdict_table(one.verdicts))
    decided = [one.passed for one in samples if one.passed is not None]
    if len(samples) > 1:
        unknown = f", {len(samples) - len(decided)} unknown" if len(decided) < len(samples) else ""
        console.rule(style="dim")
        console.print(f"{sum(decided)} of {len(decided)} keep everything{unknown}", highlight=False)


def _headline(number: int, count: int, one: Sample) -> Text:
    """One line about a text: does it keep everything, its score, its length."""
    status = {True: Status.PASS, False: Status.FAIL, None: Status.UNKNOWN}[one.passed]
    mark, colour = MARKS[status]
    parts = [f"text {number} of {count}"] if count > 1 else []
    parts.append(f"score {one.score:.3f}" if one.score is not None else "no score")
    parts.append(f"{count_words(one.answer)} words")
    if one.tokens is not None:
        parts.append(f"{one.tokens} tokens")
    return Text.assemble((f"{mark} ", f"bold {colour}"), " · ".join(parts))


def marked(one: Sample) -> Text:
    """The answer, with what fails in it underlined in red."""
    text = Text(one.answer)
    for verdict in one.verdicts:
        for start, end in verdict.spans if verdict.status is Status.FAIL else ():
            if (start, end) != (0, len(one.answer)):
                text.stylize("red underline", start, end)
    return text


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    """A line per verdict: kept or not, measured, required; the gates that hold stand in one line."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("", "constraint", "measured", "required"):
        table.add_column(name, overflow="fold")
    held = [one.type for one in verdicts if one.passed and one.type in (*GATES, "finished")]
    for verdict in verdicts:
        if verdict.type in held:
            continue
        mark, colour = MARKS[verdict.status]
        name = verdict.type if verdict.role == "hard" else f"{verdict.type} ({verdict.role})"
        measured = "" if verdict.measured is None else f"{verdict.measured}"
        said = verdict.required if verdict.status is not Status.UNKNOWN else f"unknown: {verdict.reason}"
        style = "" if verdict.status is Status.PASS else colour
        cells = (Text(mark, style=colour), Text(name), Text(measured, style=style), Text(said, style=style))
        table.add_row(*cells)
    if held:
        table.add_row(Text("✓", style="green"), Text("gates"), "", Text(", ".join(held)))
    return table
