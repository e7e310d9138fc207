"""Tasks: what a policy is asked to write, and the constraints that its text must keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rlmr.constraints.base import Constraint

SCHEMA_VERSION = 1
"""Version of the task and run-record formats; readers refuse a newer one."""

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """A prompt and its constraints: one row of a dataset."""

    id: str
    """Unique within its dataset; the line number where the row has none."""
    prompt: str | tuple[Message, ...]
    """Plain text, or chat messages with 'role' and 'content'."""
    constraints: tuple[Constraint, ...] = ()
    """Already parsed and validated."""
    meta: dict[str, Any] = field(default_factory=dict, compare=False)
    """Every other column of the row, untouched."""

    @property
    def prompt_text(self) -> str:
        """The prompt as plain text: the contents of its user messages, joined by newlines.

        >>> Task("1", ({"role": "user", "content": "Write."},)).prompt_text
        'Write.'
        """
        if isinstance(self.prompt, str):
            return self.prompt
        return "\n".join(m["content"] for m in self.prompt if m["role"] == "user")
