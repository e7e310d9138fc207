"""What counts as a word, a sentence, a paragraph, a quotation, a title."""

import time

import pytest

from rlmr import text as txt


def cut(text, spans):
    return [text[a:b] for a, b in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don’t re-read 3.14 or 1,000", ["don’t", "re-read", "3.14", "or", "1,000"]),
        ("end--start snake_case a.b", ["end", "start", "snake", "case", "a", "b"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),
        ("我爱AI时代3年", ["我", "爱", "AI", "时", "代", "3", "年"]),
        ("re\u200bd", ["re\u200bd"]),
        ("… — !", []),
    ],
)
def test_words(text, expected):
    assert cut(text, txt.words(text)) == expected
    assert txt.count_words(text) == len(expected)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("He ran. She hid. It fell.", 3),
        ("no capital here. none here either.", 2),
        ("Dr. J. K. Smith paid $3.50 at 5 p.m. on St. John St. today.", 1),
        ('"Why?" he asked. "Go!" She went.', 3),
        ('He said, "Stop it." Then he left.', 2),
        ("Well... maybe. Or… not.", 2),
        ("He waited... Then he left.", 2),
        ("A line\nwithout marks\n\nAnd another", 2),
        ("The Fox and the Owl\n\nThe fox ran. The owl flew.", 2),
        ("# Heading\nThe fox ran.", 1),
        ("- eggs\n- milk\n- tea", 3),
        ("No. I will not.", 2),
        ("See No. 5 at once.", 1),
        ("他走了。她来了！真的吗？", 3),
        ("“为什么？”他问。", 1),
        ("他问：“为什么？”没人回答。", 2),
        ("“走。”“好。”", 2),
        ("他……走了。", 1),
        ("？！。", 0),
        ("only one without a stop", 1),
        ("", 0),
    ],
)
def test_sentences(text, count):
    spans = txt.sentences(text)
    assert len(spans) == count, cut(text, spans)
    assert all(a < b for a, b in spans) and spans == sorted(spans)


def test_paragraphs_and_lines():
    text = "one\r\n\r\ntwo\r\ntwo\r\n \r\n***\r\n\r\nthree"
    assert cut(text, txt.paragraphs(text)) == ["one", "two\r\ntwo", "three"]
    assert len(txt.lines(text)) == 5


def test_quotes():
    text = '"a" “b” 「c」 『d』 «e» “” it\'s "open'
    assert cut(text, txt.quotes(text)) == ['"a"', "“b”", "「c」", "『d』", "«e»"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Fox\n\nIt ran.", "The Fox"),
        ("The Fox\nIt ran a very long way into the wood.", "The Fox"),
        ("The fog comes\non little cat feet.", None),
        ("It ran.\n\nIt hid.", None),
        ("The Fox", None),
        ("## The Fox\nIt ran.", "## The Fox"),
        ("《月》\n床前明月光", "《月》"),
        ("**Bold** is the fox\n", None),
    ],
)
def test_title(text, expected):
    span = txt.title(text)
    assert (text[slice(*span)] if span else None) == expected


DEGENERATE = ["a", ".", "[", "“", '"', "\n", "a.", "“a", "月", "月。", "!?", "Dr. ", "a\n", " "]
DEGENERATE += [
    "e\u0301",
    "#",
    "《",
    "1.",
    "- ",
    "\u200b",
    "('",
    ". ",
    "“a.”b",
    "a…",
    "1. a\n",
    "<<a",
    "**",
    "。”",
    "A. ",
]
FUNCTIONS = (txt.words, txt.sentences, txt.lines, txt.paragraphs, txt.quotes, txt.title, txt.fold)


@pytest.mark.parametrize("unit", DEGENERATE)
def test_linear_on_degenerate_texts(unit):
    text = (unit * 32_000)[:32_000]
    for function in FUNCTIONS:
        start = time.process_time()
        function(text)
        assert time.process_time() - start < 0.1, function.__name__
