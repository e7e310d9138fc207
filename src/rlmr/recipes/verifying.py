"""From a recipe's `verifier` and `judge` blocks to whoever decides a run's constraints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from rlmr.constraints.base import Constraint
from rlmr.constraints.conditional import If
from rlmr.constraints.judged import Judged
from rlmr.data import Task
from rlmr.recipes.judging import JudgeSettings, VerifierSettings
from rlmr.recipes.schema import Recipe, RecipeError
from rlmr.verifiers.combine import VerifyAll, verify_all

if TYPE_CHECKING:
    from rlmr.verifiers.classifier.classifier import Classifier
    from rlmr.verifiers.judge import Judge


def check_decidable(recipe: Recipe, tasks: Iterable[Task]) -> None:
    """Raise RecipeError where hard or soft constraints need a judge, and the recipe has none and no verifier.

    Every text of such a task would be unknown, and teach nothing.
    """
    if recipe.judge is not None or recipe.verifier is not None:
        return
    for task in tasks:
        types = sorted({c.type for c in needing_judge(task.constraints) if c.role != "probe"})
        if types:
            raise RecipeError(
                f"data: task {task.id} has constraints that no program decides ({', '.join(types)}); set "
                "judge.endpoint or verifier.classifier, make them probes, or take them out"
            )


def needing_judge(constraints: Iterable[Constraint]) -> list[Constraint]:
    """Those that are for a judge, or are an `if` with a part that is.

    >>> from rlmr.constraints import Dialogue, Tone, WordCount
    >>> rule = If(when=Dialogue(at_least=1), then=Tone("wry"))
    >>> [constraint.type for constraint in needing_judge([WordCount(1), rule, Tone("sad")])]
    ['if', 'tone']
    """
    return [
        constraint
        for constraint in constraints
        if isinstance(constraint, Judged)
        or (isinstance(constraint, If) and needing_judge(constraint.parts()))
    ]


def load_verify(recipe: Recipe) -> VerifyAll:
    """What decides the run's constraints: programs, then the recipe's verifier and judge if it names them.

    The judge is tried once. Raises EndpointError where it gives no reply; where its server does not enforce
    JSON schemas, rank 0 says so and the run goes on: replies are checked all the same.
    """
    classifier = None if recipe.verifier is None else load_classifier(recipe.verifier)
    if recipe.judge is None:
        return verify_all if classifier is None else partial(verify_all, classifier=classifier)
    judge = make_judge(recipe.judge)
    note = judge.client.canary().checked("judge.endpoint")
    if note and os.environ.get("RANK", "0") == "0":
        print(note, file=sys.stderr)
    return partial(verify_all, classifier=classifier, judge=judge, skip_failed=recipe.judge.skip_failed)


def load_classifier(settings: VerifierSettings) -> Classifier:
    """The trained verifier that a `verifier` block names. Raises ModelError or VerifierError for none."""
    from rlmr.verifiers.classifier.classifier import Classifier  # and torch with it

    return Classifier.load(
        settings.classifier,
        threshold=settings.threshold,
        band=settings.band,
        any_type=settings.any_type,
    )


def check_verifier(recipe: Recipe, tasks: Iterable[Task]) -> None:
    """Raise ModelError or VerifierError where the recipe's verifier is none; loads no weights.

    Raises RecipeError where it has not learned a type that a task needs it for, with no judge behind it.
    """
    if recipe.verifier is None:
        return
    from rlmr.verifiers.classifier.classifier import check_classifier  # and torch with it

    known = check_classifier(recipe.verifier.classifier).types
    if recipe.judge is not None or recipe.verifier.any_type:
        return
    for task in tasks:
        asked = {c.type for c in task.constraints if isinstance(c, Judged) and c.role != "probe"}
        unseen = sorted(asked - set(known))
        if unseen:
            raise RecipeError(
                f"verifier.classifier: it was trained on {', '.join(known)}, but task {task.id} asks for "
                f"{', '.join(unseen)}; train it on them, set verifier.any_type or judge.endpoint"
            )


def make_judge(settings: JudgeSettings) -> Judge:
    """The judge that a `judge` block describes; nothing is asked yet."""
    from rlmr.endpoint import Client, Endpoint  # and aiohttp with it
    from rlmr.verifiers.judge import Judge

    return Judge(
        Client(Endpoint.from_mapping(settings.endpoint, "judge.endpoint")),
        deadline_s=settings.deadline_s,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        extra=settings.extra,
    )
