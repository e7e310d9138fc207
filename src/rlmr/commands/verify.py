"""`rlmr verify`: check the texts of a file and say how many keep what was asked."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from rlmr.commands.options import API_KEY_ENV, ApiKeyEnv, Judge, JudgeCache, JudgeModel, Quiet, check_both
from rlmr.commands.screen import console
from rlmr.constraints.base import Status
from rlmr.data import DataError
from rlmr.progress import file_bar
from rlmr.verifiers.combine import VerifyAll, verify_all
from rlmr.verifiers.files import verify_file
from rlmr.verifiers.summary import Summary, pass_rate

VERIFY_EXAMPLES = """
Examples:

    rlmr verify texts.jsonl

    rlmr verify texts.jsonl.gz --jobs 8 --output verdicts.jsonl.gz

    rlmr verify answers.jsonl --profile ifeval --loose

    rlmr verify texts.jsonl --judge http://127.0.0.1:8000/v1 --judge-model Qwen3-8B --judge-cache judge.sqlite

A row holds `prompt`, the text as `completion` or `response`, and `constraints` (read by the native profile
only) or IFEval's `instruction_id_list` and `kwargs`. A verdict row is the row with `verdicts` and `passed`;
`--loose` adds `passed_loose`. Texts are checked as they stand: take reasoning blocks out before.
"""


def verify_command(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help=".jsonl or .jsonl.gz: prompt, completion, requirements.")
    ],
    profile: Annotated[
        Literal["native", "ifeval", "ifbench"],
        typer.Option(help="native: repaired, as rewards read; the others: as the official programs do."),
    ] = "native",
    loose: Annotated[
        bool,
        typer.Option("--loose", help="The loose reading beside the strict one: for benchmark reports only."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Where verdict rows go: JSON Lines, gzipped if named .gz.", dir_okay=False
        ),
    ] = None,
    judge: Judge = None,
    judge_model: JudgeModel = "",
    judge_cache: JudgeCache = None,
    api_key_env: ApiKeyEnv = API_KEY_ENV,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes.")] = 1,
    quiet: Quiet = False,
) -> None:
    """Check every text of FILE against its requirements and print a summary."""
    check_both("--judge", judge, "--judge-model", judge_model)
    verify = None if judge is None else _with_judge(judge, judge_model, judge_cache, api_key_env)
    size = path.stat().st_size if path.is_file() else 0
    with file_bar("verify", size, quiet) as show:
        summary = verify_file(
            path, output, profile=profile, loose=loose, jobs=jobs, verify=verify, progress=show
        )
    if not summary.rows:
        raise DataError(f"{path}: the file holds no rows")
    console().print(summary_table(summary))
    if causes := summary.strict.causes.most_common():
        said = ", ".join(f"{cause} {count}" for cause, count in causes)
        console().print(f"unknown: {said}", soft_wrap=True, highlight=False, markup=False, emoji=False)


def _with_judge(url: str, model: str, cache: Path | None, api_key_env: str) -> VerifyAll:
    """Programs, and a judge for what they leave open. Raises EndpointError where it gives no reply."""
    from rlmr.endpoint import connect  # and aiohttp with it
    from rlmr.verifiers import judge

    client = connect("--judge", url, model, api_key_env, cache)
    return partial(verify_all, judge=judge.Judge(client))


def summary_table(summary: Summary) -> Table:
    """Counts of texts, of their constraints or instructions, and of each kind; rates of what is decided."""
    unit = "constraints" if summary.profile == "native" else "instructions"
    loose = summary.loose
    table = Table(title=f"{summary.profile} profile", title_justify="left", box=None, header_style="bold")
    table.add_column("", overflow="fold")
    columns = ["checked", "unknown", "passed", "strict" if loose else "rate"]
    for name in columns + (["passed", "loose"] if loose else []):
        table.add_column(name, justify="right", min_width=7, no_wrap=True)

    def add(name: str, strict: Counter[Status], eased: Counter[Status] | None) -> None:
        unknown = str(strict[Status.UNKNOWN] or "")
        table.add_row(name, str(strict.total()), unknown, *_passes(strict), *_passes(eased))

    add(f"prompt level: all {unit} of a text", summary.strict.texts, loose.texts if loose else None)
    add(f"{unit[:-1]} level", summary.strict.constraints, loose.constraints if loose else None)
    for kind, counts in sorted(summary.strict.kinds.items()):
        name, role = kind
        label = name if role == "hard" else f"{name} ({role})"
        add(f"  {label}", counts, loose.kinds[kind] if loose else None)
    return table


def _passes(counts: Counter[Status] | None) -> tuple[str, ...]:
    """Passes, and their share of what was decided; nothing for a reading that was not asked for."""
    if counts is None:
        return ()
    rate = pass_rate(counts)
    return str(counts[Status.PASS]), "-" if rate is None else f"{rate:.1%}"
