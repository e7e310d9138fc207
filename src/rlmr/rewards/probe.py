"""Where the fine-tuning of an encoder starts: its linear head, fitted on the untouched encoder.

Fitting the head first keeps a new, random head from spoiling the encoder in the first steps (linear probing,
then fine-tuning: Kumar et al., arXiv 2202.10054). Five *experts* are fitted: one on all readings of a text,
each at equal weight, and one on each reading alone; each is ridge-penalised, its penalty chosen in
cross-validation by prompt. Then their held-out scores are weighted, no weight below 0 (stacked regressions:
Breiman 1996), and since every expert is linear, so is their sum. Legend: N texts, E experts, F dense
features, G words, S mean states.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from torch import Tensor

from rlmr.rewards.encoder import EncoderForSequenceClassification, Read
from rlmr.rewards.experts import Expert, stack
from rlmr.rewards.features import learn_lexicon
from rlmr.rewards.settings import Length
from rlmr.rewards.trainer import squared_correlation

DECORRELATIONS = (0.2, 0.3, 0.5, 0.7, 1.0, 2.0, 4.0)
"""Weights of length decorrelation that are tried."""
MOST_CORRELATION = 0.05
"""Half of what the audit allows (`rlmr.audit.verdict`), since other texts will differ."""
MOST_TEXTS = 3_000
"""Texts that the head is fitted on, at most: it needs a square matrix of them. More are drawn from."""
Pool = Callable[[Sequence[Read]], tuple[Tensor, Tensor]]
"""Mean states of N texts and of their prompts, (N, S) each."""


@dataclass(frozen=True, slots=True)
class Block:
    """The features of one reading."""

    features: npt.NDArray[np.float32] | sp.csr_matrix
    """(N, width), dense and standardised, or sparse."""
    scale: float
    """1 / their mean square per text."""

    @property
    def gram(self) -> Tensor:
        """(N, N) inner products, times `scale`, in float64."""
        product = self.features @ self.features.T
        dense = product if isinstance(product, np.ndarray) else product.toarray()
        return self.scale * torch.from_numpy(dense).double()

    def weights(self, dual_N: Tensor) -> Tensor:
        """A weight per feature, (width,), from one per text."""
        return self.scale * torch.from_numpy(self.features.T @ dual_N.float().numpy())


@dataclass(frozen=True, slots=True)
class Head:
    """What was fitted."""

    weights: dict[str, Tensor]
    """A weight per feature, by reading."""
    length_term: float
    """What the loss's length term came to; 0 without one."""
    held_out: Tensor
    """(N,) scores of the training texts by heads that saw other prompts."""
    shares: dict[str, float]
    """Each expert's weight in the sum."""
    control: Length
    """The length control that it was fitted with; a weight that was left open is filled in."""


def fit_head(
    model: EncoderForSequenceClassification,
    rows: Sequence[dict[str, Any]],
    control: Length,
    length_sd: float,
    pooled: Pool | None = None,
) -> Head:
    """Set the model's centers, scales, words and head from the training rows.

    Args:
        model: an untrained model.
        rows: prompt groups, in the columns of `GroupCollator`.
        control: length control. The head minimises what training will, over all rows at once.
        length_sd: standard deviation of log length.
        pooled: gives the mean states of texts and prompts, where they are known; None = the model itself.
    """
    rows = fewer(rows, MOST_TEXTS)
    reads = [model.read(ids) for row in rows for ids in row["texts"]]
    blocks = prepare(model, reads, *(pooled(reads) if pooled else pool(model, reads)))
    head = find_head(blocks, rows, control, length_sd)
    set_head(model, head)
    return head


def fewer(rows: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """As many rows, drawn at random, as have `most` texts together; all of them where they have no more.

    >>> len(fewer([{"texts": [[1], [2]]}] * 5, 7)), len(fewer([{"texts": [[1]]}] * 5, 7))
    (3, 5)
    """
    kept, texts = [], 0
    for row in random.Random(0).sample(list(rows), len(rows)):
        texts += len(row["texts"])
        if texts > most:
            break
        kept.append(row)
    return kept if len(kept) < len(rows) else list(rows)


@torch.no_grad()
def prepare(
    model: EncoderForSequenceClassification, reads: Sequence[Read], text_NS: Tensor, prompt_NS: Tensor
) -> dict[str, Block]:
    """Set what the model's features need from N training texts and their mean states; returns the features
    themselves."""
    model.text_center.copy_(text_NS.mean(0))
    asked = ~prompt_NS.isnan().any(1)
    if asked.any():
        model.prompt_center.copy_(torch.unique(prompt_NS[asked], dim=0).mean(0))
    model.set_lexicon(learn_lexicon([read.text for read in reads], model.config.encoder["vocab_size"]))
    dense_NF = model.dense(reads, text_NS, prompt_NS)
    model.center.copy_(dense_NF.mean(0))
    model.scale.copy_(dense_NF.std(0).clamp(min=1e-3))
    standard_NF = ((dense_NF - model.center) / model.scale).cpu()
    widths = model.config.widths
    found = dict(zip(widths, torch.split(standard_NF, list(widths.values()), dim=1), strict=True))
    blocks = {name: Block(x.numpy(), 1 / max(1e-6, float((x**2).sum(1).mean()))) for name, x in found.items()}
    if "words" in model.config.features:
        blocks["words"] = Block(model.words(reads), 1.0)
    return blocks


@torch.no_grad()
def set_head(model: EncoderForSequenceClassification, head: Head) -> None:
    """Give a prepared model the weights that were found."""
    model.score.weight.copy_(
        torch.cat([torch.empty(0), *(head.weights[name] for name in model.config.widths)])[None]
    )
    model.score.bias.zero_()
    if "words" in head.weights:
        model.gram_weight.copy_(head.weights["words"])


def find_head(
    blocks: dict[str, Block], rows: Sequence[dict[str, Any]], control: Length, length_sd: float
) -> Head:
    """The head for features that stand in the rows' order; a weight of decorrelation that is not given is
    the least of `DECORRELATIONS` whose held-out scores correlate with log length below `MOST_CORRELATION`, or
    the largest."""
    if control.control != "decorrelate" or control.weight is not None:
        return _find_head(blocks, rows, control, length_sd)
    log_length_N = torch.tensor([length for row in rows for length in row["lengths"]]).clamp(min=1).log()
    for weight in DECORRELATIONS:
        head = _find_head(blocks, rows, control.model_copy(update={"weight": weight}), length_sd)
        if squared_correlation(head.held_out, log_length_N) < MOST_CORRELATION**2:
            break
    return head


def _find_head(
    blocks: dict[str, Block], rows: Sequence[dict[str, Any]], control: Length, length_sd: float
) -> Head:
    grams = {name: block.gram for name, block in blocks.items()}
    members = {"all": list(blocks), **({name: [name] for name in blocks} if len(blocks) > 1 else {})}
    experts = {
        name: Expert(torch.stack([grams[each] for each in names]).sum(0), rows, control, length_sd)
        for name, names in members.items()
    }
    shares_E, term = stack([e.held_out_N for e in experts.values()], rows, control, length_sd)
    weights = {name: torch.zeros(block.features.shape[1]) for name, block in blocks.items()}
    for share, (name, expert) in zip(shares_E.tolist(), experts.items(), strict=True):
        for each in members[name]:
            weights[each] += share * blocks[each].weights(expert.dual_N)
    held_out = torch.stack([e.held_out_N for e in experts.values()], dim=1) @ shares_E
    return Head(weights, term, held_out, dict(zip(members, shares_E.tolist(), strict=True)), control)


@torch.no_grad()
def pool(
    model: EncoderForSequenceClassification, reads: Sequence[Read], size: int = 8
) -> tuple[Tensor, Tensor]:
    """The untouched encoder's mean states of N texts and of their prompts, (N, S) each, in their order."""
    model.eval()
    order = sorted(range(len(reads)), key=lambda i: len(reads[i].text))
    found = [
        model.both_states([reads[i] for i in order[start : start + size]])
        for start in range(0, len(order), size)
    ]
    back = torch.tensor(order).argsort()
    text_NS, prompt_NS = (torch.cat(side)[back.to(model.center.device)] for side in zip(*found, strict=True))
    return text_NS, prompt_NS
