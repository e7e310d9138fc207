"""The scorers that a recipe's `reward` and `shadow` blocks name: models in this process, or on a server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rlmr.recipes.judging import ScorerSettings, ShadowSettings
from rlmr.recipes.models import locate, names_function
from rlmr.recipes.schema import Recipe, RecipeError

if TYPE_CHECKING:
    from trl import GRPOConfig

    from rlmr.engines.grade import Scorer, Shadow


def load_scorer(settings: ScorerSettings) -> Scorer:
    """The scorer that a block names.

    Raises RewardModelError; EndpointError where no server answers.
    """
    from rlmr.rewards import ensemble
    from rlmr.rewards.function import load_function

    if settings.model is None:
        return _on_server(settings)
    if names_function(settings.model):
        return load_function(settings.model)
    return ensemble.load_scorer(
        locate(settings.model),
        max_length=settings.max_length,
        batch_size=settings.batch_size,
        precision=settings.precision,
    )


def load_shadow(settings: ShadowSettings | None) -> Shadow | None:
    """The shadow judge of a recipe. Raises as `load_scorer` does."""
    if settings is None:
        return None
    from rlmr.engines.grade import Shadow

    return Shadow(load_scorer(settings), settings.every, settings.texts)


def check_groups_whole(recipe: Recipe, config: GRPOConfig) -> None:
    """Raise RecipeError where texts would be compared in pairs, but no rank has whole groups of them, as in
    a validation."""
    texts = config.generation_batch_size // int(os.environ.get("WORLD_SIZE", "1"))
    for block in (recipe.reward, recipe.shadow):
        if block is not None and block.in_pairs and texts % config.num_generations:
            raise RecipeError(
                f"{block.FIELD}.by: pairwise compares the texts of a group, but a rank has {texts} texts per "
                f"step, in groups of {config.num_generations}: make per_device_train_batch_size * "
                "steps_per_generation a multiple of it"
            )
    if recipe.reward.in_pairs and recipe.validation is not None:
        raise RecipeError(
            "validation: a score of reward.by: pairwise is the share of its group that a text beats, which "
            "says nothing of another step's texts; leave validation out, or score by rubric or classifier"
        )


def _on_server(settings: ScorerSettings) -> Scorer:
    """A scorer on a server, which has answered."""
    from rlmr.endpoint import Client, Endpoint  # and aiohttp with it
    from rlmr.rewards.judge import PairwiseJudge, RubricJudge
    from rlmr.rewards.remote import RemoteRewardModel

    field = f"{settings.FIELD}.endpoint"
    client = Client(Endpoint.from_mapping(settings.endpoint or {}, field))
    if settings.by == "classifier":
        model = RemoteRewardModel(
            client,
            tokenizer=_tokenizer(settings),
            max_length=settings.max_length,
            deadline_s=settings.deadline_s,
        )
        model.check(field)
        return model
    client.canary().checked(field)
    judge: type[RubricJudge | PairwiseJudge] = RubricJudge if settings.by == "rubric" else PairwiseJudge
    return judge(client, deadline_s=settings.deadline_s)


def _tokenizer(settings: ScorerSettings) -> Any:
    if settings.tokenizer is None:
        return None
    from transformers import AutoTokenizer

    from rlmr.models import ModelError, first_line

    try:
        return AutoTokenizer.from_pretrained(settings.tokenizer)
    except (OSError, ValueError) as error:
        raise ModelError(f"{settings.FIELD}.tokenizer: {settings.tokenizer}: {first_line(error)}") from error
