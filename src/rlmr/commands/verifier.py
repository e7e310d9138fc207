"""`rlmr verifier`: train a classifier that decides constraints, and hold one against labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rlmr.commands.options import Quiet
from rlmr.commands.screen import console
from rlmr.data import DataError
from rlmr.progress import count_bar
from rlmr.recipes.load import read_override

verifier_app = typer.Typer(
    no_args_is_help=True,
    help="Trained verifiers: train one on labelled texts, measure it.",
    rich_markup_mode="markdown",
)

TRAIN_EXAMPLES = """
Examples:

    rlmr verify texts.jsonl --output labelled.jsonl

    rlmr verifier train labelled.jsonl by_hand.jsonl --model PATH_OR_NAME --output verifiers/mine

    rlmr verifier train labelled.jsonl --model PATH --output DIR --band 0.2 num_train_epochs=5

A row holds `prompt`, `completion` (or `response`), and `constraints` with `verdicts` (as `rlmr verify` writes
them) or `labels`, or one `constraint` (a specification, or a requirement in words) with its `label`.
KEY=VALUE is a setting of transformers' TrainingArguments.
"""

EVAL_EXAMPLES = """
Examples:

    rlmr verifier eval verifiers/mine heldout.jsonl

    rlmr verifier eval verifiers/mine heldout.jsonl --band 0 --json found.json
"""


@verifier_app.command("train", epilog=TRAIN_EXAMPLES)
def train_command(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA|KEY=VALUE",
            help="Labelled .jsonl, .jsonl.gz or .parquet files, and settings of the trainer.",
        ),
    ],
    model: Annotated[
        str, typer.Option(help="What to start from: a sequence classifier, an encoder, a language model.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A new folder for the verifier.", file_okay=False)
    ],
    heldout: Annotated[
        list[Path] | None,
        typer.Option(
            help="Rows to measure on, in place of a tenth of DATA; may share no prompt or text with it."
        ),
    ] = None,
    reads_prompt: Annotated[
        bool, typer.Option("--prompt/--no-prompt", help="Show the model the prompt before the requirement.")
    ] = True,
    max_length: Annotated[
        int | None, typer.Option(help="Tokens to read of prompt, requirement and text together.", min=1)
    ] = None,
    balance: Annotated[bool, typer.Option(help="Give passes and fails of a type the same weight.")] = True,
    threshold: Annotated[float, typer.Option(help="A text passes above this probability.")] = 0.5,
    band: Annotated[float, typer.Option(help="Nearer to the threshold than this is unknown.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Of the split, the order and a new head.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Train a verifier on DATA, calibrate it, measure it, and save it whole."""
    from rlmr.audit.verifier import to_table
    from rlmr.engines.settings import quiet_libraries
    from rlmr.verifiers.classifier.data import read_examples
    from rlmr.verifiers.classifier.train import train
    from rlmr.verifiers.classifier.trainer import Settings

    quiet_libraries()
    files, config = split_arguments(arguments)
    if not files:
        raise DataError("DATA: give at least one file of labelled texts beside the settings")
    settings = Settings(model, reads_prompt, max_length, balance, threshold, band, seed, config)
    examples, held_out = read_examples(*files), read_examples(*heldout) if heldout else []
    with count_bar("train", quiet) as show:
        found = train(examples, settings, output, held_out=held_out, show=lambda i, n, _: show(i, n))
    title = f"{output}: {found.labels} labels that took part in neither training nor calibration"
    console().print(to_table(found, title))


@verifier_app.command("eval", epilog=EVAL_EXAMPLES)
def eval_command(
    model: Annotated[Path, typer.Argument(metavar="VERIFIER", help="The folder of a verifier.")],
    data: Annotated[
        list[Path], typer.Argument(metavar="DATA", help="Labelled files that it was not trained on.")
    ],
    threshold: Annotated[float | None, typer.Option(help="In place of the card's.")] = None,
    band: Annotated[float | None, typer.Option(help="In place of the card's; 0 decides everything.")] = None,
    any_type: Annotated[
        bool, typer.Option("--any-type", help="Also decide constraint types that training did not have.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The report, with every count.", dir_okay=False)
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Hold a verifier against the labels of DATA, per constraint type."""
    from rlmr.audit.verifier import to_json, to_table
    from rlmr.engines.settings import quiet_libraries
    from rlmr.runs.files import write_json
    from rlmr.verifiers.classifier.classifier import Classifier, read_seen
    from rlmr.verifiers.classifier.data import check_unseen, read_examples
    from rlmr.verifiers.classifier.train import measured

    quiet_libraries()
    examples = read_examples(*data)
    check_unseen(read_seen(model), examples)
    classifier = Classifier.load(model, threshold=threshold, band=band, any_type=any_type)
    with count_bar("eval", quiet) as show:
        found = measured(classifier, examples, show)
    about: dict[str, Any] = {
        "model": str(model),
        "data": [str(path) for path in data],
        "threshold": classifier.card.threshold,
        "band": classifier.card.band,
    }
    if json is not None:
        write_json(json, to_json(found, about))
    console().print(to_table(found, f"{model}: {found.labels} labels"))
    console().print(f"NLL {found.nll:.3f}  ECE {found.ece:.3f}", highlight=False)


def split_arguments(arguments: list[str]) -> tuple[list[Path], dict[str, Any]]:
    """Files, and settings given as KEY=VALUE with YAML values. Raises RecipeError for a setting that is none.

    >>> split_arguments(["a.jsonl", "learning_rate=1e-4"])[1]
    {'learning_rate': 0.0001}
    """
    given = [text for text in arguments if "=" in text and not Path(text).exists()]
    settings = [read_override(text) for text in given]
    return [Path(text) for text in arguments if text not in given], {".".join(k): v for k, v in settings}
