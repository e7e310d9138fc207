"""The `ifbench` profile against the official verdicts, its kept defects, its refusals and its speed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlmr.constraints.ifbench import INSTRUCTIONS, Instruction, check, check_loose, check_row, from_ifeval
from rlmr.constraints.ifbench.tokens import treebank_tokens
from rlmr.constraints.ifeval.sentences import count_sentences, split_sentences

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
FOLDER = SHARED / "ifbench"
DIFFER = {("strict", "ratio:sentence_type", 163), ("loose", "ratio:sentence_type", 163)}
"""The shipped verdict counts two statements in a text whose one statement ends in a quotation mark."""
ACCEPT_NOTHING = """
    count:words_japanese format:line_indent format:newline format:no_whitespace format:quote_unquote
    format:sub-bullets format:title_case ratio:sentence_balance ratio:sentence_type
    sentence:alliteration_increment sentence:increment words:alphabet words:last_first words:no_consecutive
    words:odd_even_syllables words:paragraph_last_first words:prime_lengths words:repeats words:vowel
"""
VALUES = {
    "N": 3.0,
    "keyword": "fox",
    **{f"keyword{number}": word for number, word in enumerate(("fox", "hen", "owl", "cat", "dog"), start=1)},
    "m": 2,
    "max_words": 40.0,
    "min_words": 2.0,
    "n": 2,
    "n_end": 3,
    "n_start": 1,
    "options": "yes/no/maybe",
    "percentage": 40.0,
    "prompt_to_repeat": "Write a poem on foxes.",
    "reference_text": "The fox ran off with the hen.",
    "sep": "-",
    "small_n": 2.0,
    "word": "fox",
}
EXAMPLES = [
    Instruction(id_, {name: VALUES[name] for name in names}) for id_, (_, names) in INSTRUCTIONS.items()
]


def lines(name: str) -> list[dict]:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"no shared data: ifbench/{name} not found (set RLMR_SHARED_DATA)")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def tasks():
    return {task["prompt"].strip(): task for task in lines("IFBench_test.jsonl")}


@pytest.mark.parametrize("kind", ["strict", "loose"])
def test_official_verdicts(tasks, kind):
    """All shipped verdicts but one; the one prompt that has been reworded since takes no parameters."""
    seen, differ = 0, set()
    for row in lines(f"eval_results_{kind}.jsonl"):
        ids = row["instruction_id_list"]
        task = tasks.get(row["prompt"].strip(), {"key": None, "instruction_id_list": ids, "kwargs": [{}]})
        verdicts = check_row(task, row["response"], loose=kind == "loose")
        for id_, ours, theirs in zip(ids, verdicts, row["follow_instruction_list"], strict=True):
            seen += 1
            if ours != theirs:
                differ.add((kind, id_, int(task["key"])))
    assert seen == 335
    assert differ == {case for case in DIFFER if case[0] == kind}


def test_every_prompt_loads(tasks):
    parsed = [from_ifeval(task) for task in tasks.values()]
    assert (len(parsed), sum(map(len, parsed))) == (300, 344)
    assert {instruction.id for row in parsed for instruction in row} == INSTRUCTIONS.keys()


def test_the_exploits_of_the_official_checker_are_kept(tasks):
    """19 of 58 ids accept "." or "a" on one of their prompts: why this profile is no reward."""
    accept = {
        instruction.id
        for task in tasks.values()
        for instruction in from_ifeval(task)
        if any(map(instruction.check, (".", "a")))
    }
    assert accept == set(ACCEPT_NOTHING.split())


@pytest.mark.parametrize(
    ("id_", "kwargs", "text", "passed"),
    [
        ("count:conjunctions", {"small_n": 2.0}, "and And", True),
        ("count:conjunctions", {"small_n": 2.0}, "and and", False),
        ("count:numbers", {"N": 1.0}, "1,000.5", True),
        ("count:person_names", {"N": 1.0}, "emma and Miami", False),
        ("count:pronouns", {"N": 2.0}, "They're here, aren't we?", True),
        ("count:pronouns", {"N": 1.0}, "This and that", False),
        ("count:punctuation", {}, "Oh‽ a, b; c: d! e? f.", True),
        ("count:punctuation", {}, "Oh?! a, b; c: d! f.", False),
        ("count:unique_word_count", {"N": 3.0}, "A a. a! - b", True),
        ("count:word_count_range", {"min_words": 3.0, "max_words": 3.0}, "It's so", True),
        ("count:words_japanese", {"N": 2.0}, "a 天 b 1 c -", True),
        ("custom:csv_city", {}, 'ID,Country,City,Year,Count\r"', False),
        ("custom:csv_quotes", {}, "StudentID\tSubject\tGrade\tSemester\tScore" + "\n\t\t\t\t" * 3, False),
        ("custom:date_format_list", {}, "1800-00-99", True),
        ("custom:date_format_list", {}, "1800-06-31", False),
        ("custom:date_format_list", {}, "1800-06-14,", False),
        ("custom:mcq_count_length", {}, "Sure! Question 1", False),
        ("custom:multiples", {}, "14,21,28,35,42,49,56", False),
        ("format:emoji", {}, "It ran. 🦊", True),
        ("format:emoji", {}, "It ran. 🦊 It hid.", False),
        ("format:list", {"sep": "!?!?"}, "!?!? a !?!? b", True),
        ("format:newline", {}, "It\n- ran\n\noff.", True),
        ("format:no_bullets_bullets", {}, "It ran. It hid.\n* a\nso", False),
        ("format:no_bullets_bullets", {}, "It ran. It hid.\n\nSo.\n* a\n* b", False),
        ("format:options", {"options": "I know or I don't know"}, "I don't know.", True),
        ("format:options", {"options": "a), b), c), d)"}, "a", False),
        ("format:parentheses", {}, "(((( ) (((((", False),
        ("format:quotes", {}, '"\'""\'"', True),
        ("format:quote_unquote", {}, "“So” “so”", True),
        ("format:thesis", {}, "<em>So</em> it is.", True),
        ("format:title_case", {}, "NATO And EBay", True),
        ("format:title_case", {}, "The Fox's den", False),
        ("ratio:sentence_words", {}, "It ran. It hid. No.", False),
        ("ratio:stop_words", {"percentage": 50.0}, "...", False),
        ("repeat:repeat_change", {"prompt_to_repeat": "Write a poem."}, "Read  a poem.", True),
        ("repeat:repeat_span", {"prompt_to_repeat": "a b c d", "n_start": 1, "n_end": 3}, "b c d", False),
        ("sentence:increment", {"small_n": 2.0}, "Run. It ran off. It ran off once more.", True),
        ("sentence:keyword", {"word": "art", "N": 1.0}, "A party.", False),
        ("words:alphabet", {}, "İb", False),
        ("words:keywords_specific_position", {"keyword": "fox", "n": 1, "m": 2}, "A, fox ran.", False),
        ("words:odd_even_syllables", {}, "Read water", True),
        ("words:paragraph_last_first", {}, "Fox ran, fox!\n...\nhen", True),
        ("words:paragraph_last_first", {}, "Fox, fox!", False),
        ("words:start_verb", {}, "Running is fun.", True),
        ("words:words_position", {"keyword": "Fox"}, "A fox", False),
    ],
)  # fmt: skip
def test_verdicts(id_, kwargs, text, passed):
    assert check(id_, kwargs, "", text) is passed


@pytest.mark.parametrize("instruction", EXAMPLES, ids=lambda example: example.id)
def test_a_blank_response_follows_nothing(instruction):
    assert not instruction.check(" \n\t")
    assert not instruction.check_loose("")


def test_loose_reads_the_edited_variants():
    row = {"instruction_id_list": ["format:no_whitespace"], "kwargs": [{"N": None}]}
    assert check_row(row, "Sure:\n*fox*") == [False]
    assert check_row(row, "Sure:\n*fox*", loose=True) == [True]
    assert check_loose("format:no_whitespace", {}, "", "Sure:\n*fox*")


@pytest.mark.parametrize(
    ("id_", "kwargs", "message"),
    [
        ("count:number", {}, "did you mean 'count:numbers'"),
        ("count:numbers", {}, "count:numbers: N: missing"),
        ("count:numbers", {"N": 1.5}, "N: 1.5 is not allowed; give a whole number from 0"),
        ("count:numbers", {"N": float("nan")}, "N: nan is not allowed"),
        ("count:numbers", {"N": True}, "N: True is not allowed"),
        ("count:numbers", {"N": 1, "n": 2}, "n: not allowed; it takes N"),
        ("sentence:keyword", {"word": "fox", "N": 0}, "sentence:keyword: N: 0 is not allowed"),
        ("count:words_japanese", {"N": 0}, "count:words_japanese: N: 0 is not allowed"),
        ("ratio:stop_words", {"percentage": 101}, "a number from 0 to 100"),
        ("format:options", {"options": " "}, "text that is not blank"),
    ],
)
def test_impossible_rows_are_refused(id_, kwargs, message):
    with pytest.raises(ValueError, match=f"row 42: .*{message}"):
        from_ifeval({"key": "42", "instruction_id_list": [id_], "kwargs": [kwargs]})


@given(st.lists(st.sampled_from(["", " ", "  ", "a", " b", "  c", "   d"]), max_size=12))
@settings(max_examples=300, deadline=None)
def test_line_indent_keeps_the_official_loop(parts):
    """A list that loses lines while it is read, in so many words."""
    kept = list(parts)
    for line in kept:
        if not line.strip():
            kept.remove(line)
    spaces = [len(line) - len(line.lstrip(" ")) for line in kept]
    rising = all(spaces[index + 1] > spaces[index] for index in range(len(spaces) - 1))
    text = "\n".join(parts)
    assert check("format:line_indent", {}, "", text) is (rising and text.strip() != "")


@given(st.text(alphabet="aB.?! \n\"')*-,", max_size=40))
@settings(max_examples=300, deadline=None)
def test_sentences_are_as_many_as_counted_and_lose_nothing(text):
    sentences = split_sentences(text)
    assert len(sentences) == count_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", ""),
        ("It cost $3.50, or 1,000 yen: no.", "It cost $ 3.50 , or 1,000 yen : no ."),
        ("She's gone; they can't (won't) go...", "She 's gone ; they ca n't ( wo n't ) go ..."),
        ("Mr. Fox left. So did I.", "Mr. Fox left . So did I ."),
        ("Go--now! ‘So’ it is—so ```x```", "Go -- now ! ‘ So ’ it is — so `` ` x `` `"),
        ("Dogs' tails, 'tis so.", "Dogs ' tails , 't is so ."),
    ],
)
def test_treebank_tokens(text, tokens):
    assert treebank_tokens(text) == tokens.split()


DEGENERATE = {
    "one letter": "a" * 32_000,
    "a full stop": ".",
    "full stops": "." * 32_000,
    "spaced full stops": ". " * 16_000,
    "sentences": "A. " * 10_000,
    "words": "fox " * 8_000,
    "short lines": "a\n" * 16_000,
    "newlines": "a" + "\n" * 31_998 + "a",
    "lines of spaces": "a" + "\n " * 15_999 + "a",
    "brackets": "[" * 32_000,
    "nested": "([{<" * 8_000 + "}])" * 8_000,
    "quotes": '"' * 32_000,
    "quotes in turn": "\"'" * 16_000,
    "apostrophes": "X'" * 16_000,
    "stars": "*" * 32_000,
    "bullets": "* a\n- b\n" * 4_000,
    "backticks": "`" * 32_000,
    "digits": "1" * 32_000,
    "commas": "," * 32_000,
    "dates": "1800-06-14," * 2_900,
    "questions": "Question 1\n" * 2_900,
    "open field": "ProductID,Category,Brand,Price,Stock" + '\n1,b,c,d,"' * 14 + "!" * 31_000,
    "two columns": "StudentID\tSubject\tGrade\tSemester\tScore" + '\n"' * 15_000,
    "emoji": "🦊" * 32_000,
    "hanzi": "天" * 32_000,
    "surrogates and controls": "\ud800\x00\r\x1c\u2028" * 6_000,
    "italics": "<i>" * 10_000,
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


PIECES = [
    "\n",
    "\r",
    " ",
    "\t",
    "Question 1",
    "Zimbabwe",
    "<i>",
    "</i>",
    '"',
    "'",
    "*",
    "-",
    ".",
    "?!",
    "(",
    "]",
]


@given(st.lists(st.text(max_size=4) | st.sampled_from(PIECES), max_size=30).map("".join))
@settings(max_examples=150, deadline=None)
def test_no_text_raises(text):
    for example in EXAMPLES:
        assert example.check(text) in (True, False)


def test_the_import_reads_no_tables():
    """The tables of emoji and syllables are read when a rule needs them."""
    program = (
        "import sys, rlmr.constraints.ifbench; print({'emoji', 'syllapy', 'torch'} & sys.modules.keys())"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
