"""Checkpoints that are whole or are not there: what is written beside TRL's files, and how it is read back.

TRL writes the policy, the optimiser, the schedule, the random states and `trainer_state.json`, file after
file, and resumes from whatever it finds. Here a checkpoint counts only with a marker, written last, that
names every file with its size and a probe of its bytes; the marker also holds what TRL forgets. A pointer
beside the checkpoints names the best of them, where the run validates.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rlmr.runs.files import read_json, write_json

MARKER = "complete.json"
"""Written last: the names, sizes and probes of all files, and what the engine remembers beside them."""

BEST = "best.json"
"""In the run folder: which checkpoint is the best, and by what."""

Metric = Literal["kept_above_start", "pass_rate", "quality"]
"""What makes a checkpoint better than another; see `rlmr.engines.validation.outcome`."""

PROBES, PROBE_BYTES = 64, 4096
"""How much of a big file is read to see whether it is still what was written."""

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


@dataclass(frozen=True, slots=True)
class Best:
    """The best checkpoint so far, by validation."""

    step: int
    """Its step; 0 = the policy that the run began with, of which there is no checkpoint."""
    metric: Metric
    """What it has most of."""
    value: float
    """How much."""
    start: float | None
    """How much the policy that the run began with has; None = unknown."""


def folder_of(checkpoints: Path, step: int) -> Path:
    """Where TRL writes the checkpoint of a step."""
    return checkpoints / f"{PREFIX}{step}"


def seal(folder: Path, step: int, processes: int, memory: Mapping[str, Any]) -> None:
    """Declare a checkpoint whole; every rank has written its part. Raises OSError where the disk refuses."""
    files = {
        path.relative_to(folder).as_posix(): [path.stat().st_size, probe(path)]
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MARKER
    }
    write_json(folder / MARKER, {"step": step, "processes": processes, "memory": memory, "files": files})


def probe(path: Path) -> int:
    """A checksum (CRC-32) of a file, read at `PROBES` places from its first byte to its last, or in full.

    It finds pages that a crash left zeroed or cut, in milliseconds whatever the file's size; it is no proof
    against a single changed bit.
    """
    size, crc = path.stat().st_size, 0
    with path.open("rb") as file:
        if size <= PROBES * PROBE_BYTES:
            return zlib.crc32(file.read())
        for place in range(PROBES):
            file.seek(place * (size - PROBE_BYTES) // (PROBES - 1))
            crc = zlib.crc32(file.read(PROBE_BYTES), crc)
    return crc


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
    for name, (size, crc) in values["files"].items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != size:
            return f"{name} has {path.stat().st_size} bytes of {size}"
        if probe(path) != crc:
            return f"{name} does not hold what was written (zeroed or changed)"
    missing = [name for name in NEEDED if name not in values["files"]]
    if missing:
        return f"{missing[0]} is missing"
    return Checkpoint(folder, values["step"], values["processes"], values["memory"])


def drop_after(checkpoints: Path, step: int) -> None:
    """Remove every checkpoint of a later step: half-written ones, and those that will be written again."""
    for later in _steps(checkpoints):
        if later > step:
            shutil.rmtree(folder_of(checkpoints, later))


def point_to_best(run: Path, best: Best | None) -> None:
    """Write the run's pointer to its best checkpoint, whole; remove it where there is no such checkpoint.

    Raises OSError where the disk refuses.
    """
    if best is None or not (folder_of(run / "checkpoints", best.step) / MARKER).is_file():
        (run / BEST).unlink(missing_ok=True)
        return
    write_json(run / BEST, {**asdict(best), "checkpoint": f"checkpoints/{PREFIX}{best.step}"})


def read_best(run: Path) -> Best | None:
    """The run's best checkpoint; None without validation, and where none is better than the start."""
    values = read_json(run / BEST)
    values.pop("checkpoint", None)
    return Best(**values) if values else None


def _steps(checkpoints: Path) -> list[int]:
    names = [path.name.removeprefix(PREFIX) for path in checkpoints.glob(f"{PREFIX}*") if path.is_dir()]
    return [int(name) for name in names if name.isdigit()]
