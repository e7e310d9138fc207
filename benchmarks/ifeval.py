"""How many responses a second the `ifeval` profile decides, and where the time goes.

    python -m benchmarks.ifeval [--data FILE] [--repeats N] [--json FILE]

One process, one thread, the 5,410 shared responses with their instructions already parsed. Each time is the
median over the repetitions, which take turns. "strict" and "loose" leave out the three instructions that
guess a language; their times stand in the table by id. Beside it, where the package `lm-eval` (the official
code with repairs of its own) can be imported, its strict and loose programs on every 20th response. Where
NLTK's Punkt data are absent, an untrained Punkt stands in, which costs about the same, and a line says so.
"""

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.answers import VERDICTS, load
from rlmr.constraints.ifeval import Instruction, from_ifeval

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


def task_files() -> None:
    """Let lm-eval's task files be imported alone: the package around them would load the whole harness."""
    spec = find_spec("lm_eval")
    assert spec is not None and spec.submodule_search_locations
    package = ModuleType("lm_eval.tasks")
    package.__path__ = [f"{spec.submodule_search_locations[0]}/tasks"]
    sys.modules["lm_eval.tasks"] = package


def punkt_stands_in() -> bool:
    """Put an untrained Punkt where lm-eval looks for NLTK's data, if they are absent; whether they are."""
    import nltk

    try:
        nltk.data.find("tokenizers/punkt_tab")
    except LookupError:
        nltk.download = lambda *names: False  # asked for at import; there is nothing to wait for
        from lm_eval.tasks.ifeval import instructions_util

        splitter = nltk.tokenize.punkt.PunktSentenceTokenizer()
        instructions_util._get_sentence_tokenizer = lambda: splitter
        nltk.word_tokenize = nltk.tokenize.NLTKWordTokenizer().tokenize
        return True
    return False


def lm_eval_contestants(rows: list[dict[str, Any]]) -> tuple[dict[str, Callable[[], Any]], int]:
    """lm-eval and this package on every 20th row without a language to guess, and how many rows they are."""
    task_files()
    if punkt_stands_in():
        print("lm-eval: NLTK's Punkt data are absent, an untrained Punkt stands in")
    from lm_eval.tasks.ifeval import utils

    rows = [row for row in rows[::EVERY] if not GUESSING & set(row["instruction_id_list"])]
    columns = ("key", "instruction_id_list", "prompt", "kwargs")
    inputs = [(utils.InputExample(**{name: row[name] for name in columns}), row["response"]) for row in rows]
    ours: Items = [(row["response"], from_ifeval(row)) for row in rows]
    return {
        "lm-eval strict": lambda: [utils.test_instruction_following_strict(*pair) for pair in inputs],
        "lm-eval loose": lambda: [utils.test_instruction_following_loose(*pair) for pair in inputs],
        "same rows, strict": lambda: decide(ours),
        "same rows, loose": lambda: decide(ours, loose=True),
    }, len(rows)


def main() -> None:
    """Measure, print two tables, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=VERDICTS)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = load(options.data)
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
        contestants, count = lm_eval_contestants(rows)
        theirs = median_seconds(contestants, options.repeats)
        rates |= {name: count / value for name, value in theirs.items()}
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
