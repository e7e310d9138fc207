"""`rlmr evaluate`: a model on suites of writing tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from rlmr import threads
from rlmr.commands.options import (
    API_KEY_ENV,
    ApiKeyEnv,
    Checkpoint,
    Endpoint,
    Judge,
    JudgeModel,
    Quiet,
    check_both,
)
from rlmr.commands.screen import console
from rlmr.policies.find import Author
from rlmr.progress import count_bar

if TYPE_CHECKING:
    from rlmr.evals.evaluation import Show
    from rlmr.evals.results import Results
    from rlmr.evals.stats import Estimate
    from rlmr.policies.evaluating import Request

EVALUATE_EXAMPLES = """
Examples:

    rlmr evaluate runs/sandbox --suite tasks.jsonl --score gold=sandbox:gold

    rlmr evaluate Qwen/Qwen2.5-7B-Instruct --suite write-eval,ifeval=input_data.jsonl --temperature 0.7

    rlmr evaluate NAME --endpoint http://127.0.0.1:8000/v1 --suite write-eval:test:zh

    rlmr evaluate runs/mine --suite write-eval --samples 4

    rlmr evaluate runs/mine -s write-eval --rubric-judge http://127.0.0.1:8001/v1 --rubric-model J

    rlmr evaluate answers.jsonl --suite ifeval=input_data.jsonl --output evaluations/answers

SUITE: write-eval[:SPLIT[:LANG]], ifeval=FILE, ifbench=FILE, sandbox:heldout, or your own tasks
(FILE, NAME=FILE).

MODEL is a run folder, a Hugging Face folder or name, the name that a server knows (with --endpoint), or a
.jsonl file of texts that are there already. A stopped evaluation goes on when the command is typed again:
no text, score or judgement is asked for twice. `rlmr compare` puts evaluations side by side.
"""


def evaluate_command(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="What is evaluated; see below.")],
    suite: Annotated[
        list[str], typer.Option("--suite", "-s", help="Suites, separated by commas; see below.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", file_okay=False, help="Else RUN/evaluation or evaluations/MODEL."),
    ] = None,
    endpoint: Endpoint = None,
    checkpoint: Checkpoint = "",
    score: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=MODEL", help="Score texts by a reward model, module:name or sandbox:gold."
        ),
    ] = None,
    judge: Judge = None,
    judge_model: JudgeModel = "",
    rubric_judge: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A server that gives points by the rubric of each task's category."),
    ] = None,
    rubric_model: Annotated[str, typer.Option(help="Name by which it knows that judge.")] = "",
    api_key_env: ApiKeyEnv = API_KEY_ENV,
    samples: Annotated[
        int, typer.Option(min=1, help="Texts for each task: sameness within a prompt needs several.")
    ] = 1,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Of a text, at most.")] = 2048,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 is greedy.")] = 1.0,
    top_p: Annotated[float, typer.Option(help="1 = the whole distribution.")] = 1.0,
    top_k: Annotated[int, typer.Option(min=0, help="0 = all tokens.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the sampling, and of intervals.")] = 0,
    batch_size: Annotated[int, typer.Option(min=1, help="Texts that a local model writes at once.")] = 32,
    in_flight: Annotated[int, typer.Option(min=1, help="Requests to a server at the same time.")] = 64,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first tasks of each suite: for a look, not a result.")
    ] = None,
    gates: Annotated[
        bool, typer.Option(help="Fail texts that are empty, echo, loop or refuse (not in ifeval, ifbench).")
    ] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin anew.")] = False,
    quiet: Quiet = False,
) -> None:
    """Let MODEL write for suites of tasks; verify, score and report what it wrote."""
    check_both("--judge", judge, "--judge-model", judge_model)
    check_both("--rubric-judge", rubric_judge, "--rubric-model", rubric_model)
    threads.configure()
    from rlmr.evals.generate import Sampling  # the first import of torch; seconds
    from rlmr.policies.evaluating import Judges, Request, named_scores
    from rlmr.sandbox.suite import suites_of

    author = Author(model, checkpoint, endpoint, api_key_env, in_flight)
    suites = [one.limited(limit) for one in suites_of(suite)]
    folder, scores = output or _folder(author), named_scores(score or ())
    sampling = Sampling(max_new_tokens, temperature, top_p, top_k, seed, batch_size)
    judges = Judges(judge, judge_model, rubric_judge, rubric_model, api_key_env)
    _run(Request(author, suites, folder, sampling, samples, scores, judges, gates, overwrite), quiet)


def _run(request: Request, quiet: bool) -> None:
    """Evaluate, write the page, print the tables. Exit code 1 where a suite has no text at all."""
    from rlmr.engines.settings import quiet_libraries
    from rlmr.policies.evaluating import evaluate, others
    from rlmr.report.evaluation import write_evaluation

    quiet_libraries()
    found = evaluate(request, partial(_phases, quiet=quiet))
    before = others(request.folder, request.suites, request.sampling.seed)
    page = write_evaluation([*found, *before], request.folder)
    for _, results in found:
        console().print(results_table(results))
    typer.echo(f"{page.parent}/results.json, {page}")
    for _, results in found:
        if not results.texts:
            causes = ", ".join(f"{cause} {n}" for cause, n in results.missing.items())
            typer.echo(f"{results.facts.suite}: not one text could be had: {causes}", err=True)
            raise typer.Exit(1)


@contextmanager
def _phases(name: str, quiet: bool) -> Iterator[Show]:
    """A bar for each part of an evaluation: writing, verifying, each score."""
    with ExitStack() as stack:
        open_bars: dict[str, Callable[[int, int], None]] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in open_bars:
                stack.close()
                open_bars[what] = stack.enter_context(count_bar(f"{name}: {what}", quiet))
            open_bars[what](done, total)

        yield show


def _folder(author: Author) -> Path:
    """Where an evaluation is kept if nobody says so: with its run, or in `evaluations`."""
    path = Path(author.model)
    if author.is_run:
        return path / "evaluation"
    return Path("evaluations") / (path.name.partition(".jsonl")[0].replace(":", "-") or "model")


def results_table(results: Results) -> Table:
    """A suite's rates: all texts, then by language, difficulty, category and type."""
    missing = f", {sum(results.missing.values())} without a text" if results.missing else ""
    unknown = f", {results.unknown} unknown" if results.unknown else ""
    title = f"{results.facts.suite} ({results.facts.profile}): {results.texts} texts{missing}{unknown}"
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    table.add_column("", overflow="fold")
    for name in ("known", "strict", "95 %") + (("loose", "95 %") if results.loose else ()):
        table.add_column(name, justify="right", no_wrap=True)
    unit = "constraints" if results.facts.profile == "native" else "instructions"
    loose = results.loose
    rows = [
        (f"texts that keep all {unit}", results.strict.prompts, loose.prompts if loose else None),
        (unit, results.strict.constraints, loose.constraints if loose else None),
    ]
    for aspect, split in results.by.items():
        rows += [(f"  {aspect} {value}", estimate, None) for value, estimate in split.items()]
    rows += [(f"  {name}", estimate, None) for name, estimate in results.types.items()]
    for name, strict, eased in rows:
        table.add_row(escape(name), str(strict.n), *_shares(strict), *(_shares(eased) if eased else ()))
    if results.words.n:
        table.add_row("words of a text", str(results.words.n), f"{results.words.value:.0f}", "")
    for name, estimate in results.scores.items():
        interval = f"{estimate.low:.2f}-{estimate.high:.2f}" if estimate.n else ""
        table.add_row(
            f"score {name}", str(estimate.n), f"{estimate.value:.2f}" if estimate.n else "–", interval
        )
    return table


def _shares(estimate: Estimate) -> tuple[str, str]:
    if not estimate.n:
        return "–", ""
    return f"{estimate.value:.1%}", f"{estimate.low:.0%}-{estimate.high:.0%}"
