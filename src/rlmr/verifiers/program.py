"""Verification by program: every constraint's verdict on one text."""

from __future__ import annotations

from collections.abc import Iterable

from rlmr.constraints.base import Constraint, Status, Verdict
from rlmr.constraints.spec import is_built_in

MAX_CHARACTERS = 200_000
"""Longer texts are not read: their verdicts are unknown."""


def verify(prompt: str, response: str, constraints: Iterable[Constraint]) -> list[Verdict]:
    """One verdict per constraint, in their order.

    A text of more than `MAX_CHARACTERS` is unknown throughout ("too long: ..."). An exception inside a
    user's own constraint (`module:Name`) gives unknown with its name; one inside a built-in type is a
    defect of this package and is raised.

    >>> from rlmr.constraints import WordCount
    >>> verify("", "A fox ran.", [WordCount(at_most=2)])[0].reason
    'wanted at most 2 words, counted 3'
    """
    if len(response) > MAX_CHARACTERS:
        reason = f"too long: {len(response)} characters, at most {MAX_CHARACTERS} are read"
        return [constraint.unknown(reason) for constraint in constraints]
    return [_check(constraint, response, prompt) for constraint in constraints]


def _check(constraint: Constraint, response: str, prompt: str) -> Verdict:
    """One verdict; foreign code cannot end a training run."""
    if is_built_in(constraint):
        return constraint.check(response, prompt)
    try:
        return constraint.check(response, prompt)
    except Exception as error:  # a user's class: what it raises cannot be foreseen, and is kept as the reason
        return constraint.unknown(f"{type(error).__name__}: {error}")


def all_pass(verdicts: Iterable[Verdict]) -> bool | None:
    """Whether a text keeps all its hard constraints: a fail decides, else an unknown leaves it open (None).

    A text without hard constraints passes.

    >>> word_count, title = Verdict("word_count", Status.UNKNOWN), Verdict("title", Status.FAIL)
    >>> all_pass([word_count]), all_pass([word_count, title]), all_pass([])
    (None, False, True)
    """
    statuses = {verdict.status for verdict in verdicts if verdict.role == "hard"}
    if Status.FAIL in statuses:
        return False
    return None if Status.UNKNOWN in statuses else True
