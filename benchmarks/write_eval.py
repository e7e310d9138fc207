"""What WriteEval, open, is made of, and whether it tells texts apart: the figures of docs/write_eval.md.

    python -m benchmarks.write_eval

Printed are counts by category, difficulty and split; how many constraints the extraction rules read in the
prompts, with what agreement; and the share of tasks that pass, with gates, for the references, their broken
variants, texts that say nothing, and a text written for another task of the same category and language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from rlmr.constraints import Status, to_specs
from rlmr.data import GATES, Task, with_gates
from rlmr.evals.stats.binomial import wilson
from rlmr.evals.stats.power import detectable
from rlmr.evals.write_eval import CATEGORIES, DIFFICULTIES, DIGEST, VERSION, Reference, load, references
from rlmr.extraction import extract

EMPTY = {
    "a full stop": lambda task: ".",
    "one letter": lambda task: "a",
    "the prompt": lambda task: task.prompt_text,
}
"""Texts that say nothing, by name."""


def passes(task: Task, text: str) -> bool:
    """Whether the text keeps every constraint and every gate; an unknown verdict is no pass."""
    gated = with_gates(task, GATES.values())
    return all(c.check(text, task.prompt_text).status is Status.PASS for c in gated.constraints)


def composition(tasks: Sequence[Task]) -> None:
    """Counts by category, and by difficulty, split and number of constraints."""
    print("| category | English | Chinese | easy | medium | hard | dev | test |")
    print("|---|---|---|---|---|---|---|---|")
    for category in (*CATEGORIES, "all"):
        here = [task for task in tasks if category in ("all", task.meta["category"])]
        count = Counter(task.meta[key] for task in here for key in ("lang", "difficulty", "split"))
        cells = [count[key] for key in ("en", "zh", *DIFFICULTIES, "dev", "test")]
        print(f"| {category} | {' | '.join(map(str, cells))} |")
    types = Counter(constraint.type for task in tasks for constraint in task.constraints)
    judged = sum(task.meta["decided_by"] == "judge" for task in tasks)
    print(f"\n{len(tasks)} tasks, {types.total()} constraints of {len(types)} types; {judged} need a judge")
    print("constraints per task:", dict(sorted(Counter(len(task.constraints) for task in tasks).items())))
    print("most frequent types:", ", ".join(f"{name} {n}" for name, n in types.most_common(12)))


def agreement(tasks: Sequence[Task]) -> None:
    """How many constraints are read off the prompts by rule, the same in every parameter."""
    read = same = 0
    for task in tasks:
        own = [to_specs([constraint]) for constraint in task.constraints]
        found = [to_specs([item.constraint]) for item in extract(task.prompt_text).found]
        read += len(found)
        same += sum(spec in own for spec in found)
    asked = sum(len(task.constraints) for task in tasks)
    print(f"\nread by rule: {read}; the same in every parameter: {same}; asked: {asked}")


def discrimination(tasks: Sequence[Task], texts: Sequence[Reference]) -> None:
    """Share of tasks that pass for texts that should and for texts that should not."""
    by_id = {task.id: task for task in tasks}
    cases: dict[str, list[bool]] = {
        "its reference": [passes(by_id[r.id], r.passing) for r in texts],
        "its broken reference": [passes(by_id[r.id], r.broken) for r in texts],
        "a reference of another task, same category and language": [
            passes(task, r.passing) for task in tasks for r in texts if _is_other(task, by_id[r.id])
        ],
    }
    writers: dict[str, Callable[[Task], str]] = EMPTY
    cases |= {name: [passes(task, write(task)) for task in tasks] for name, write in writers.items()}
    print("\n| text | pairs | pass |\n|---|---|---|")
    for name, found in cases.items():
        print(f"| {name} | {len(found)} | {sum(found)} ({sum(found) / len(found):.1%}) |")


def power(tasks: Sequence[Task]) -> None:
    """What the test split can tell: the interval of a pass rate of one half, and the least win rate."""
    n = sum(task.meta["split"] == "test" for task in tasks)
    half = wilson(n // 2, n)
    print(
        f"\n{n} test tasks: a pass rate of one half has a 95 % interval of {half.low:.1%} to {half.high:.1%};"
    )
    print(f"a win rate of {detectable(n):.1%} is told from one half with 80 % power")


def _is_other(task: Task, source: Task) -> bool:
    """Whether the source is another task of the same category and language."""
    same = all(task.meta[key] == source.meta[key] for key in ("category", "lang"))
    return same and task.id != source.id


if __name__ == "__main__":
    print(f"WriteEval, open, {VERSION} ({DIGEST})\n")
    everything = load("all")
    composition(everything)
    agreement(everything)
    discrimination(everything, references())
    power(everything)
