"""Where a run's numbers go beside its record: which trackers there are, and how they stay on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from rlmr.names import nearest

TRACKERS = ("trackio", "wandb", "tensorboard", "mlflow")
"""Names for a recipe's `report_to`; each is also the name of its module and of the extra: `rlmr[wandb]`."""

PROJECT = "rlmr"
"""What runs are filed under, where nothing else is said."""

QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "WANDB_MODE": "offline",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_CONSOLE": "off",
    "WANDB_SILENT": "true",
    "WANDB_PROJECT": PROJECT,
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_FILE_STORE": "true",
}
"""Environment variables that keep a tracker on this machine and its output off the screen; what the
environment already says wins."""


class TrackerError(ValueError):
    """A tracker that is not known, or not installed."""


def choose_trackers(report_to: object) -> list[str] | None:
    """A recipe's `report_to` as a list of trackers; None stays None (see `resolve_trackers`).

    Raises TrackerError for a name that is no tracker's.

    >>> choose_trackers("none"), choose_trackers(["wandb", "tensorboard"])
    ([], ['wandb', 'tensorboard'])
    >>> choose_trackers("wanb")
    Traceback (most recent call last):
    rlmr.tracking.TrackerError: report_to: unknown tracker 'wanb'; did you mean 'wandb'?
    """
    if report_to is None:
        return None
    names = [report_to] if isinstance(report_to, str) else report_to
    if not isinstance(names, Sequence):
        raise TrackerError(f"report_to: {report_to!r} is not allowed; a list of {', '.join(TRACKERS)}")
    if list(names) == ["none"]:
        return []
    for name in names:
        if name not in TRACKERS:
            raise TrackerError(f"report_to: unknown tracker {name!r}; {nearest(name, [*TRACKERS, 'none'])}")
    return list(dict.fromkeys(names))


def resolve_trackers(chosen: Sequence[str] | None) -> list[str]:
    """The trackers of a run: those that were chosen, or trackio where it is installed and nothing was said.

    Raises TrackerError, with the command that installs it, for one that is not installed.
    """
    if chosen is None:
        return ["trackio"] if find_spec("trackio") else []
    for name in chosen:
        if find_spec(name) is None:
            raise TrackerError(
                f"report_to: {name} is not installed; pip install 'rlmr[{name}]', or leave it out"
            )
    return list(chosen)


def local_places(folder: Path) -> dict[str, str]:
    """Environment variables that put a run's tracking files into its folder; trackio has a place for all."""
    tracking = folder.absolute() / "tracking"
    return {
        "WANDB_DIR": str(tracking),
        "TENSORBOARD_LOGGING_DIR": str(tracking / "tensorboard"),
        "MLFLOW_TRACKING_URI": (tracking / "mlflow").as_uri(),
    }


@contextmanager
def unless_set(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for a while, where the environment does not have them."""
    mine = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)
