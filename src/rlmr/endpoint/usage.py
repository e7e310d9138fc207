"""What was asked, answered, failed and paid."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Usage:
    """Counts of one client since it was made. `calls` = answered + cached + failed.

    >>> Usage(calls=2, cached=1, tokens_in=1000, tokens_out=100, price_in=2.0, price_out=10.0).cost
    0.003
    """

    calls: int = 0
    """Questions that have their reply."""
    cached: int = 0
    """Of these, replies without a request."""
    requests: int = 0
    """HTTP requests, tries that failed included."""
    tokens_in: int = 0
    """Prompt tokens, as the server counted them; rejected replies are paid for and counted."""
    tokens_out: int = 0
    """Reply tokens, likewise."""
    uncounted: int = 0
    """HTTP replies that did not say their tokens."""
    failures: Counter[str] = field(default_factory=Counter)
    """Failed calls by cause."""
    retried: Counter[str] = field(default_factory=Counter)
    """Failed tries that were followed by another, by cause."""
    price_in: float | None = None
    price_out: float | None = None

    @property
    def failed(self) -> int:
        """Calls without a text."""
        return self.failures.total()

    @property
    def cost(self) -> float | None:
        """What the server's own token counts cost; None where a price or a count is unknown."""
        if self.price_in is None or self.price_out is None or self.uncounted:
            return None
        return (self.tokens_in * self.price_in + self.tokens_out * self.price_out) / 1e6

    def record(self) -> dict[str, Any]:
        """As JSON values, for a run's record."""
        return {
            "calls": self.calls,
            "cached": self.cached,
            "requests": self.requests,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "uncounted": self.uncounted,
            "failures": dict(self.failures),
            "retried": dict(self.retried),
            "cost": self.cost,
        }
