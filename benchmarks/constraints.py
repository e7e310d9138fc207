"""How fast native constraints are checked.

    python -m benchmarks.constraints [--repeats N] [--json FILE]

Over the 5,410 answers of ten open models to IFEval's prompts: answers per second of processor time on one
core with each prompt's own constraints in the native reading, with counting types alone, with the gates; then
the microseconds of each type. The contestants take turns and each time is the median over the repetitions.
Beside them, in the same run, the compatible profile (strict, without the ids that guess a language): on a
machine that others use, compare by the ratio to it. The official programs were measured at 1,404 answers a
second (strict) and 910 (loose) on one such core.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.answers import load
from benchmarks.ifeval import GUESSING, decide, median_seconds
from rlmr.constraints import Constraint, default_gates, from_ifeval
from rlmr.constraints.ifeval import from_ifeval as compatible
from rlmr.verifiers.program import verify

Job = tuple[str, str, tuple[Constraint, ...]]
COUNTING = frozenset(
    [
        "word_count",
        "sentence_count",
        "paragraph_count",
        "list_items",
        "word_frequency",
        "letter_count",
        "capital_words",
        "placeholders",
        "markdown",
        "punctuation",
        "chapters",
    ]
)
PEER = "compatible, no language"


def check_all(jobs: Sequence[Job]) -> None:
    """Every verdict of the jobs."""
    for prompt, response, constraints in jobs:
        verify(prompt, response, constraints)


def contestants(rows: list[dict[str, Any]]) -> dict[str, tuple[Callable[[], None], int]]:
    """What is measured by name, each with its number of answers."""
    native = [(row["prompt"], row["response"], from_ifeval(row)) for row in rows]
    gates = default_gates()
    counting = [(p, r, tuple(c for c in cs if c.type in COUNTING)) for p, r, cs in native]
    kinds: dict[str, Sequence[Job]] = {
        "counting types alone": [job for job in counting if job[2]],
        "native, no language": [(p, r, tuple(c for c in cs if c.type != "language")) for p, r, cs in native],
        "native": native,
        "native and gates": [(p, r, (*gates, *cs)) for p, r, cs in native],
        "gates": [(p, r, gates) for p, r, _ in native],
    }
    parsed = [(r["response"], tuple(i for i in compatible(r) if i.id not in GUESSING)) for r in rows]
    found: dict[str, tuple[Callable[[], None], int]] = {PEER: (lambda: decide(parsed), len(rows))}
    return found | {name: ((lambda jobs=jobs: check_all(jobs)), len(jobs)) for name, jobs in kinds.items()}


def by_type(rows: list[dict[str, Any]]) -> list[tuple[str, float, int]]:
    """Each type's mean microseconds and number of checks, the dearest first."""
    cost: defaultdict[str, float] = defaultdict(float)
    count: Counter[str] = Counter()
    for row in rows:
        for constraint in (*default_gates(), *from_ifeval(row)):
            start = time.process_time()
            constraint.check(row["response"], row["prompt"])
            cost[constraint.type] += time.process_time() - start
            count[constraint.type] += 1
    return sorted(((n, 1e6 * cost[n] / count[n], count[n]) for n in cost), key=lambda row: -row[1])


def main() -> None:
    """Print every number."""
    parser = argparse.ArgumentParser(description="Speed of native constraints.")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the answers per second to this file")
    arguments = parser.parse_args()
    rows = load()
    runs = contestants(rows)
    seconds = median_seconds({name: run for name, (run, _) in runs.items()}, arguments.repeats)
    rates = {name: count / seconds[name] for name, (_, count) in runs.items()}
    print(f"one core of {os.cpu_count()}, load {os.getloadavg()[0]:.1f}, median of {arguments.repeats}")
    print(f"{'':26}{'answers':>9}{'a second':>12}{'to the peer':>13}{'ms for 512':>12}")
    for name, (_, count) in runs.items():
        rate = rates[name]
        print(f"{name:26}{count:9,}{rate:12,.0f}{rate / rates[PEER]:13.2f}{512e3 / rate:12.0f}")
    print("\nmicroseconds a check:")
    for name, micros, count in by_type(rows):
        print(f"  {name:20}{micros:8.0f}  x {count}")
    if arguments.json:
        arguments.json.write_text(json.dumps(rates, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
