"""The memory estimate against measured peaks, on a CPU: random models in the shape of Qwen2.5.

    python -m benchmarks.memory [--shapes tiny,wide,20M,66M,0.5B] [--output FILE]

Every case is a GRPO run of two steps in a process of its own; the peak is what PyTorch's allocator held
(`rlmr.memory.measure`). Results are kept in --output, one line of JSON each, and cases that stand there are
not run again. A case of tiny takes half a minute, one of 0.5B some minutes and 11 GB.
"""

from __future__ import annotations

import argparse
import importlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.memory_case import Case, measure
from rlmr import threads

MIB = 1 << 20


def cases(shape: str) -> list[Case]:
    """What is measured of a shape: all weights and LoRA, with and without checkpointing; of tiny more."""
    if shape == "tiny":
        plain = Case(shape)
        return [
            *_both(plain),
            *_both(replace(plain, lora=True)),
            replace(plain, accumulation=1),
            replace(plain, beta=0.1),
            *_both(replace(plain, bf16=True)),
            *_both(replace(plain, bf16=True, lora=True, dtype="bfloat16")),
            replace(plain, prompt=128, completion=16, batch=8),
        ]
    short = Case(shape, prompt=56, completion=8)  # sampling is what takes time
    if shape == "0.5B":
        short = replace(short, batch=2)
        return [short, replace(short, lora=True)]
    half = replace(short, bf16=True, checkpointing=True)
    adapter = replace(short, lora=True)
    return [*_both(short), *_both(adapter), half, replace(half, lora=True, dtype="bfloat16")]


def _both(case: Case) -> list[Case]:
    return [case, replace(case, checkpointing=True)]


def read(path: Path) -> list[dict[str, Any]]:
    """Results so far."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def main() -> None:
    """Measure what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shapes", default="tiny,wide,20M,66M")
    parser.add_argument("--output", type=Path, default=Path("memory.jsonl"))
    given = parser.parse_args()
    threads.configure()
    importlib.import_module("rlmr.engines.trl")  # once, for all cases
    wanted = [case for shape in given.shapes.split(",") for case in cases(shape)]
    for case in wanted:
        if not any(asdict(case).items() <= result.items() for result in read(given.output)):
            print(f"measuring {case.title()}", flush=True)
            line = json.dumps(measure(case))
            with given.output.open("a") as file:
                file.write(line + "\n")
    print("| model | tokens of a pass | measured, MiB | estimated | ratio |\n|---|---|---|---|---|")
    results = read(given.output)
    for case in wanted:
        measured = next(r["measured_bytes"] for r in results if asdict(case).items() <= r.items())
        print(row(case, measured))


def row(case: Case, measured: int) -> str:
    """A line of the table; the estimate is today's."""
    from rlmr.memory import estimate

    guess = estimate(case.setup()).peak
    size = f"{case.batch} x {case.prompt + case.completion}"
    return f"| {case.title()} | {size} | {measured / MIB:.1f} | {guess / MIB:.1f} | {guess / measured:.3f} |"


if __name__ == "__main__":
    main()
