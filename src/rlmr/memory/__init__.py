"""How much memory a run takes on each of its devices, estimated before anything is loaded.

    found = fit(Setup(shape_of(config), prompt=512, completion=1024, batch=4), 80 * GIB)
    print(*table(found.estimate), sep="\\n")

Loads no torch; `rlmr.memory.measure` does, and measures what was estimated.
"""

from rlmr.memory.estimate import GIB, Estimate, estimate
from rlmr.memory.fit import Fit, advice, fit, usable_bytes
from rlmr.memory.setup import ALL_LINEAR, Judge, Lora, Setup, Sharding, Vllm
from rlmr.memory.shape import FACTS, Shape, shape_of
from rlmr.memory.table import table, verdict

__all__ = [
    "ALL_LINEAR",
    "FACTS",
    "GIB",
    "Estimate",
    "Fit",
    "Judge",
    "Lora",
    "Setup",
    "Shape",
    "Sharding",
    "Vllm",
    "advice",
    "estimate",
    "fit",
    "shape_of",
    "table",
    "usable_bytes",
    "verdict",
]
