"""What must hold for every type: no exception, no slow text, no dependence on form or order."""

import json
import pickle
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlmr.constraints import Status, WordCount, default_gates, parse, parse_one, to_specs
from rlmr.verifiers.program import verify

ROWS = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines()]
SPECS = {row["spec"]["type"]: row["spec"] for row in ROWS}
CONSTRAINTS_OF_ALL_TYPES = [parse_one(row["spec"]) for row in ROWS]
TEXTS = [text for row in ROWS for text in row["pass"] + row["fail"]]
DEGENERATE = [
    "a",
    ".",
    "[",
    "(",
    "“",
    '"',
    "\n",
    "a.",
    "“a",
    "月",
    "月。",
    "!?",
    "Dr. ",
    "a\n",
    " ",
    "e\u0301",
]
DEGENERATE += [
    "#",
    "# a\n",
    "《",
    "1.",
    "1. a\n",
    "- ",
    "- a\n",
    "\u200b",
    "('",
    ". ",
    "“a.”b",
    "a…",
    "<<a",
    "*",
]
DEGENERATE += [
    "**a",
    "_",
    "`",
    "```\n",
    "|",
    "| a |\n",
    "{",
    '{"a":',
    "<a>",
    "@a",
    "#a",
    "😀",
    "\u200d",
    "A. ",
]
DEGENERATE += [
    "i'm sorry ",
    "首先",
    "not just ",
    "like a ",
    "[verse]\n",
    "A: ",
    "亲爱的：\n",
    "a,b\n",
    "\r\n",
    "\x00",
    "\ud800",
]
DEGENERATE += [
    "wasn't just a",
    "as a ",
    "像",
    "\u3000",
    "a-",
    "1,",
    "第一章\n",
    "dear ",
    "(1 ",
    "word count ",
    "满足",
]


def shapes():
    pieces = st.sampled_from([*DEGENERATE, "the fox ran", "他走了", "\n\n", "...", "“好。”", "# T\n"])
    return st.lists(pieces, max_size=30).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.one_of(shapes(), st.text(max_size=200)))
def test_no_text_raises_and_spans_stay_inside(text):
    for constraint in CONSTRAINTS_OF_ALL_TYPES:
        verdict = constraint.check(text, "Write about the fox.")
        assert all(0 <= a <= b <= len(text) for a, b in verdict.spans), constraint
        json.dumps(verdict.to_dict())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS))
def test_normal_form_and_line_ends_do_not_matter(text):
    for constraint in CONSTRAINTS_OF_ALL_TYPES:
        if constraint.type in ("char_count", "language"):  # `all` counts code points; CLD2 reads bytes
            continue
        nfc, nfd = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
        assert constraint.check(nfc).status is constraint.check(nfd).status, (constraint, text)
        crlf = nfc.replace("\r\n", "\n").replace("\n", "\r\n")
        assert constraint.check(nfc).status is constraint.check(crlf).status, (constraint, text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["fox", "don't", "月", "well-known", "3.5", "Öl"]), min_size=1), st.data())
def test_a_word_more_counts_one_more(words, data):
    at = data.draw(st.integers(0, len(words)))
    counts = [WordCount(1).check(" ".join(w)).measured for w in (words, [*words[:at], "owl", *words[at:]])]
    assert counts == [len(words), len(words) + 1]


@settings(max_examples=50, deadline=None)
@given(st.permutations(CONSTRAINTS_OF_ALL_TYPES), st.sampled_from(TEXTS))
def test_the_order_of_constraints_does_not_matter(constraints, text):
    expected = dict(zip(CONSTRAINTS_OF_ALL_TYPES, verify("", text, CONSTRAINTS_OF_ALL_TYPES), strict=True))
    assert verify("", text, constraints) == [expected[c] for c in constraints]


def test_threads_agree_with_one_thread():
    jobs = [(constraint, text) for constraint in CONSTRAINTS_OF_ALL_TYPES for text in TEXTS[::9]]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda job: job[0].check(job[1]), jobs)) == [c.check(t) for c, t in jobs]


def test_specifications_survive_the_round_trip():
    assert parse(to_specs(CONSTRAINTS_OF_ALL_TYPES)) == tuple(CONSTRAINTS_OF_ALL_TYPES)
    assert parse(json.dumps(to_specs(CONSTRAINTS_OF_ALL_TYPES))) == tuple(CONSTRAINTS_OF_ALL_TYPES)
    assert pickle.loads(pickle.dumps(CONSTRAINTS_OF_ALL_TYPES)) == CONSTRAINTS_OF_ALL_TYPES


WORST = ["a\n", "月。", "[", "“a", "1. a\n", "(1 ", "{", "like a "]


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize(
    "units", [WORST, pytest.param(DEGENERATE, marks=pytest.mark.slow)], ids=["worst", "all"]
)
def test_linear_on_degenerate_texts(name, units):
    """No check above 50 ms on 32,000 characters (best of twelve, as other processes may take the core)."""
    constraint = parse_one(SPECS[name])
    constraint.prepare()
    constraint.check("warm up 月光")
    slow = {}
    for unit in units:
        for attempt in range(12):
            text = (unit * 32_000)[: 32_000 - attempt]  # another text each time: the last ones are remembered
            start = time.process_time()
            verdict = constraint.check(text, text if name == "echo" else "")
            seconds = time.process_time() - start
            if seconds < 0.05:
                break
            if attempt == 11:
                slow[unit] = round(seconds, 3)
        assert verdict.status in Status
    assert not slow


@pytest.mark.parametrize("text", ["", " ", ".", "…", "***", "- \n- ", "（）"])
def test_texts_without_words_pass_nothing(text):
    assert not any(constraint.check(text).passed for constraint in CONSTRAINTS_OF_ALL_TYPES)


@pytest.mark.parametrize(
    "text",
    [
        ".",
        "a",
        "I'm sorry, but I can't assist with that request.",
        "As an AI language model, I cannot do that.",
    ],
)
def test_exploits_fail_a_gate(text):
    assert not all(
        gate.check(text, "Write a poem about the sea in two stanzas.").passed for gate in default_gates()
    )


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aAbBZ'’ 1.é", max_size=40))
def test_capital_words_by_either_road(text):
    constraint = parse_one({"type": "capital_words", "at_least": 1})
    plain = constraint.check(text.replace("’", "'").replace("é", "e") + " x")
    curly = constraint.check(text.replace("’", "'").replace("é", "e") + " é")
    assert plain.measured == curly.measured
