"""Whether the gates cost a good sandbox text anything: how often each one fails.

    python -m benchmarks.sandbox_gates [--tasks N]

Two sources, both for held-out tasks: stories by the sandbox's writers, and samples of the starting policy
that ended by themselves.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterable

from rlmr.constraints import Status
from rlmr.data import Task, choose_gates
from rlmr.evals.generate import generate, load_policy
from rlmr.sandbox import checkpoint
from rlmr.sandbox.samples import SAMPLE_TOKENS
from rlmr.sandbox.tasks import make_tasks, write_for
from rlmr.verifiers.program import verify

SEED = 17


def failures(texts: Iterable[tuple[Task, str]]) -> Counter[str]:
    """How many texts fail each gate."""
    gates = choose_gates(True)
    return Counter(
        verdict.type
        for task, text in texts
        for verdict in verify(task.prompt_text, text, gates)
        if verdict.status is Status.FAIL
    )


def main() -> None:
    """Print both counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=2000, help="held-out tasks, one text each")
    tasks = make_tasks(parser.parse_args().tasks, SEED, "heldout")
    rng = random.Random(SEED)
    stories = [(task, write_for(task, rng, skill=rng.random())) for task in tasks]
    model, tokenizer = load_policy(checkpoint("policy"))
    samples = generate(
        model,
        tokenizer,
        [task.prompt for task in tasks],
        max_new_tokens=SAMPLE_TOKENS,
        temperature=1.0,
        seed=SEED,
    )
    ended = [(task, sample.text) for task, sample in zip(tasks, samples, strict=True) if sample.finished]
    for name, texts in (("writers' stories", stories), ("starting policy", ended)):
        found = failures(texts)
        print(f"{name}: {found.total()} failed gates in {len(texts)} texts", dict(found) or "")


if __name__ == "__main__":
    main()
