"""How fast native constraints are checked, and what the gates say of real answers.

Over the 5,410 answers of ten open models to IFEval's prompts (`../shared/data/ifeval`, or RLMR_SHARED_DATA):
answers per second on one core with each prompt's own constraints in the native reading, with counting types
alone, with gates; the seconds that one 512-answer training step would spend; and every answer that keeps its
prompt's official strict verdicts and fails a gate, with the reason.

The official programs were measured at 1,404 answers a second (strict) and 910 (loose) on one such core.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rlmr.constraints import Constraint, default_gates, from_ifeval
from rlmr.verifiers.program import verify

Job = tuple[str, str, tuple[Constraint, ...]]
COUNTING = ("word_count", "sentence_count", "paragraph_count", "list_items", "word_frequency", "letter_count")
COUNTING += ("capital_words", "placeholders", "markdown", "punctuation", "chapters")


def load() -> list[dict[str, Any]]:
    """The rows of the verdict file; a clear message where it is absent."""
    root = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    path = root / "ifeval" / "official_verdicts_10_open_models.jsonl.gz"
    if not path.exists():
        raise SystemExit(f"{path} is absent: set RLMR_SHARED_DATA to a folder that holds ifeval/")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def rate(jobs: Sequence[Job], repeats: int) -> float:
    """Answers per second of processor time: the median over `repeats` passes."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        for prompt, response, constraints in jobs:
            verify(prompt, response, constraints)
        seconds.append(time.process_time() - start)
    return len(jobs) / statistics.median(seconds)


def table(rows: list[dict[str, Any]], repeats: int) -> None:
    """Print the speeds."""
    native = [(row["prompt"], row["response"], from_ifeval(row)) for row in rows]
    gates = default_gates()
    counting = [(p, r, tuple(c for c in cs if c.type in COUNTING)) for p, r, cs in native]
    counting = [job for job in counting if job[2]]
    kinds: list[tuple[str, Sequence[Job]]] = [
        ("counting types alone", counting),
        (
            "without language",
            [(p, r, tuple(c for c in cs if c.type != "language")) for p, r, cs in native],
        ),
        ("native, everything", native),
        ("native with gates", [(p, r, (*gates, *cs)) for p, r, cs in native]),
        *((f"gate {gate.type}", [(p, r, (gate,)) for p, r, _ in native]) for gate in gates),
    ]
    print(f"{'':28}{'answers':>9}{'a second':>12}")
    for name, jobs in kinds:
        print(f"{name:28}{len(jobs):9,}{rate(jobs, repeats):12,.0f}")


def by_type(rows: list[dict[str, Any]]) -> None:
    """Print the mean cost of each type."""
    cost: Counter[str] = Counter()
    count: Counter[str] = Counter()
    clock: Callable[[], float] = time.process_time
    for row in rows:
        for constraint in (*default_gates(), *from_ifeval(row)):
            start = clock()
            constraint.check(row["response"], row["prompt"])
            cost[constraint.type] += clock() - start
            count[constraint.type] += 1
    print("\nmicroseconds a check:")
    for name in sorted(cost, key=lambda n: -cost[n] / count[n]):
        print(f"  {name:20}{1e6 * cost[name] / count[name]:8.0f}  x {count[name]}")


def gate_failures(rows: list[dict[str, Any]], *, every: bool) -> None:
    """Print how many strictly passing answers fail a gate; with `every`, each and its reason."""
    kept = [row for row in rows if all(row["strict"])]
    failed = []
    for row in kept:
        verdicts = verify(row["prompt"], row["response"], default_gates())
        if bad := [verdict for verdict in verdicts if not verdict.passed]:
            failed.append((row["model"].split("__")[-1], row["key"], bad[0]))
    print(
        f"\n{len(failed)} of {len(kept)} strictly passing answers fail a gate ({len(failed) / len(kept):.2%})"
    )
    print(" ", dict(Counter(verdict.type for _, _, verdict in failed).most_common()))
    print(" ", dict(Counter(model for model, _, _ in failed).most_common()))
    if every:
        for model, key, verdict in failed:
            print(f"  {model} {key} {verdict.type}: {verdict.reason}")


def main() -> None:
    """Print every number."""
    parser = argparse.ArgumentParser(description="Speed of native constraints; fairness of the gates.")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--every", action="store_true", help="list every answer that fails a gate")
    arguments = parser.parse_args()
    rows = load()
    table(rows, arguments.repeats)
    by_type(rows)
    gate_failures(rows, every=arguments.every)


if __name__ == "__main__":
    main()
