"""A log of finished items: what a long job has done stays done when it is killed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rlmr.runs.files import append_line, read_lines


class FinishedItems:
    """Items of a job by key, one JSON line each, appended as they finish.

    A line that a kill cut short is taken away when the log is opened again; its item is not finished.
    A key that is added twice keeps its last value. One process writes at a time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            whole, newline, torn = path.read_bytes().rpartition(b"\n")
            if torn:
                with path.open("rb+") as file:
                    file.truncate(len(whole + newline))
        self._items: dict[str, Any] = {line["key"]: line["value"] for line in read_lines(path)}

    @property
    def items(self) -> Mapping[str, Any]:
        """The finished items."""
        return MappingProxyType(self._items)

    def add(self, key: str, value: Any) -> None:
        """Append one finished item (JSON values). Raises OSError where the disk refuses it."""
        append_line(self.path, {"key": key, "value": value})
        self._items[key] = value
