"""The 58 instructions by their id, and what each of their parameters may be."""

from __future__ import annotations

from rlmr.constraints.ifbench import counts, custom, layout, ratios, repeats, sentences, words
from rlmr.constraints.ifeval.table import TEXT, Allowed, Rule

INSTRUCTIONS: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "count:conjunctions": (counts.conjunctions, ("small_n",)),
    "count:keywords_multiple": (
        counts.keywords_multiple,
        ("keyword1", "keyword2", "keyword3", "keyword4", "keyword5"),
    ),
    "count:numbers": (counts.numbers, ("N",)),
    "count:person_names": (counts.person_names, ("N",)),
    "count:pronouns": (counts.pronouns, ("N",)),
    "count:punctuation": (counts.punctuation, ()),
    "count:unique_word_count": (counts.unique_word_count, ("N",)),
    "count:word_count_range": (counts.word_count_range, ("min_words", "max_words")),
    "count:words_japanese": (counts.words_japanese, ("N",)),
    "custom:character_reverse": (custom.character_reverse, ()),
    "custom:csv_city": (custom.csv_city, ()),
    "custom:csv_quotes": (custom.csv_quotes, ()),
    "custom:csv_special_character": (custom.csv_special_character, ()),
    "custom:date_format_list": (custom.date_format_list, ()),
    "custom:european_capitals_sort": (custom.european_capitals_sort, ()),
    "custom:mcq_count_length": (custom.mcq_count_length, ()),
    "custom:multiples": (custom.multiples, ()),
    "custom:reverse_newline": (custom.reverse_newline, ()),
    "custom:sentence_alphabet": (custom.sentence_alphabet, ()),
    "custom:word_reverse": (custom.word_reverse, ()),
    "format:emoji": (layout.emoji_at_ends, ()),
    "format:line_indent": (layout.line_indent, ()),
    "format:list": (layout.list_markers, ("sep",)),
    "format:newline": (layout.newline, ()),
    "format:no_bullets_bullets": (layout.sentences_then_bullets, ()),
    "format:no_whitespace": (layout.no_whitespace, ()),
    "format:options": (layout.options, ("options",)),
    "format:output_template": (layout.output_template, ()),
    "format:parentheses": (layout.parentheses, ()),
    "format:quote_unquote": (layout.quote_unquote, ()),
    "format:quotes": (layout.quotes, ()),
    "format:sub-bullets": (layout.sub_bullets, ()),
    "format:thesis": (layout.thesis, ()),
    "format:title_case": (layout.title_case, ()),
    "ratio:overlap": (ratios.overlap, ("reference_text", "percentage")),
    "ratio:sentence_balance": (ratios.sentence_balance, ()),
    "ratio:sentence_type": (ratios.sentence_type, ()),
    "ratio:sentence_words": (ratios.sentence_words, ()),
    "ratio:stop_words": (ratios.stop_words, ("percentage",)),
    "repeat:repeat_change": (repeats.repeat_change, ("prompt_to_repeat",)),
    "repeat:repeat_simple": (repeats.repeat_simple, ()),
    "repeat:repeat_span": (repeats.repeat_span, ("prompt_to_repeat", "n_start", "n_end")),
    "sentence:alliteration_increment": (sentences.alliteration_increment, ()),
    "sentence:increment": (sentences.increment, ("small_n",)),
    "sentence:keyword": (sentences.keyword, ("word", "N")),
    "words:alphabet": (words.alphabet, ()),
    "words:consonants": (words.consonants, ()),
    "words:keywords_specific_position": (sentences.keyword_at, ("keyword", "n", "m")),
    "words:last_first": (sentences.last_first, ()),
    "words:no_consecutive": (words.no_consecutive, ()),
    "words:odd_even_syllables": (words.odd_even_syllables, ()),
    "words:palindrome": (words.palindrome, ()),
    "words:paragraph_last_first": (words.paragraph_last_first, ()),
    "words:prime_lengths": (words.prime_lengths, ()),
    "words:repeats": (words.repeats, ("small_n",)),
    "words:start_verb": (words.start_verb, ()),
    "words:vowel": (words.vowel, ()),
    "words:words_position": (words.words_position, ("keyword",)),
}
"""id -> what decides it, and the names of its parameters, all of them required."""


def _is_count(value: object) -> bool:
    """A whole number from 0; the official files write most of them as 5.0."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value % 1 == 0


def _is_ordinal(value: object) -> bool:
    return _is_count(value) and value != 0


def _is_percentage(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


COUNT = (_is_count, "a whole number from 0")
ORDINAL = (_is_ordinal, "a whole number from 1")

PARAMETERS: dict[str, Allowed] = {
    "N": COUNT,
    "keyword": TEXT,
    "keyword1": TEXT,
    "keyword2": TEXT,
    "keyword3": TEXT,
    "keyword4": TEXT,
    "keyword5": TEXT,
    "m": ORDINAL,
    "max_words": COUNT,
    "min_words": COUNT,
    "n": ORDINAL,
    "n_end": COUNT,
    "n_start": COUNT,
    "options": TEXT,
    "percentage": (_is_percentage, "a number from 0 to 100"),
    "prompt_to_repeat": TEXT,
    "reference_text": TEXT,
    "sep": TEXT,
    "small_n": COUNT,
    "word": TEXT,
}
"""Parameter -> whether a value is allowed, and what is, in words."""
