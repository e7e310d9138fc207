"""Lists of words in prompts: quoted, behind a colon, or one a line."""

from __future__ import annotations

import re

from rlmr.extraction.rule import Hit
from rlmr.extraction.view import HIDDEN

MOST = 60
"""Items of one list that are read at most."""
_SEPARATOR = re.compile(r",? (?:and|or|nor) |[,;/、，；]|(?<=[一-鿿])[和与及或](?=[一-鿿])")
_BULLET = re.compile(r"\s*(?:[-*•·]|\d{1,2}[.)、])?\s*")
_STOP = frozenset((
    "from", "that", "which", "in", "of", "to", "you", "i", "it", "this", "those", "these", "above", "below",
    "listed", "with", "for", "when", "by", "on", "as", "like", "such", "if", "the", "a", "an", "at", "is",
    "are", "was", "your", "my", "their", "and", "or", "any", "all", "each", "every",
))  # fmt: skip
"""A list does not start with one of them: "the words from the prompt"."""


def listed(hit: Hit, group: str, words: int = 4, hanzi: int = 40) -> tuple[str, ...]:
    """The items of an unquoted list in a group of the match; empty where it does not read like one.

    An item holds at most `words` words, or `hanzi` hanzi, of the prompt's own spelling.

    >>> from rlmr.extraction.view import View
    >>> import re
    >>> view = View("Use the words: Fox, owl and red hen.")
    >>> listed(Hit(view, re.search("words: (?P<l>[^.]+)", view.masked)), "l")
    ('Fox', 'owl', 'red hen')
    """
    said = hit.said(group)
    if HIDDEN in hit[group]:
        return hit.quoted(group)
    lines = [line for line in said.split("\n") if line.strip()]
    pieces = lines if len(lines) > 1 else _SEPARATOR.split(said)
    items = [_BULLET.sub("", piece, count=1).strip(" .。\t\"'()[]") for piece in pieces]
    items = [item for item in items if item and item.lower() not in ("and", "or", "etc")]
    if not items or len(items) > MOST or items[0].split()[0].lower() in _STOP:
        return ()
    if any(len(item.split()) > words or len(item) > hanzi for item in items):
        return ()
    return tuple(dict.fromkeys(items))
