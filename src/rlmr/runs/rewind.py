"""Take a run's record back to a step, so that what comes after is written once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from rlmr.runs.files import dumps, read_lines, write_whole


def rewind(folder: Path, step: int) -> list[dict[str, Any]]:
    """Remove from the record in `folder` all that was written after `step`; gives the metrics that stay.

    Groups, metrics and evaluations of later steps go, a torn last line and half-written files too, and the
    policy, which is not that of the end; at step 0, the beginning, nothing stays. Calling it again changes
    nothing. Raises OSError where the disk refuses.
    """
    step = step or -1  # an evaluation at the start is recorded as step 0
    for path in (folder / "groups").glob("*_??????.jsonl.gz"):
        if int(path.name.split(".")[0][-6:]) > step:
            path.unlink()
    for path in folder.rglob(".*.part"):
        path.unlink()
    for name in ("model", "model.part"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("metrics.jsonl", "validation.jsonl"):
        _cut(folder / "evaluation" / name, step)
    return _cut(folder / "metrics.jsonl", step)


def _cut(path: Path, step: int) -> list[dict[str, Any]]:
    """Leave in a file of lines those up to `step`."""
    lines = [line for line in read_lines(path) if line["step"] <= step]
    if path.exists():
        write_whole(path, "".join(dumps(line) + "\n" for line in lines).encode())
    return lines
