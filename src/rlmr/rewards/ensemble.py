"""Several reward models as one, with a choice of how much their disagreement counts.

A policy finds what one model overrates; several, trained with different seeds, overrate different things
(Coste et al., arXiv 2310.02743). Legend: K members, B texts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from rlmr.data import write_whole
from rlmr.rewards.reward_model import (
    Prompt,
    RewardModel,
    RewardModelError,
    Scores,
    check_reward_model,
    finite,
)

Floats = npt.NDArray[np.float64]
Combine = Literal["mean", "worst", "lower"]
COMBINE = ("mean", "worst", "lower")
FILE = "ensemble.json"
"""What makes a folder an ensemble: its members and how they are combined."""


class Scoring(Protocol):
    """What scores texts."""

    def score(self, prompts: Sequence[Prompt], answers: Sequence[str]) -> Scores:
        """Scores of B answers."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Members' scores, each standardised, as one: their `mean`, their `worst`, or `lower` = mean - penalty *
    std."""

    members: tuple[Scoring, ...]
    combine: Combine = "mean"
    penalty: float = 1.0
    """Weight of the members' standard deviation, for `lower`."""
    scales: tuple[tuple[float, float], ...] = ()
    """Each member's mean and standard deviation over its training texts; empty leaves scores as they are."""

    def score(self, prompts: Sequence[Prompt], answers: Sequence[str]) -> Scores:
        """Scores of B answers; unknown, or truncated, where it is so for one member."""
        found = [member.score(prompts, answers) for member in self.members]
        values_KB = np.array([[math.nan if v is None else v for v in one.values] for one in found])
        if self.scales:
            scale_K2 = np.array(self.scales)
            values_KB = (values_KB - scale_K2[:, :1]) / scale_K2[:, 1:]
        values = combined(values_KB, self.combine, self.penalty)
        cut = [any(row) for row in zip(*(one.truncated for one in found), strict=True)]
        return Scores([finite(float(v)) for v in values], cut)


def combined(values_KB: Floats, combine: Combine, penalty: float = 1.0) -> Floats:
    """(B,) scores from (K, B); NaN where a member's is NaN. The spread is the population's: 0 for one member.

    >>> combined(np.array([[1.0, 0.0], [3.0, 0.0]]), "lower", 0.5).tolist()
    [1.5, 0.0]
    """
    mean: Floats = values_KB.min(0) if combine == "worst" else values_KB.mean(0)
    return mean - penalty * values_KB.std(0) if combine == "lower" else mean


def save_ensemble(
    folder: Path,
    members: Sequence[str],
    scales: Sequence[tuple[float, float]],
    combine: Combine,
    penalty: float,
) -> None:
    """Make `folder` an ensemble of the models in its subfolders `members`."""
    content = {
        "members": list(members),
        "scales": [list(s) for s in scales],
        "combine": combine,
        "penalty": penalty,
    }
    with write_whole(folder / FILE) as file:
        file.write((json.dumps(content, indent=1) + "\n").encode())


def read_ensemble(folder: str | Path) -> dict[str, Any] | None:
    """What `folder`'s ensemble file says; None where it is no ensemble. RewardModelError: a bad file."""
    path = Path(folder) / FILE
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        members = [str(name) for name in content["members"]]
        scales = tuple((float(mean), float(std)) for mean, std in content.get("scales", []))
        combine, penalty = content.get("combine", "mean"), float(content.get("penalty", 1.0))
    except (ValueError, KeyError, TypeError) as error:
        raise RewardModelError(f"reward.model: {path}: not an ensemble: {error}") from error
    if combine not in COMBINE:
        raise RewardModelError(
            f"reward.model: {path}: combine: {combine!r} is not allowed; allowed: {', '.join(COMBINE)}"
        )
    if not members or (scales and len(scales) != len(members)):
        raise RewardModelError(f"reward.model: {path}: {len(members)} members with {len(scales)} scales")
    return {"members": members, "scales": scales, "combine": combine, "penalty": penalty}


def check_scorer(path: str | Path, field: str = "reward.model") -> None:
    """Raise ModelError where the `path` that a `field` gives is neither a reward model nor an ensemble of
    such; loads no weights."""
    ensemble = read_ensemble(path)
    if ensemble is None:
        check_reward_model(path, field)
        return
    for name in ensemble["members"]:
        check_reward_model(Path(path) / name, field)


def load_scorer(path: str | Path, **settings: Any) -> Scoring:
    """The reward model or ensemble at `path`; `settings` are RewardModel's. Raises ModelError."""
    ensemble = read_ensemble(path)
    if ensemble is None:
        return RewardModel(path, **settings)
    members = tuple(RewardModel(Path(path) / name, **settings) for name in ensemble["members"])
    return Ensemble(members, ensemble["combine"], ensemble["penalty"], ensemble["scales"])
