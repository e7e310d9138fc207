"""The rule-based extractor: offline, English and Chinese, linear in the prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rlmr.constraints import Constraint, ConstraintError, parse_one, to_specs
from rlmr.constraints.compose import in_conflict
from rlmr.extraction.quantities import NEGATED, near, quantities
from rlmr.extraction.rule import Found, Hit
from rlmr.extraction.rules import RULES
from rlmr.extraction.view import View
from rlmr.text import Span

MOST = 16_000
"""Characters of a prompt that are read: of a longer one the first half of them and the last, where requests
stand; what is pasted between is not looked at."""
MOST_MATCHES = 64
"""Matches of one rule that are read in one prompt."""
COVERS: dict[str, tuple[str, ...]] = {
    "word_frequency": ("include_words",),
    "exclude_words": ("include_words", "contains_text"),
    "stanza_count": ("line_count",),
    "capital_words": ("letter_case",),
    "starts_with": ("contains_text", "include_words"),
    "ends_with": ("contains_text", "include_words"),
    "choice": ("include_words",),
    "chapters": ("paragraph_count", "stanza_count", "chapters"),
    "acrostic": ("include_words",),
    "title": ("headings",),
    "include_words": ("title",),
    "list_items": ("emoji",),
    "json": ("plain_text", "title"),
}
"""Which types a type takes the place of where their spans overlap; of one type the longer span wins."""
_CONDITION = re.compile(
    r"\bif\b(?! (?:possible|you can|you like))|\bunless\b|如果|假如|要是"
    r"|(?:\be\.g\.|\bfor example\b|\bsuch as\b|比如|例如)[^,，、]{0,10}$"
)
"""Before what is asked only on a condition, or only an example."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """A constraint that a prompt states, and where."""

    constraint: Constraint
    span: Span
    """Character offsets [start, end) into the prompt."""
    source: str
    """Who read it: 'rule:NAME' or 'llm:MODEL'."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was read and set aside, with the cause."""

    what: str
    """The type, or what stood in its place."""
    cause: str
    """'conflict: ...' or why no constraint can be made of it."""
    span: Span | None = None
    """Offsets into the prompt, where there are any."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read in one prompt."""

    found: tuple[Extracted, ...]
    """In the prompt's order."""
    dropped: tuple[Dropped, ...] = ()

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """The constraints alone."""
        return tuple(item.constraint for item in self.found)


def extract(prompt: str) -> Extraction:
    """The constraints that a prompt states, by rules; what no rule knows is left unread, never guessed.

    Two readings that cannot both be kept (two different lengths of the whole text) are both set aside: which
    one is meant is unknown. A prompt without any constraint gives none.

    >>> found = extract("Write a haiku about rain in no more than 20 words. Do not use the word 'wet'.").found
    >>> [(item.constraint.type, item.span) for item in found]
    [('haiku', (6, 13)), ('word_count', (28, 49)), ('exclude_words', (51, 76))]
    >>> extract("写一篇不超过800字的散文，以“雨”开头。").constraints[0].at_most
    800
    """
    items: list[Extracted] = []
    dropped: list[Dropped] = []
    for part, offset in _parts(prompt):
        view, seen = View(part), set[tuple[str, str]]()
        for found in _select(_candidates(view)):
            start, end = view.origin(found.span)
            span, key = (start + offset, end + offset), (repr(found.spec), found.lang)
            if key in seen:
                continue
            seen.add(key)
            try:
                constraint = parse_one({**found.spec, **({"lang": "zh"} if found.lang == "zh" else {})})
            except ConstraintError as error:
                dropped.append(Dropped(str(found.spec["type"]), str(error), span))
                continue
            items.append(Extracted(constraint, span, f"rule:{found.rule}"))
    return settle(items, dropped)


def _parts(prompt: str) -> list[tuple[str, int]]:
    """The prompt, or its two ends, each with its offset; the second begins behind a space."""
    if len(prompt) <= MOST:
        return [(prompt, 0)]
    tail = len(prompt) - MOST // 2
    space = re.compile(r"\s").search(prompt, tail, tail + 100)
    tail = space.end() if space else tail
    return [(prompt[: MOST // 2], 0), (prompt[tail:], tail)]


def settle(items: Sequence[Extracted], dropped: Iterable[Dropped] = ()) -> Extraction:
    """One extraction from readings: repeats fall away, readings that cannot be kept together are set aside.

    The earlier of two equal readings stays. A rule's reading stays against a model's.
    """
    first: dict[str, Extracted] = {}
    for item in sorted(items, key=lambda item: item.span):
        first.setdefault(_key(item), item)
    kept = list(first.values())
    out: dict[int, str] = {}
    for j, other in enumerate(kept):
        for i, one in enumerate(kept[:j]):
            if why := _clash(one.constraint, other.constraint):
                models = [k for k in (i, j) if kept[k].source.startswith("llm:")]
                out |= dict.fromkeys(models if len(models) == 1 else (i, j), f"conflict: {why}")
    lost = [Dropped(kept[k].constraint.type, why, kept[k].span) for k, why in sorted(out.items())]
    return Extraction(tuple(item for k, item in enumerate(kept) if k not in out), (*dropped, *lost))


def _clash(one: Constraint, other: Constraint) -> str:
    """Why no text can keep both; forms that are seldom asked for together (a haiku of 17 words) may stay."""
    if one.type == other.type or {one.type, other.type} & {"exclude_words", "lipogram"}:
        return in_conflict(one, other)
    return ""


def _key(item: Extracted) -> str:
    """What makes two readings the same one: everything but the language of their wording."""
    [spec] = to_specs([item.constraint])
    return repr(sorted((name, value) for name, value in spec.items() if name != "lang"))


def _candidates(view: View) -> Iterator[Found]:
    """Everything that the patterns match and no negation or condition takes away."""
    for found in quantities(view):
        if not _CONDITION.search(view.before(found.span[0])):
            yield found
    text = view.masked
    for rule in RULES:
        if not any(literal in text for literal in rule.needs):
            continue
        for match in islice(rule.pattern.finditer(text), MOST_MATCHES):
            before = view.before(match.start())
            if _CONDITION.search(before) or (rule.negatable and NEGATED.search(near(before))):
                continue
            if spec := rule.make(Hit(view, match)):
                yield Found(spec, match.span(), rule.lang_of(match), rule.name)


def _select(candidates: Iterable[Found]) -> list[Found]:
    """Those that no overlapping one covers: of one type the longest, of others as `COVERS` says."""
    ranked = sorted(candidates, key=lambda found: found.span)
    out: set[int] = set()
    for i, found in enumerate(ranked):
        for j in range(i + 1, len(ranked)):
            if ranked[j].span[0] >= found.span[1]:
                break
            out |= {a for a, b in ((i, j), (j, i)) if _covered(ranked[a], ranked[b])}
    return [found for i, found in enumerate(ranked) if i not in out]


def _covered(found: Found, other: Found) -> bool:
    """Whether another reading of some of the same words takes this one's place."""
    one, two = found.spec["type"], other.spec["type"]
    if one == two:
        lengths = [item.span[1] - item.span[0] for item in (found, other)]
        return lengths[1] > lengths[0] or (lengths[1] == lengths[0] and other.rule < found.rule)
    return one in COVERS.get(two, ())
