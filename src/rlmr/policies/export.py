"""Export a run's policy: one folder that plain transformers loads, whole or not there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from rlmr.models import first_line
from rlmr.policies.card import model_card
from rlmr.policies.find import Kept, find_policy
from rlmr.policies.weights import (
    Difference,
    Dtype,
    check_saved,
    compare,
    generation_config,
    load_kept,
    logits_of,
    merged,
    probe_of,
)
from rlmr.recipes.load import check_recipe
from rlmr.runs import Run, RunError
from rlmr.runs.environment import package_versions
from rlmr.runs.files import write_json, write_whole

MARK = "rlmr.json"
"""What makes a folder an export: where it came from and what was checked."""

DTYPES: dict[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported, and what it was checked for."""

    folder: Path
    kept: Kept
    dtype: str
    merge: Difference | None
    """Logits with the adapter beside and inside the weights; None where there was no adapter."""
    cast: Difference | None
    """Logits before and after the change of precision; None where there was none."""

    def sentences(self) -> list[str]:
        """What was checked, for a person."""
        said = ["Loaded again with plain transformers, it gives the logits of the run's model, bit for bit."]
        if self.merge is not None:
            said.append(f"Merging the adapter: {_moved(self.merge)}.")
        if self.cast is not None:
            said.append(f"From the run's precision to {self.dtype}: {_moved(self.cast)}.")
        return said


def _moved(difference: Difference) -> str:
    return (
        f"logits moved by at most {difference.largest:.2g} of their standard deviation, the most probable "
        f"token stayed the same at {difference.same_choice:.1%} of {difference.tokens} places"
    )


def export_policy(
    run: Run,
    output: Path,
    which: str = "",
    *,
    dtype: Dtype = "auto",
    license: str = "unknown",
    overwrite: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write a run's policy (see `find_policy`) to `output`; it appears once it is checked, or not at all.

    An adapter is merged. The folder holds safetensors, tokenizer, chat template, generation settings, a model
    card and `rlmr.json`. `tell` is given a sentence before each part. Raises RunError, ModelError or
    RecipeError where the run, the policy or the folder cannot be, where merging is more than rounding, where
    float16 overflows, and where what was saved gives other logits when it is loaded.
    """
    check_recipe(run.config, str(run.folder / "config.yaml"))
    kept = find_policy(run, which)
    check_output(output, overwrite)
    tell(f"loading {kept.folder}")
    model, tokenizer = load_kept(run, kept)
    probe = probe_of(run, tokenizer)
    if kept.adapter:
        tell("merging the adapter")
    model, merge = merged(model, probe)
    model, cast = _cast(model, dtype, probe)
    name = str(model.dtype).removeprefix("torch.")
    exported = Exported(output, kept, name, merge, cast)
    model.generation_config = generation_config(run, model, tokenizer)
    model.config.use_cache = True  # training with activation checkpointing switches it off
    part = output.with_name(f".{output.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        tell(f"writing {output}")
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)
        logits = logits_of(model, probe)
        del model
        tell("loading it again")
        check_saved(part, logits, probe)
        _describe(run, part, exported, license)
        _swap(part, output)
    except OSError as error:
        raise RunError(
            f"--output: cannot write to {output}: {error.strerror or first_line(error)}; nothing was exported"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return exported


def check_output(output: Path, overwrite: bool) -> None:
    """Raise RunError where an export cannot go to `output`; `overwrite` replaces exports and nothing else."""
    if output.exists() and not output.is_dir():
        raise RunError(f"--output: {output} is a file; an export needs a folder of its own")
    if not output.is_dir() or not any(output.iterdir()):
        return
    if not overwrite:
        raise RunError(f"--output: {output} is not empty; choose another, or pass --overwrite")
    if not (output / MARK).is_file():
        raise RunError(f"--output: {output} holds no export (no {MARK}); --overwrite replaces exports only")


def _cast(model: Any, dtype: Dtype, probe: list[list[int]]) -> tuple[Any, Difference | None]:
    """The model in another precision, and what that changed; None where it has it already."""
    if dtype == "auto" or model.dtype == DTYPES[dtype]:
        return model, None
    before = logits_of(model, probe)
    for parameter in model.parameters():  # not its buffers: rotary frequencies stay exact, as when loaded
        parameter.data = parameter.data.to(DTYPES[dtype])
    difference = compare(before, logits_of(model, probe))
    if difference.largest != difference.largest:  # NaN
        raise RunError(f"--dtype {dtype}: the logits are not finite in it; use bfloat16 or float32")
    return model, difference


def _describe(run: Run, part: Path, exported: Exported, license: str) -> None:
    """The card, and the same for programs."""
    kept, name = exported.kept, exported.folder.resolve().name
    card = model_card(
        run,
        name,
        kept.step,
        kept.which,
        license=license,
        dtype=exported.dtype,
        checks=exported.sentences(),
    )
    write_whole(part / "README.md", card.encode())
    about = {
        "run": run.config.get("name"),
        "step": kept.step,
        "which": kept.which,
        "dtype": exported.dtype,
        "license": license,
        "checked": exported.sentences(),
        "versions": package_versions(),
    }
    write_json(part / MARK, about)


def _swap(part: Path, output: Path) -> None:
    """Put the new folder in the place of the old one, which is there until then."""
    former = output.with_name(f".{output.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if output.is_dir():
        output.rename(former)
    part.rename(output)
    shutil.rmtree(former, ignore_errors=True)
