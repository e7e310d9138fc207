"""Trackers: transformers' own callbacks, given what the record has, and no more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from transformers import TrainerCallback
from transformers.integrations import get_reporting_integration_callbacks

from rlmr.engines.callbacks import RecordCallback
from rlmr.runs.files import fields, redact
from rlmr.tracking import PROJECT, QUIET, local_places, unless_set


class Described:
    """TRL's arguments as a tracker sees them: described by the run's recipe, secrets taken out.

    Args:
        args: TRL's; whatever is not described here is theirs.
        config: the resolved recipe.
        name: of the run.
    """

    def __init__(self, args: Any, config: Mapping[str, Any], name: str) -> None:
        self._args = args
        self._config = {key: value for key, value in fields(redact(config)) if value is not None}
        self.run_name = args.run_name or name
        self.project = PROJECT if args.project == "huggingface" else args.project

    def __getattr__(self, name: str) -> Any:
        return getattr(self._args, name)

    def to_dict(self) -> dict[str, Any]:
        """The recipe, flat: `grpo.learning_rate`, …"""
        return dict(self._config)

    def to_json_string(self) -> str:
        """The same as text, a setting a line."""
        return "\n".join(f"{key}: {value}" for key, value in self._config.items())


class TrackerCallback(TrainerCallback):  # type: ignore[misc]
    """One tracker of rank 0, between `on_train_begin` and `close`.

    It gets the steps as they were recorded (so it comes after `record` in the trainer's list), alarms
    included, without the numbers that have no data; evaluations and the closing summary as TRL gives them.

    Args:
        tracker: its name, installed (see `rlmr.tracking`).
        folder: the run's; what the tracker writes goes into `tracking/`, trackio's into its own place.
        config: the resolved recipe.
        record: what was recorded.
    """

    def __init__(self, tracker: str, folder: Path, config: Mapping[str, Any], record: RecordCallback) -> None:
        self.tracker = tracker
        self._folder = folder
        self._config = config
        self._record = record
        self._inner: Any = None
        self._state: Any = None
        self._args: Any = None
        self._surroundings = ExitStack()
        self._model: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Open the tracker's run."""
        self._surroundings.enter_context(unless_set({**QUIET, **local_places(self._folder)}))
        (make,) = get_reporting_integration_callbacks([self.tracker])
        if self.tracker != "trackio":
            (self._folder / "tracking").mkdir(exist_ok=True)
        self._inner, self._state, self._model = make(), state, model
        self._args = Described(args, self._config, self._folder.name)
        # without the model: its configuration would drown the recipe
        self._inner.on_train_begin(self._args, state, control, model=None)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """A step's numbers, an evaluation's, or the closing summary."""
        values = self._record.newest if "loss" in (logs or {}) else (logs or {})
        known = {self._called(name): value for name, value in values.items() if _is_number(value)}
        if self._inner is not None and known:
            self._inner.on_log(self._args, state, control, logs=known)

    def _called(self, name: str) -> str:
        """MLflow's local store, a file per metric, cannot hold both `pass_rate` and `pass_rate/TYPE`."""
        return name.replace("/", ".") if self.tracker == "mlflow" else name

    def close(self) -> None:
        """Write out what is left and end the tracker's run, however the training ended."""
        if self._inner is None:
            return
        inner, self._inner = self._inner, None
        inner.on_train_end(self._args, self._state, None, model=self._model)
        if self.tracker == "wandb":
            import wandb

            wandb.finish()
        self._surroundings.close()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def close_trackers(trainer: Any) -> None:
    """Close every tracker of a trainer."""
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, TrackerCallback):
            callback.close()
