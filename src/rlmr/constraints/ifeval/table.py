"""The 25 instructions by their id, and what each of their parameters may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rlmr.constraints.ifeval import language, layout, length, parts, words

Rule = Callable[..., bool]
"""Decides a response that is not blank; the instruction's parameters are keywords."""

Allowed = tuple[Callable[[Any], bool], str]
"""Whether a parameter's value is allowed, and what is, in words."""

INSTRUCTIONS: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "change_case:capital_word_frequency": (
        words.capital_word_frequency,
        ("capital_frequency", "capital_relation"),
    ),
    "change_case:english_capital": (language.english_capital, ()),
    "change_case:english_lowercase": (language.english_lowercase, ()),
    "combination:repeat_prompt": (parts.repeat_prompt, ("prompt_to_repeat",)),
    "combination:two_responses": (parts.two_responses, ()),
    "detectable_content:number_placeholders": (layout.number_placeholders, ("num_placeholders",)),
    "detectable_content:postscript": (parts.postscript, ("postscript_marker",)),
    "detectable_format:constrained_response": (parts.constrained_response, ()),
    "detectable_format:json_format": (layout.json_format, ()),
    "detectable_format:multiple_sections": (layout.multiple_sections, ("section_spliter", "num_sections")),
    "detectable_format:number_bullet_lists": (layout.number_bullet_lists, ("num_bullets",)),
    "detectable_format:number_highlighted_sections": (
        layout.number_highlighted_sections,
        ("num_highlights",),
    ),
    "detectable_format:title": (layout.title, ()),
    "keywords:existence": (words.existence, ("keywords",)),
    "keywords:forbidden_words": (words.forbidden_words, ("forbidden_words",)),
    "keywords:frequency": (words.frequency, ("keyword", "relation", "frequency")),
    "keywords:letter_frequency": (words.letter_frequency, ("letter", "let_relation", "let_frequency")),
    "language:response_language": (language.response_language, ("language",)),
    "length_constraints:nth_paragraph_first_word": (
        length.nth_paragraph_first_word,
        ("num_paragraphs", "nth_paragraph", "first_word"),
    ),
    "length_constraints:number_paragraphs": (length.number_paragraphs, ("num_paragraphs",)),
    "length_constraints:number_sentences": (length.number_sentences, ("relation", "num_sentences")),
    "length_constraints:number_words": (length.number_words, ("relation", "num_words")),
    "punctuation:no_comma": (layout.no_comma, ()),
    "startend:end_checker": (parts.end_checker, ("end_phrase",)),
    "startend:quotation": (parts.quotation, ()),
}
"""id -> what decides it, and the names of its parameters, all of them required."""


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_ordinal(value: object) -> bool:
    return _is_count(value) and value != 0


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_relation(value: object) -> bool:
    return value in ("at least", "less than")


def _is_letter(value: object) -> bool:
    return isinstance(value, str) and len(value.strip()) == 1


def _is_language(value: object) -> bool:
    return isinstance(value, str) and value in language.CODES


def _is_pattern(value: object) -> bool:
    if not isinstance(value, str) or value.strip() == "":
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def _are_patterns(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_pattern, value))


COUNT = (_is_count, "a whole number from 0")
ORDINAL = (_is_ordinal, "a whole number from 1")
TEXT = (_is_text, "text that is not blank")
RELATION = (_is_relation, "'at least' or 'less than'")
PATTERN = (_is_pattern, "text that is a regular expression")
PATTERNS = (_are_patterns, "a list of texts that are regular expressions")

PARAMETERS: dict[str, Allowed] = {
    "capital_frequency": COUNT,
    "capital_relation": RELATION,
    "end_phrase": TEXT,
    "first_word": TEXT,
    "forbidden_words": PATTERNS,
    "frequency": COUNT,
    "keyword": PATTERN,
    "keywords": PATTERNS,
    "language": (_is_language, "one of " + ", ".join(language.CODES)),
    "let_frequency": COUNT,
    "let_relation": RELATION,
    "letter": (_is_letter, "one character"),
    "nth_paragraph": ORDINAL,
    "num_bullets": COUNT,
    "num_highlights": COUNT,
    "num_paragraphs": COUNT,
    "num_placeholders": COUNT,
    "num_sections": COUNT,
    "num_sentences": COUNT,
    "num_words": COUNT,
    "postscript_marker": PATTERN,
    "prompt_to_repeat": TEXT,
    "relation": RELATION,
    "section_spliter": PATTERN,
}
"""Parameter -> whether a value is allowed, and what is, in words."""
