"""A user's own scorer: any function with the signature of TRL's reward functions."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from rlmr.data import Message
from rlmr.rewards.reward_model import RewardModelError, Scores, finite

Values = Sequence[float | None]
"""One number per completion, None where there is none."""

RewardFunction = Callable[..., Values | Awaitable[Values]]
"""Called with `prompts` and `completions`; an async one is awaited."""


@dataclass(frozen=True, slots=True)
class FunctionScorer:
    """Scores by a function; None, NaN and infinities are unknown, never 0.

    >>> scorer = FunctionScorer(lambda prompts, completions: [float(len(text)) for text in completions])
    >>> scorer.score(["Write."], ["Once."]).values
    [5.0]
    """

    function: RewardFunction

    def score(self, prompts: Sequence[str | Sequence[Message]], answers: Sequence[str]) -> Scores:
        """Scores of B answers; all are unknown, with the reason, where the function raises.

        Raises RewardModelError for another number of scores.
        """
        try:
            given = self.function(prompts=list(prompts), completions=list(answers))
            values = asyncio.run(_wait(given)) if isinstance(given, Awaitable) else given
        except Exception as error:  # a user's function: what it raises cannot be foreseen, and is kept
            return Scores([None] * len(answers), [False] * len(answers), f"{type(error).__name__}: {error}")
        if len(values) != len(answers):
            raise RewardModelError(
                f"reward.model: {len(values)} scores for {len(answers)} texts; one each is needed"
            )
        return Scores(
            [None if value is None else finite(float(value)) for value in values], [False] * len(answers)
        )


async def _wait(given: Awaitable[Values]) -> Values:
    return await given


def load_function(name: str) -> FunctionScorer:
    """The function `module:Name`. Raises RewardModelError where there is none.

    >>> load_function("builtins:len").function is len
    True
    """
    module, _, attribute = name.partition(":")
    try:
        function = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise RewardModelError(f"reward.model: {name!r}: {error}") from error
    if not callable(function):
        raise RewardModelError(f"reward.model: {name!r} is {type(function).__name__}, not a function")
    return FunctionScorer(function)
