"""What happens beside TRL's steps: the record and its alarms, the stop on Ctrl-C, the pause, the progress."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from accelerate.utils import gather_object
from transformers import TrainerCallback

from rlmr.alarms import UnknownPause, Watch
from rlmr.runs import RunWriter
from rlmr.runs.files import append_line

SAME_PRESS = 2.0
"""Seconds within which further signals count as one: a terminal and a parent process both send it."""


class RecordCallback(TrainerCallback):  # type: ignore[misc]
    """Writes metrics and status of every step, and says which alarms go on, on rank 0."""

    def __init__(self, writer: RunWriter, watch: Watch) -> None:
        self.writer = writer
        self.watch = watch
        self.newest: dict[str, Any] = {}
        """What was recorded of the newest step, alarms included."""
        self._since = time.perf_counter()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Now TRL knows how many steps there will be."""
        self.writer.total_steps = state.max_steps
        self._since = time.perf_counter()

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """A step's numbers, or an evaluation's; TRL's closing summary is neither."""
        logs = logs or {}
        if "loss" in logs:
            now = time.perf_counter()
            step = state.global_step
            values = {name: value for name, value in logs.items() if name != "step_time"}
            for event in self.watch.watch({"step": step, **values}):
                print(f"\n{event}", file=sys.stderr, flush=True)
            values |= self.watch.metrics() | {"seconds": round(now - self._since, 4)}
            self.newest = values
            self.writer.metrics(step, values)
            self.writer.status("running", step, self.watch.message)
            self._since = now
        elif "eval_loss" in logs:
            append_line(
                self.writer.folder / "evaluation" / "metrics.jsonl", {"step": state.global_step, **logs}
            )


class StopCallback(TrainerCallback):  # type: ignore[misc]
    """Ends the training, with a checkpoint, between two generations: on Ctrl-C (or SIGTERM), and to pause.

    A second Ctrl-C ends it at once. Use it as a context around `train`; outside of the main thread it leaves
    signals alone.

    Args:
        window: steps that learn from one generation; a checkpoint must not lie between them.
        pause: when too much is unknown to go on.
        detail: what to add to the reason of a pause.
    """

    def __init__(
        self, window: int = 1, pause: UnknownPause | None = None, detail: Callable[[], str] = str
    ) -> None:
        self.asked = False
        self.reason = ""
        """Why the run pauses; empty while it does not."""
        self._window = window
        self._pause = pause or UnknownPause(None)
        self._detail = detail
        self._at = 0.0
        self._former: dict[int, Any] = {}

    def __enter__(self) -> StopCallback:
        if threading.current_thread() is threading.main_thread():
            self._former = {
                number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)
            }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.asked and now - self._at > SAME_PRESS:
            raise KeyboardInterrupt
        if not self.asked:
            self.asked, self._at = True, now
            when = "this step" if self._window == 1 else f"this generation's {self._window} steps"
            print(f"\nstopping after {when}; Ctrl-C again stops now", file=sys.stderr, flush=True)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """All ranks stop at the same step, whichever of them heard the signal."""
        if args.world_size > 1:
            self.asked = any(gather_object([self.asked]))
        self._end(args, state, control)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Every rank sees the same share of unknown texts, and pauses at the same step."""
        if logs and "loss" in logs and (why := self._pause.watch(logs)):
            self.reason = f"paused: {why} {self._detail()}".rstrip()
            self._end(args, state, control)

    def _end(self, args: Any, state: Any, control: Any) -> None:
        if (self.asked or self.reason) and state.global_step % self._window == 0:
            control.should_training_stop = True
            control.should_save |= args.save_strategy != "no" or bool(self.reason)


class ProgressCallback(TrainerCallback):  # type: ignore[misc]
    """Tells `show(step, total_steps, metrics)` about every step, on rank 0.

    The metrics are those that were recorded (so it comes after `record`); `alarms` lists what the alarms say
    that are on.
    """

    def __init__(self, show: Callable[[int, int, dict[str, Any]], None], record: RecordCallback) -> None:
        self.show = show
        self.record = record

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Pass a step's numbers on."""
        if logs and "loss" in logs:
            alarms = [f"{name}: {why}" for name, why in self.record.watch.on.items()]
            self.show(state.global_step, state.max_steps, {**self.record.newest, "alarms": alarms})
