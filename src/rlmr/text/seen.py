"""What a reader sees of a text: invisible characters and look-alike letters set aside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rlmr.text.characters import Span

Folded = tuple[str, list[int] | None]
"""Changed text, and the offset that each of its characters, and its end, came from (None: its own)."""

_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_EMOJI = "\u2190-\u3299\U0001f000-\U0001faff"
_INVISIBLE = re.compile(
    rf"[{_IGNORABLE}\u200d\ufe0f](?<![{_EMOJI}\ufe0f]\u200d)(?<![{_EMOJI}\u00a9\u00ae\u203c\u2049#*0-9]\ufe0f)"
)
_ALIKE = dict(
    zip(
        "аеорсухіѕјԁһӏАВЕКМНОРСТХУІЅЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧαιονρυ",
        "aeopcyxisjdhlABEKMHOPCTXYISJABEZHIKMNOPTYXaiovpu",
        strict=True,
    )
)
_LATIN = str.maketrans(_ALIKE)
_LOOKS = "".join(_ALIKE)
_MIXED = re.compile(f"[A-Za-z][{_LOOKS}]|[{_LOOKS}](?=[A-Za-z])")
_LETTERS = re.compile(r"[^\W\d_]+")
_SUSPECT = re.compile(f"[{_IGNORABLE}\u200d\ufe0f{_LOOKS}]")
_LEADS = b"\xc2\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd8\xe1\xe3\xef\xf0\xf3"
"""First bytes, in UTF-8, of what `_SUSPECT` finds, but for U+2000 to U+206F, where quotes stand too."""
_LOW = re.compile(b"\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xaf])")


@lru_cache(maxsize=8)
def as_seen(text: str) -> Folded:
    """The text as it looks, and where each character came from.

    Unicode's default-ignorable characters vanish (zero-width spaces, direction marks, variation selectors,
    fillers), but for those that join or colour emoji; so do comments of HTML and Markdown. In a word that has
    Latin letters, Cyrillic and Greek letters that look like Latin ones are Latin; words of one alphabet stay.

    >>> as_seen("sud\\u2061den")
    ('sudden', [0, 1, 2, 4, 5, 6, 7])
    >>> as_seen("s\\u0435a, \\u0442\\u0435")[0] == "sea, \\u0442\\u0435"
    True
    """
    suspect = not text.isascii() and _may_deceive(text)
    if not suspect and "<!--" not in text:
        return text, None
    origins: list[int] | None = None
    gone = {match.start() for match in _INVISIBLE.finditer(text)} if suspect else set()
    for start, end in _comments(text):
        gone.update(range(start, end))
    if gone:
        origins = [i for i in range(len(text) + 1) if i not in gone]
        text = "".join(map(text.__getitem__, origins[:-1]))
    if suspect and _MIXED.search(text):
        text = _LETTERS.sub(lambda m: m[0].translate(_LATIN) if _MIXED.search(m[0]) else m[0], text)
    return text, origins


def _comments(text: str) -> Iterator[Span]:
    """Spans of the comments, `<!-- ... -->`; one that is never closed is none."""
    start = text.find("<!--")
    while start >= 0 and (end := text.find("-->", start + 4) + 3) > 2:
        yield start, end
        start = text.find("<!--", end)


def _may_deceive(text: str) -> bool:
    """Whether a suspect character occurs; its bytes are looked at first, which is quicker for most texts."""
    raw = text.encode("utf-8", "surrogatepass")
    possible = len(raw.translate(None, _LEADS)) < len(raw) or _LOW.search(raw) is not None
    return possible and _SUSPECT.search(text) is not None
