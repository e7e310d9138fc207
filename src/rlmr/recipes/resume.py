"""Go on with a recorded run: with its own recipe, or with one that says the same."""

from __future__ import annotations

from collections.abc import Sequence

from rlmr.recipes.load import check_recipe, read_recipe
from rlmr.recipes.run import Plan, plan
from rlmr.recipes.schema import Recipe, RecipeError
from rlmr.runs import Run
from rlmr.runs.files import REDACTED, fields, plain, redact

MAY_DIFFER = (
    "output",
    "threads",
    "hardware",
    "alarms",
    "report_to",
    "unknown_pause",
    "judge.deadline_s",
    "judge.endpoint.base_url",
    "judge.endpoint.api_key_env",
    "reward.deadline_s",
    "reward.endpoint.base_url",
    "reward.endpoint.api_key_env",
    "shadow.deadline_s",
    "shadow.endpoint.base_url",
    "shadow.endpoint.api_key_env",
    "grpo.save_total_limit",
)
"""Settings, and blocks of settings, that decide nothing about what is learned: a resumed run may have
others."""


def plan_resumed(run: Run, name: str | None, overrides: Sequence[str] = ()) -> Plan:
    """The plan of a recorded run that goes on, in the folder where it lies.

    `name` is a recipe's, None = the recorded one; `overrides` change either. Raises RecipeError with every
    field in which the two differ and may not, and as `plan` does.
    """
    if name is None:
        hidden = [field for field, value in fields(run.config) if value == REDACTED]
        if hidden:
            raise RecipeError(
                f"{run.folder}: the record holds no secrets ({', '.join(hidden)}); name the recipe too: "
                f"rlmr train RECIPE --resume {run.folder}"
            )
    recipe = read_recipe(str(run.folder / "config.yaml") if name is None else name, overrides)
    planned = plan(recipe.model_copy(update={"output": str(run.folder)}), resume=True)
    check_same(run, planned.recipe)
    return planned


def check_same(run: Run, resolved: Recipe) -> None:
    """Raise RecipeError where a resolved recipe is another than the one that the run recorded."""
    was = dict(fields(check_recipe(run.config, str(run.folder / "config.yaml")).model_dump(mode="json")))
    now = dict(fields(plain(redact(resolved.model_dump(mode="json")))))
    differing = [
        f"{field} ({was.get(field)!r}, now {now.get(field)!r})"
        for field in {**was, **now}
        if not _may_differ(field) and was.get(field) != now.get(field)
    ]
    if differing:
        raise RecipeError(
            f"{run.folder}: a run goes on as it began; it differs in {'; '.join(differing)}. Train anew for "
            f"that, or leave the recipe out: rlmr train --resume {run.folder}"
        )


def _may_differ(field: str) -> bool:
    """Whether a setting, or a block that it is in, stands in `MAY_DIFFER`.

    >>> _may_differ("alarms.length.ratio"), _may_differ("output"), _may_differ("grpo.save_steps")
    (True, True, False)
    """
    parts = field.split(".")
    return any(".".join(parts[:depth]) in MAY_DIFFER for depth in range(1, len(parts) + 1))
