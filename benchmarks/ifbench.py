"""How often the `ifbench` profile agrees with the official verdicts, its speed, and what a full stop gets.

    python -m benchmarks.ifbench [--data FOLDER] [--repeats N] [--json FILE]

The folder holds IFBench's files: the prompts, and the official results on the sample outputs. Every verdict
that differs is listed. The rate is of one process and one thread, the instructions already parsed.
"""

import argparse
import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from benchmarks.ifeval import Items, decide, median_seconds
from rlmr.constraints.ifbench import INSTRUCTIONS, from_ifeval

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
STAND_INS = {
    "a sentence splitter without NLTK's trained tables": {
        "count:pronouns", "custom:sentence_alphabet", "format:emoji", "format:no_bullets_bullets",
        "format:title_case", "ratio:sentence_balance", "ratio:sentence_type", "ratio:sentence_words",
        "sentence:alliteration_increment", "sentence:increment", "sentence:keyword",
        "words:keywords_specific_position", "words:last_first", "words:words_position",
    },
    "a list of verbs instead of NLTK's tagger": {"words:start_verb"},
}  # fmt: skip
"""What the official checker needs and cannot be had offline, and the ids that rest on it."""


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows_of(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The official results with their parameters; a prompt that has been reworded since has none to give."""
    tasks = {task["prompt"].strip(): task for task in read(folder / "IFBench_test.jsonl")}
    rows = []
    for row in read(folder / f"eval_results_{kind}.jsonl"):
        missing = {"key": "?", "kwargs": [{} for _ in row["instruction_id_list"]]}
        task = tasks.get(row["prompt"].strip(), missing)
        rows.append({**row, "key": task["key"], "kwargs": task["kwargs"]})
    return rows


def agreement(rows: dict[str, list[dict[str, Any]]]) -> tuple[Counter[str], list[tuple[str, str, str, str]]]:
    """Verdicts per id, and those that differ: strict or loose, id, key, the official verdict."""
    total: Counter[str] = Counter()
    differ = []
    for kind, results in rows.items():
        for row in results:
            for instruction, official in zip(from_ifeval(row), row["follow_instruction_list"], strict=True):
                decided = instruction.check_loose if kind == "loose" else instruction.check
                total[instruction.id] += 1
                if decided(row["response"]) != official:
                    differ.append((kind, instruction.id, row["key"], "pass" if official else "fail"))
    return total, differ


def exploited(folder: Path) -> tuple[set[str], int, int]:
    """Ids that accept "." or "a" on one of their prompts, prompts that one of them passes, all prompts."""
    ids: set[str] = set()
    passed, tasks = 0, read(folder / "IFBench_test.jsonl")
    for task in tasks:
        instructions = from_ifeval(task)
        ids |= {one.id for one in instructions if any(map(one.check, (".", "a")))}
        passed += any(all(one.check(text) for one in instructions) for text in (".", "a"))
    return ids, passed, len(tasks)


def main() -> None:
    """Compare, measure, print, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED / "ifbench")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"no such folder: {options.data}; give --data or set RLMR_SHARED_DATA")
    rows = {kind: rows_of(options.data, kind) for kind in ("strict", "loose")}
    total, differ = agreement(rows)
    wrong = Counter(id_ for _, id_, _, _ in differ)
    groups: dict[str, list[str]] = defaultdict(list)
    for id_ in total:
        groups[next((name for name, ids in STAND_INS.items() if id_ in ids), "nothing")].append(id_)
    print("official verdicts that agree, by what stands in for a part of the official checker")
    for name, ids in groups.items():
        verdicts, errors = sum(total[id_] for id_ in ids), sum(wrong[id_] for id_ in ids)
        print(f"  {name:52}{len(ids):3} ids{verdicts - errors:5} of {verdicts}")
    print(f"  {'all':52}{len(total):3} ids{total.total() - len(differ):5} of {total.total()}")
    for kind, id_, key, official in differ:
        print(f"  differs: {kind}, {id_}, prompt {key}: officially {official}")
    print(f"  without a verdict: {', '.join(sorted(INSTRUCTIONS.keys() - total.keys()))}")
    accept, passed, prompts = exploited(options.data)
    print(f'{len(accept)} ids accept "." or "a"; one of them passes {passed} of {prompts} prompts')
    items: Items = [(row["response"], from_ifeval(row)) for row in rows["strict"]]
    seconds = median_seconds(
        {"strict": lambda: decide(items), "loose": lambda: decide(items, loose=True)}, options.repeats
    )
    rates = {name: len(items) / value for name, value in seconds.items()}
    for name, rate in rates.items():
        print(f"  {name:20}{rate:9.0f} responses/s")
    if options.json:
        result = {
            "verdicts": total,
            "differ": differ,
            "exploited": sorted(accept),
            "responses_per_second": rates,
        }
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
