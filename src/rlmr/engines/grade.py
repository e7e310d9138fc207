"""From sampled tokens to recorded rows: what was written, what was judged, scores and verdicts of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from rlmr.constraints.base import Status
from rlmr.data import Message, Task
from rlmr.rewards.reward_model import Scores
from rlmr.runs import Row
from rlmr.verifiers.combine import VerifyAll, verify_all
from rlmr.verifiers.finished import OPEN, answer_of, decode, finished_verdict

SHADOW = "shadow"
"""Name of the shadow judge's column in a row's `scores`: `reward/shadow_mean`, `unknown/score_shadow`."""


class Scorer(Protocol):
    """Whatever gives every text one score."""

    def score(self, prompts: Sequence[str | Sequence[Message]], answers: Sequence[str]) -> Scores:
        """Scores of B answers, each to its own prompt."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A second opinion on texts, recorded beside the reward; nothing is learned from it.

    Which texts of a step are scored depends on nothing but their place.
    """

    scorer: Scorer
    """The second judge."""
    every: int = 1
    """Steps: the first one, and every so many-th after it."""
    texts: int = 1
    """Of a rank's texts in such a step every so many-th is scored; 1 = all of them."""

    def score(
        self, prompts: Sequence[str | Sequence[Message]], answers: Sequence[str], step: int
    ) -> list[dict[str, float | None]]:
        """Per answer of optimiser step `step` (from 1): its score, None where it could not be had, or nothing
        where it was not asked for.

        >>> class Long:
        ...     def score(self, prompts, answers):
        ...         return Scores([float(len(answer)) for answer in answers], [False] * len(answers))
        >>> Shadow(Long(), every=10, texts=2).score(["Write."] * 3, ["a", "bb", "ccc"], 11)
        [{'shadow': 1.0}, {}, {'shadow': 3.0}]
        >>> Shadow(Long(), every=10).score(["Write."], ["a"], 2)
        [{}]
        """
        if (step - 1) % self.every:
            return [{} for _ in answers]
        scores = self.scorer.score(prompts[:: self.texts], answers[:: self.texts]).values
        return [{SHADOW: scores[i // self.texts]} if i % self.texts == 0 else {} for i in range(len(answers))]


@dataclass(frozen=True, slots=True)
class Graded:
    """One row, and whether the reward model read all of it."""

    row: Row
    truncated: bool
    error: str = ""
    """What the scorer raised instead of scoring it; empty = nothing."""


@dataclass(frozen=True, slots=True)
class Grader:
    """Grades one rank's completions; what it needs does not change during a run."""

    tasks: Sequence[Task]
    """All of the run's tasks; completions name theirs by index."""
    tokenizer: Any
    """The policy's."""
    ends: frozenset[int]
    """Token ids that end a completion by itself."""
    scorer: Scorer
    """The writing reward model."""
    opened: bool
    """The chat template opens a reasoning block before the policy writes."""
    verify: VerifyAll = verify_all
    """Verdicts on answers: by programs alone, unless other verifiers are chosen."""
    shadow: Shadow | None = None
    """A second judge, whose scores are recorded and nothing else."""

    def __post_init__(self) -> None:
        """Read now the tables (of sounds, idioms) that the first check would read inside a step."""
        for task in self.tasks:
            for constraint in task.constraints:
                constraint.prepare()

    def grade(
        self, numbers: Sequence[int], ids: Sequence[Sequence[int]], step: int, split: str
    ) -> list[Graded]:
        """Rows of B completions: `numbers` their tasks' indices, `ids` their tokens up to the end.

        Group and index are filled in when the rows of all ranks stand together.
        """
        tasks = [self.tasks[number] for number in numbers]
        completions = [decode(self.tokenizer, tokens) for tokens in ids]
        split_up = [answer_of(completion, self.opened) for completion in completions]
        answers = [answer for answer, _ in split_up]
        with ThreadPoolExecutor(max_workers=1) as beside:  # a judge's server and a reward's overlap
            verifying = beside.submit(self.verify, tasks, answers)
            scores = self.scorer.score([task.prompt for task in tasks], answers)
        verdicts = verifying.result()
        shadowed: list[dict[str, float | None]] = [{} for _ in answers]
        if self.shadow is not None and split == "train":
            shadowed = self.shadow.score([task.prompt for task in tasks], answers, step)
        graded = []
        for i, (task, tokens, (answer, closed)) in enumerate(zip(tasks, ids, split_up, strict=True)):
            gate = finished_verdict(len(tokens), bool(tokens) and tokens[-1] in self.ends, closed)
            row = Row(
                step=step,
                split=split,
                group=0,
                index=0,
                task=task.id,
                prompt=task.prompt if isinstance(task.prompt, str) else list(task.prompt),
                completion=completions[i],
                answer=answer,
                tokens=len(tokens),
                finished=gate.status is Status.PASS,
                scores={"quality": scores.values[i], **shadowed[i]},
                verdicts=(*verdicts[i], gate),
            )
            graded.append(Graded(row, scores.truncated[i], scores.error))
        return graded


def opens_reasoning(tokenizer: Any, messages: Sequence[Message], **template: Any) -> bool:
    """Whether the rendered prompt ends inside a reasoning block, so that the policy starts by thinking."""
    if tokenizer.chat_template is None:
        return False
    rendered = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=True, **template
    )
    return bool(rendered.rstrip().endswith(OPEN))
