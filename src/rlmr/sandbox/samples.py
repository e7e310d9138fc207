"""Samples of a policy for the sandbox's tasks, for readers to choose between and for judges to measure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rlmr.data import Task
from rlmr.evals.generate import generate, load_policy

SAMPLE_TOKENS = 110
"""Longest sample; world stories seldom have more than 90 tokens."""


def sample_texts(
    policy: Path, tasks: Sequence[Task], temperatures: Sequence[float], seed: int
) -> list[tuple[Task, list[str]]]:
    """Each task with one text of the policy per temperature, in their order.

    Every temperature samples from the same seed. No task gives an empty list. Raises as `load_policy` and
    `generate` do.
    """
    model, tokenizer = load_policy(policy)
    prompts = [task.prompt for task in tasks]
    texts: list[list[str]] = [[] for _ in tasks]
    for temperature in temperatures:
        completions = generate(
            model,
            tokenizer,
            prompts,
            max_new_tokens=SAMPLE_TOKENS,
            temperature=temperature,
            seed=seed,
        )
        for found, completion in zip(texts, completions, strict=True):
            found.append(completion.text)
    return list(zip(tasks, texts, strict=True))
