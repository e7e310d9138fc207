"""Out of memory, said so that it can be mended: which setting to lower, and to what."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch

from rlmr.models import first_line

ON_CPU = ("can't allocate memory", "not enough memory")
"""How PyTorch's CPU allocator says it, in a plain RuntimeError."""

LONGEST = 200
"""Characters of PyTorch's own message; on a GPU it goes on for many lines."""


class OutOfMemoryError(ValueError):
    """A device has no room for what a run does; the message says which settings lower that."""


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory is used up, on a GPU or a CPU.

    >>> ran_out(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"))
    True
    >>> ran_out(RuntimeError("shapes differ"))
    False
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in ON_CPU)


@contextlib.contextmanager
def explained(doing: Callable[[], str], advice: Callable[[], str] | None) -> Iterator[None]:
    """Raise OutOfMemoryError for what runs out of memory within; other errors go through as they are.

    Args:
        doing: in words, what the run was at.
        advice: what lowers its memory, several lines; asked for only then. None = nothing is known.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not ran_out(error):
            raise
        said = first_line(error)[:LONGEST] or type(error).__name__
        lines = [f"out of memory while {doing()}: {said}", *([advice()] if advice else [])]
        raise OutOfMemoryError("\n".join(lines)) from error
