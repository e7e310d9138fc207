"""The one error of this package."""

from __future__ import annotations


class ConstraintError(ValueError):
    """A constraint that cannot be: the message says what was given and what is allowed."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
        """Name of the parameter at fault; empty where no single one is."""
