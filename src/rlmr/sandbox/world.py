"""The story world: sentences from a grammar, and the exact way back from a text to its sentences.

A sentence is a template with filled slots. Parsing replaces each word that belongs to a word list by
the list's name, looks the resulting key up, fills the template again and compares: a sentence either
is one of the world's, or it is broken. Cost: linear in the text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib import resources

STAGES = ("open", "wish", "problem", "sense", "talk", "act", "feel", "turn", "end", "title")
"""Parts of a story. open, problem, turn and end make its arc."""
SLOT_LISTS = {"helper": "hero"}
"""Slots that draw from another list than the one of their own name."""
SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[A-Za-z]+")
_A = re.compile(r"\b([Aa])n? (?=([A-Za-z]))")


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with slots, the stage of the story it tells and the craft it shows."""

    id: int
    stage: str
    craft: frozenset[str]
    """Subset of imagery, feeling, dialogue."""
    pattern: str
    """'The {hero} walked to the {place}.'"""
    slots: tuple[str, ...]
    """Names of its slots, in order of appearance; 'helper' is a second character."""
    words: frozenset[str]
    """Its own words, in lower case, without those of its slots."""

    def fill(self, values: tuple[str, ...]) -> str:
        """The sentence with `values` in its slots, a/an and the first letter set right.

        >>> t = Template(0, "act", frozenset(), "A {hero} ran.", ("hero",), frozenset({"a", "ran"}))
        >>> t.fill(("owl",))
        'An owl ran.'
        """
        it = iter(values)
        text = SLOT.sub(lambda _: next(it), self.pattern)
        text = _A.sub(lambda m: m[1] + ("n " if m[2].lower() in "aeiou" else " "), text)
        first = 1 if text.startswith('"') else 0
        return text[:first] + text[first].upper() + text[first + 1 :]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text, with its template and slot values, or None where it is broken."""

    text: str
    template: Template | None
    values: tuple[str, ...] = ()

    def slot(self, name: str) -> tuple[str, ...]:
        """The values of the slots of this name.

        >>> parse("The fox met an owl on the road.")[0].slot("helper")
        ('owl',)
        """
        if self.template is None:
            return ()
        return tuple(v for s, v in zip(self.template.slots, self.values, strict=True) if s == name)


@dataclass(frozen=True, slots=True)
class Grammar:
    """The word lists and the templates."""

    lists: dict[str, tuple[str, ...]]
    templates: tuple[Template, ...]
    list_of: dict[str, str]
    """Word -> name of its list."""
    by_key: dict[str, tuple[Template, ...]]
    """Key of a sentence (see `_key`) -> its templates: more than one where only a role differs."""
    by_stage: dict[str, tuple[Template, ...]]
    """Stage -> its templates."""


@cache
def grammar() -> Grammar:
    """The grammar that ships with the package (grammar.txt), read once."""
    lists: dict[str, tuple[str, ...]] = {}
    templates: list[Template] = []
    header: list[str] = []
    for line in (resources.files("rlmr.sandbox") / "grammar.txt").read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            header = line.strip("[]").split()
        elif header[0] == "list":
            lists[header[1]] = lists.get(header[1], ()) + tuple(line.split())
        else:
            slots = tuple(SLOT.findall(line))
            words = frozenset(w.lower() for w in _WORD.findall(SLOT.sub("", line)))
            templates.append(Template(len(templates), header[0], frozenset(header[1:]), line, slots, words))
    list_of = {word: name for name, words in lists.items() for word in words}
    by_key: dict[str, list[Template]] = defaultdict(list)
    for t in templates:
        by_key[_key(SLOT.sub(lambda m: SLOT_LISTS.get(m[1], m[1]).upper(), t.pattern), {})].append(t)
    by_stage = {stage: tuple(t for t in templates if t.stage == stage) for stage in STAGES}
    return Grammar(lists, tuple(templates), list_of, {k: tuple(v) for k, v in by_key.items()}, by_stage)


def _key(sentence: str, list_of: dict[str, str]) -> str:
    """The sentence with listed words replaced by the name of their list, articles made equal."""

    def replace(match: re.Match[str]) -> str:
        word = match[0]
        if word.isupper() and len(word) > 1:
            return word
        lower = word.lower()
        return "a" if lower == "an" else list_of.get(lower, "").upper() or lower

    return _WORD.sub(replace, sentence)


def split(text: str) -> tuple[str | None, list[str]]:
    """The title (a first line that is followed by others), and the sentences, stripped.

    >>> split("The lost key\\nThe fox sat down and thought. The fox felt sad.")
    ('The lost key', ['The fox sat down and thought.', 'The fox felt sad.'])
    """
    title, newline, body = text.strip().partition("\n")
    if not newline:
        title, body = "", text.strip()
    sentences = [s for s in re.split(r"(?<=\.) +|\n+", body.strip()) if s]
    return title or None, sentences


def parse_sentence(text: str) -> Sentence:
    """The template and the slot values of one sentence; template None where it is not of this world."""
    g = grammar()
    for template in g.by_key.get(_key(text, g.list_of), ()):
        values = tuple(w.lower() for w in _WORD.findall(text) if w.lower() in g.list_of)
        if template.fill(values) == text:
            return Sentence(text, template, values)
    return Sentence(text, None)


def parse(text: str) -> list[Sentence]:
    """The sentences of a story, without its title.

    >>> [s.template.stage if s.template else None for s in parse("The fox felt sad. Fox the sad.")]
    ['feel', None]
    """
    return [parse_sentence(s) for s in split(text)[1]]
