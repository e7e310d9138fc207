"""A self-contained writing world in which the whole method runs, and can be measured, anywhere.

world (a story grammar, parsed back exactly) -> tasks (briefs and constraints) -> stories (writers of
varying skill) -> gold (the judge that nothing is trained on) -> readers (a biased panel that labels
preferences) -> models and build (a small policy and a reward model, shipped in `checkpoints/`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CHECKPOINTS = Path(__file__).parent / "checkpoints"
NAMES = ("policy", "reward_model")


def checkpoint(name: str) -> Path:
    """Folder of a shipped model, in Hugging Face's layout: 'policy' or 'reward_model'.

    >>> checkpoint("policy").name
    'policy'
    """
    if name not in NAMES:
        raise ValueError(f"no sandbox checkpoint {name!r}; there are {', '.join(NAMES)}")
    return CHECKPOINTS / name


def metrics() -> dict[str, Any]:
    """What the shipped checkpoints reached when they were built (see `rlmr.sandbox.measure`).

    >>> metrics()["quality_std"] > 0
    True
    """
    found: dict[str, Any] = json.loads((CHECKPOINTS / "metrics.json").read_text("utf-8"))
    return found
