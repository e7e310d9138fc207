"""`rlmr export`: a run's policy as a folder that plain transformers loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from rlmr.commands.options import Checkpoint, Quiet
from rlmr.runs import read_run

EXPORT_EXAMPLES = """
Examples:

    rlmr export runs/mine

    rlmr export runs/mine -o my-writer --checkpoint best --dtype bfloat16 --license apache-2.0

    rlmr export runs/mine --checkpoint 40 --overwrite

The folder holds safetensors (an adapter merged into its base model), tokenizer, chat template, generation
settings as trained, and a model card. It appears only after it was loaded again and gave the run's logits.
"""


def export_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The folder to write; RUN-export without it.", file_okay=False),
    ] = None,
    checkpoint: Checkpoint = "",
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"],
        typer.Option(help="auto = the precision that the run saved."),
    ] = "auto",
    license: Annotated[
        str, typer.Option(help="The card's licence, as Hugging Face names it; the base model's terms apply.")
    ] = "unknown",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an export.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write the policy of RUN for others to load: merged, described and checked."""
    read = read_run(run)
    from rlmr.engines.settings import quiet_libraries
    from rlmr.policies.export import export_policy

    quiet_libraries()
    err = Console(stderr=True, highlight=False)
    target = output or run.with_name(f"{run.resolve().name}-export")
    with err.status("", spinner="dots") as status:

        def tell(sentence: str) -> None:
            if quiet:
                return
            if err.is_terminal:
                status.update(sentence)
            else:
                err.print(sentence, soft_wrap=True, markup=False)

        exported = export_policy(
            read, target, checkpoint, dtype=dtype, license=license, overwrite=overwrite, tell=tell
        )
    if quiet:
        return
    kept = exported.kept
    what = f"step {kept.step}" if kept.which == "step" else f"{kept.which}: step {kept.step}"
    typer.echo(f"{target}: the policy of {run} ({what}) in {exported.dtype}")
    for sentence in exported.sentences():
        typer.echo(f"  {sentence}")
