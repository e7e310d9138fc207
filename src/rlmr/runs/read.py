"""Read a run folder back, without the engine that wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rlmr.runs.files import read_json, read_lines
from rlmr.runs.row import Row, RunError, in_groups


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder, read. The groups stay on disk until they are asked for."""

    folder: Path
    """Where it lies."""
    config: dict[str, Any]
    """The resolved recipe."""
    environment: dict[str, Any]
    """Versions, platform, threads, commit."""
    status: dict[str, Any]
    """state, step, total_steps, reason."""
    metrics: list[dict[str, Any]]
    """One flat mapping per step; a value that was not finite is None."""

    @property
    def steps(self) -> list[int]:
        """The steps whose completions are recorded, ascending.

        Fewer than the metrics' where one generation serves several steps.
        """
        return sorted(int(path.name[5:11]) for path in (self.folder / "groups").glob("step_??????.jsonl.gz"))

    def groups(self, step: int, split: str = "train") -> list[list[Row]]:
        """The completions of one step, by group. Raises RunError where the step has none."""
        name = f"step_{step:06d}" if split == "train" else f"{split}_{step:06d}"
        path = self.folder / "groups" / f"{name}.jsonl.gz"
        if not path.exists():
            known = self.steps
            allowed = f"{known[0]} to {known[-1]}" if known else "none"
            raise RunError(f"{self.folder}: no {split} groups of step {step}; recorded steps: {allowed}")
        return in_groups([Row.from_dict(row) for row in read_lines(path)])


def read_run(folder: str | Path) -> Run:
    """Read the run in `folder`, finished or not.

    Raises RunError where the folder is no run; DataError where a file of its record is damaged.
    """
    folder = Path(folder)
    missing = [name for name in ("config.yaml", "status.json") if not (folder / name).is_file()]
    if missing:
        raise RunError(f"{folder} is no run folder: {' and '.join(missing)} not found")
    status = read_json(folder / "status.json")
    try:
        config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RunError(f"{folder / 'config.yaml'}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(config, dict) or not {"state", "step"} <= status.keys():
        raise RunError(f"{folder} is no run folder: no settings in config.yaml, or no state in status.json")
    environment, metrics = read_json(folder / "environment.json"), read_lines(folder / "metrics.jsonl")
    return Run(folder, config, environment, status, metrics)
