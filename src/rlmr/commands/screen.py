"""Where commands print their tables."""

from __future__ import annotations

import sys

from rich.console import Console


def console(width: int = 120) -> Console:
    """Standard output: as wide as the terminal, `width` columns where it is none."""
    return Console(width=None if sys.stdout.isatty() else width)
