"""Numbers as prompts write them: digits, English words, hanzi."""

from __future__ import annotations

import re

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_ONES += " sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH = {word: value for value, word in enumerate(_ONES.split())}
_ENGLISH |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000}
_HANZI = {hanzi: value for value, hanzi in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_SUFFIXES = {"k": 1000, "w": 10000, **_UNITS}
LARGEST = 1_000_000
"""A number above this is no length that anybody asks for."""

_WORD = "|".join(sorted([*_ENGLISH, *_SCALES], key=len, reverse=True))
NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})++|\d{1,8}+)(?:\.\d{1,3})?(?: ?[百千万](?![年人名])|[kw](?![a-z]))?"
    rf"|\b(?=[adefhnostz])(?:a )?(?:{_WORD})\b(?:[ -](?:and )?(?:{_WORD})\b){{0,6}}"
    r"|[零〇一二两三四五六七八九十百千万]{1,9}"
)
"""Pattern of one number in folded text; `read_number` reads what it matches."""

_DIGITS = re.compile(r"([\d,]+(?:\.\d+)?) ?([百千万kw]?)")
_SPAN = re.compile(r"([一二两三四五六七八])([二两三四五六七八九])([十百千万]{0,2})")


def read_number(text: str) -> int | None:
    """The whole number that a text says; None where it says none, a fraction, or one that is too large.

    Approximate numbers (两三百) are read by `read_span`.

    >>> [read_number(t) for t in ("1,200", "1.5万", "2k", "a hundred and twenty-five", "八百", "一万二千")]
    [1200, 15000, 2000, 125, 800, 12000]
    >>> read_number("2.5") is None, read_number("several") is None
    (True, True)
    """
    text = text.strip()
    if match := _DIGITS.fullmatch(text):
        scaled = float(match[1].replace(",", "")) * _SUFFIXES.get(match[2], 1)
        return int(scaled) if scaled == int(scaled) and scaled <= LARGEST else None
    value = _read_hanzi(text) if text[:1] in _HANZI or text[:1] in _UNITS else _read_english(text)
    return value if value is not None and value <= LARGEST else None


def read_span(text: str) -> tuple[int, int] | None:
    """The two numbers that an approximate Chinese number lies between; None for any other.

    >>> read_span("两三百"), read_span("七八"), read_span("二十") is None
    ((200, 300), (7, 8), True)
    """
    match = _SPAN.fullmatch(text)
    if match is None or _HANZI[match[2]] != _HANZI[match[1]] + 1:
        return None
    scale = 1
    for unit in match[3]:
        scale *= _UNITS[unit]
    return _HANZI[match[1]] * scale, _HANZI[match[2]] * scale


def _read_english(text: str) -> int | None:
    """Number words, with or without hyphens, "a" and "and"."""
    total, current, last = 0, 0, -1
    words = [word for word in re.split(r"[ -]+", text) if word not in ("a", "and")]
    for word in words:
        if word in _ENGLISH:
            value = _ENGLISH[word]
            if 0 <= last < 20 or (last >= 20 and value > 9):  # "two three", "twenty thirty"
                return None
            current, last = current + value, value
        elif word in _SCALES:
            current, last = max(1, current) * _SCALES[word], -1
            if word == "thousand":
                total, current = total + current, 0
        else:
            return None
    return total + current if words else None


def _read_hanzi(text: str) -> int | None:
    """Hanzi numerals with their units, or digits in a row (二〇〇)."""
    if all(hanzi in _HANZI for hanzi in text):
        return int("".join(str(_HANZI[hanzi]) for hanzi in text)) if len(text) == 1 or "〇" in text else None
    total = section = digit = 0
    scale = 1
    for hanzi in text:
        if hanzi in _HANZI:
            digit = _HANZI[hanzi]
            continue
        if hanzi not in _UNITS:
            return None
        scale = _UNITS[hanzi]
        if scale == 10000:
            total, section, digit = (total + section + digit or 1) * scale, 0, 0
        else:
            section, digit = section + (digit or 1) * scale, 0
    # 一万二 is 12,000, 三百五 is 350: a digit after a unit above ten counts that unit's tenth.
    tail = digit * scale // 10 if scale > 10 and text[-1] in _HANZI and "零" not in text else digit
    return total + section + tail
