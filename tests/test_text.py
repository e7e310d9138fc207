"""What counts as a word, a sentence, a paragraph, a quotation, a title."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlmr import text as txt
from rlmr.text import find_phrase, fold, lines, phrase_pattern


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
        ("Who Goes There?\n\nIt ran.", "Who Goes There?"),
        ("Subject: Join Us!\nIt ran a very long way into the dark wood, and hid.", "Subject: Join Us!"),
        ("Who goes there?\n\nIt ran.", None),
        ("Help!\n\nIt ran.", None),
        ("Who Ran? The Fox Ran!\n\nIt ran.", None),
        ("HELP ME NOW!\n\nIT RAN.", None),
        ("谁在敲门？\n\n风。", None),
        ("* The Fox\n\n* The Owl", None),
        ("**The Fox**\n\nIt ran.", "**The Fox**"),
    ],
)
def test_title(text, expected):
    span = txt.title(text)
    assert (text[slice(*span)] if span else None) == expected


def test_an_item_without_its_marker():
    text = "1. Go home.\n- Sleep.\n**2. Eat.**\n**3.** Run\n（一）走\n---\nNo item."
    bodies = txt.item_bodies(text)
    assert cut(text, bodies) == ["Go home.", "Sleep.", "Eat.**", "Run", "走"]
    assert [end for _, end in bodies] == [end for _, end in txt.list_items(text)]


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


STRANGE = "“”’—éÉÅΣςßŒ月漢薴Ａ"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aB '`" + STRANGE, max_size=60))
def test_folding_is_the_same_one_by_one_and_place_by_place(start):
    """A text with few strange characters is folded by another road than one with many."""
    many = "".join(map(chr, range(0x0410, 0x0440)))  # Cyrillic: capitals that all change
    assert fold(f"{start} {many}")[0] == f"{fold(start)[0]} {many.lower()}"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aAb -'月", max_size=40), st.sampled_from(["a", "aa", "a b", "'a", "月", "-"]))
def test_a_phrase_is_found_where_its_pattern_matches(text, phrase):
    folded = fold(text)
    pattern, _ = phrase_pattern(phrase)
    assert list(find_phrase(folded, phrase)) == [m.span() for m in pattern.finditer(folded[0])]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="a \t\n\u2028\x0b", max_size=40))
def test_lines_end_alike_with_and_without_a_carriage_return(text):
    """A carriage return at the end takes the other pattern, and changes nothing."""
    assert lines(text + "\r") == lines(text)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["# A", "- b.", " 1. c. d", "\t* ", "e. F", "The Fox", "", "g g"]), max_size=9)
)
def test_sentences_end_alike_with_and_without_a_carriage_return(rows):
    """The line ends before headings and items, too, are found by another pattern."""
    text = "\n".join(rows)
    assert txt.sentences(text + "\r") == txt.sentences(text)
    returned = "\r\n".join(rows)
    assert len(txt.sentences(returned)) == len(txt.sentences(text))


@pytest.mark.parametrize(
    ("text", "folded", "origins"),
    [
        ("Ba\u0301`Cd\ufe0f", "bá'cd", [0, 1, 3, 4, 5, 7]),
        ("A\ufe0fB ß C", "ab ss c", [0, 2, 3, 4, 4, 5, 6, 7]),
        ("CAFE\u0301\u0323 Ab", "caf\u1eb9 ab", [0, 1, 2, 3, 6, 7, 8, 9]),
    ],
)
def test_ascii_beside_what_vanishes_folds_as_ever(text, folded, origins):
    """Stretches of ASCII are folded at once, but for a letter before a combining mark."""
    assert fold(text) == (folded, origins)


def test_no_invisible_character_and_no_look_alike_is_missed():
    ignorable = [0xAD, 0x34F, 0x61C, 0x115F, 0x180E, 0x200B, 0x200F, 0x202E, 0x2060, 0x206F, 0x3164, 0xFE00]
    for code in (*ignorable, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFFB, 0x1D173, 0xE0061, 0xE0100):
        assert txt.as_seen(f"sud{chr(code)}den") == ("sudden", [0, 1, 2, 4, 5, 6, 7]), hex(code)
    for alike, latin in zip("аеорсухіѕјԁһӏΑΒΕΖΗαο", "aeopcyxisjdhlABEZHao", strict=True):
        assert txt.as_seen(f"x{alike}x") == (f"x{latin}x", None), alike


def test_emoji_words_of_other_alphabets_and_open_comments_stay():
    for text in ("👩\u200d🚀 ❤\ufe0f 3\ufe0f\u20e3", "море и око", "αβγ", "a <!-- b", "café “naïve”"):
        assert txt.as_seen(text) == (text, None)


def test_comments_are_not_seen():
    seen, origins = txt.as_seen("a<!-- b -->c<!---->d")
    assert seen == "acd" and origins == [0, 11, 19, 20]
    assert txt.as_seen("<!--" * 3)[0] == "<!--" * 3
