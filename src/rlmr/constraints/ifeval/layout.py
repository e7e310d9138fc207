"""Instructions on lists, sections, titles and JSON."""

from __future__ import annotations

import json
import re
from functools import lru_cache

_STAR = re.compile(r"^[^\S\n]*\*[^*].*$", re.MULTILINE)
_DASH = re.compile(r"^[^\S\n]*-", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_BOLD = re.compile(r"\*\*[^\n*]*\*\*")
_PLACEHOLDER = re.compile(r"\[[^\]\n]*(\]?)")
_FENCES = ("```json", "```Json", "```JSON", "```")


@lru_cache(maxsize=1024)
def _section(splitter: str) -> re.Pattern[str]:
    """What stands before a section."""
    return re.compile(rf"\s?{splitter}\s?\d+\s?")


def no_comma(response: str) -> bool:
    """No comma. Defect kept: the Chinese and other commas are none.

    >>> [no_comma(text) for text in ("a, b", "天黑了，他走了。")]
    [False, True]
    """
    return "," not in response


def number_placeholders(response: str, *, num_placeholders: int) -> bool:
    """At least `num_placeholders` pairs of square brackets, each within a line.

    Defects kept: `[]` is a placeholder, and so is a Markdown link.

    >>> number_placeholders("[name] []", num_placeholders=2)
    True
    """
    return sum(map(bool, _PLACEHOLDER.findall(response))) >= num_placeholders


def number_bullet_lists(response: str, *, num_bullets: int) -> bool:
    r"""Exactly `num_bullets` lines that begin with `*` (not `**`) or `-`, after any white space.

    Defects kept: a rule (`---`) and a dialogue dash are bullets; a lone `*` swallows the line below it.

    >>> number_bullet_lists("* one\n- two\n---", num_bullets=3)
    True
    """
    return len(_STAR.findall(response)) + len(_DASH.findall(response)) == num_bullets


def number_highlighted_sections(response: str, *, num_highlights: int) -> bool:
    """At least `num_highlights` stretches between asterisks, `*so*` or `**so**`, within a line.

    Defects kept: `2*3*4` is one, and so is the gap between two starred bullets of a line.

    >>> number_highlighted_sections("*one* **two** ** **", num_highlights=2)
    True
    """
    single = sum(bool(found.strip("*").strip()) for found in _HIGHLIGHT.findall(response))
    bold = sum(bool(found[2:-2].strip()) for found in _BOLD.findall(response))
    return single + bold >= num_highlights


def multiple_sections(response: str, *, section_spliter: str, num_sections: int) -> bool:
    r"""At least `num_sections` times the splitter with a number behind it ("SECTION 1").

    Defects kept: the splitter is a regular expression, and stands anywhere in a line.

    >>> multiple_sections("Day 1: sun. Day 2: rain.", section_spliter="Day", num_sections=2)
    True
    """
    return len(_section(section_spliter.strip()).split(response)) > num_sections


def title(response: str) -> bool:
    """A line holds a title in double angular brackets that is not blank.

    Defect kept: from the first `<<` to the last `>>` of a line, wherever they stand.

    >>> [title(text) for text in ("<<On foxes>>", "<<>>", "a << b >> c")]
    [True, False, True]
    """
    for line in response.split("\n") if ">>" in response else ():
        start, end = line.find("<<"), line.rfind(">>")
        if 0 <= start < end - 2 and line[start:end].lstrip("<").rstrip(">").strip():
            return True
    return False


def json_format(response: str) -> bool:
    """The whole text is JSON, after one Markdown fence is taken off.

    Defects kept: `1`, `null` and `NaN` are JSON. Deviation: what is nested deeper than Python can read is
    no JSON; the official checker dies of it.

    >>> [json_format(text) for text in ('```json\\n{"a": 1}\\n```', "null", "{'a': 1}")]
    [True, True, False]
    """
    text = response.strip()
    for fence in _FENCES:
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True
