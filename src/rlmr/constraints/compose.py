"""Tasks from briefs: a seeded draw of constraints that can be kept together.

What cannot be kept together stands in a table of conflicts, and ranges are compared where two constraints
count the same thing. Difficulty is the number of constraints and how tight their ranges are.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from rlmr.constraints.base import Constraint, Lang
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.menu import MENU, Draw
from rlmr.constraints.types.edges import EndsWith, StartsWith
from rlmr.constraints.types.length import WordCount
from rlmr.constraints.types.words import WordList
from rlmr.text import has_words

_VERSE = (
    "haiku",
    "syllables",
    "rhyme",
    "meter",
    "verse_form",
    "chinese_verse",
    "tonal_pattern",
    "ci_tune",
    "couplet",
)
_WHOLE_FORMS = ("json", "csv", "wrapped_in_tag", "script", "letter", "lyrics", "idiom_chain")
_MARKED = ("markdown", "headings", "list_items", "chapters", "table")

CONFLICTS: dict[str, tuple[str, ...]] = {
    "plain_text": ("markdown", "headings", "table", "json", "csv", "lyrics"),
    "json": (
        "csv",
        "wrapped_in_tag",
        "title",
        "starts_with",
        "ends_with",
        "wrapped_in_quotes",
        "dialogue",
        *_MARKED,
        *_VERSE,
    ),
    "csv": ("wrapped_in_tag", "title", "paragraph_count", "dialogue", "sentence_count", *_MARKED, *_VERSE),
    "wrapped_in_tag": ("wrapped_in_quotes", "title", "starts_with", "ends_with"),
    "wrapped_in_quotes": ("title", "dialogue", "dialogue_share", "quote_style", "script"),
    "quote_style": ("json", "csv", "idiom_chain"),
    "haiku": ("syllables", "verse_form", "chinese_verse", "ci_tune", "couplet", *_WHOLE_FORMS, *_MARKED),
    "verse_form": ("syllables", "chinese_verse", "ci_tune", "couplet", "rhyme", *_WHOLE_FORMS, *_MARKED),
    "chinese_verse": ("syllables", "ci_tune", "couplet", "verse_form", *_WHOLE_FORMS, *_MARKED),
    "couplet": ("syllables", "ci_tune", "rhyme", "acrostic", *_WHOLE_FORMS, *_MARKED),
    "ci_tune": ("syllables", "rhyme", *_WHOLE_FORMS, *_MARKED),
    "idiom_chain": ("dialogue", "title", "paragraph_count", "names", *_MARKED),
    "meter": (
        "haiku",
        "syllables",
        "chinese_verse",
        "tonal_pattern",
        "ci_tune",
        "couplet",
        "script",
        *_MARKED,
    ),
    "tense": ("chinese_verse", "ci_tune", "couplet", "idiom_chain"),
    "anaphora": ("varied_openers", "idiom_chain", "json", "csv"),
    "distinct_parts": ("lyrics",),
    "script": ("letter", "lyrics", "point_of_view", "haiku"),
    "letter": ("lyrics", "title", "acrostic", "starts_with", "ends_with"),
    "univocalic": ("lipogram", "include_words", "starts_with", "ends_with"),
    "lipogram": ("letter_count",),
    "unique_words": ("word_frequency", "repeated_phrases", "lyrics"),
    "postscript": ("ends_with", "last_sentence_contains", "letter"),
    "repeats_prompt": ("starts_with", "only_the_work", "echo", "title", "first_sentence_contains"),
    "only_the_work": ("repeats_prompt",),
    "acrostic": ("starts_with", "first_sentence_contains", "title"),
}
"""Types that are not drawn together, each pair written once; read with `in_conflict`."""
_FORM_LENGTH = (
    "haiku",
    "syllables",
    "verse_form",
    "chinese_verse",
    "ci_tune",
    "couplet",
    "idiom_chain",
    "tonal_pattern",
)
_MAY_REPEAT = ("lipogram", "contains_text", "placeholders", "if", "table", "distinct_parts")
_LENGTHS = (
    "word_count",
    "char_count",
    "sentence_count",
    "paragraph_count",
    "line_count",
    "stanza_count",
    "relative_length",
)


def in_conflict(one: Constraint, other: Constraint) -> str:
    """Why two constraints cannot be kept together; empty where nothing is known against it.

    By the table of types, by a fixed form beside a length, by ranges of the same count that do not meet, by
    a word that is asked and forbidden, and by a word or opening that the other's letters forbid.

    >>> from rlmr.constraints import ExcludeWords, IncludeWords
    >>> in_conflict(IncludeWords(("fox",)), ExcludeWords(("owl", "Fox")))
    "'fox' is asked and forbidden"
    >>> in_conflict(WordCount(at_most=9), WordCount(at_least=5))
    ''
    """
    types = {one.type, other.type}
    if other.type in CONFLICTS.get(one.type, ()) or one.type in CONFLICTS.get(other.type, ()):
        return f"{one.type} and {other.type} exclude each other"
    if types & set(_FORM_LENGTH) and types & set(_LENGTHS):
        return f"{one.type} and {other.type}: the form fixes the length"
    if one.scope != other.scope:
        return ""
    if one.type == other.type:
        return _same_type(one, other)
    return _words_against(one, other) or _words_against(other, one)


def compose(
    brief: str, *, count: int, seed: int, lang: Lang = "en", difficulty: float = 0.5
) -> tuple[str, tuple[Constraint, ...]]:
    """A prompt from a brief and a seeded draw of `count` constraints that do not exclude each other.

    `difficulty` from 0 to 1 narrows the ranges that are drawn and prefers the types that models keep
    least. The same arguments give the same task. Raises ConstraintError where the menu holds no `count`
    constraints that go together.

    >>> prompt, constraints = compose("Write a story about a fox.", count=2, seed=0)
    >>> len(constraints), prompt.startswith("Write a story about a fox.")
    (2, True)
    """
    if not has_words(brief):
        raise ConstraintError(f"{brief!r} is not allowed; a brief holds a word", "brief")
    if not 0 <= difficulty <= 1:
        raise ConstraintError(f"{difficulty} is not allowed; a difficulty lies between 0 and 1", "difficulty")
    drawn = draw(count, random.Random(seed), lang=lang, difficulty=difficulty)
    return " ".join([brief, *(c.instruction() for c in drawn)]) if lang == "en" else brief + "".join(
        c.instruction() for c in drawn
    ), drawn


def draw(
    count: int, rng: random.Random, *, lang: Lang = "en", difficulty: float = 0.5
) -> tuple[Constraint, ...]:
    """`count` constraints of different types from the menu, in drawn order.

    >>> [c.type for c in draw(3, random.Random(1))] == [c.type for c in draw(3, random.Random(1))]
    True
    """
    menu = [entry for entry in MENU if lang in entry.langs]
    if not 1 <= count <= len(menu):
        raise ConstraintError(f"{count} is not allowed; 1 to {len(menu)} constraints", "count")
    chosen: list[Constraint] = []
    left: Sequence[Draw] = menu
    while len(chosen) < count:
        if not left:
            raise ConstraintError(
                f"{count} is not allowed; no more than {len(chosen)} go together here", "count"
            )
        weights = [1 + 2 * difficulty * entry.hardness for entry in left]
        entry = rng.choices(left, weights)[0]
        candidate = entry.make(rng, lang, difficulty)
        if not any(in_conflict(candidate, other) for other in chosen):
            chosen.append(candidate)
        left = [other for other in left if other is not entry]
    return tuple(chosen)


def lint(constraints: Sequence[Constraint]) -> list[str]:
    """Every pair that cannot be kept together, as 'constraints[i] and constraints[j]: why'.

    >>> lint([WordCount(at_most=9), WordCount(at_least=10)])
    ['constraints[0] and constraints[1]: the ranges of word_count do not meet']
    """
    problems = []
    for j, other in enumerate(constraints):
        for i, one in enumerate(constraints[:j]):
            if why := in_conflict(one, other):
                problems.append(f"constraints[{i}] and constraints[{j}]: {why}")
    return problems


def _same_type(one: Constraint, other: Constraint) -> str:
    """What two constraints of one type say against each other."""
    if isinstance(one, Counted) and isinstance(other, Counted):
        if _what(one) != _what(other):
            return ""
        low, high = zip(_limits(one), _limits(other), strict=True)
        floor = max((n for n in low if n is not None), default=0)
        ceiling = min((n for n in high if n is not None), default=floor)
        return f"the ranges of {one.type} do not meet" if floor > ceiling else ""
    if isinstance(one, WordList) or one == other:
        return ""
    single: tuple[type[Constraint], ...] = (StartsWith, EndsWith)
    if isinstance(one, single):
        return f"{one.type} is given twice"
    return "" if one.type in _MAY_REPEAT else f"{one.type} is given twice"


def _what(counted: Counted) -> dict[str, object]:
    """What is counted: every parameter but the range."""
    free = ("at_least", "at_most", "about", "within", "role", "weight", "lang")
    return {name: getattr(counted, name) for name in counted.__dataclass_fields__ if name not in free}


def _limits(counted: Counted) -> tuple[int | None, int | None]:
    """Lowest and highest count, `about` resolved."""
    return counted.limits if isinstance(counted, WordCount) else (counted.at_least, counted.at_most)


def _words_against(asking: Constraint, forbidding: Constraint) -> str:
    """Which text that one constraint asks for the other forbids."""
    asked = _asked(asking)
    if isinstance(forbidding, WordList) and forbidding.type == "exclude_words":
        for text in asked:
            if not forbidding.check(text).passed:
                return f"{text!r} is asked and forbidden"
    elif forbidding.type == "lipogram":
        for text in asked:
            if not forbidding.check(text).passed:
                return f"{text!r} is asked, its letters are forbidden"
    return ""


_ASKS: dict[str, Callable[[Constraint], tuple[str, ...]]] = {
    "include_words": lambda c: c.words,  # type: ignore[attr-defined]
    "in_order": lambda c: c.words,  # type: ignore[attr-defined]
    "first_sentence_contains": lambda c: c.words,  # type: ignore[attr-defined]
    "last_sentence_contains": lambda c: c.words,  # type: ignore[attr-defined]
    "starts_with": lambda c: (c.phrase,),  # type: ignore[attr-defined]
    "ends_with": lambda c: (c.phrase,),  # type: ignore[attr-defined]
    "contains_text": lambda c: (c.passage,),  # type: ignore[attr-defined]
    "names": lambda c: c.names if c.appear else (),  # type: ignore[attr-defined]
}


def _asked(constraint: Constraint) -> tuple[str, ...]:
    """Texts that have to stand in the response."""
    return _ASKS[constraint.type](constraint) if constraint.type in _ASKS else ()


def conflicting_types() -> list[tuple[str, str]]:
    """Every pair of types in the table, each once.

    >>> ("json", "markdown") in conflicting_types()
    True
    """
    return sorted({(min(a, b), max(a, b)) for a, others in CONFLICTS.items() for b in others})
