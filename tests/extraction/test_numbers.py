"""Numbers as prompts write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlmr.extraction.numbers import LARGEST, NUMBER, read_number, read_span

HANZI = {1: "一", 2: "两", 10: "十", 12: "十二", 20: "二十", 105: "一百零五", 350: "三百五", 800: "八百"}
HANZI |= {1200: "一千二", 1500: "一千五百", 12000: "一万二", 100000: "十万", 2024: "二〇二四"}
ENGLISH = {0: "zero", 12: "a dozen", 21: "twenty-one", 100: "a hundred", 350: "three hundred and fifty"}
ENGLISH |= {1000: "a thousand", 2500: "two thousand five hundred", 24: "two dozen"}
NONE = ["", "two three", "twenty thirty", "1.5", "few", "百万万万", "99,999,999", "hundreds", "第三"]


@pytest.mark.parametrize(("value", "text"), [*HANZI.items(), *ENGLISH.items()])
def test_number_words(value, text):
    assert read_number(text) == value
    assert re.fullmatch(NUMBER, text), "the pattern finds what can be read"


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_number_is_none(text):
    assert read_number(text) is None


@given(st.integers(0, LARGEST))
def test_digits_with_and_without_commas(value):
    assert read_number(str(value)) == read_number(f"{value:,}") == value


@given(st.integers(1, 99))
def test_suffixes(value):
    assert read_number(f"{value}k") == read_number(f"{value}千") == value * 1000
    assert read_number(f"{value}.5千") == value * 1000 + 500


def test_spans_are_neighbours_only():
    assert read_span("三四十") == (30, 40)
    assert read_span("三五") is None
