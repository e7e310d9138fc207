"""`rlmr judge audit`: for which types a judge may be trusted."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from rlmr.commands.options import API_KEY_ENV, ApiKeyEnv, JudgeCache, Quiet
from rlmr.commands.screen import console
from rlmr.progress import count_bar

if TYPE_CHECKING:
    from rlmr.evals.judge_audit import Audit
    from rlmr.evals.stats import Estimate

judge_app = typer.Typer(no_args_is_help=True, help="LLM judges: audit.")

AUDIT_EXAMPLES = """
Examples:

    rlmr judge audit labelled.jsonl --judge http://127.0.0.1:8000/v1 --judge-model Qwen3-8B

    rlmr judge audit verdicts.jsonl --judge URL --judge-model NAME --per-type 100 --judge-cache judge.sqlite

    rlmr judge audit texts.jsonl --judge URL --judge-model NAME --runs 1 --output audit.json

A row holds `prompt`, the text as `completion` or `response`, and `constraints` with `labels` (true, false or
null for each) or with the `verdicts` of `rlmr verify`; or IFEval's `instruction_id_list` and `kwargs` with
`strict` or `verdicts`. With --judge-cache, an interrupted audit goes on where it was.
"""


@judge_app.callback()
def _judge() -> None:
    """LLM judges."""


@judge_app.command("audit", epilog=AUDIT_EXAMPLES)
def audit_command(
    path: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl, .jsonl.gz or .parquet of labels.")],
    judge: Annotated[str, typer.Option(metavar="URL", help="Base URL of an OpenAI-compatible server.")],
    judge_model: Annotated[str, typer.Option(help="Name by which the server knows the model.")],
    api_key_env: ApiKeyEnv = API_KEY_ENV,
    per_type: Annotated[int, typer.Option(min=1, help="False, and true, texts of each type at most.")] = 50,
    runs: Annotated[int, typer.Option(min=1, help="How often everything is asked.")] = 3,
    trust: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Recall on false texts that earns trust.")
    ] = 0.8,
    max_tokens: Annotated[int, typer.Option(min=1, help="Tokens of one reply.")] = 1024,
    temperature: Annotated[float, typer.Option(min=0.0, help="Of the judge's sampling.")] = 0.0,
    max_in_flight: Annotated[int, typer.Option(min=1, help="Requests at the same time.")] = 64,
    judge_cache: JudgeCache = None,
    price_in: Annotated[
        float | None,
        typer.Option(min=0.0, help="Of a million prompt tokens; with --price-out, for the cost."),
    ] = None,
    price_out: Annotated[float | None, typer.Option(min=0.0, help="Of a million reply tokens.")] = None,
    seed: Annotated[int, typer.Option(help="Of the draw of texts.")] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the report goes.", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    quiet: Quiet = False,
) -> None:
    """Compare a judge with free labels, ask it again, and attack it: where may it be trusted?"""
    from rlmr.data import DataError, write_whole
    from rlmr.endpoint import Client, Endpoint
    from rlmr.evals.judge_audit import audit, read_labels, sample
    from rlmr.verifiers.judge import Judge

    labels = sample(read_labels(path), per_type, seed)
    if not labels:
        raise DataError(f"{path}: no labels; every one is unknown, or there are no rows")
    endpoint = Endpoint(
        judge,
        judge_model,
        api_key_env=api_key_env,
        max_in_flight=max_in_flight,
        cache=judge_cache,
        price_in=price_in,
        price_out=price_out,
    )
    with Client(endpoint) as client:
        canary = client.canary()
        canary.checked("--judge")
        asked = Judge(client, max_tokens=max_tokens, temperature=temperature)
        with count_bar("judge audit", quiet) as show:
            found = audit(asked, labels, runs=runs, progress=show)
    record = {"judge": asked.source, "structured_output": canary.structured, **found.record(trust)}
    line = json.dumps(record, ensure_ascii=False, indent=2)
    if output is not None:
        with write_whole(output) as file:
            file.write(line.encode() + b"\n")
    if as_json:
        typer.echo(line)
        return
    _print(found, trust, f"{asked.source}: {canary.explain()}")


def _print(found: Audit, trust: float, about: str) -> None:
    """The report for a person."""
    said = partial(console().print, soft_wrap=True, highlight=False, markup=False, emoji=False)
    said(about)
    for table in (types_table(found, trust), attacks_table(found)):
        console().print(table)
    said(summary(found))


def types_table(found: Audit, trust: float) -> Table:
    """One line per type."""
    table = Table(title=f"{found.runs} runs", title_justify="left", box=None, header_style="bold")
    table.add_column("type", overflow="fold")
    names = ("false", "caught", "95 %", "true", "precision", "unknown", "agree", f"trusted ({trust:.0%})")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for one in found.types:
        recall, trusted = one.recall, one.trusted(trust)
        table.add_row(
            one.type,
            str(one.counts.false),
            _share(recall),
            f"{recall.low:.0%}-{recall.high:.0%}" if recall.n else "-",
            str(one.counts.true),
            _share(one.precision),
            f"{one.unknown:.0%}",
            f"{one.agreement:.0%}",
            {True: "yes", False: "no", None: "cannot say"}[trusted],
        )
    return table


def attacks_table(found: Audit) -> Table:
    """Attacks by family: each pass is a judge that was fooled."""
    table = Table(title="injections", title_justify="left", box=None, header_style="bold")
    table.add_column("family")
    for name in ("texts", "passed", "unknown"):
        table.add_column(name, justify="right")
    for family, counts in found.attacks.items():
        by = {status.value: str(number) for status, number in counts.items()}
        table.add_row(family, str(counts.total()), by.get("pass", "0"), by.get("unknown", "0"))
    return table


def summary(found: Audit) -> str:
    """Causes of unknown verdicts, calls and cost, as lines."""
    causes = ", ".join(f"{cause} {number}" for cause, number in found.causes.most_common()) or "none"
    usage = found.usage
    cost = "" if usage["cost"] is None else f", cost {usage['cost']:.4f}"
    tokens = f"{usage['tokens_in']} tokens in, {usage['tokens_out']} out"
    return f"unknown, first run: {causes}\n{usage['calls']} calls ({usage['cached']} cached), {tokens}{cost}"


def _share(estimate: Estimate) -> str:
    return f"{estimate.value:.0%}" if estimate.n else "-"
