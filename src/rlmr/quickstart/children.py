"""Child processes: started when their turn comes, watched, interrupted together, never left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from rlmr.quickstart.plan import Job

TICK = 0.25
"""Seconds between two looks at the children."""

PATIENCE = 30.0
"""Seconds that an interrupted child gets to finish its step and save its policy."""

LOG_LINES = 15
"""Lines of a failed child's output that are shown."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is, as its run folder says."""

    state: str
    """'starting' until the run folder is there, then the state in its status.json."""
    step: int = 0
    total: int | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """The newest step's."""


class ChildFailedError(Exception):
    """A child process that died; the message holds the end of its output.

    Args:
        message: for the user.
        code: the child's exit code; negative for a signal.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def read_progress(folder: Path) -> Progress:
    """Read status and newest metrics of a run that is being written."""
    status_file, metrics_file = folder / "status.json", folder / "metrics.jsonl"
    if not status_file.is_file():
        return Progress("starting")
    status = json.loads(status_file.read_text(encoding="utf-8"))
    newest = last_line(metrics_file) if metrics_file.is_file() else ""
    metrics: dict[str, Any] = json.loads(newest) if newest else {}
    return Progress(status["state"], int(metrics.get("step", status["step"])), status["total_steps"], metrics)


def last_line(path: Path, window: int = 1 << 16) -> str:
    """The last whole line of a file that may be growing; '' where its last `window` bytes hold none."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - window))
        whole = file.read().rpartition(b"\n")[0]
    return whole.rpartition(b"\n")[2].decode()


class Children:
    """Runs jobs, at most `slots` at once, each after the job it waits for.

    A context: whatever way it is left, no child outlives it. Children are in process groups of their own, so
    a Ctrl-C on the terminal reaches this process alone, which passes it on once.

    Args:
        jobs: in the order in which they are started.
        slots: processes at once.
        logs: folder that each child's output goes to, as NAME.log.
        environment: of the children.
    """

    def __init__(self, jobs: Sequence[Job], slots: int, logs: Path, environment: Mapping[str, str]) -> None:
        self.waiting = list(jobs)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.done: set[str] = set()
        self.slots = slots
        self.logs = logs
        self.environment = environment

    def __enter__(self) -> Children:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()
        self.running.clear()

    def run(self, watch: Callable[[Children], None]) -> None:
        """Run everything to its end; `watch` is called four times a second and once at the end.

        Raises:
            ChildFailedError: a child ended with another exit code than 0; the others are interrupted first.
        """
        while self.waiting or self.running:
            self._start()
            time.sleep(TICK)
            for name, process in list(self.running.items()):
                code = process.poll()
                if code is None:
                    continue
                del self.running[name]
                if code != 0:
                    self.interrupt()
                    said = f"{name} ended with exit code {code}:\n{self.end_of_log(name)}"
                    raise ChildFailedError(said, code)
                self.done.add(name)
            watch(self)

    def interrupt(self) -> None:
        """Ask every child to stop, as Ctrl-C does, and give it time; one that does not is killed."""
        self.waiting.clear()
        for process in self.running.values():
            process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + PATIENCE
        for process in self.running.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()

    def end_of_log(self, name: str) -> str:
        """The last lines that a child wrote."""
        lines = self._log(name).read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
        return "\n".join(lines[-LOG_LINES:]) or "(it wrote nothing)"

    def _start(self) -> None:
        for job in list(self.waiting):
            if len(self.running) >= self.slots:
                return
            if job.after is None or job.after in self.done:
                self.waiting.remove(job)
                with self._log(job.name).open("wb") as log:
                    self.running[job.name] = subprocess.Popen(
                        job.command,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        env=dict(self.environment),
                        process_group=0,
                    )

    def _log(self, name: str) -> Path:
        return self.logs / f"{name.replace(' ', '_')}.log"
