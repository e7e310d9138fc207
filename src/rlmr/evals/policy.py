"""Evaluating a policy: sample a text for every task, check its constraints, ask the judge."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rlmr import text
from rlmr.constraints.base import Verdict
from rlmr.data import Task
from rlmr.evals.generate import Completion, Progress, generate, load_policy
from rlmr.evals.outcome import EvalRow, write_rows
from rlmr.verifiers.combine import VerifyAll, verify_all
from rlmr.verifiers.finished import answer_of, finished_verdict
from rlmr.verifiers.program import all_pass

ASPECTS = ("category", "lang", "difficulty")
"""Columns of tasks that results are shown by."""

Judge = Callable[[Task, str], float]
"""Scores a text written for a task; NaN or infinite where it cannot."""


def evaluate(
    policy_path: str | Path,
    tasks: Sequence[Task],
    judge: Judge,
    *,
    verify: VerifyAll = verify_all,
    seed: int,
    max_new_tokens: int,
    temperature: float = 1.0,
    batch_size: int = 512,
    output: Path | None = None,
    progress: Progress | None = None,
) -> list[EvalRow]:
    """One text of the policy for every task, with its verdicts and the judge's score, in task order.

    Args:
        policy_path: a model folder or a Hugging Face name; see `load_policy`.
        tasks: what to write; no task leaves nothing to do.
        judge: see `Judge`. It sees the task and the answer, never who wrote it.
        verify: decides the constraints: programs, unless a recipe's judge or trained verifier stands behind
            them (`rlmr.recipes.verifying.load_verify`).
        seed: of the sampling.
        max_new_tokens, temperature, batch_size: see `generate`.
        output: where the rows are written, if anywhere; see `write_rows`.
        progress: called with (texts done, texts asked) after every batch of samples.

    Raises:
        ValueError: no tasks, or see `load_policy` and `generate`.
    """
    if not tasks:
        raise ValueError("an evaluation needs at least one task")
    model, tokenizer = load_policy(policy_path)
    completions = generate(
        model,
        tokenizer,
        [task.prompt for task in tasks],
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        seed=seed,
        batch_size=batch_size,
        progress=progress,
    )
    rows = judged(tasks, completions, judge, verify)
    if output is not None:
        write_rows(output, rows)
    return rows


def judged(
    tasks: Sequence[Task],
    completions: Sequence[Completion],
    judge: Judge,
    verify: VerifyAll = verify_all,
) -> list[EvalRow]:
    """The rows of N texts, each written for its task: verdicts and judge see the answers only.

    A text that was cut off, or whose reasoning block never closes, fails the `finished` gate. All texts are
    verified in one call, so that a judge behind `verify` is asked about them together.
    """
    answers = [answer_of(completion.text, completion.opened) for completion in completions]
    found = verify(tasks, [answer for answer, _ in answers])
    rows = []
    for task, completion, (answer, closed), decided in zip(tasks, completions, answers, found, strict=True):
        finished = finished_verdict(completion.tokens, completion.finished, closed)
        score = judge(task, answer)
        row = to_row(task, completion, (*decided, finished))
        rows.append(replace(row, gold=score if math.isfinite(score) else None))
    return rows


def to_row(
    task: Task, completion: Completion, verdicts: tuple[Verdict, ...], loose: tuple[Verdict, ...] = ()
) -> EvalRow:
    """The row of one text and what was decided about it."""
    answer, closed = answer_of(completion.text, completion.opened)
    return EvalRow(
        task=task.id,
        prompt=task.prompt_text,
        completion=completion.text,
        answer=answer,
        words=text.count_words(answer),
        tokens=completion.tokens,
        finished=completion.finished and closed,
        verdicts=verdicts,
        passed=all_pass(verdicts),
        loose=loose,
        aspects={name: task.meta[name] for name in ASPECTS if isinstance(task.meta.get(name), str)},
    )
