"""The sandbox's policies through `rlmr evaluate` and `rlmr compare`: are they ranked, are bad judges exposed?

    python -m benchmarks.evaluation runs/quickstart [--output build/evaluation]

Evaluates the start policy and those of a finished `rlmr quickstart` on 200 held-out tasks, with the gold
score and the reward model's, and lets four judges compare all with all over HTTP: one that follows the gold
score with noise, one that adds a bonus for the first place, one that adds a bonus for length, and one whose
server fails now and then. Last come the pairs of policies whose lengths overlap, as they stand and at equal
length.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rlmr.endpoint.fake import FakeServer, Request
from rlmr.evals.evaluation import read_evaluated
from rlmr.evals.finished_items import FinishedItems
from rlmr.evals.pairwise import Order, meet_by_judge, meet_by_scores, rank
from rlmr.report.evaluation import scale
from rlmr.sandbox.gold import gold_score
from rlmr.sandbox.tasks import make_tasks

TASKS = {task.prompt_text: task for task in make_tasks(200, 0, "heldout")}
RULES = ("rlmr", "writing_only", "weighted_sum")


def noisy(task: str, first: str, second: str) -> float:
    """Gold with noise as large as the gold score's own spread over texts."""
    seed = int(hashlib.sha256(f"{min(first, second)}{max(first, second)}".encode()).hexdigest()[:12], 16)
    side = 1.0 if first < second else -1.0
    noise = side * random.Random(seed).gauss(0, 0.8)  # the same pair, the same noise, whatever the order
    return gold_score(TASKS[task], first) - gold_score(TASKS[task], second) + noise


def first_place(task: str, first: str, second: str) -> float:
    """The same, and a bonus of 0.8 for what stands first."""
    return noisy(task, first, second) + 0.8


def long(task: str, first: str, second: str) -> float:
    """The same, and a bonus of 0.1 a word."""
    return noisy(task, first, second) + 0.1 * (len(first.split()) - len(second.split()))


JUDGES: dict[str, tuple[Callable[[str, str, str], float], dict[str, float]]] = {
    "noisy": (noisy, {}),
    "first-place": (first_place, {}),
    "long": (long, {}),
    "failing": (noisy, {"500": 0.1, "prose": 0.05}),
}


def answer(prefers: Callable[[str, str, str], float]) -> Callable[[Request], str]:
    """What the fake server says to a pairwise question; anything else is a canary."""

    def reply(request: Request) -> str:
        if '"first"' not in request.text:
            return "The sea is wide."
        given = json.loads(request.text)
        return json.dumps(
            {"better": "first" if prefers(given["task"], given["first"], given["second"]) > 0 else "second"}
        )

    return reply


def rlmr(*arguments: object) -> str:
    """One command, as a user types it."""
    command = [sys.executable, "-m", "rlmr", *map(str, arguments), "-q"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


OVERLAP = (("rlmr", "start"), ("weighted_sum", "writing_only"))
"""Policies that write texts of about one length, the later in `compare` first."""


class Nobody:
    """A judge who says nothing: what is read stands in the log."""

    def orders(self, pairs: Sequence[object]) -> list[Order]:
        """Unknown, whatever the pair."""
        return [(None, None)] * len(pairs)


def where_lengths_overlap(output: Path) -> None:
    """Print the strengths of those pairs by the gold score and by every judge."""
    for pair in OVERLAP:
        a, b = (read_evaluated(output / name / "sandbox-heldout").rows for name in pair)
        met = {"gold": meet_by_scores("gold", a, b)}
        for judge in JUDGES:
            log = FinishedItems(next((output / f"by_{judge}" / "judged").rglob("*.jsonl")))
            met[judge] = meet_by_judge(Nobody(), a, b, log)
        for judge, meetings in met.items():
            known = {pair: [one for one in meetings if not math.isnan(one.first + one.second)]}
            print(f"{judge}, as it stands: {scale(rank(known))}")
            print(f"{judge}, at equal length: {scale(rank(known, at_equal_length=True))}")


def main() -> None:
    """Evaluate, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("quickstart", type=Path, help="the folder of a finished rlmr quickstart")
    parser.add_argument("--output", type=Path, default=Path("build/evaluation"))
    asked = parser.parse_args()
    scores = ("--score", "gold=sandbox:gold", "--score", "reward=sandbox:reward_model")
    sampling = ("--max-new-tokens", 120, "--batch-size", 200)
    names = ["start", *RULES]
    for name in names:
        model = "sandbox:policy" if name == "start" else asked.quickstart / name
        rlmr("evaluate", model, "-s", "sandbox:heldout", *scores, *sampling, "-o", asked.output / name)
    folders = [asked.output / name for name in names]
    for judge, (prefers, faults) in JUDGES.items():
        with FakeServer(answer(prefers), faults=faults) as server:
            place = asked.output / f"by_{judge}"
            rlmr(
                *("compare", *folders, "--judge", server.base_url, "--judge-model", judge),
                *("--against", "all", "--score", "gold", "--trained-on", "reward", "-o", place),
            )
        print(f"\n## judge: {judge}\n")
        print((place / "table.md").read_text())
    where_lengths_overlap(asked.output)


if __name__ == "__main__":
    main()
