"""IFEval's instructions as constraints of this package: the native reading, for rewards.

Not the compatible profile: what the official programs decide, defects included, is not asked here. Where
a native type differs, its docstring says how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rlmr.constraints.base import Constraint, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.ifeval.instruction import Instruction
from rlmr.constraints.types.around import Postscript, RepeatsPrompt
from rlmr.constraints.types.edges import EndsWith, StartsWith
from rlmr.constraints.types.language import NAMES, ResponseLanguage
from rlmr.constraints.types.layout import Chapters, ListItems, ParagraphCount
from rlmr.constraints.types.length import SentenceCount, WordCount
from rlmr.constraints.types.letters import CapitalWords, LetterCase, LetterCount
from rlmr.constraints.types.markup import Markdown, Placeholders
from rlmr.constraints.types.options import Choice, Versions
from rlmr.constraints.types.punctuation import Punctuation, WrappedInQuotes
from rlmr.constraints.types.structure import Title
from rlmr.constraints.types.values import JsonObject
from rlmr.constraints.types.words import ExcludeWords, IncludeWords, WordFrequency

Arguments = Mapping[str, Any]
_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


def from_ifeval(row: Mapping[str, Any]) -> tuple[Constraint, ...]:
    """Native constraints from a row's `instruction_id_list` and `kwargs`; nulls in the kwargs are dropped.

    Raises ConstraintError that names the position for an unknown id, for missing, extra or impossible
    arguments, and for a language that this package does not tell (`ResponseLanguage`).

    >>> from_ifeval({"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]})[0].describe()
    'Use no commas.'
    """
    ids, arguments = row.get("instruction_id_list"), row.get("kwargs")
    if not isinstance(ids, Sequence) or not isinstance(arguments, Sequence) or len(ids) != len(arguments):
        raise ConstraintError("instruction_id_list and kwargs have to be lists of the same length", "kwargs")
    found: list[Constraint] = []
    for index, (name, given) in enumerate(zip(ids, arguments, strict=True)):
        if not isinstance(given, Mapping | None):
            raise ConstraintError(f"kwargs[{index}]: {given!r:.80} is not allowed; give an object", "kwargs")
        known = {k: v for k, v in (given or {}).items() if v is not None}
        try:
            instruction = Instruction(name, known)
            found += TRANSLATIONS[name](instruction.kwargs)
        except ConstraintError as error:
            raise ConstraintError(f"instruction_id_list[{index}]: {error}", "instruction_id_list") from None
    return tuple(found)


def _range(relation: str, number: int) -> tuple[int | None, int | None]:
    """at_least and at_most from IFEval's two relations."""
    one_of("relation", relation, ("at least", "less than"))
    return (number, None) if relation == "at least" else (None, number - 1)


def _frequency(a: Arguments) -> list[Constraint]:
    return [WordFrequency(*_range(a["relation"], a["frequency"]), word=a["keyword"])]


def _letters(a: Arguments) -> list[Constraint]:
    if not a["letter"].isalpha():
        return []  # '!' and '#' are asked for once each: no letters, and left to the compatible profile
    return [LetterCount(*_range(a["let_relation"], a["let_frequency"]), letter=a["letter"])]


def _nth_paragraph(a: Arguments) -> list[Constraint]:
    number = a["num_paragraphs"]
    return [
        ParagraphCount(number, number),
        StartsWith(a["first_word"], scope=f"paragraph {a['nth_paragraph']}"),
    ]


def _language(a: Arguments) -> list[Constraint]:
    one_of("language", a["language"], NAMES)
    return [ResponseLanguage(a["language"])]


TRANSLATIONS: dict[str, Callable[[Arguments], list[Constraint]]] = {
    "keywords:existence": lambda a: [IncludeWords(tuple(dict.fromkeys(a["keywords"])))],
    "keywords:frequency": _frequency,
    "keywords:forbidden_words": lambda a: [ExcludeWords(tuple(dict.fromkeys(a["forbidden_words"])))],
    "keywords:letter_frequency": _letters,
    "language:response_language": _language,
    "length_constraints:number_sentences": lambda a: [
        SentenceCount(*_range(a["relation"], a["num_sentences"]))
    ],
    "length_constraints:number_paragraphs": lambda a: [
        ParagraphCount(a["num_paragraphs"], a["num_paragraphs"], divider="stars")
    ],
    "length_constraints:number_words": lambda a: [WordCount(*_range(a["relation"], a["num_words"]))],
    "length_constraints:nth_paragraph_first_word": _nth_paragraph,
    "detectable_content:number_placeholders": lambda a: [Placeholders(at_least=a["num_placeholders"])],
    "detectable_content:postscript": lambda a: [Postscript()],
    "detectable_format:number_bullet_lists": lambda a: [
        ListItems(a["num_bullets"], a["num_bullets"], marker="bullet")
    ],
    "detectable_format:constrained_response": lambda a: [Choice(_OPTIONS)],
    "detectable_format:number_highlighted_sections": lambda a: [
        Markdown(at_least=a["num_highlights"], feature="emphasis")
    ],
    "detectable_format:multiple_sections": lambda a: [
        Chapters(at_least=a["num_sections"], label=a["section_spliter"])
    ],
    "detectable_format:json_format": lambda a: [JsonObject()],
    "detectable_format:title": lambda a: [Title("angle")],
    "combination:two_responses": lambda a: [Versions(2)],
    "combination:repeat_prompt": lambda a: [RepeatsPrompt(a["prompt_to_repeat"])],
    "startend:end_checker": lambda a: [EndsWith(a["end_phrase"])],
    "startend:quotation": lambda a: [WrappedInQuotes()],
    "change_case:capital_word_frequency": lambda a: [
        CapitalWords(*_range(a["capital_relation"], a["capital_frequency"]))
    ],
    "change_case:english_capital": lambda a: [LetterCase("upper"), ResponseLanguage("en")],
    "change_case:english_lowercase": lambda a: [LetterCase("lower"), ResponseLanguage("en")],
    "punctuation:no_comma": lambda a: [Punctuation(at_most=0, mark="comma")],
}
"""The 25 instruction ids."""
