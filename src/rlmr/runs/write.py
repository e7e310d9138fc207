"""Write a run folder: every file whole, or not there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml

from rlmr.runs.files import append_line, redact, write_json, write_lines_gz, write_whole
from rlmr.runs.row import Row, RunError

State = Literal["running", "finished", "interrupted", "failed"]

PARTS = (
    "config.yaml",
    "environment.json",
    "metrics.jsonl",
    "groups",
    "status.json",
    "checkpoints",
    "model",
    "evaluation",
)
"""Everything that a run folder holds; `overwrite` removes these and nothing else."""

RESERVE_BYTES = 1 << 16
"""Kept free for the run's last word: on a full disk it makes room to say that the disk was full."""


def check_folder(folder: Path, overwrite: bool = False, need_bytes: int = 0) -> None:
    """Raise RunError where a run cannot be written to `folder`; nothing is created or removed.

    Refused: a file in its place, a folder that holds files (unless `overwrite` and it is a run), less free
    space than `need_bytes`. Empty folders in it are nothing: an engine makes them before there is anything to
    write.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"output: {folder} is a file; a run needs a folder of its own")
    if holds_files(folder):
        if not overwrite:
            raise RunError(
                f"output: {folder} is not empty; choose another (output=FOLDER) or pass --overwrite to "
                "replace the run"
            )
        if not (folder / "status.json").exists():
            raise RunError(f"output: {folder} holds no run (no status.json); --overwrite replaces runs only")
    around = next(parent for parent in (folder, *folder.absolute().parents) if parent.is_dir())
    free = shutil.disk_usage(around).free
    if free < need_bytes:
        raise RunError(
            f"output: {folder} has {in_units(free)} free and the run needs about {in_units(need_bytes)}; "
            "free some space or choose another folder (output=FOLDER)"
        )


def in_units(size: float) -> str:
    """Bytes for a person.

    >>> in_units(900), in_units(3 * 2**20), in_units(1.5 * 2**30)
    ('900 bytes', '3.0 MiB', '1.5 GiB')
    """
    for unit, below in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= below:
            return f"{size / below:.1f} {unit}"
    return f"{size:.0f} bytes"


def holds_files(folder: Path) -> bool:
    """Whether there is any file in `folder` or below; False where it does not exist."""
    return any(not path.is_dir() for path in folder.rglob("*"))


class RunWriter:
    """The one writer of a run folder (rank 0); see `rlmr.runs` for the layout.

    Args:
        folder: created here; it must be absent or empty, or hold a run that `overwrite` replaces.
        config: the resolved recipe; secrets in it are replaced by '***'.
        environment: what `rlmr.runs.environment.environment` gives.
        total_steps: how many steps the run means to take.
        overwrite: replace the run that the folder holds.
        need_bytes: free space to insist on.

    Raises RunError, with the folder as it was before, where it cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any],
        environment: Mapping[str, Any],
        *,
        total_steps: int,
        overwrite: bool = False,
        need_bytes: int = 0,
    ) -> None:
        check_folder(folder, overwrite, need_bytes)
        self.folder = folder
        self.total_steps = total_steps
        self._started = time.monotonic()
        was_empty = not holds_files(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._reserve, bytes(RESERVE_BYTES))
            for part in PARTS:
                _remove(folder / part)
            resolved = yaml.safe_dump(redact(dict(config)), sort_keys=False, allow_unicode=True)
            write_whole(folder / "config.yaml", resolved.encode())
            write_json(folder / "environment.json", redact(environment))
            (folder / "evaluation").mkdir()
            self.status("running", 0)
        except (OSError, RunError) as error:
            if was_empty:
                shutil.rmtree(folder, ignore_errors=True)
            raise _refused(folder, error) from error

    @property
    def _reserve(self) -> Path:
        return self.folder / ".reserve"

    def status(self, state: State, step: int, reason: str = "") -> None:
        """Replace `status.json`; `step` is the last one taken, `reason` a sentence for a person.

        Raises RunError where the disk refuses, as every method here does.
        """
        status = {"state": state, "step": step, "total_steps": self.total_steps, "reason": reason}
        try:
            if state != "running":
                self._reserve.unlink(missing_ok=True)
            write_json(self.folder / "status.json", status)
        except OSError as error:
            raise _refused(self.folder, error) from error

    def metrics(self, step: int, values: Mapping[str, Any]) -> None:
        """Append one line to `metrics.jsonl`: `step`, `time` (seconds since the start), then `values`."""
        elapsed = round(time.monotonic() - self._started, 3)
        try:
            append_line(self.folder / "metrics.jsonl", {"step": step, "time": elapsed, **values})
        except OSError as error:
            raise _refused(self.folder, error) from error

    def groups(self, step: int, rows: Sequence[Row], split: str = "train") -> None:
        """Write every completion of a step; those of an evaluation go to a file of their own."""
        name = f"step_{step:06d}" if split == "train" else f"{split}_{step:06d}"
        try:
            write_lines_gz(self.folder / "groups" / f"{name}.jsonl.gz", [row.to_dict() for row in rows])
        except OSError as error:
            raise _refused(self.folder, error) from error

    @property
    def model_folder(self) -> Path:
        """Where the final policy goes."""
        return self.folder / "model"

    @property
    def checkpoint_folder(self) -> Path:
        """Where the engine keeps its own checkpoints."""
        return self.folder / "checkpoints"


def _refused(folder: Path, error: OSError | RunError) -> RunError:
    """What to say where the disk refuses; the first refusal's words are kept."""
    if isinstance(error, RunError):
        return error
    return RunError(f"output: cannot write to {folder}: {error.strerror or error}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
