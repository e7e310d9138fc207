"""How hard a task's constraints are, by definition and not by measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from rlmr.constraints import Constraint

Difficulty = Literal["easy", "medium", "hard"]
DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)

ONE_PLACE = frozenset(
    (
        "contains_text",
        "emoji",
        "ends_with",
        "exclude_words",
        "first_sentence_contains",
        "full_width_punctuation",
        "hashtags",
        "include_words",
        "last_sentence_contains",
        "letter",
        "names",
        "no_summary",
        "only_the_work",
        "placeholders",
        "plain_text",
        "postscript",
        "chinese_script",
        "language",
        "script",
        "starts_with",
        "title",
        "wrapped_in_quotes",
        "wrapped_in_tag",
    )
)
"""Types that one place of the text, or one look at its form, settles: 1 point."""
EVERY_LINE = frozenset(
    (
        "acrostic",
        "chinese_verse",
        "ci_tune",
        "couplet",
        "dialogue_share",
        "haiku",
        "idiom_chain",
        "lipogram",
        "meter",
        "rhyme",
        "syllables",
        "tonal_pattern",
        "unique_words",
        "univocalic",
        "verse_form",
    )
)
"""Types that bind every line, word or letter of the text: 3 points."""


def points(constraint: Constraint) -> int:
    """Points of one constraint: 1 for one place, 3 for every line, 2 for the rest (what is counted over
    the text, or judged); one more where each line, sentence, paragraph or item has to keep it.

    >>> from rlmr.constraints import EndsWith, WordCount
    >>> words = (WordCount(at_most=9), WordCount(at_most=9, scope="each line"))
    >>> points(EndsWith("the end")), *map(points, words)
    (1, 2, 3)
    """
    own = 1 if constraint.type in ONE_PLACE else 3 if constraint.type in EVERY_LINE else 2
    return own + constraint.scope.startswith("each ")


def difficulty(constraints: Sequence[Constraint]) -> Difficulty:
    """easy up to 4 points, medium 5 or 6, hard from 7 on; no constraints at all are easy.

    Ours. It orders tasks by how much of a text is bound at the same time; what models find hard is what an
    evaluation measures.

    >>> from rlmr.constraints import Haiku, Title, WordCount
    >>> difficulty([Haiku(), Title()]), difficulty([Haiku()] * 2), difficulty([WordCount(at_most=9)] * 4)
    ('easy', 'medium', 'hard')
    """
    total = sum(map(points, constraints))
    return "easy" if total <= 4 else "medium" if total <= 6 else "hard"
