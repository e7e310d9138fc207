"""One policy evaluated in the sandbox: `python -m rlmr.quickstart.evaluate MODEL --sample 0 FILE`.

A child process of the quickstart, which joins what other rooms keep apart: evaluation and gold judge.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rlmr import sandbox, threads


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments; see the module's first line."""
    parser = argparse.ArgumentParser(prog="python -m rlmr.quickstart.evaluate")
    parser.add_argument("model", help="a model folder, or sandbox:policy")
    parser.add_argument("--tasks", type=int, required=True, help="held-out tasks")
    parser.add_argument("--seed", type=int, required=True, help="draws the tasks")
    parser.add_argument("--max-new-tokens", type=int, required=True)
    parser.add_argument("--temperature", type=float, required=True)
    parser.add_argument(
        "--sample",
        nargs=2,
        action="append",
        required=True,
        metavar=("NUMBER", "FILE"),
        help="may be repeated",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Sample a text for every task, once for each `--sample`, and write what came of it."""
    asked = parse(arguments)
    threads.configure()

    from rlmr.evals.policy import evaluate
    from rlmr.sandbox.gold import gold_score
    from rlmr.sandbox.tasks import make_tasks

    model = sandbox.checkpoint("policy") if asked.model == "sandbox:policy" else Path(asked.model)
    for number, path in asked.sample:
        evaluate(
            model,
            make_tasks(asked.tasks, asked.seed, "heldout"),
            gold_score,
            seed=1_000 * asked.seed + int(number),
            max_new_tokens=asked.max_new_tokens,
            temperature=asked.temperature,
            output=Path(path),
        )


if __name__ == "__main__":
    main()
