"""Peak memory and tokens per second on a GPU: rlmr beside plain TRL, all weights and LoRA.

    python -m benchmarks.gpu_memory [--output gpu_memory.json]
    python -m benchmarks.gpu_memory --tiny                     # the same code on a CPU, with a tiny model

Random models in the shape of Qwen2.5-0.5B and 7B, GRPO steps with transformers' generation, one process for
each case, ours and TRL's in turn. Peaks are PyTorch's (`torch.cuda.max_memory_allocated`), beside the guess
of `rlmr train --dry-run`. Cases that it thinks too large for the GPU are left out, and named. Prints a table
for docs/benchmarks.md, with date and hardware. Without a GPU it says so and ends with 0.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.memory_case import Case, measure
from rlmr import threads
from rlmr.memory import GIB, fit

TINY = Case(completion=16, steps=3)
"""What a CPU can run in seconds."""


def cases() -> list[Case]:
    """What is measured on a GPU: of each model all weights and LoRA, as its recipe would train it."""
    big = Case(device="cuda", bf16=True, checkpointing=True, batch=8, prompt=256, completion=512, steps=4)
    chosen = []
    for shape in ("0.5B", "7B"):
        whole = replace(big, shape=shape)
        chosen += [whole, replace(whole, lora=True, dtype="bfloat16")]
    return chosen


def in_turn(chosen: Sequence[Case]) -> list[Case]:
    """Each case with our trainer and with TRL's, one after the other."""
    return [replace(case, trainer=trainer) for case in chosen for trainer in ("rlmr", "trl")]


def collect(chosen: Sequence[Case], capacity: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Results of the cases that fit `capacity` bytes (0 = do not ask), and what was left out, in words."""
    results, skipped = [], []
    for case in in_turn(chosen):
        found = fit(case.setup(), capacity) if capacity else None
        if found is not None and found.problem:
            if case.trainer == "rlmr":
                skipped.append(f"{case.title()}: estimated {found.estimate.peak / GIB:.0f} GiB")
            continue
        print(f"measuring {case.trainer}: {case.title()}", flush=True)
        results.append(measure(case))
    return results, skipped


def report(hardware: str, results: Sequence[dict[str, Any]], skipped: Sequence[str]) -> list[str]:
    """Lines of Markdown."""
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {hardware}; `python -m benchmarks.gpu_memory`",
        "",
        "| model | trainer | peak, GiB | estimated | ratio | tokens/s |",
        "|---|---|---|---|---|---|",
    ]
    names = Case.__dataclass_fields__
    for result in results:
        case = Case(**{name: result[name] for name in names})
        peak, guess = result["measured_bytes"], result["estimated_bytes"]
        speed = result["tokens_per_second"]
        cells = [case.title(), case.trainer, f"{peak / GIB:.2f}", f"{guess / GIB:.2f}", f"{guess / peak:.2f}"]
        lines.append(f"| {' | '.join(cells)} | {'-' if speed is None else f'{speed:.0f}'} |")
    return [*lines, *(f"\nLeft out, too large for this GPU: {one}" for one in skipped)]


def main() -> None:
    """Measure, write the results, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="a tiny model on the CPU")
    parser.add_argument("--output", type=Path, help="where to write the results as JSON")
    given = parser.parse_args()
    threads.configure()

    import torch

    if given.tiny:
        hardware, chosen, capacity = "CPU", [TINY, replace(TINY, lora=True)], 0
    elif torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        hardware, chosen, capacity = card.name, cases(), int(card.total_memory)
    else:
        print("no GPU here: nothing measured (--tiny runs the same code on a CPU)")
        return
    results, skipped = collect(chosen, capacity)
    if given.output:
        whole = {"hardware": hardware, "torch": torch.__version__, "results": results, "skipped": skipped}
        given.output.write_text(json.dumps(whole, indent=1) + "\n")
    print("\n".join(report(hardware, results, skipped)))


if __name__ == "__main__":
    main()
