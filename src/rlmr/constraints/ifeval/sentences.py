"""How many sentences the official checker counts: Punkt's decisions, with a short list of abbreviations.

Punkt (Kiss and Strunk 2006, doi:10.1162/coli.2006.32.4.485) looks at every `.`, `?` and `!` before white
space or closing punctuation and asks whether the word it belongs to is an abbreviation, an initial, a number
or an ellipsis. Its trained English tables hold thousands of words; the lists below replace them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_PUNCTUATION = r"[)\";}\]*:@'({\[!?]"
_MANY = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
_TOKEN = re.compile(
    rf"{_MANY}|[^\s(\"`{{\[:;&#*@)}}\]\-,]\S*?(?=\s|$|{_PUNCTUATION}|{_MANY}|,(?=$|\s|{_PUNCTUATION}|{_MANY}))|\S"
)
_MARKED = re.compile(r"(?<!\S)([^\s.?!]*[.?!]\S*)(?=\s*(\S*))")
_END = re.compile(rf"[.?!](?={_PUNCTUATION})")
_DOUBLE = re.compile(rf"[.?!]{_PUNCTUATION}")
_PLAIN = re.compile(r"[A-Za-z]{2,}\.")
_CLOSING = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)")
_NUMBER = re.compile(r"-?[.,]?\d[\d,.\-]*")
_ABBREVIATION_LIST = """
    mr mrs ms dr prof gen sen rep gov lt col sgt capt maj adm rev st jr sr co corp inc ltd bros vs etc no
    messrs jan feb aug sept oct nov dec u.s u.k u.n u.s.a d.c a.m p.m e.g i.e ph.d
    calif fla ill mass mich minn conn ariz ga pa va wash
"""
_STARTER_LIST = """
    the this that these those it he she they we i you his her its their our my your there
    but and in on at as if so however also while when then now what how why some for to
"""
_ABBREVIATIONS = frozenset(_ABBREVIATION_LIST.split())
_STARTERS = frozenset(_STARTER_LIST.split())


def count_sentences(text: str) -> int:
    """The number of sentences in `text`, as the official checker counts them.

    Linear in the text. Empty and blank texts have none; a text without a full stop is one.

    Defects kept: Chinese marks end nothing; a heading without a full stop belongs to the sentence below
    it; markup behind the last full stop (`end.*`) is one more sentence; "1." of a list is a sentence of
    its own where a capital or markup follows.

    >>> count_sentences('He met Dr. Fox. "Run!" he said. They ran...')
    4
    >>> count_sentences("天黑了。他走了。")
    1
    """
    boundaries = list(_boundaries(text))
    tail = text[boundaries[-1][1] if boundaries else 0 :].rstrip()
    closing = _CLOSING.match(tail) if boundaries else None
    return len(boundaries) + bool(tail[closing.end() :] if closing else tail)


def split_sentences(text: str) -> list[str]:
    """The sentences whose number is `count_sentences(text)`, without the white space between them.

    A closing quote or bracket behind a full stop belongs to the sentence before it.

    >>> split_sentences('He met Dr. Fox. ("Run!") They ran...')
    ['He met Dr. Fox.', '("Run!")', 'They ran...']
    """
    pieces, start = [], 0
    for end, following in _boundaries(text):
        pieces.append(text[start:end])
        start = following
    pieces.append(text[start:].rstrip())
    sentences: list[str] = []
    for piece in pieces:
        closing = _CLOSING.match(piece) if sentences else None
        if closing:
            sentences[-1] += closing.group().rstrip()
            piece = piece[closing.end() :]
        if piece.strip():
            sentences.append(piece)
    return sentences


def _boundaries(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence but the last ends, and where the next begins (character offsets)."""
    for found in _MARKED.finditer(text):
        word, following = found.group(1), found.group(2)
        end = _last_mark(word, following)
        if end and _breaks(word, end, following):
            stop = found.start() + end
            if end > 1 and _DOUBLE.match(word):
                yield found.start() + 1, found.start() + 1
            yield stop, stop if end < len(word) else found.start(2)


def _last_mark(word: str, following: str) -> int:
    """The offset behind the last `.`, `?` or `!` in `word` that may end a sentence; 0 where there is none."""
    if following and word[-1] in ".?!":
        return len(word)
    end = 0
    for mark in _END.finditer(word):
        end = mark.end()
    return end


def _breaks(word: str, end: int, following: str) -> bool:
    """Whether a sentence ends in `word`, whose last mark ends at `end`, before the word `following`."""
    if word[end - 1] != "." or end == 1:
        return True
    if end == len(word) and _PLAIN.fullmatch(word) and word[:-1].lower() not in _ABBREVIATIONS:
        return True
    context = word[: end + 1] if end < len(word) else f"{word} {following}"
    tokens = _TOKEN.findall(context)
    return any(_ends(token, after) for token, after in pairwise(tokens))


def _ends(token: str, after: str) -> bool:
    """Whether a sentence ends with `token`, before the token `after`."""
    if token in (".", "?", "!"):
        return True
    if token[-1] != ".":
        return False
    if token[-2:] == "..":
        return not token.strip(".") and _is_starter(after)
    bare = token[:-1].lower()
    if len(bare) == 1 and bare.isalpha():
        return (
            not after[0].islower()
            and after not in ".?!;:,"
            and (not after[0].isupper() or _is_starter(after))
        )
    if bare in _ABBREVIATIONS or bare.rpartition("-")[2] in _ABBREVIATIONS:
        return _is_starter(after)
    if _NUMBER.fullmatch(bare):
        return not after[0].islower() and after not in ".?!;:,"
    return True


def _is_starter(token: str) -> bool:
    """Whether `token` is a word with a capital that often begins a sentence."""
    return token[0].isupper() and token.lower() in _STARTERS
