"""Characters that nobody sees, and characters that look like others: each becomes what a reader takes it for.

A judge reads the letter that it sees, a pattern the letter that stands there; here both become the same.
Sources: Unicode's general categories and compatibility decompositions (the standard library's tables), and
the letters of other scripts (Cyrillic, Greek, Lisu, Cherokee, ...) that UTS 39 lists as confusable with Latin
ones.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rlmr.text.folding import fold

_PAIRS = (
    "аa вb еe һh іi јj кk мm нh оo рp ѕs сc тt уy хx ԁd ԍg ԛq ԝw ѵv ӏl "
    "АA ВB ЕE ЅS ІI ЈJ КK МM НH ОO РP СC ТT УY ХX "
    "αa βb εe ηn ιi κk νv οo ρp τt υu χx γy ωw σo ϲc ϳj ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX "
    "ıi ɑa ɡg ɩi ʏy ꜱs ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ʀr ᴛt ᴜu ᴠv ᴡw ᴢz ƒf ßs "
    "ꓐB ꓑP ꓒd ꓓD ꓔT ꓖG ꓗK ꓙJ ꓚC ꓜZ ꓝF ꓟM ꓠN ꓡL ꓢS ꓣR ꓦV ꓧH ꓪW ꓫX ꓬY ꓮA ꓰE ꓲI ꓳO ꓴU "
    "ᎠD ᎡR ᎢT ᎥI ᎪA ᎬE ᏒR ᏙV ᏚS ᏟC ᏢP ᏞL հh ոn սu օo զq ցg"
)  # fmt: skip
LATIN = {pair[0]: pair[1] for pair in _PAIRS.split()}
"""Letters by the Latin one that they look like."""

_ALIKE = {
    ":": "：﹕︰ː∶꞉˸", ";": "；﹔", "=": "＝﹦", "<": "＜﹤‹〈《", ">": "＞﹥›〉》", "{": "｛﹛", "}": "｝﹜",
    "[": "［【〔", "]": "］】〕", "(": "（", ")": "）",
    "|": "｜¦│", "#": "＃﹟", "*": "＊﹡", "_": "＿‗", "/": "／⁄∕",
    '"': "“”„‟＂«»「」『』", "'": "‘’‚‛＇`´", "-": "‐‑‒–—―−﹣－─━",
}  # fmt: skip
_MARKS = {alike: mark for mark, group in _ALIKE.items() for alike in group}
"""Punctuation by the ASCII mark that it looks like or stands for."""

LINE_ENDS = "\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u180e\u034f\u17b4\u17b5\u2800")
"""Letters and marks that show nothing."""

_LETTERS = frozenset({"<font>", "<wide>", "<narrow>", "<circle>", "<square>", "<super>", "<sub>"})
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=65536)
def clean(character: str) -> str:
    """What a reader sees of a character: nothing, a line end, a plain letter or digit, or itself.

    >>> [clean(c) for c in "\\u200bａ𝐩①\\u2028，é"]
    ['', 'a', 'p', '①', '\\n', '，', 'é']
    """
    if character in LINE_ENDS:
        return "\n"
    if character == "\t" or " " <= character <= "~":
        return character
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn") or character in _BLANK or _is_selector(character):
        return ""
    if category == "Zs":
        return character if character == "\u3000" else " "
    kind = unicodedata.decomposition(character).partition(" ")[0]
    plain = unicodedata.normalize("NFKC", character)
    letter = kind in _LETTERS and plain.isalpha()
    digit = kind in ("<font>", "<wide>") and plain.isdigit()
    return plain if (letter or digit) and plain.isascii() and len(plain) == 1 else character


def _is_selector(character: str) -> bool:
    """Variation selectors, which change how the character before them is drawn."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def unmix(text: str) -> str:
    """The text with Latin letters in place of their look-alikes in words that mix both; same length.

    >>> unmix("pаss, а Мир")  # the first а is Cyrillic, and so are all letters of the last two words
    'pass, а Мир'
    """
    return _WORD.sub(lambda match: _unmix_word(match.group()), text)


def _unmix_word(word: str) -> str:
    if word.isascii() or not re.search("[A-Za-z]", word):
        return word
    return "".join(LATIN.get(character, character) for character in word)


def skeleton(text: str) -> str:
    """What patterns match on: lower case, look-alikes as ASCII, no accents, simplified hanzi; same length.

    >>> skeleton("Vérdict： РАЅЅ, 裁決")  # the second word is Cyrillic
    'verdict: pass, 裁决'
    """
    return "".join(_bare(character) for character in text)


@lru_cache(maxsize=65536)
def _bare(character: str) -> str:
    if character in _MARKS:
        return _MARKS[character]
    if "\u3400" <= character <= "\u9fff":
        return fold(character)[0]
    plain = unicodedata.normalize("NFD", character)[0]
    lower = LATIN.get(character, plain if plain.isascii() else character).lower()
    return lower if len(lower) == 1 else character
