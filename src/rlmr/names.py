"""How a wrong name is answered: with the nearest right one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(given: object, allowed: Iterable[str], otherwise: str | None = None) -> str:
    """A hint for the end of an error message about a name that is not among `allowed`.

    Where no name is near: `otherwise`, or without it all allowed names.

    >>> nearest("titel", ["title", "word_count"])
    "did you mean 'title'?"
    >>> nearest("x", ["title", "word_count"])
    'allowed: title, word_count'
    >>> nearest("x", ["title"], "see the list of types")
    'see the list of types'
    """
    names = list(allowed)
    near = get_close_matches(str(given), names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"allowed: {', '.join(names)}" if otherwise is None else otherwise
