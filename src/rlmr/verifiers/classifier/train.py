"""Train a verifier on labelled rows, calibrate it, measure it, and save it whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    set_seed,
)

from rlmr.data import write_whole
from rlmr.models import ModelError, first_line, read_config
from rlmr.verifiers.classifier.calibrate import fit
from rlmr.verifiers.classifier.classifier import (
    CARD,
    SEEN,
    Card,
    Classifier,
    card_values,
    pad_of,
    reads,
    tokens_of,
)
from rlmr.verifiers.classifier.data import Example, VerifierError, check_apart, digests, split
from rlmr.verifiers.classifier.trainer import Settings, Show, fit_model, weights
from rlmr.verifiers.measure import Measured, measure

BASES = ("ForSequenceClassification", "ForCausalLM", "Model", "ForMaskedLM")
"""How the architectures end that a verifier can start from."""

SHARES = (0.8, 0.1, 0.1)
"""Training, calibration and test; without the last where held-out rows are given."""


def train(
    examples: Sequence[Example],
    settings: Settings,
    output: str | Path,
    *,
    held_out: Sequence[Example] = (),
    show: Show | None = None,
) -> Measured:
    """Train, calibrate and measure on three parts of `examples`, which share no text; save to `output`.

    `held_out` stands for the third part; it is refused where it shares a prompt or a text with `examples`.
    The folder appears whole or not at all, Ctrl-C included. Raises VerifierError for a folder in use, too few
    rows, labels of one kind only, or a model that cannot be one; TrainingArguments' own errors for its
    settings.
    """
    output = Path(output)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise VerifierError(f"--output: {output} is there already and not an empty folder")
    check_apart(examples, held_out)
    card = Card(threshold=settings.threshold, band=settings.band, reads_prompt=settings.reads_prompt)
    set_seed(settings.seed)
    tokenizer, model = load_base(settings.model)
    limit = reads(model.config, tokenizer, settings.max_length)
    known = [
        (e, ids) for e in examples if fits(ids := tokens_of(tokenizer, e.item, settings.reads_prompt), limit)
    ]
    parts = split([e for e, _ in known], SHARES[:2] if held_out else SHARES, settings.seed)
    test = list(held_out) or parts[2]
    if len({example.passed for example in parts[0]}) < 2:
        raise VerifierError(
            f"{len(parts[0])} labels to train on, all of them alike; a verifier needs passes and fails"
        )
    tokens = {id(e): ids for e, ids in known}
    with _whole(output) as folder:
        rows = [
            (tokens[id(e)], e.passed, weight)
            for e, weight in zip(parts[0], weights(parts[0], settings.balance), strict=True)
        ]
        fit_model(model, tokenizer, rows, settings, folder / "work", show)
        shutil.rmtree(folder / "work", ignore_errors=True)
        types = tuple(sorted({example.kind for example in parts[0]}))
        card = replace(
            card,
            types=types,
            max_length=limit,
            training=_about(settings, parts[0], len(examples) - len(known)),
        )
        card = calibrated(Classifier(model.eval(), tokenizer, card, str(output)), parts[1])
        found = measured(Classifier(model, tokenizer, card, str(output)), test)
        card = replace(card, metrics=found.to_dict())
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        (folder / SEEN).write_text("\n".join(digests([*parts[0], *parts[1]])) + "\n", "utf-8")
        with write_whole(folder / CARD) as file:
            file.write((json.dumps(card_values(card), ensure_ascii=False, indent=2) + "\n").encode())
    return found


def load_base(name: str) -> tuple[Any, Any]:
    """Tokenizer and model to start from: two logits where the base has two, else one, on a new head if need
    be.

    Raises ModelError where there is no such model.
    """
    read_config(
        "--model", name, BASES, "a verifier starts from a sequence classifier, an encoder or a language model"
    )
    config = AutoConfig.from_pretrained(name)
    is_classifier = (config.architectures or [""])[0].endswith(BASES[0])
    labels = 2 if is_classifier and config.num_labels == 2 else 1
    tokenizer = AutoTokenizer.from_pretrained(name, padding_side="right")
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            name, num_labels=labels, dtype=torch.float32, ignore_mismatched_sizes=True
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"--model: {name} cannot be loaded: {first_line(error)}") from error
    if model.config.pad_token_id is None:
        model.config.pad_token_id = pad_of(tokenizer)
    return tokenizer, model


def fits(ids: Sequence[int], limit: int | None) -> bool:
    """Whether a model that reads `limit` tokens reads all of these."""
    return limit is None or len(ids) <= limit


def calibrated(classifier: Classifier, examples: Sequence[Example]) -> Card:
    """The classifier's card with temperature and shift fitted on `examples`."""
    logits = classifier.logits([e.item for e in examples])
    known = [(x, e.passed) for x, e in zip(logits, examples, strict=True) if x is not None]
    found = fit([x for x, _ in known], [passed for _, passed in known])
    return replace(classifier.card, temperature=found.temperature, shift=found.shift)


def measured(
    classifier: Classifier, examples: Sequence[Example], show: Callable[[int, int], None] | None = None
) -> Measured:
    """The classifier held against labels; `show` is called with (examples done, all)."""
    found = classifier.probabilities([e.item for e in examples], show)
    statuses = [classifier.decide(e.item, p).status for e, p in zip(examples, found, strict=True)]
    return measure([e.kind for e in examples], [e.passed for e in examples], statuses, found)


def _about(settings: Settings, examples: Sequence[Example], left_out: int) -> dict[str, Any]:
    """What the card says of the training."""
    labels = Counter((e.kind, "pass" if e.passed else "fail") for e in examples)
    return {
        "model": settings.model,
        "seed": settings.seed,
        "balance": settings.balance,
        "config": settings.config,
        "labels": {
            kind: {name: labels[kind, name] for name in ("pass", "fail")}
            for kind in sorted({k for k, _ in labels})
        },
        "left_out_as_too_long": left_out,
    }


@contextmanager
def _whole(output: Path) -> Iterator[Path]:
    """A folder beside `output` that becomes it when the block ends well; else nothing is left."""
    output.parent.mkdir(parents=True, exist_ok=True)
    begun = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    try:
        yield begun
        begun.chmod(0o755)
        begun.replace(output)
    finally:
        shutil.rmtree(begun, ignore_errors=True)
