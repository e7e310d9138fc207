"""Write a run folder: every file whole, or not there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from filelock import FileLock, Timeout

from rlmr.runs.files import append_line, read_json, redact, write_json, write_lines_gz, write_whole
from rlmr.runs.rewind import rewind
from rlmr.runs.row import Row, RunError

State = Literal["running", "finished", "interrupted", "paused", "failed"]
"""How a run stands: `interrupted` by Ctrl-C, `paused` by itself, because too much is unknown."""

PARTS = (
    "status.json",
    "config.yaml",
    "environment.json",
    "metrics.jsonl",
    "groups",
    "checkpoints",
    "best.json",
    "model",
    "evaluation",
)
"""Everything that a run folder holds; `overwrite` removes these and nothing else.

The first is replaced, never absent, so that a run which is killed while it begins can be overwritten.
"""

LOCK = ".lock"
"""Held by the process that writes a run, while it runs."""

RESERVE_BYTES = 1 << 16
"""Kept free for the run's last word: on a full disk it makes room to say that the disk was full."""


def check_folder(folder: Path, overwrite: bool = False, need_bytes: int = 0) -> None:
    """Raise RunError where a run cannot be written to `folder`; nothing is created or removed.

    Refused: a file in its place or its way, a folder that holds files (unless `overwrite` and it is a run),
    less free space than `need_bytes`. Empty folders in it are nothing: an engine makes them before there is
    anything to write.
    """
    around = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not around.is_dir():
        raise RunError(f"output: {around} is a file; a run needs a folder of its own")
    if holds_files(folder):
        if not overwrite:
            raise RunError(
                f"output: {folder} is not empty; choose another (output=FOLDER) or pass --overwrite to "
                "replace the run"
            )
        if not (folder / "status.json").exists():
            raise RunError(f"output: {folder} holds no run (no status.json); --overwrite replaces runs only")
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
    """Whether there is any file in `folder` or below; False where it does not exist.

    What a process leaves that is killed before it wrote anything is nothing.
    """
    return any(
        not path.is_dir() and path.suffix != ".part" and path.name != LOCK for path in folder.rglob("*")
    )


class RunWriter:
    """The one writer of a run folder (rank 0); see `rlmr.runs` for the layout.

    Args:
        folder: created here; it must be absent or empty, or hold a run that `overwrite` replaces.
        config: the resolved recipe; secrets in it are replaced by '***'.
        environment: what `rlmr.runs.environment.environment` gives.
        total_steps: how many steps the run means to take.
        overwrite: replace the run that the folder holds.
        need_bytes: free space to insist on.
        resume_at: go on with the run that the folder holds, after this step; what it recorded later is
            removed. None = a new run.

    Raises RunError, with the folder as it was before, where it cannot be written or another process does so.
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
        resume_at: int | None = None,
    ) -> None:
        if resume_at is None:
            check_folder(folder, overwrite, need_bytes)
        self.folder = folder
        self.total_steps = total_steps
        self.kept: list[dict[str, Any]] = []
        """The metrics of the steps before this process, of a run that goes on."""
        self._started = time.monotonic()
        self._lock = FileLock(folder / LOCK)
        was_empty = not holds_files(folder)
        self._take()
        try:
            if resume_at is None:
                self._begin(config, environment)
            else:
                self._go_on(config, environment, resume_at)
        except (OSError, RunError) as error:
            self._let_go()
            if was_empty:
                shutil.rmtree(folder, ignore_errors=True)
            raise _refused(folder, error) from error

    def _begin(self, config: Mapping[str, Any], environment: Mapping[str, Any]) -> None:
        self.status("running", 0)
        write_whole(self._reserve, bytes(RESERVE_BYTES))
        for part in PARTS[1:]:
            _remove(self.folder / part)
        self._write_config(config)
        write_json(self.folder / "environment.json", redact(environment))
        (self.folder / "evaluation").mkdir()

    def _go_on(self, config: Mapping[str, Any], environment: Mapping[str, Any], step: int) -> None:
        """What the run begins with again; a process that is killed here leaves a run that can be resumed."""
        self.status("running", step)
        write_whole(self._reserve, bytes(RESERVE_BYTES))
        self.kept = rewind(self.folder, step)
        self._started -= self.kept[-1]["time"] if self.kept else 0.0
        self._write_config(config)
        first = read_json(self.folder / "environment.json")
        resumed = [*first.pop("resumed", []), {"step": step, **redact(environment)}]
        write_json(self.folder / "environment.json", {**first, "resumed": resumed})
        (self.folder / "evaluation").mkdir(exist_ok=True)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        resolved = yaml.safe_dump(redact(dict(config)), sort_keys=False, allow_unicode=True)
        write_whole(self.folder / "config.yaml", resolved.encode())

    def _take(self) -> None:
        """One process writes a run; a killed one has let go."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RunError(f"output: another process is writing the run in {self.folder}") from None
        except OSError as error:
            raise _refused(self.folder, error) from error

    def _let_go(self) -> None:
        if self._lock.is_locked:
            Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()

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
        if state != "running":
            self._let_go()

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

    def evaluation(self, name: str, values: Mapping[str, Any]) -> None:
        """Append one line to the file of that name in `evaluation`."""
        try:
            append_line(self.folder / "evaluation" / name, values)
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
