"""What a judge is asked where no program decides, and what it may answer with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlmr.text import Span

Evidence = Literal["pass", "fail", "both", "none"]
"""Which verdict a quote has to show: of what has to be there, of what may not be, of either, of none."""

Quote = tuple[str, Span]
"""A label and the characters [start, end) of the text that a judge quotes under it."""


@dataclass(frozen=True, slots=True)
class Question:
    """One atomic question about one text.

    Without `labels` it is whether a requirement is kept; with them it is for quotes, which a program then
    counts or matches.

    >>> Question("Write in a wistful tone.").labels
    ()
    """

    asks: str
    """The requirement, or what to quote, as one sentence or two in the constraint's language."""
    labels: tuple[str, ...] = ()
    """What the quotes may be labelled."""
    evidence: Evidence = "pass"
    """Which verdict needs a quote: a pass where something has to be there, a fail where it may not be."""
    conditional: bool = False
    """Whether 'does not apply' is a pass; else it is no answer."""
