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

from rlmr.rewards.encoder import EncoderForSequenceClassification, Read, log_tokens
from rlmr.rewards.experts import Expert, stack
from rlmr.rewards.features import learn_lexicon
from rlmr.rewards.settings import Length

MOST_TEXTS = 3_000
"""Texts that the head is fitted on, at most: it needs a square matrix of them. More are drawn from."""
RARELY_LESS = 0.01
"""Share of the training texts that lose less to length control than a text at least loses: the line is not
drawn on to where there were none, or a text of three words would beat every story."""
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


def fit_head(
    model: EncoderForSequenceClassification,
    rows: Sequence[dict[str, Any]],
    control: Length,
    length_sd: float,
    pooled: Pool | None = None,
    show: Callable[[int, int, str], None] | None = None,
) -> Head:
    """Set the model's centers, scales, words, head and length slope from the training rows.

    Args:
        model: an untrained model.
        rows: prompt groups, in the columns of `GroupCollator`.
        control: length control. The head minimises what training will, over all rows at once.
        length_sd: standard deviation of log length.
        pooled: gives the mean states of texts and prompts, where they are known; None = the model itself.
        show: called with (texts read, N, "read texts").
    """
    rows = fewer(rows, MOST_TEXTS)
    reads = [model.read(ids) for row in rows for ids in row["texts"]]
    blocks = prepare(model, reads, *(pooled(reads) if pooled else pool(model, reads, show=show)))
    head = find_head(blocks, rows, control, length_sd)
    set_head(model, head)
    if control.control == "residual":
        log_length_N = log_tokens(reads)
        model.config.length_slope = slope(head.held_out, log_length_N)
        lost_N = model.config.length_slope * log_length_N
        model.config.length_least = lost_N.quantile(RARELY_LESS).item()
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
    """The head for features that stand in the rows' order."""
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
    return Head(weights, term, held_out, dict(zip(members, shares_E.tolist(), strict=True)))


def slope(scores_N: Tensor, log_length_N: Tensor) -> float:
    """cov(score, log length) / var(log length): the slope of the least-squares line; 0 where all lengths are
    equal.

    >>> slope(torch.tensor([1.0, 3.0, 5.0]), torch.tensor([0.0, 1.0, 2.0]))
    2.0
    >>> slope(torch.tensor([1.0, 3.0]), torch.ones(2))
    0.0
    """
    x_N = log_length_N.double() - log_length_N.double().mean()
    covariance = (x_N * (scores_N.double() - scores_N.double().mean())).mean()
    return float(covariance / (x_N**2).mean().clamp(min=1e-12))


@torch.no_grad()
def pool(
    model: EncoderForSequenceClassification,
    reads: Sequence[Read],
    size: int = 8,
    show: Callable[[int, int, str], None] | None = None,
) -> tuple[Tensor, Tensor]:
    """The untouched encoder's mean states of N texts and of their prompts, (N, S) each, in their order."""
    model.eval()
    order = sorted(range(len(reads)), key=lambda i: len(reads[i].text))
    found = []
    for start in range(0, len(order), size):
        found.append(model.both_states([reads[i] for i in order[start : start + size]]))
        if show is not None:
            show(min(start + size, len(order)), len(order), "read texts")
    back = torch.tensor(order).argsort()
    text_NS, prompt_NS = (torch.cat(side)[back.to(model.center.device)] for side in zip(*found, strict=True))
    return text_NS, prompt_NS
