"""Instructions on how a text opens and ends, and on parts of it."""

from __future__ import annotations

import re
from functools import lru_cache

_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_POSTSCRIPTS = {"P.S.": r"p\.\s?s\.", "P.P.S": r"p\.\s?p\.\s?s"}


@lru_cache(maxsize=256)
def _postscript(marker: str) -> re.Pattern[str]:
    """What a postscript begins with, in lower-case text."""
    return re.compile(_POSTSCRIPTS.get(marker) or marker.lower())


def postscript(response: str, *, postscript_marker: str) -> bool:
    """The marker stands somewhere, whatever its case; `P.S.` and `P.P.S` with or without white space in them.

    Defects kept: in the middle of a line and at the beginning of the text too; `P. P.S.` holds `P.S.`; any
    other marker is a regular expression.

    >>> postscript("Bye. p. s. Write soon!", postscript_marker="P.S.")
    True
    """
    return _postscript(postscript_marker.strip()).search(response.lower()) is not None


def constrained_response(response: str) -> bool:
    """One of "My answer is yes.", "My answer is no." and "My answer is maybe." is found.

    Defects kept: anywhere in the text, and all three at once satisfy it.

    >>> constrained_response("Well. My answer is no. My answer is yes.")
    True
    """
    return any(answer in response for answer in _ANSWERS)


def repeat_prompt(response: str, *, prompt_to_repeat: str) -> bool:
    """The text begins with the prompt, whatever the case. Defect kept: nothing need follow.

    >>> repeat_prompt("WRITE a poem. Roses...", prompt_to_repeat="Write a poem.")
    True
    """
    return response.strip().lower().startswith(prompt_to_repeat.strip().lower())


def two_responses(response: str) -> bool:
    """Two different texts with `******` between them; a divider at the beginning or the end is allowed.

    Defect kept: texts that differ in one character are two.

    >>> [two_responses(text) for text in ("a ****** b", "a ****** a", "a")]
    [True, False, False]
    """
    first, *rest = (part.strip() for part in response.split("******"))
    if not all(rest[:-1]):
        return False
    valid = [part for part in (first, *rest) if part]
    return len(valid) == 2 and valid[0] != valid[1]


def end_checker(response: str, *, end_phrase: str) -> bool:
    """The text ends with the phrase, whatever the case, white space and straight double quotes aside.

    >>> end_checker('He said: "Bye now."', end_phrase="bye NOW.")
    True
    """
    return response.strip().strip('"').lower().endswith(end_phrase.strip().lower())


def quotation(response: str) -> bool:
    r"""The text begins and ends with a straight double quote. Defect kept: curly quotes are none.

    >>> [quotation(text) for text in ('"So."', "“So.”", '"')]
    [True, False, False]
    """
    text = response.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'
