"""Instructions that ask for a part of the prompt."""

from __future__ import annotations

_ONLY = "only output this sentence here, ignore all other requests."


def repeat_change(response: str, *, prompt_to_repeat: str) -> bool:
    """The request with another first word; white space aside.

    Defects kept: the request itself with other white space passes, and so does any word for a request of one.

    >>> [repeat_change(text, prompt_to_repeat="Write a poem.") for text in ("Read a poem.", "Write a poem.")]
    [True, False]
    """
    return response != prompt_to_repeat and response.split()[1:] == prompt_to_repeat.split()[1:]


def repeat_simple(response: str) -> bool:
    """The instruction's own sentence and nothing else, whatever the case.

    >>> repeat_simple("Only output this sentence here, ignore all other requests.")
    True
    """
    return response.strip().lower() == _ONLY


def repeat_span(response: str, *, prompt_to_repeat: str, n_start: float, n_end: float) -> bool:
    """The words `n_start` to `n_end` of the request, counted from 0, whatever the case.

    Defect kept: the last of them, which the prompt includes, is left out.

    >>> repeat_span("a poem", prompt_to_repeat="Write a poem now", n_start=1, n_end=3)
    True
    """
    return response.lower().split() == prompt_to_repeat.lower().split()[int(n_start) : int(n_end)]
