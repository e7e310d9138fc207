"""Several scorers as one cautious quality column. Axes: P prompts, G texts of one prompt, K scorers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rlmr.mixing.rule import check_number


def lower_bound(
    scores_PGK: Tensor | npt.NDArray[Any] | Sequence[Sequence[Sequence[float]]], doubt: float = 1.0
) -> Tensor:
    """(P, G) float64: mean over the scorers minus `doubt` times their population standard deviation.

    A text on which the scorers disagree gets less: policies seek out the texts that one scorer
    misjudges. The scorers must share a scale: standardise them on the same texts first.
    Source: pessimistic ensembles against over-optimisation (arXiv:2310.02743). Degenerate: one
    scorer, or doubt = 0, gives the mean; a text that one scorer could not score is NaN, unknown.

    >>> lower_bound([[[1.0, 3.0], [2.0, 2.0]]]).tolist()
    [[1.0, 2.0]]
    """
    check_number("doubt", doubt, 0, 1e6)
    if isinstance(scores_PGK, Tensor):
        scores_PGK = scores_PGK.detach().to("cpu", torch.float64)
    else:
        scores_PGK = torch.from_numpy(np.array(scores_PGK, dtype=np.float64))
    if scores_PGK.ndim != 3 or 0 in scores_PGK.shape:
        raise ValueError(f"scores must have shape (P, G, K), all at least 1; got {tuple(scores_PGK.shape)}")
    return scores_PGK.mean(2) - doubt * scores_PGK.std(2, correction=0)
