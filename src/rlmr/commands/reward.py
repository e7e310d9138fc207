"""Command line: `rlmr reward train | audit | score`. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from rlmr import threads
from rlmr.commands.options import Quiet, RewardModel, Settings
from rlmr.data import DataError, read_rows, to_prompt, to_text, write_whole
from rlmr.progress import count_bar, spinner
from rlmr.recipes.models import locate

if TYPE_CHECKING:
    from rlmr.audit.audit import Audit
    from rlmr.rewards.preferences import Preference
    from rlmr.rewards.reward_model import Prompt

reward_app = typer.Typer(no_args_is_help=True, help="Writing reward models: train, audit, score.")

TRAIN_EXAMPLES = """
Examples:

    rlmr reward train hanna data.train=hanna_stories_annotations.csv model=PATH

    rlmr reward train my_reward.yaml "seeds=[0,1,2]" ensemble.combine=worst

    rlmr reward train my_reward.yaml --dry-run
"""
AUDIT_EXAMPLES = """
Examples:

    rlmr reward audit models/hanna heldout.jsonl --samples samples.jsonl

    rlmr reward audit org/name hanna_stories_annotations.csv --format hanna --output audit/
"""
SCORE_EXAMPLES = """
Examples:

    rlmr reward score models/hanna texts.jsonl --output scores.jsonl

A row holds `prompt` and the text as `completion` or `response`; a scored row is the row with `score` (null
where the text could not be scored) and `truncated`.
"""
Format = Literal["pairs", "hanna", "lamp"]


@reward_app.command("train", epilog=TRAIN_EXAMPLES)
def train_command(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A reward recipe file, or a shipped one's name.")
    ],
    overrides: Settings = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, train nothing.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Train members again that are there.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train a reward model, or one per seed, and audit it on the held-out pairs; members that are there are
    kept."""
    from rlmr.recipes.reward import load_pairs, read_reward_recipe

    resolved = read_reward_recipe(recipe, overrides or ())
    train, held, warnings = load_pairs(resolved.data)
    console = Console(stderr=True)
    for line in warnings[:5]:
        console.print(f"note: {line}", highlight=False, soft_wrap=True)
    if len(warnings) > 5:
        console.print(f"note: ... and {len(warnings) - 5} more rows that stand twice", highlight=False)
    groups = len({p.group for p in train})
    typer.echo(f"{len(train)} pairs of {groups} prompts to train on, {len(held)} held out")
    from rlmr.models import read_config

    read_config("model", resolved.model, ("",), "give a classifier, a causal language model or an encoder")
    if dry_run:
        return
    threads.configure()
    from rlmr.commands.reward_run import train_recipe

    with count_bar(resolved.name, quiet) as show:
        folder, found = train_recipe(resolved, train, held, overwrite=overwrite, show=show)
    if found is not None:
        _print(found)
    typer.echo(f"model: {folder}")


@reward_app.command("audit", epilog=AUDIT_EXAMPLES)
def audit_command(
    model: RewardModel,
    pairs: Annotated[
        str, typer.Argument(metavar="PAIRS", help="Held-out preferences: a file, or hub:owner/name:split.")
    ],
    train: Annotated[
        str | None,
        typer.Option(help="The preferences it was trained on: the cheap baselines learn from them too."),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(help="Rows of prompt and completion, sampled from the policy to be trained."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How the files of pairs are read.")] = "pairs",
    split: Annotated[str | None, typer.Option(help="Only the rows of this split.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for audit.json and audit.html.", file_okay=False),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Texts per forward pass.")] = 32,
    quiet: Quiet = False,
) -> None:
    """What a reward model is right on, what it is paid by, and whether to optimise against it. Exit code 1:
    it is not."""
    from rlmr.recipes.reward import Pairs, read_pairs
    from rlmr.rewards.preferences import check_splits, without_repeats

    data = Pairs(train=pairs, format=form)
    held = without_repeats(read_pairs(data, "PAIRS", pairs, split))
    learned: list[Preference] = []
    if train:
        own = "train" if train == pairs else None
        learned = without_repeats(read_pairs(data, "--train", train, own))
        check_splits(learned, held)
    texts = [(prompt, text) for prompt, text, _ in _texts(samples)] if samples else []
    threads.configure()
    from rlmr.audit.audit import audit, write_json
    from rlmr.report.audit import write_html
    from rlmr.rewards.ensemble import check_scorer, load_scorer

    folder = locate(model)
    check_scorer(folder, "MODEL")
    with spinner("loading …", quiet) as say:
        scorer = load_scorer(folder, batch_size=batch_size)
        found = audit(scorer, held, model=model, train=learned, samples=texts, show=say)
    _print(found)
    if output is not None:
        write_json(found, output / "audit.json")
        write_html(found, output / "audit.html")
        typer.echo(f"{output}/audit.json, {output}/audit.html")
    if found.safe is False:
        raise typer.Exit(1)


@reward_app.command("score", epilog=SCORE_EXAMPLES)
def score_command(
    model: RewardModel,
    path: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl, .jsonl.gz or .parquet of texts.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where scored rows go (JSON Lines).", dir_okay=False)
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Texts per forward pass, at most.")] = 64,
    max_length: Annotated[int | None, typer.Option(min=1, help="Tokens to read of each text.")] = None,
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"], typer.Option(help="Of the weights.")
    ] = "auto",
    long_texts: Annotated[
        Literal["cut", "middle", "unknown"],
        typer.Option(help="Texts beyond that: lose their end, their middle, or the score."),
    ] = "cut",
    quiet: Quiet = False,
) -> None:
    """Score every text of FILE."""
    rows = _texts(path)
    threads.configure()
    from rlmr.rewards.ensemble import check_scorer, load_scorer

    folder = locate(model)
    check_scorer(folder, "MODEL")
    scorer = load_scorer(
        folder, batch_size=batch_size, max_length=max_length, precision=precision, long_texts=long_texts
    )
    values: list[float | None] = []
    cut: list[bool] = []
    with count_bar("score", quiet) as show:
        for start in range(0, len(rows), SCORED_TOGETHER):
            show(start, len(rows))
            part = rows[start : start + SCORED_TOGETHER]
            found = scorer.score([prompt for prompt, _, _ in part], [text for _, text, _ in part])
            values += found.values
            cut += found.truncated
    if output is not None:
        with write_whole(output) as file:
            for (_, _, row), value, short in zip(rows, values, cut, strict=True):
                line = json.dumps({**row, "score": value, "truncated": short}, ensure_ascii=False)
                file.write((line + "\n").encode())
    known = sorted(value for value in values if value is not None)
    typer.echo(f"{len(values)} texts, {len(values) - len(known)} without a score, {sum(cut)} truncated")
    if known:
        typer.echo(f"score: least {known[0]:.3f}, median {known[len(known) // 2]:.3f}, most {known[-1]:.3f}")


SCORED_TOGETHER = 4_096
"""Texts that are sorted by length together."""


def _texts(path: Path) -> list[tuple[Prompt, str, dict[str, Any]]]:
    """Prompt, text and row. Raises DataError with file, line and field."""
    found: list[tuple[Prompt, str, dict[str, Any]]] = []
    for line, row in read_rows(path):
        try:
            text = to_text(row)
            prompt = to_prompt(row["prompt"]) if row.get("prompt") else ""
        except DataError as error:
            raise DataError(f"{path}:{line}: {error}") from None
        found.append((prompt, text, row))
    if not found:
        raise DataError(f"{path}: the file holds no rows")
    return found


def _print(found: Audit) -> None:
    """The audit's main numbers and its verdict."""
    table = Table("", "accuracy", "95 % interval", "pairs", box=None, header_style="bold")
    rows = [
        (found.model or "model", found.accuracy),
        *found.baselines.items(),
        *((s.name, s.accuracy) for s in found.slices),
    ]
    rows += [(f"{level} variants", value) for level, value in found.variants.items()]
    for name, e in rows:
        known = e.n > 0
        table.add_row(
            name,
            f"{e.value:.3f}" if known else "unknown",
            f"{e.low:.3f} to {e.high:.3f}" if known else "",
            str(e.n),
        )
    Console().print(table)
    c = found.calibration
    typer.echo(
        f"Spearman(score, words) {found.spearman:+.3f}; NLL {c.nll:.3f}, Brier {c.brier:.3f}, ECE {c.ece:.3f}"
    )
    for check in found.checks:
        mark = {True: "passed", False: "FAILED", None: "open"}[check.passed]
        typer.echo(f"{mark:>7}: {check.name}: {check.found}")
    typer.echo(found.verdict)
