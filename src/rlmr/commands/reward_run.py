"""From a reward recipe to a model that describes itself: members, ensemble, audit, card."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rlmr.audit.audit import Audit, audit
from rlmr.audit.audit import write_json as write_audit
from rlmr.data import write_whole
from rlmr.recipes import RecipeError
from rlmr.recipes.reward import RewardRecipe
from rlmr.report.audit import card, write_html
from rlmr.rewards.ensemble import FILE, load_scorer, save_ensemble
from rlmr.rewards.preferences import Preference
from rlmr.rewards.train import Show, score_scale, train
from rlmr.runs.files import fields, read_json, write_json

BEGUN = "training"
"""A member's folder while it is trained; it takes its own name when it is whole."""
MEMBER = "member.json"
"""In a member's folder: what it was trained with."""
NOT_OF_A_MEMBER = {"name", "output", "seeds", "ensemble", "data"}
"""Settings of a recipe that decide nothing about what one member learns; of `data` the pairs do."""


def train_recipe(
    recipe: RewardRecipe,
    pairs: Sequence[Preference],
    held: Sequence[Preference],
    *,
    overwrite: bool = False,
    show: Show = lambda done, of, what: None,
) -> tuple[Path, Audit | None]:
    """Train what `recipe` says on `pairs`, audit it on `held` (if any); returns the folder and the audit.

    One seed makes a model in the folder itself; several make an ensemble with a subfolder each. A member that
    is there already is kept unless `overwrite`, so that a run can be continued; raises RecipeError where it
    was trained with other settings or pairs. Written beside the weights: `audit.json`, `audit.html` and the
    model card `README.md`.
    """
    output = Path(recipe.output)
    several = len(recipe.seeds) > 1
    names = [f"seed{seed}" for seed in recipe.seeds]
    folders = [output / name if several else output for name in names]
    for seed, folder in missing_members(recipe, pairs, folders, overwrite):
        begun = output.parent / f".{output.name}-seed{seed}-{BEGUN}"
        shutil.rmtree(begun, ignore_errors=True)
        train(pairs, recipe, begun, seed=seed, show=show)
        shutil.rmtree(begun / "checkpoints", ignore_errors=True)
        write_json(begun / MEMBER, member_of(recipe, pairs, seed))
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        begun.rename(folder)
    if several:
        scales = [score_scale(folder) for folder in folders]
        save_ensemble(output, names, scales, recipe.ensemble.combine, recipe.ensemble.penalty)
    else:
        (output / FILE).unlink(missing_ok=True)
    found = None
    if held:
        scorer = load_scorer(output, batch_size=32)
        found = audit(
            scorer, held, model=recipe.name, train=pairs, show=lambda step: show(0, 1, f"audit, {step}")
        )
        write_audit(found, output / "audit.json")
        write_html(found, output / "audit.html")
    write_json(output / "recipe.json", recipe.model_dump(mode="json"))
    with write_whole(output / "README.md") as file:
        file.write(card(recipe.name, recipe.model, len(pairs), found).encode())
    return output, found


def member_of(recipe: RewardRecipe, pairs: Sequence[Preference], seed: int) -> dict[str, Any]:
    """What one member is trained with: its settings, its seed, and a digest of its pairs, whatever file they
    stand in."""
    rows = json.dumps([{**asdict(p), "place": "", "group": ""} for p in pairs], ensure_ascii=False)
    settings = recipe.model_dump(mode="json", exclude=NOT_OF_A_MEMBER)
    return {**settings, "seed": seed, "pairs": hashlib.sha256(rows.encode()).hexdigest()[:16]}


def missing_members(
    recipe: RewardRecipe, pairs: Sequence[Preference], folders: Sequence[Path], overwrite: bool
) -> list[tuple[int, Path]]:
    """(seed, folder) of the members that are to be trained. Raises RecipeError, before any is, for a folder
    that holds another model, or anything else, and for the one that the command runs in, or one above."""
    output = Path(recipe.output)
    if Path.cwd().is_relative_to(output.resolve()):
        raise RecipeError(f"output: the command runs in {output}; name another folder")
    if len(folders) > 1 and holds_else(output):
        raise RecipeError(f"output: {output} holds something else; name another folder")
    missing = []
    for seed, folder in zip(recipe.seeds, folders, strict=True):
        had, now = read_json(folder / MEMBER), member_of(recipe, pairs, seed)
        if not had and folder.exists() and any(folder.iterdir()):
            if not (folder / FILE).is_file():
                raise RecipeError(f"output: {folder} holds something else; name another folder")
            if not overwrite:
                raise RecipeError(
                    f"output: {folder} holds an ensemble; name another folder, or --overwrite it"
                )
        if had and not overwrite:
            check_same(folder, dict(fields(had)), dict(fields(now)))
        else:
            missing.append((seed, folder))
    return missing


def holds_else(output: Path) -> bool:
    """Whether a folder for an ensemble holds what is neither a model of ours, nor an ensemble's members."""
    ours = (FILE, MEMBER, f"*/{MEMBER}")
    return output.is_dir() and any(output.iterdir()) and not any(any(output.glob(name)) for name in ours)


def check_same(folder: Path, had: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise RecipeError where a member that is there was trained with other settings than are wanted now."""
    differing = [
        f"{field} ({had.get(field)!r}, now {now.get(field)!r})"
        for field in {**had, **now}
        if had.get(field) != now.get(field)
    ]
    if differing:
        raise RecipeError(
            f"{folder} holds a model that was trained otherwise: {'; '.join(differing)}. Name another "
            "output, or train it again: --overwrite"
        )
