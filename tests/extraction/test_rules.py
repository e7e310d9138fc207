"""The rules, phrasing by phrasing."""

from __future__ import annotations

import pytest
from extraction_cases import CHINESE, ENGLISH
from hypothesis import given, settings
from hypothesis import strategies as st

from rlmr.constraints import parse, to_specs
from rlmr.extraction import extract
from rlmr.extraction.rule import rule
from rlmr.extraction.rules import RULES
from rlmr.extraction.view import View


def read(prompt: str) -> list[dict]:
    return [{k: v for k, v in spec.items() if k != "lang"} for spec in to_specs(extract(prompt).constraints)]


@pytest.mark.parametrize(("prompt", "specs"), ENGLISH + CHINESE)
def test_phrasing(prompt, specs):
    assert read(prompt) == specs


def test_traditional_script_and_full_width_digits_read_alike():
    from opencc import OpenCC

    converter = OpenCC("s2t")
    for prompt, specs in CHINESE:
        turned = converter.convert(prompt).translate({ord(str(n)): 0xFF10 + n for n in range(10)})
        assert [spec["type"] for spec in read(turned)] == [spec["type"] for spec in specs], turned


def test_case_and_curly_quotes_read_alike():
    for prompt, specs in ENGLISH:
        turned = prompt.replace("'", "’").upper()
        assert [spec["type"] for spec in read(turned)] == [spec["type"] for spec in specs], turned


def test_every_type_of_the_tables_is_one_that_specifications_know():
    from rlmr.constraints import CONSTRAINTS
    from rlmr.extraction.units import UNITS

    assert {unit.type for unit in UNITS} <= set(CONSTRAINTS)
    assert len({one.name for one in RULES}) == len(RULES)


def test_every_rule_is_reached_by_a_case():
    reached = {item.source.removeprefix("rule:") for p, _ in ENGLISH + CHINESE for item in extract(p).found}
    assert {one.name for one in RULES} - reached == set()


def test_spans_hold_the_words_that_state_it():
    prompt = "“Ａ\u200b” Write no more than 200\u200b words, and don’t use the word “moon”."
    found = extract(prompt).found
    assert [prompt[slice(*item.span)] for item in found] == [
        "no more than 200\u200b words",
        "n’t use the word “moon”",
    ]
    assert found[1].constraint.words == ("moon",)


def test_words_keep_the_spelling_of_the_prompt():
    assert extract('Use the phrase "Old McDONALD".').constraints[0].words == ("Old McDONALD",)


def test_lang_is_the_language_of_the_words_that_state_it():
    found = extract("用英文写，不超过80字。 Add a title.").constraints
    assert [(c.type, c.lang) for c in found] == [("language", "zh"), ("word_count", "zh"), ("title", "en")]


@pytest.mark.parametrize(
    ("prompt", "types", "lang"),
    [
        ("Avoid every cliché.", ["cliches"], "en"),
        ("A poem with no digits.", ["numbers"], "en"),
        ("A note with a P.S.", ["postscript"], "en"),
        ("Put it in a markdown table.", ["table"], "en"),
        ("Use no markdown.", ["plain_text"], "en"),
        ('Use the word "数字" and no digits.', ["include_words", "numbers"], "en"),
        ("写一首诗，不要陈词滥调，不要用数字。", ["cliches", "numbers"], "zh"),
        ("写一封短信，结尾加附言，不要用markdown。", ["postscript", "plain_text"], "zh"),
        ("用表格写，不要用emoji。", ["table", "emoji"], "zh"),
    ],
)
def test_a_rule_of_both_languages_takes_the_language_of_its_match(prompt, types, lang):
    found = extract(prompt).constraints
    assert [c.type for c in found] == types
    assert {c.lang for c in found} == {lang}


def test_two_lengths_that_cannot_both_be_are_both_set_aside():
    read_ = extract("The blog post has 500 words. The tweet has 50 words. Add a title.")
    assert [c.type for c in read_.constraints] == ["title"]
    assert [d.what for d in read_.dropped] == ["word_count", "word_count"]
    assert all(d.cause.startswith("conflict") for d in read_.dropped)


def test_a_repeated_demand_is_one():
    read_ = extract("Write 500 words. Remember: 500 words!")
    assert len(read_.found) == 1
    assert read_.found[0].span == (6, 15)


def test_of_a_long_prompt_both_ends_are_read():
    filler = "a " * 20_000
    prompt = f"Write exactly 7 lines. {filler} Exactly 3 stanzas. {filler} Exactly 9 emojis."
    found = extract(prompt).found
    assert [prompt[slice(*item.span)] for item in found] == ["exactly 7 lines", "Exactly 9 emojis"]


def test_an_impossible_specification_is_set_aside_with_its_cause():
    read_ = extract("Write an acrostic for '1234'. Use at least 3 emojis.")
    assert [c.type for c in read_.constraints] == ["emoji"]


def test_masked_keeps_length_and_hides_what_is_quoted():
    view = View("Say \"don't\" or 'two words' or `code`.\nIt's Tom's.")
    assert len(view.masked) == len(view.prompt)
    assert view.masked.count("\0") == 5 + 9 + 4
    assert view.masked.endswith("it's tom's.")


def test_rules_say_their_language():
    assert rule("诗", "诗", "诗", {"type": "haiku"}).lang == "zh"
    assert rule("poem", "poem", "poem", {"type": "haiku"}).lang == "en"
    assert rule("either", "poem|诗", "poem|诗", {"type": "haiku"}).lang is None


PIECES = (
    [p for p, _ in ENGLISH + CHINESE]
    + list("\"'“”「」\n.,，。0123456789 *#`<>\0")
    + ["no more than ", "不", "words"]
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_prompt_gives_valid_constraints_with_spans_inside(prompt):
    read_ = extract(prompt)
    parse(to_specs(read_.constraints))
    for item in read_.found:
        start, end = item.span
        assert 0 <= start < end <= len(prompt)
