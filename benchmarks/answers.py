"""The 5,410 answers of ten open models to IFEval's prompts, with the official programs' verdicts on them."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
"""The folder of shared data; another one by RLMR_SHARED_DATA."""
VERDICTS = SHARED / "ifeval" / "official_verdicts_10_open_models.jsonl.gz"
"""Rows with model, key, prompt, response, instruction_id_list, kwargs, strict and loose (a verdict each)."""


def load(path: Path = VERDICTS) -> list[dict[str, Any]]:
    """The rows; a clear message where the file is absent."""
    if not path.is_file():
        raise SystemExit(f"{path} is absent: set RLMR_SHARED_DATA to a folder that holds ifeval/")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def short(model: str) -> str:
    """A model's name without its maker's.

    >>> short("Qwen__Qwen2.5-3B-Instruct")
    'Qwen2.5-3B-Instruct'
    """
    return model.rpartition("__")[2]
