"""Reward functions for your own TRL script: raw columns for `MixedRewardsMixin`, from this project's parts.

They have the signature of TRL's reward functions. Those that wait for a model or a server are async, so that
TRL runs them side by side. B completions of one rank; a completion is text, or messages of which the last is
the policy's. All see the answer: what follows a reasoning block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlmr.constraints import parse
from rlmr.constraints.base import Status
from rlmr.data import Message, Task, to_prompt
from rlmr.engines.grade import Scorer
from rlmr.mixing import reduce_verdicts
from rlmr.runs.remixing import VERDICT
from rlmr.verifiers.combine import VerifyAll, verify_all
from rlmr.verifiers.finished import answer_of, finished_verdict

Text = str | list[Message]
"""A prompt or a completion, as TRL hands it over."""


@dataclass(frozen=True, slots=True)
class Score:
    """The writing score of every answer; None where there is none.

    >>> from rlmr.rewards.function import FunctionScorer
    >>> score = Score(FunctionScorer(lambda prompts, completions: [float(len(text)) for text in completions]))
    >>> asyncio.run(score(prompts=["Write."], completions=["<think>Hm.</think>Once."]))
    [5.0]
    """

    scorer: Scorer
    """A `rlmr.rewards` model, or `FunctionScorer`."""
    opened: bool = False
    """The chat template opens a reasoning block before the policy writes."""

    async def __call__(
        self, prompts: Sequence[Text], completions: Sequence[Text], **_: Any
    ) -> list[float | None]:
        """B scores. Whatever the scorer raises is raised."""
        answers = [answer_of(written(completion), self.opened)[0] for completion in completions]
        scores = await asyncio.to_thread(self.scorer.score, list(prompts), answers)
        return list(scores.values)


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of its prompt's hard constraints every answer keeps: 1 = all, None = unknown.

    They stand in the dataset's column `constraints`: lists of specifications, or JSON strings of them (a
    dataset fills keys that differ between rows with null, so JSON is the safer). Below 1 it is the weighted
    share that did not fail. Soft constraints and probes count for nothing here.

    >>> asked = '[{"type": "word_count", "at_most": 2}]'
    >>> asyncio.run(Kept()(["Write."] * 2, ["A fox.", "A fox ran."], [asked] * 2))
    [1.0, 0.0]
    """

    verify: VerifyAll = verify_all
    """Verdicts on answers: by programs alone, unless other verifiers are chosen."""
    opened: bool = False
    """The chat template opens a reasoning block before the policy writes."""

    async def __call__(
        self, prompts: Sequence[Text], completions: Sequence[Text], constraints: Sequence[Any], **_: Any
    ) -> list[float | None]:
        """B shares. Raises ConstraintError for a constraint that cannot be."""
        tasks = [
            Task("", to_prompt(prompt), parse(specs))
            for prompt, specs in zip(prompts, constraints, strict=True)
        ]
        answers = [answer_of(written(completion), self.opened)[0] for completion in completions]
        rows = await asyncio.to_thread(self.verify, tasks, answers)
        reduced = reduce_verdicts(
            [[[VERDICT[verdict.status] for verdict in row]] for row in rows],
            [[verdict.role for verdict in row] for row in rows],
            [[verdict.weight for verdict in row] for row in rows],
        )
        unknown, severity = reduced.unknown_PG[:, 0].tolist(), reduced.severity_PG[:, 0].tolist()
        return [None if open_ else 1 - failed for open_, failed in zip(unknown, severity, strict=True)]


@dataclass(frozen=True, slots=True)
class Finished:
    """1 where a completion ended by itself and its reasoning closed, 0 where it was cut off.

    >>> Finished(frozenset({2}))(completions=["Once.", "Once"], completion_ids=[[7, 2], [7, 8]])
    [1.0, 0.0]
    """

    ends: frozenset[int]
    """Token ids that end a completion by themselves, such as the tokenizer's `eos_token_id`."""
    opened: bool = False
    """The chat template opens a reasoning block before the policy writes."""

    def __call__(
        self, completions: Sequence[Text], completion_ids: Sequence[Sequence[int]], **_: Any
    ) -> list[float]:
        """B verdicts."""
        gates = [
            finished_verdict(
                len(ids), bool(ids) and ids[-1] in self.ends, answer_of(written(text), self.opened)[1]
            )
            for text, ids in zip(completions, completion_ids, strict=True)
        ]
        return [float(gate.status is Status.PASS) for gate in gates]


def written(completion: Text) -> str:
    """What the policy wrote, without its frame.

    >>> written([{"role": "assistant", "content": "Once."}])
    'Once.'
    """
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
