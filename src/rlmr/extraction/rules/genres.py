"""Rules on genres that have a layout, and on narration."""

from __future__ import annotations

import re

from rlmr.extraction.numbers import NUMBER, read_number
from rlmr.extraction.rule import Hit, Rule, Spec, rule
from rlmr.extraction.rules.fragments import WRITE, WRITE_ZH

_OTHER_SCRIPTS = (
    r"(?:podcast|video|voice-?over|teaching|lecture|speech|sales|call|phone|python|"
    r"bash|shell|youtube|tiktok|commercial|ad|radio|presentation|narration|training|"
    r"sql|lua|shooting|java|javascript|batch|host|hosting|emcee|broadcast|this|the|"
    r"following|above)"
)


def _lyrics(hit: Hit) -> Spec | None:
    """As many verses and choruses as a stated structure names; at least one of each."""
    said = hit.view.said(hit.match.span()).lower()
    verses = len(re.findall(r"(?<!re)verse|主歌", said))
    choruses = len(re.findall(r"(?<!pre-)(?<!pre )(?<!pre)chorus|副歌", said))
    return {"type": "lyrics", "verses": verses, "choruses": choruses} if verses and choruses else None


def _sung(hit: Hit) -> Spec | None:
    """Numbers of verses and choruses: two verses and a chorus."""
    verses, choruses = (
        read_number(hit[g].removeprefix("a ")) if hit[g] not in ("a", "") else 1 for g in "vc"
    )
    return {"type": "lyrics", "verses": verses, "choruses": choruses} if verses and choruses else None


def _person(hit: Hit) -> Spec:
    """The grammatical person."""
    names = {"1": "first", "f": "first", "一": "first", "2": "second", "s": "second", "二": "second"}
    return {"type": "point_of_view", "person": names.get((hit["p"] or hit["p2"])[0], "third")}


GENRES: tuple[Rule, ...] = (
    rule(
        "letter",
        "letter",
        rf"{WRITE}(?: \w{{1,12}})?? (?:an?|one|my|his|her)(?: (?!the |that |who |about |"
        rf"with |of |in |and |where )[\w',-]{{1,20}}){{0,5}}? letters?\b(?! (?:word|grade|"
        r"head|of the alphabet))"
        r"|\b(?:write|compose|draft)(?: [\w',-]{1,20}){0,3}? letter (?:to|from|for)\b",
        {"type": "letter"},
    ),
    rule(
        "信",
        "信",
        rf"{WRITE_ZH}[^，。\n\0]{{0,14}}?[封份][^，。\n\0]{{0,18}}?"
        r"(?<![短微相诚自])信(?![息任心念仰用箱号件条])",
        {"type": "letter"},
    ),
    rule(
        "script",
        "script|screenplay|play",
        rf"(?:{WRITE}[^.\n;\0]{{0,50}}?|^\W{{0,3}}(?:an?|the) (?:[\w'-]{{1,20}} ){{0,4}}?|"
        rf"\b(?:adapt|turn|convert|transform|rewrite)[^.\n;\0]{{0,80}}?\b(?:into|as|to) "
        rf"(?:an?|the)? ?(?:[\w'-]{{1,20}} ){{0,5}}?)(?<!\w)(?P<kind>[\w'-]{{1,20}} )?"
        r"(?:script|screenplay|stage play|teleplay)\b(?! (?:for a (?:podcast|video|"
        r"youtube|lecture)))",
        lambda hit: None if re.fullmatch(rf"{_OTHER_SCRIPTS} ", hit["kind"]) else {"type": "script"},
    ),
    rule(
        "剧本",
        "剧本|话剧|小品|相声",
        rf"{WRITE_ZH}[^，。\n\0]{{0,24}}?(?:剧本|话剧|舞台剧|小品|相声)(?![杀样大])",
        {"type": "script"},
    ),
    rule(
        "verses and chorus",
        "chorus",
        rf"(?P<v>{NUMBER}) verses?(?:,| and| with| \+| &){{1,2}} ?(?P<c>a|{NUMBER}) "
        rf"(?:[a-z]{{1,12}} )?chorus(?:es)?\b",
        _sung,
    ),
    rule("主歌副歌", "主歌", rf"(?P<v>{NUMBER})段主歌[^。\n]{{0,6}}?(?P<c>{NUMBER})段副歌", _sung),
    rule(
        "song structure",
        "structure|format|order|sequence|结构|格式|형식",
        r"(?:structure|format|order|sequence|结构|格式|형식)[^\n]{0,24}?[\[(\"\0]?"
        r"(?:intro|verse|주|主歌)[^\n]{0,200}+",
        _lyrics,
    ),
    rule(
        "person",
        "person",
        r"(?:\b(?:in|from|use|using|adopt|pov:?|told in|written in|be)(?: an?| the)? "
        r"(?P<p>first|1st|second|2nd|third|3rd)[ -]person\b(?! (?:who|to|that|i|on|"
        r"in line))|\b(?P<p2>first|1st|second|2nd|third|3rd)(?:-person\b|[ -]person(?= "
        r"(?:pov|point|perspective|narrat|view|voice|limited|omniscient|only|present|past|"
        r"singular|style|account|story))))",
        _person,
    ),
    rule("人称", "人称", r"第(?P<p>[一二三])人称", _person),
    rule(
        "tense",
        "tense",
        r"\b(?:in|using|use|written in|keep|told in)(?: the)? (?P<t>past|"
        r"present)[ -]tense\b|\b(?P<t2>past|present)[ -]tense\b(?=[ ]?(?:[.,;)\n]|$))",
        lambda hit: {"type": "tense", "tense": hit["t"] or hit["t2"]},
    ),
)
"""Genres with a layout, the narrator's person, tense."""
