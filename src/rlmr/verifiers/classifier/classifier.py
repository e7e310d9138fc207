"""A trained verifier at work: verdicts from a sequence classifier, unknown where it is not sure.

Its folder holds the model and tokenizer in Hugging Face's layout, and `verifier.json`, its card.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from rlmr.constraints.base import Constraint, Verdict
from rlmr.models import first_line, read_config
from rlmr.rewards.render import padded, render
from rlmr.rewards.reward_model import Show, by_length, finite, own_device, readable
from rlmr.text import has_words
from rlmr.verifiers.classifier.calibrate import Calibration
from rlmr.verifiers.classifier.data import VerifierError
from rlmr.verifiers.combine import Item

CARD = "verifier.json"
"""The card's name in the folder."""
SEEN = "trained_on.txt"
"""Digests of the prompts and texts of training and calibration, so that nothing is measured on them."""
SCHEMA = 1
"""Version of the card; readers refuse a newer one."""
CLASSIFIERS = ("ForSequenceClassification",)
"""How the architectures end that can be a verifier."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a verifier is beside its weights."""

    temperature: float = 1.0
    """P(kept) = sigmoid(logit / temperature + shift)."""
    shift: float = 0.0
    threshold: float = 0.5
    """A text passes above it and fails below it, between 0 and 1."""
    band: float = 0.1
    """A probability that is nearer to the threshold than this is undecided; 0 decides everything."""
    types: tuple[str, ...] = ()
    """Constraint types that it was trained on."""
    reads_prompt: bool = True
    """Whether it sees the prompt before the requirement."""
    max_length: int | None = None
    """Tokens that it reads; a longer text is unknown. None = any number."""
    training: dict[str, Any] = field(default_factory=dict)
    """Base model, settings, and how many labels of each type it saw."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """What it reached on labels that took part in neither training nor calibration."""

    def __post_init__(self) -> None:
        """Refuse a threshold or a band that is none."""
        if not 0 < self.threshold < 1:
            raise VerifierError(f"threshold: {self.threshold!r} is not allowed; it lies between 0 and 1")
        if not 0 <= self.band < 1:
            raise VerifierError(f"band: {self.band!r} is not allowed; it is at least 0 and below 1")
        if not 0 < self.temperature < math.inf:
            raise VerifierError(f"temperature: {self.temperature!r} is not allowed; it is above 0 and finite")

    @property
    def calibration(self) -> Calibration:
        """Temperature and shift."""
        return Calibration(self.temperature, self.shift)


def read_card(path: str | Path) -> Card:
    """The card of a verifier's folder. Raises VerifierError where there is none that can be read."""
    file = Path(path) / CARD
    if not file.is_file():
        raise VerifierError(f"verifier: no {CARD} in {path}; `rlmr verifier train` writes one")
    try:
        values = json.loads(file.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise VerifierError(f"{file}: not JSON: {error}") from None
    allowed = {f.name for f in fields(Card)} | {"schema"}
    if not isinstance(values, dict) or set(values) - allowed:
        raise VerifierError(f"{file}: allowed are the keys {', '.join(sorted(allowed))}")
    if values.pop("schema", SCHEMA) > SCHEMA:
        raise VerifierError(f"{file}: a newer schema than {SCHEMA}, the newest that this version reads")
    return Card(**{**values, "types": tuple(values.get("types", ()))})


def read_seen(path: str | Path) -> list[str]:
    """The digests of what the verifier in a folder was made from; none where they are not there."""
    file = Path(path) / SEEN
    return file.read_text("utf-8").split() if file.is_file() else []


def card_values(card: Card) -> dict[str, Any]:
    """The card as JSON values; `read_card` reads it back."""
    return {"schema": SCHEMA, **asdict(card)}


def layout(prompt: str, constraint: Constraint, reads_prompt: bool = True) -> str:
    """What the classifier reads before the response; the response follows as the assistant's turn.

    >>> from rlmr.constraints import WordCount
    >>> layout("Write.", WordCount(at_most=9))
    'Write.\\n\\nRequirement: Write at most 9 words.'
    """
    shown = f"{prompt}\n\n" if reads_prompt else ""
    return f"{shown}Requirement: {constraint.instruction()}"


def tokens_of(tokenizer: Any, item: Item, reads_prompt: bool) -> list[int]:
    """One item's token ids, not cut: in training and at work the same."""
    prompt, constraint, text = item
    return render(tokenizer, layout(prompt, constraint, reads_prompt), text)


def one_logit(logits: Tensor) -> Tensor:
    """The log odds of 'kept', (B,), of a head with one logit or with two (broken, kept): (B, 1) or (B, 2).

    >>> one_logit(torch.tensor([[1.0, 3.0]])).tolist(), one_logit(torch.tensor([[2.0]])).tolist()
    ([2.0], [2.0])
    """
    return logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]


@dataclass(frozen=True, slots=True)
class Classifier:
    """A sequence classifier in eval mode behind a card; see `load`."""

    model: Any
    tokenizer: Any
    card: Card
    source: str
    """Who decided, in its verdicts: 'classifier:PATH'."""
    batch_size: int = 64
    """Texts per forward pass, at most."""
    any_type: bool = False
    """Whether it also decides constraint types that it was not trained on."""

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        threshold: float | None = None,
        band: float | None = None,
        any_type: bool = False,
        batch_size: int = 64,
        device: str | None = None,
    ) -> Classifier:
        """The verifier in a folder that `rlmr verifier train` wrote.

        `threshold` and `band` stand in for the card's; `device` None = this rank's GPU where there is one,
        else the CPU. Raises ModelError or VerifierError where the folder holds no verifier.
        """
        card = check_classifier(path)
        card = replace(
            card,
            threshold=card.threshold if threshold is None else threshold,
            band=card.band if band is None else band,
        )
        try:
            tokenizer = AutoTokenizer.from_pretrained(path)
            model = AutoModelForSequenceClassification.from_pretrained(path)
        except (OSError, ValueError) as error:
            raise VerifierError(f"verifier: {path} cannot be loaded: {first_line(error)}") from error
        model.eval().requires_grad_(False).to(device or own_device())
        return cls(model, tokenizer, card, f"classifier:{path}", batch_size, any_type)

    def verify_many(self, items: Sequence[Item]) -> list[Verdict]:
        """One verdict per (prompt, constraint, text), in their order.

        Unknown, with its cause: a probability inside the band ("undecided: p = 0.52"), a constraint type that
        training did not have ("unseen type: tone"), a text longer than it reads, a logit that is no number. A
        text without a word fails unread, as for every verifier.
        """
        wanted = [i for i, item in enumerate(items) if self._reads(item)]
        found = dict(zip(wanted, self.probabilities([items[i] for i in wanted]), strict=True))
        return [self.decide(item, found.get(i)) for i, item in enumerate(items)]

    def probabilities(self, items: Sequence[Item], show: Show | None = None) -> list[float | None]:
        """P(kept) of each item, whatever its type; None where `logits` is."""
        probability = self.card.calibration.probability
        return [None if logit is None else probability(logit) for logit in self.logits(items, show)]

    def logits(self, items: Sequence[Item], show: Show | None = None) -> list[float | None]:
        """Log odds of 'kept' before calibration; None where the text is too long, or the model gives no
        number.

        Batches hold items of similar length; neither they nor the order change a logit beyond rounding.
        """
        reads_prompt = self.card.reads_prompt
        tokens = {i: tokens_of(self.tokenizer, item, reads_prompt) for i, item in enumerate(items)}
        limit = self.card.max_length
        lengths = {i: len(ids) for i, ids in tokens.items() if limit is None or len(ids) <= limit}
        found: list[float | None] = [None] * len(items)
        done = 0
        for batch in by_length(lengths, self.batch_size, self.model.device.type):
            for i, logit in zip(batch, self._forward([tokens[i] for i in batch]), strict=True):
                found[i] = finite(logit)
            if show is not None:
                show(done := done + len(batch), len(lengths))
        return found

    def _reads(self, item: Item) -> bool:
        """Whether the model has to be asked."""
        _, constraint, text = item
        return has_words(text) and (self.any_type or constraint.type in self.card.types)

    def _forward(self, batch: list[list[int]]) -> list[float]:
        device = self.model.device
        inputs = padded(batch, pad_of(self.tokenizer), device)
        with torch.inference_mode(), torch.autocast(device.type, enabled=False):
            logits: list[float] = one_logit(self.model(**inputs).logits.double()).tolist()
        return logits

    def decide(self, item: Item, p: float | None) -> Verdict:
        """The verdict that a probability (None: it has none) comes to."""
        _, constraint, text = item
        asked, card = constraint.instruction(), self.card
        if not has_words(text):
            verdict = constraint.verdict(False, None, asked, (), "nothing to check: the text holds no word")
        elif not self._reads(item):
            verdict = constraint.unknown(f"unseen type: {constraint.type}")
        elif p is None:
            verdict = constraint.unknown(
                "unread: longer than the classifier reads, or its logit is no number"
            )
        elif abs(p - card.threshold) < card.band or p == card.threshold:
            verdict = constraint.unknown(f"undecided: p = {p:.2f}")
        else:
            passed = p > card.threshold
            reason = "" if passed else f"the classifier finds it not kept (p = {p:.2f})"
            verdict = constraint.verdict(passed, f"p = {p:.2f}", asked, (), reason)
        return replace(verdict, source=self.source)


def pad_of(tokenizer: Any) -> int:
    """The id to pad with; a tokenizer without one pads with its end token."""
    return int(tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id)


def check_classifier(path: str | Path) -> Card:
    """The card of the verifier at `path`; loads no weights. Raises ModelError or VerifierError for none."""
    wanted = "a verifier is a sequence classifier (…ForSequenceClassification) with one or two labels"
    config = read_config("verifier", path, CLASSIFIERS, wanted)
    if config.num_labels not in (1, 2):
        raise VerifierError(f"verifier: {path} has {config.num_labels} labels; a verifier has one or two")
    return read_card(path)


def reads(config: Any, tokenizer: Any, wanted: int | None) -> int | None:
    """How many tokens a verifier reads: what is wanted, at most what the model has positions for."""
    limits = [limit for limit in (wanted, readable(config, tokenizer)) if limit is not None]
    return min(limits, default=None)
