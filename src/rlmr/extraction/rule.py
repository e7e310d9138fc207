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


_HANZI = re.compile("[\u4e00-\u9fff]")
Maker = Callable[[Hit], Spec | None]
"""Makes a specification of a match; None where the words do not mean one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One idea of phrasing and the constraint that it states."""

    name: str
    lang: str | None
    """en or zh; None where the rule reads both, so that each match says its own."""
    needs: tuple[str, ...]
    """Literal strings of which one has to stand in the prompt; they keep the scan cheap."""
    pattern: re.Pattern[str]
    """Over `View.masked`: folded text, quoted stretches hidden."""
    make: Maker
    negatable: bool = True
    """Whether a negation before it, in its clause, takes it away."""

    def lang_of(self, match: re.Match[str]) -> str:
        """The language of the words that state the constraint: en or zh.

        >>> both = rule("bold", "bold|加粗", "bold text|文字加粗", {"type": "markdown"})
        >>> [both.lang_of(both.pattern.search(words)) for words in ("use bold text", "文字加粗")]
        ['en', 'zh']
        """
        return self.lang or ("zh" if _HANZI.search(match[0]) else "en")


def rule(
    name: str,
    needs: str,
    pattern: str,
    make: Spec | Maker,
    *,
    negatable: bool = True,
) -> Rule:
    """A rule from one row of a table; `needs` are the literals, apart by "|". They say the rule's language.

    >>> rule("haiku", "haiku", "a haiku", {"type": "haiku"}).lang
    'en'
    """
    literals = tuple(needs.split("|"))
    chinese = {_HANZI.search(literal) is not None for literal in literals}
    lang = None if len(chinese) == 2 else "zh" if True in chinese else "en"
    build = make if callable(make) else (lambda _: dict(make))
    return Rule(name, lang, literals, re.compile(pattern), build, negatable)
