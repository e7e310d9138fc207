"""Who writes, as a user names it, and which policy of a run is meant. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rlmr.data import DataError
from rlmr.engines.checkpoints import (
    PREFIX,
    Checkpoint,
    find_newest,
    folder_of,
    read_best,
    read_checkpoint,
)
from rlmr.runs import Run, RunError


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes. Raises DataError for the checkpoint of what is no run."""

    model: str
    """A run folder, a Hugging Face folder or name; with `url` the name that the server knows."""
    checkpoint: str = ""
    """Of a run: see `find_policy`."""
    url: str | None = None
    """Of an OpenAI-compatible server that has the model; None = it is here."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable with the server's key."""
    in_flight: int = 64
    """Requests to the server at the same time."""

    def __post_init__(self) -> None:
        if self.checkpoint and not self.is_run:
            raise DataError(
                f"--checkpoint {self.checkpoint}: only a run folder has them, and {self.model} is none"
            )

    @property
    def is_run(self) -> bool:
        """Whether it is a policy that a run trained."""
        return self.url is None and (Path(self.model) / "status.json").is_file()


@dataclass(frozen=True, slots=True)
class Kept:
    """A policy that a run holds."""

    folder: Path
    """Weights (or an adapter) and tokenizer, as transformers saves them."""
    step: int
    """The last step that it learned from."""
    which: str
    """'best', 'last' or 'step'."""

    @property
    def adapter(self) -> bool:
        """It is a LoRA adapter, which needs its base model."""
        return (self.folder / "adapter_config.json").is_file()


def find_policy(run: Run, which: str = "") -> Kept:
    """The policy of a run: 'best' (by validation), 'last', a step's number; '' = best, else last.

    `last` is the policy that the run saved when it ended, or its newest whole checkpoint. Raises RunError
    where there is none, with those that there are.
    """
    checkpoints = run.folder / "checkpoints"
    if which not in ("", "best", "last") and not which.isdigit():
        raise RunError(f"--checkpoint {which!r} is not allowed; give best, last or the number of a step")
    best = read_best(run.folder)
    if best is not None and which in ("", "best"):
        return Kept(_whole(run, best.step).folder, best.step, "best")
    if which == "best":
        raise RunError(
            f"{run.folder}: no checkpoint is marked as the best: the run does not validate (recipe block "
            "`validation`), or none was better than the policy that it began with; use --checkpoint last"
        )
    last, ended = run.folder / "model", int(run.status["step"])
    saved = any((last / name).is_file() for name in ("config.json", "adapter_config.json"))
    if saved and which in ("", "last", str(ended)):
        return Kept(last, ended, "last")
    if which.isdigit():
        return Kept(_whole(run, int(which)).folder, int(which), "step")
    newest = find_newest(checkpoints, 1, 0).newest
    if newest is None:
        raise RunError(
            f"{run.folder}: it holds no policy yet (no model/ and no whole checkpoint); go on with it: rlmr "
            f"train --resume {run.folder}"
        )
    return Kept(newest.folder, newest.step, "last")


def _whole(run: Run, step: int) -> Checkpoint:
    """The checkpoint of a step. Raises RunError, with the steps that there are, where it is not whole."""
    checkpoints = run.folder / "checkpoints"
    read = read_checkpoint(folder_of(checkpoints, step))
    if isinstance(read, Checkpoint):
        return read
    steps = sorted(int(path.name[len(PREFIX) :]) for path in checkpoints.glob(f"{PREFIX}*[0-9]"))
    there = ", ".join(map(str, steps)) or "none"
    raise RunError(f"{run.folder}: the checkpoint of step {step}: {read}; steps with a checkpoint: {there}")
