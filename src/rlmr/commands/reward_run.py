"""From a reward recipe to a model that describes itself: members, ensemble, audit, card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from rlmr.audit.audit import Audit, audit, write_json
from rlmr.data import write_whole
from rlmr.recipes.reward import RewardRecipe
from rlmr.report.audit import card, write_html
from rlmr.rewards.ensemble import FILE, load_scorer, save_ensemble
from rlmr.rewards.preferences import Preference
from rlmr.rewards.train import Show, score_scale, train

BEGUN = "training"
"""A member's folder while it is trained; it takes its own name when it is whole."""


def train_recipe(
    recipe: RewardRecipe,
    pairs: Sequence[Preference],
    held: Sequence[Preference],
    *,
    overwrite: bool = False,
    show: Show | None = None,
) -> tuple[Path, Audit | None]:
    """Train what `recipe` says on `pairs`, audit it on `held` (if any); returns the folder and the audit.

    One seed makes a model in the folder itself; several make an ensemble with a subfolder each. A member that
    is there already is kept unless `overwrite`, so that a run can be continued. Written beside the weights:
    `audit.json`, `audit.html` and the model card `README.md`.
    """
    output = Path(recipe.output)
    names = [f"seed{seed}" for seed in recipe.seeds]
    several = len(names) > 1
    for seed, name in zip(recipe.seeds, names, strict=True):
        folder = output / name if several else output
        if overwrite or not (folder / "config.json").is_file():
            begun = output.parent / f".{output.name}-{name}-{BEGUN}"
            shutil.rmtree(begun, ignore_errors=True)
            train(pairs, recipe, begun, seed=seed, show=show)
            shutil.rmtree(begun / "checkpoints", ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            begun.rename(folder)
    if several:
        scales = [score_scale(output / name) for name in names]
        save_ensemble(output, names, scales, recipe.ensemble.combine, recipe.ensemble.penalty)
    else:
        (output / FILE).unlink(missing_ok=True)
    found = None
    if held:
        found = audit(load_scorer(output, batch_size=32), held, model=recipe.name, train=pairs)
        write_json(found, output / "audit.json")
        write_html(found, output / "audit.html")
    with write_whole(output / "recipe.json") as file:
        file.write((json.dumps(recipe.model_dump(mode="json"), indent=1) + "\n").encode())
    with write_whole(output / "README.md") as file:
        file.write(card(recipe.name, recipe.model, len(pairs), found).encode())
    return output, found
