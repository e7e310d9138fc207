"""Checkpoints that are whole or are not there: what is written beside TRL's files, and how it is read back.

TRL writes the policy, the optimiser, the schedule, the random states and `trainer_state.json`, file after
file, and resumes from whatever it finds. Here a checkpoint counts only with a marker, written last, that
names every file with its size; the marker also holds what TRL forgets.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlmr.runs.files import write_json

MARKER = "complete.json"
"""Written last: the names and sizes of all files, and what the engine remembers beside them."""

PREFIX = "checkpoint-"
"""TRL's name of a checkpoint, before its step."""

NEEDED = ("trainer_state.json", "scheduler.pt")
"""Files that a run on any number of processes needs; TRL ignores it silently when the last one is missing."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole checkpoint."""

    folder: Path
    """Where it lies."""
    step: int
    """The last step taken."""
    processes: int
    """Ranks that it was written by: each has its random state in it."""
    memory: Mapping[str, Any]
    """What the engine remembers beside TRL's own state."""


@dataclass(frozen=True, slots=True)
class Found:
    """The newest whole checkpoint of a run, and the newer ones that are not whole."""

    newest: Checkpoint | None
    """None = the run has none yet and begins again."""
    skipped: tuple[str, ...]
    """One sentence each."""

    @property
    def step(self) -> int:
        """The last step that needs not be taken again."""
        return self.newest.step if self.newest else 0


def folder_of(checkpoints: Path, step: int) -> Path:
    """Where TRL writes the checkpoint of a step."""
    return checkpoints / f"{PREFIX}{step}"


def seal(folder: Path, step: int, processes: int, memory: Mapping[str, Any]) -> None:
    """Declare a checkpoint whole; every rank has written its part. Raises OSError where the disk refuses."""
    files = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MARKER
    }
    write_json(folder / MARKER, {"step": step, "processes": processes, "memory": memory, "files": files})


def find_newest(checkpoints: Path, window: int, total_steps: int) -> Found:
    """The newest whole checkpoint that a run with that window can go on from; nothing is changed."""
    skipped = []
    for step in sorted(_steps(checkpoints), reverse=True):
        read = read_checkpoint(folder_of(checkpoints, step))
        if isinstance(read, str):
            skipped.append(f"{PREFIX}{step} is skipped: {read}")
        elif read.step % window and read.step < total_steps:
            skipped.append(f"{PREFIX}{step} is skipped: it lies in the middle of a generation")
        else:
            return Found(read, tuple(skipped))
    return Found(None, tuple(skipped))


def read_checkpoint(folder: Path) -> Checkpoint | str:
    """The checkpoint in `folder`, or in words what it lacks."""
    marker = folder / MARKER
    if not marker.is_file():
        return f"it is half-written (no {MARKER})"
    try:
        values = json.loads(marker.read_text(encoding="utf-8"))
    except ValueError:
        return f"{MARKER} is not JSON"
    for name, size in values["files"].items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != size:
            return f"{name} has {path.stat().st_size} bytes of {size}"
    missing = [name for name in NEEDED if name not in values["files"]]
    if missing:
        return f"{missing[0]} is missing"
    return Checkpoint(folder, values["step"], values["processes"], values["memory"])


def drop_after(checkpoints: Path, step: int) -> None:
    """Remove every checkpoint of a later step: half-written ones, and those that will be written again."""
    for later in _steps(checkpoints):
        if later > step:
            shutil.rmtree(folder_of(checkpoints, later))


def _steps(checkpoints: Path) -> list[int]:
    names = [path.name.removeprefix(PREFIX) for path in checkpoints.glob(f"{PREFIX}*") if path.is_dir()]
    return [int(name) for name in names if name.isdigit()]
