"""Why one try brought no reply."""

from __future__ import annotations


class TryError(Exception):
    """A try that brought no reply; never leaves the client."""

    def __init__(
        self,
        cause: str,
        detail: str = "",
        *,
        again: bool = False,
        down: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        """Short; failures are counted by it."""
        self.detail = detail
        """For people."""
        self.again = again
        """Whether another try may help."""
        self.down = down
        """Whether it speaks for an outage: the circuit breaker counts it."""
        self.retry_after = retry_after
        """Seconds that the server asked to wait; None where it did not."""
