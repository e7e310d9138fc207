"""What a rule is: a pattern of words, and the specification that it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from rlmr.extraction.view import View
from rlmr.text import Span

Spec = dict[str, Any]
"""A specification, as `rlmr.constraints.parse` reads it."""


class Found(NamedTuple):
    """A specification that a rule read in a prompt."""

    spec: Spec
    span: Span
    """Offsets in `View.masked`."""
    lang: str
    """en or zh: the language of the words that state it."""
    rule: str
    """Which rule read it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule's match in a prompt."""

    view: View
    match: re.Match[str]

    def quoted(self, group: str = "q") -> tuple[str, ...]:
        """The quoted phrases in a group of the match."""
        return self.view.quoted(self.match.span(group)) if self[group] else ()

    def said(self, group: str) -> str:
        """The prompt's own characters in a group of the match, without spaces around them."""
        return self.view.said(self.match.span(group)).strip() if self[group] else ""

    def __getitem__(self, group: str) -> str:
        """The folded characters of a group; empty where it took no part."""
        return self.match.groupdict().get(group) or ""


Maker = Callable[[Hit], Spec | None]
"""Makes a specification of a match; None where the words do not mean one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One idea of phrasing and the constraint that it states."""

    name: str
    lang: str
    """en or zh."""
    needs: tuple[str, ...]
    """Literal strings of which one has to stand in the prompt; they keep the scan cheap."""
    pattern: re.Pattern[str]
    """Over `View.masked`: folded text, quoted stretches hidden."""
    make: Maker
    negatable: bool = True
    """Whether a negation before it, in its clause, takes it away."""


def rule(
    name: str,
    needs: str,
    pattern: str,
    make: Spec | Maker,
    *,
    negatable: bool = True,
) -> Rule:
    """A rule from one row of a table; `needs` are the literals, apart by "|". Chinese where they hold hanzi.

    >>> rule("haiku", "haiku", "a haiku", {"type": "haiku"}).lang
    'en'
    """
    lang = "zh" if re.search("[\u4e00-\u9fff]", needs) else "en"
    build = make if callable(make) else (lambda _: dict(make))
    return Rule(name, lang, tuple(needs.split("|")), re.compile(pattern), build, negatable)
