"""`rlmr compare`: evaluations side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markdown import Markdown

from rlmr.commands.options import API_KEY_ENV, ApiKeyEnv, JudgeModel, Quiet, check_both
from rlmr.commands.screen import console
from rlmr.data import DataError
from rlmr.progress import count_bar

if TYPE_CHECKING:
    from rlmr.evals.evaluation import Evaluated
    from rlmr.evals.finished_items import FinishedItems
    from rlmr.evals.pairwise import Meeting, PairJudge

COMPARE_EXAMPLES = """
Examples:

    rlmr compare evaluations/base evaluations/rlmr

    rlmr compare runs/start runs/rlmr runs/writing_only --names start,rlmr,writing --output comparison

    rlmr compare evaluations/base evaluations/rlmr --judge http://127.0.0.1:8000/v1 --judge-model Qwen3-32B

The first is the baseline. Each is a folder of `rlmr evaluate`, or a run folder with an `evaluation`. Texts
are compared by every score that all evaluations have, and by a judge in both orders where one is given; a
stopped comparison goes on without asking anything twice.
"""


def compare_command(
    folders: Annotated[list[Path], typer.Argument(metavar="BASELINE MODEL", help="Folders of evaluations.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Folder for comparison.json, table.md and index.html.", file_okay=False
        ),
    ] = Path("comparison"),
    names: Annotated[str, typer.Option(help="What the models are called, separated by commas.")] = "",
    score: Annotated[
        list[str] | None, typer.Option(help="Compare by these scores only; may be repeated.")
    ] = None,
    trained_on: Annotated[
        str | None,
        typer.Option(metavar="SCORE", help="The score that was optimised, to hold against others."),
    ] = None,
    judge: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible server with a pairwise judge.")
    ] = None,
    judge_model: JudgeModel = "",
    api_key_env: ApiKeyEnv = API_KEY_ENV,
    against: Annotated[
        Literal["first", "all"], typer.Option(help="Whom the judge compares: all with all ranks them, too.")
    ] = "first",
    seed: Annotated[int, typer.Option(help="Of the bootstraps.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Put evaluations of the same tasks side by side: rates, differences, win rates, a ranking."""
    from rlmr.evals.comparison import common_suites, compare_models, labels
    from rlmr.evals.finished_items import FinishedItems
    from rlmr.report.evaluation import markdown, write_comparison
    from rlmr.rewards.judge import VERSION

    if len(folders) < 2:
        raise DataError("give two evaluations or more, the baseline first")
    check_both("--judge", judge, "--judge-model", judge_model)
    called = labels(folders, [name.strip() for name in names.split(",")] if names else [])
    together = common_suites(folders)
    asked = None if judge is None else _judge(judge, judge_model, api_key_env, output)
    found = []
    for suite, evaluations in together.items():
        met: dict[str, dict[tuple[int, int], list[Meeting]]] = {}
        if asked is not None:
            by = hashlib.sha256(f"{judge_model} {VERSION}".encode()).hexdigest()[:8]
            log = FinishedItems(output / "judged" / by / f"{suite}.jsonl")
            met[judge_model] = _meet(asked, called, evaluations, log, against, quiet)
        found.append(compare_models(called, evaluations, met, score, trained_on=trained_on, seed=seed))
    page = write_comparison(found, output)
    console(width=140).print(Markdown(markdown(found)))
    typer.echo(f"{output}/comparison.json, {output}/table.md, {page}")


def _judge(url: str, model: str, api_key_env: str, folder: Path) -> PairJudge:
    """The pairwise judge behind a server; its replies are kept. Raises EndpointError where it gives none."""
    from rlmr.endpoint import connect
    from rlmr.rewards.judge import PairwiseJudge

    return PairwiseJudge(connect("--judge", url, model, api_key_env, folder / "judge.sqlite"))


def _meet(
    judge: PairJudge,
    names: Sequence[str],
    evaluations: Sequence[Evaluated],
    log: FinishedItems,
    against: str,
    quiet: bool,
) -> dict[tuple[int, int], list[Meeting]]:
    """The judge's meetings of the models with the baseline, or of all with all."""
    from rlmr.evals.pairwise import meet_by_judge

    found = {}
    for i, j in combinations(range(len(names)), 2):
        if i == 0 or against == "all":
            with count_bar(f"{names[j]} against {names[i]}", quiet) as show:
                found[j, i] = meet_by_judge(judge, evaluations[j].rows, evaluations[i].rows, log, show)
    return found
