"""How many responses a second the `ifeval` profile decides, and where the time goes.

    python -m benchmarks.ifeval [--data FILE] [--repeats N] [--json FILE]

One process, one thread, the 5,410 shared responses with their instructions already parsed. Each time is the
median over the repetitions, which take turns. "strict" and "loose" leave out the three instructions that
guess a language; their times stand in the table by id. Beside it, where the package `lm-eval` and its data
are installed, its implementation on every 20th response.
"""

import argparse
import gzip
import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rlmr.constraints.ifeval import Instruction, from_ifeval

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
DATA = SHARED / "ifeval" / "official_verdicts_10_open_models.jsonl.gz"
GUESSING = {"change_case:english_capital", "change_case:english_lowercase", "language:response_language"}
EVERY = 20

Items = list[tuple[str, tuple[Instruction, ...]]]


def median_seconds(contestants: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median CPU seconds of each contestant over `repeats` rounds, after one round of warming up."""
    seen: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeats + 1):
        for name, run in contestants.items():
            start = time.process_time()
            run()
            seen[name].append(time.process_time() - start)
    return {name: statistics.median(values[1:]) for name, values in seen.items()}


def decide(items: Items, loose: bool = False) -> None:
    """Every verdict of `items`."""
    for response, instructions in items:
        for instruction in instructions:
            if loose:
                instruction.check_loose(response)
            else:
                instruction.check(response)


def lm_eval_contestant(rows: list[dict[str, Any]]) -> tuple[Callable[[], Any], int]:
    """lm-eval's strict verdicts on every 20th row without a language to guess, and how many rows they are."""
    from lm_eval.tasks.ifeval.utils import InputExample, test_instruction_following_strict

    columns = ("key", "instruction_id_list", "prompt", "kwargs")
    inputs = [
        (InputExample(**{name: row[name] for name in columns}), row["response"])
        for row in rows[::EVERY]
        if not GUESSING & set(row["instruction_id_list"])
    ]
    return lambda: [test_instruction_following_strict(*pair) for pair in inputs], len(inputs)


def main() -> None:
    """Measure, print two tables, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.data.is_file():
        parser.error(f"no such file: {options.data}; give --data or set RLMR_SHARED_DATA")
    with gzip.open(options.data, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    items: Items = [(row["response"], from_ifeval(row)) for row in rows]
    plain: Items = [(text, tuple(i for i in parsed if i.id not in GUESSING)) for text, parsed in items]
    by_id: dict[str, Items] = defaultdict(list)
    for text, parsed in items:
        for instruction in parsed:
            by_id[instruction.id].append((text, (instruction,)))
    totals = {"strict": lambda: decide(plain), "loose": lambda: decide(plain, loose=True)}
    seconds = median_seconds(totals, options.repeats)
    rates = {name: len(rows) / value for name, value in seconds.items()}
    if find_spec("lm_eval"):
        contestant, count = lm_eval_contestant(rows)
        theirs = median_seconds({"lm-eval strict": contestant}, options.repeats)
        rates["lm-eval strict"] = count / theirs["lm-eval strict"]
    print(f"{len(rows)} responses, one thread, CPU time, median of {options.repeats}")
    for name, rate in rates.items():
        print(f"  {name:20}{rate:9.0f} responses/s")
    times = median_seconds({id_: (lambda part=part: decide(part)) for id_, part in by_id.items()}, 3)
    micros = {id_: 1e6 * times[id_] / len(part) for id_, part in by_id.items()}
    print("microseconds per strict verdict")
    for id_ in sorted(micros, key=lambda id_: -micros[id_]):
        print(f"  {id_:48}{micros[id_]:9.1f}")
    if options.json:
        options.json.write_text(json.dumps({"responses_per_second": rates, "us": micros}, indent=1) + "\n")


if __name__ == "__main__":
    main()
