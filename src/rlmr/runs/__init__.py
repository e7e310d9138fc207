"""The run record: one folder that anybody can read, without the engine that wrote it.

    config.yaml        the recipe as it ran, secrets taken out
    environment.json   versions, platform, cores, threads, commit; under `resumed` those of every resumption
    status.json        state (running, finished, interrupted, paused, failed), step, total_steps, reason
    metrics.jsonl      one flat JSON line per step; null = no data
    groups/            step_000001.jsonl.gz: one row per completion, raw columns and, under `derived`, the mix
    checkpoints/       the engine's own
    best.json          which checkpoint is the best by validation, while one is
    model/             the final policy, with its tokenizer
    evaluation/        what evaluations write

`read_run` reads it, `recompute` mixes it again from the raw columns, `remix` with another rule (both need
torch and are loaded with it); `RunWriter` is the only writer.
"""

from typing import TYPE_CHECKING, Any

from rlmr.runs.environment import environment
from rlmr.runs.read import Run, read_run
from rlmr.runs.row import Derived, Row, RunError
from rlmr.runs.write import RunWriter, check_folder

if TYPE_CHECKING:
    from rlmr.runs.measures import measure, mix_metrics
    from rlmr.runs.remixing import MixedRows, Mixture, mix_rows, mixture_of, recompute, remix

_NEED_TORCH = {
    "MixedRows": "remixing",
    "Mixture": "remixing",
    "measure": "measures",
    "mix_metrics": "measures",
    "mix_rows": "remixing",
    "mixture_of": "remixing",
    "recompute": "remixing",
    "remix": "remixing",
}


def __getattr__(name: str) -> Any:
    """Load what needs torch when it is first asked for."""
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NEED_TORCH[name]}"), name)


__all__ = [
    "Derived",
    "MixedRows",
    "Mixture",
    "Row",
    "Run",
    "RunError",
    "RunWriter",
    "check_folder",
    "environment",
    "measure",
    "mix_metrics",
    "mix_rows",
    "mixture_of",
    "read_run",
    "recompute",
    "remix",
]
