"""The `ifeval` profile against the official verdicts, its kept defects, its refusals and its speed."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlmr.constraints.ifeval import (
    INSTRUCTIONS,
    Instruction,
    check,
    check_loose,
    check_row,
    from_ifeval,
    variants,
)
from rlmr.constraints.ifeval.capitals import count_capital_words
from rlmr.constraints.ifeval.sentences import count_sentences

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
VERDICTS = SHARED / "ifeval" / "official_verdicts_10_open_models.jsonl.gz"
GUESSED = {
    "change_case:english_capital",
    "change_case:english_lowercase",
    "keywords:letter_frequency",
    "language:response_language",
    "length_constraints:number_sentences",
}
"""Ids of which 0.5 % may differ; of the others none."""
VALUES = {
    "capital_frequency": 3,
    "capital_relation": "at least",
    "end_phrase": "The end.",
    "first_word": "once",
    "forbidden_words": ["fox", "hen"],
    "frequency": 2,
    "keyword": "fox",
    "keywords": ["fox", "hen"],
    "language": "en",
    "let_frequency": 3,
    "let_relation": "less than",
    "letter": "q",
    "nth_paragraph": 1,
    "num_bullets": 2,
    "num_highlights": 2,
    "num_paragraphs": 2,
    "num_placeholders": 2,
    "num_sections": 2,
    "num_sentences": 2,
    "num_words": 5,
    "postscript_marker": "P.P.S",
    "prompt_to_repeat": "Write a poem.",
    "relation": "at least",
    "section_spliter": "SECTION",
}
EXAMPLES = [
    Instruction(id_, {name: VALUES[name] for name in names}) for id_, (_, names) in INSTRUCTIONS.items()
]


@pytest.fixture(scope="module")
def rows():
    if not VERDICTS.is_file():
        pytest.skip(f"no shared data: {VERDICTS.name} not found (set RLMR_SHARED_DATA)")
    with gzip.open(VERDICTS, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.mark.parametrize("kind", ["strict", "loose"])
def test_official_verdicts(rows, kind):
    """Every stable verdict, but for 0.5 % of those that rest on a guess; the table is the message."""
    total, differ = Counter(), Counter()
    for row in rows:
        verdicts = check_row(row, row["response"], loose=kind == "loose")
        for id_, ours, theirs, unstable in zip(
            row["instruction_id_list"], verdicts, row[kind], row["unstable"], strict=True
        ):
            total[id_] += not unstable
            differ[id_] += not unstable and ours != theirs
    assert total.keys() == INSTRUCTIONS.keys()
    table = "\n".join(f"{id_:48}{total[id_]:6}{differ[id_]:6}" for id_ in sorted(total))
    failed = [id_ for id_ in total if differ[id_] > (0.005 * total[id_] if id_ in GUESSED else 0)]
    assert not failed, f"{kind}: {', '.join(failed)}\n{'instruction':48}{'rows':>6}{'differ':>6}\n{table}"


def test_the_541_prompts_load(rows):
    path = VERDICTS.parent / "input_data.jsonl"
    tasks = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert sum(len(from_ifeval(task)) for task in tasks) == 834


def test_shortcuts_agree_with_rows():
    row = {
        "key": 1,
        "instruction_id_list": ["punctuation:no_comma", "startend:quotation"],
        "kwargs": [{}, {"num_words": None}],
    }
    text = 'Sure, here it is:\n"It ran."'
    assert check_row(row, text) == [False, False]
    assert check_row(row, text, loose=True) == [True, True]
    assert not check("startend:quotation", {}, "", text)
    assert check_loose("startend:quotation", {}, "", text)


@given(st.text(alphabet="a*\n ,", max_size=20))
@settings(max_examples=200, deadline=None)
def test_variants_are_the_eight_edits(text):
    lines = text.split("\n")
    parts = [lines[1:], lines[:-1], lines[1:-1]]
    edits = [text, *("\n".join(part).strip() for part in parts)]
    assert set(variants(text)) == {*edits, *(edit.replace("*", "") for edit in edits)}


@pytest.mark.parametrize(
    ("id_", "kwargs", "text", "passed"),
    [
        ("keywords:existence", {"keywords": ["art"]}, "A party.", True),
        ("keywords:existence", {"keywords": ["a.c"]}, "abc", True),
        ("keywords:forbidden_words", {"forbidden_words": ["天"]}, "今天黑了。", True),
        ("keywords:forbidden_words", {"forbidden_words": ["run"]}, "They runs.", True),
        ("punctuation:no_comma", {}, "天黑了，他走了。", True),
        ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "---\n- Why? he said.", True),
        ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "*\n* one", True),
        ("detectable_content:number_placeholders", {"num_placeholders": 3}, "[][][]", True),
        ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "2*3*4", True),
        ("detectable_format:constrained_response", {}, "My answer is yes. My answer is no.", True),
        ("detectable_format:json_format", {}, "null", True),
        ("detectable_format:title", {}, "<<<>>>", False),
        ("detectable_format:title", {}, "a << b\n>> c", False),
        ("length_constraints:number_words", {"relation": "less than", "num_words": 2}, "天黑了", True),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 3}, "a ***b*** c", True),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "***a***b***", True),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 3}, "a******b***c", False),
        (
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "b"},
            "a\n\n\n\nb",
            False,
        ),
        ("combination:two_responses", {}, "******a******b", True),
        ("combination:two_responses", {}, "a************b", False),
        ("startend:quotation", {}, "“It ran.”", False),
        ("startend:end_checker", {"end_phrase": "the end"}, 'THE END" \n', True),
        ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "p. p. sure", True),
        ("language:response_language", {"language": "kn"}, "1 2 3", True),
        ("change_case:english_capital", {}, "YES", False),
        (
            "keywords:letter_frequency",
            {"letter": "!", "let_relation": "at least", "let_frequency": 2},
            "a!!",
            True,
        ),
    ],
)  # fmt: skip
def test_kept_defects(id_, kwargs, text, passed):
    assert check(id_, kwargs, "", text) is passed


@pytest.mark.parametrize("instruction", EXAMPLES, ids=lambda example: example.id)
def test_a_blank_response_follows_nothing(instruction):
    assert not instruction.check(" \n\t")
    assert not instruction.check_loose("")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("One. Two! Three? Four", 4),
        ("Mr. Fox met Dr. Hen at 5 p.m. sharp.", 1),
        ("It ran... then it hid.", 1),
        ("1. Run.\n2. hide.", 3),
        ("“Run!” he said.", 1),
        ('"Run!" he said.', 2),
        ("**End.**", 2),
        ("天黑了。他走了。", 1),
        ("Why?! Who?", 2),
    ],
)
def test_sentences(text, count):
    assert count_sentences(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("I'M HERE", 3),
        ("I'm here, A4.", 2),
        ("CANNOT DON'T", 4),
        ("GO--NOW ICE-CREAM U.S.A.", 4),
        ("RED,BLUE;GREEN 1,000", 3),
        ("McFox 天 É", 1),
    ],
)
def test_capital_words(text, count):
    assert count_capital_words(text) == count


def row(id_: str, kwargs: dict) -> dict:
    return {"key": 42, "instruction_id_list": [id_], "kwargs": [kwargs]}


@pytest.mark.parametrize(
    ("id_", "kwargs", "message"),
    [
        ("keywords:existance", {}, "did you mean 'keywords:existence'"),
        ("keywords:existence", {}, "keywords:existence: keywords: missing"),
        ("keywords:existence", {"keywords": None}, "keywords:existence: keywords: missing"),
        ("keywords:existence", {"keywords": "fox"}, "'fox' is not allowed; give a list"),
        ("keywords:existence", {"keywords": ["fox("]}, "regular expression"),
        ("punctuation:no_comma", {"num_words": 3}, "punctuation:no_comma: num_words: not allowed"),
        ("length_constraints:number_words", {"relation": "at most", "num_words": 3}, "'at least' or 'less"),
        ("length_constraints:number_words", {"relation": "at least", "num_words": -1}, "-1 is not allowed"),
        ("length_constraints:number_words", {"relation": "at least", "num_words": True}, "True is not"),
        ("language:response_language", {"language": "english"}, "'english' is not allowed; give one of"),
        ("detectable_content:postscript", {"postscript_marker": " "}, "' ' is not allowed"),
        (
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 2, "nth_paragraph": 3, "first_word": "a"},
            "nth_paragraph: 3 is not allowed",
        ),
    ],
)  # fmt: skip
def test_impossible_rows_are_refused(id_, kwargs, message):
    with pytest.raises(ValueError, match=f"row 42: .*{message}"):
        from_ifeval(row(id_, kwargs))


@pytest.mark.parametrize("name", ["instruction_id_list", "kwargs"])
def test_uneven_rows_are_refused(name):
    with pytest.raises(ValueError, match="row 42: instruction_id_list and kwargs are two lists"):
        check_row({**row("punctuation:no_comma", {}), name: []}, "text")


def test_an_instruction_refuses_every_parameter_of_another():
    for example in EXAMPLES:
        for name in VALUES.keys() - example.kwargs.keys():
            with pytest.raises(ValueError, match=f"{name}: not allowed"):
                Instruction(example.id, {**example.kwargs, name: VALUES[name]})


DEGENERATE = {
    "brackets": "[" * 32_000,
    "newlines": "a" + "\n" * 31_998 + "a",
    "no full stop": "a" * 32_000,
    "words without a full stop": "fox " * 8_000,
    "stars": "*" * 32_000,
    "pairs of stars": "* " * 16_000,
    "angles": "<" * 32_000,
    "full stops": "." * 32_000,
    "spaced full stops": ". " * 16_000,
    "marks": "?!" * 16_000,
    "closing quotes": "a." + '"' * 31_998,
    "apostrophes": "X'" * 16_000,
    "digits": "SECTION " + "1" * 31_992,
    "nested": "[" * 16_000 + "]" * 16_000,
}


@pytest.mark.parametrize("text", DEGENERATE.values(), ids=DEGENERATE.keys())
def test_degenerate_texts_are_decided_at_once(text):
    for example in EXAMPLES:
        example.check("warm up.")
        taken = min(_seconds(example, text) for _ in range(3))
        assert taken < 0.05, f"{example.id}: {1e3 * taken:.0f} ms"


def _seconds(example: Instruction, text: str) -> float:
    start = time.process_time()
    example.check(text)
    return time.process_time() - start


@pytest.mark.parametrize(
    ("id_", "text", "passed"),
    [
        ("detectable_content:number_placeholders", "brackets", False),
        ("detectable_format:json_format", "brackets", False),
        ("detectable_format:json_format", "nested", False),
        ("length_constraints:number_sentences", "no full stop", False),
        ("length_constraints:number_sentences", "marks", True),
        ("detectable_format:number_bullet_lists", "newlines", False),
        ("detectable_format:title", "angles", False),
        ("language:response_language", "brackets", True),
        ("change_case:english_lowercase", "brackets", False),
    ],
)
def test_degenerate_verdicts(id_, text, passed):
    instruction = next(example for example in EXAMPLES if example.id == id_)
    assert instruction.check(DEGENERATE[text]) is passed
