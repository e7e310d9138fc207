"""How words are compared: case, width, script, normal form and look-alike quotes set aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from rlmr.text.characters import HANZI, LETTER, Span, word_pattern
from rlmr.text.seen import Folded

if TYPE_CHECKING:
    from opencc import OpenCC

_ALIKE = (
    dict.fromkeys("’‘ʼ＇`´", "'")
    | dict.fromkeys("“”„＂", '"')
    | dict.fromkeys("‐‑", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f", "")
)
_MARKS = frozenset(map(chr, (*range(0x300, 0x370), 0x3099, 0x309A)))
_MARK = "[\u0300-\u036f\u3099\u309a]"
_CLUSTER = re.compile(f"[\x00-\x7f]+(?!{_MARK})|(?!{_MARK}).{_MARK}*|.", re.DOTALL)
"""A stretch of ASCII, or one character with its combining marks."""
_EDGE = re.compile(LETTER)
_SPACED = re.compile(f"(?<={HANZI.pattern})(?={HANZI.pattern})")
"""Between two hanzi."""
_FEW = 16
"""So many different characters are replaced one by one, which is quicker than place by place."""


@cache
def _converter() -> OpenCC:
    """OpenCC's converter from traditional to simplified script; loading its tables takes 10 ms."""
    from opencc import OpenCC

    return OpenCC("t2s")


def to_simplified(text: str) -> str:
    """The text in simplified script; what is simplified already stays.

    >>> to_simplified("漢字")
    '汉字'
    """
    return str(_converter().convert(text))


@lru_cache(maxsize=32768)
def _fold_cluster(cluster: str) -> str:
    """One character with its combining marks, in the form that is compared."""
    if cluster in _ALIKE:
        return _ALIKE[cluster]
    if HANZI.match(cluster):
        return to_simplified(to_simplified(cluster[0]))  # 薴 becomes 苧, which becomes 苎
    if not cluster[0].isalnum():
        return "" if cluster[0] in _MARKS else cluster
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", cluster).casefold().lower())
    folded = folded if len(folded) == 1 else "".join(c for c in folded if c not in _MARKS)
    return _ALIKE.get(folded, folded)


def _fold_ascii(text: str) -> str:
    """ASCII in the form that is compared; other characters have been folded before."""
    return text.lower().replace("`", "'")


class _Table(dict[int, str]):
    """Folded characters by code point, filled as they are met."""

    def __missing__(self, code: int) -> str:
        self[code] = _fold_cluster(chr(code))
        return self[code]


_TABLE = _Table()


def folded_words(text: str) -> list[tuple[str, Span]]:
    """The words as they are compared, each with its span in `text`.

    >>> folded_words("The THE")
    [('the', (0, 3)), ('the', (4, 7))]
    """
    folded, origins = fold(text)
    found = [(m.group(), m.span()) for m in word_pattern(folded).finditer(folded)]
    return found if origins is None else [(w, (origins[a], origins[b])) for w, (a, b) in found]


@lru_cache(maxsize=8)
def fold(text: str) -> Folded:
    """The text as words are compared, and where each of its characters came from.

    Case, NFC or NFD, full or half width of letters, simplified or traditional hanzi and the shape of
    quotes stop mattering; zero-width characters and marks that belong to no letter vanish (struck-through
    text); punctuation stays. The second value maps each
    folded character, and the end, to
    its offset in `text`; None where they are the same.

    >>> fold("It’S")
    ("it's", None)
    >>> fold("cat\\u200bs")
    ('cats', [0, 1, 2, 4, 5])
    """
    if text.isascii():
        return _fold_ascii(text), None
    strange = {c: _TABLE[ord(c)] for c in set(text) if c > "\x7f"}
    if not strange.keys() & _MARKS and all(len(folded) == 1 for folded in strange.values()):
        changed = [(c, folded) for c, folded in strange.items() if c != folded]
        if len(changed) > _FEW:
            return text.translate(_TABLE), None
        for character, folded in changed:
            text = text.replace(character, folded)
        return _fold_ascii(text), None
    pieces: list[str] = []
    origins: list[int] = []
    for match in _CLUSTER.finditer(text):
        cluster = match.group()
        if cluster.isascii():
            pieces.append(_fold_ascii(cluster))
            origins.extend(range(*match.span()))
        else:
            pieces.append(_fold_cluster(cluster))
            origins.extend([match.start()] * len(pieces[-1]))
    origins.append(len(text))
    return "".join(pieces), origins


@lru_cache(maxsize=4096)
def phrase_pattern(phrase: str) -> tuple[re.Pattern[str], str]:
    """A pattern over folded text that matches `phrase` as whole words, and the phrase's first part.

    A boundary is asked only where the phrase's edge is a letter or digit of an alphabet: `art` is not in
    `party`, but 月 is in 明月光. Inner spaces match any whitespace; between hanzi there may be spaces.

    >>> bool(phrase_pattern("Art")[0].search("party")), bool(phrase_pattern("月")[0].search("明月光"))
    (False, True)
    """
    folded = fold(phrase)[0].strip()
    before = rf"(?<!{LETTER})" if _EDGE.match(folded[:1]) else ""
    after = rf"(?!{LETTER})" if _EDGE.match(folded[-1:]) else ""
    parts = [_SPACED.split(part) for part in folded.split()]
    inner = (r"[ \t\u3000]*".join(map(re.escape, part)) for part in parts)
    return re.compile(before + r"\s+".join(inner) + after), parts[0][0]


def find_phrase(folded: Folded, phrase: str) -> Iterator[Span]:
    """Spans of `phrase` in the text that `fold` was given, as whole words.

    >>> list(find_phrase(fold("The Cat's cat."), "cat"))
    [(4, 7), (10, 13)]
    """
    text, origins = folded
    pattern, first = phrase_pattern(phrase)
    start = text.find(first)
    while start >= 0:
        match = pattern.match(text, start)
        if match:
            end = match.end()
            yield (start, end) if origins is None else (origins[start], origins[end])
        start = text.find(first, match.end() if match else start + 1)
