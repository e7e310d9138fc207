"""Rules on openings and endings, of the text or of a part."""

from __future__ import annotations

import re

from rlmr.extraction.numbers import read_number
from rlmr.extraction.rule import Hit, Maker, Rule, Spec, rule
from rlmr.extraction.rules.fragments import SHALL, WORK
from rlmr.extraction.view import QUOTED

_PARTS = re.compile(
    r"\b(?:verse|chorus|bridge|stanza|chapter|section|scene|act|part|option|"
    r"title|character|person|dialogue|segment|quatrain|joke|question|summary|"
    r"hashtag|postscript|word|bullet|name)s?\b|[章节集幕诗]节?$|副歌|主歌"
)

_ORDINALS = {
    w: i
    for i, w in enumerate(("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"), 1)
}

_UNIT = re.compile(
    r"\b(each|every|all|last|final|first|second|third|fourth|fifth|sixth|seventh|"
    r"eighth|\d(?:st|nd|rd|th))(?: of the| the)? (line|sentence|paragraph)s?\b|"
    r"\b(line|sentence|paragraph) (\d|one|two|three|four|five|six)\b"
)

_UNIT_ZH = re.compile(r"(每一?|最后一|第一|第二|第三|第四|第五)(?:个自然|个|自然)?(行|句|段)")

_ZH = {
    "行": "line",
    "句": "sentence",
    "段": "paragraph",
    "第一": 1,
    "第二": 2,
    "第三": 3,
    "第四": 4,
    "第五": 5,
}


def scope_of(hit: Hit) -> str | None:
    """The part of the text that the clause before a match speaks of; None for one that no scope names."""
    clause = hit.view.before(hit.match.start(), 60)
    before = clause + hit.match[0]
    if found := list(_UNIT_ZH.finditer(before)):
        which, unit = found[-1].groups()
        if which.startswith("每"):
            return f"each {_ZH[unit]}"
        return f"last {_ZH[unit]}" if which == "最后一" else f"{_ZH[unit]} {_ZH[which]}"
    if found := list(_UNIT.finditer(before)):
        which, unit = found[-1][1], found[-1][2] or found[-1][3]
        if found[-1][4] or which[:1].isdigit():
            return f"{unit} {read_number(found[-1][4] or which[0])}"
        if which in ("each", "every", "all"):
            return None if _PARTS.search(clause) else f"each {unit}"
        return f"last {unit}" if which in ("last", "final") else f"{unit} {_ORDINALS[which]}"
    return None if _PARTS.search(clause) else "text"


def _edge(kind: str, group: str = "q") -> Maker:
    """A maker of starts_with or ends_with in the scope that the clause names."""

    def make(hit: Hit) -> Spec | None:
        scope = scope_of(hit)
        phrases = (hit.quoted() if hit["q"] else (hit.said("w"),)) if group == "q" else (hit.said(group),)
        if scope is None or len(phrases) != 1 or not phrases[0]:
            return None
        spec: Spec = {"type": kind, "phrase": phrases[0]}
        return spec if scope == "text" else {**spec, "scope": scope}

    return make


EDGES: tuple[Rule, ...] = (
    rule(
        "starts quoted",
        "start|begin|open",
        rf"\b(?:start|begin|open|commence)(?:s|ing|ning)?(?: off| out)?(?: {WORK})? "
        r"(?:with|by saying|by writing|from)(?: (?:the|this|these|following|exact|exactly|"
        rf"opening|phrase|words?|word|sentence|line|quote|of)){{0,5}}[:,]? ?\n?(?:"
        rf"(?P<q>{QUOTED})|(?<=the word )(?P<w>[a-z'-]{{1,24}})\b)",
        _edge("starts_with"),
    ),
    rule(
        "starts colon",
        "start|begin|open",
        rf"\b(?:start|begin|open)(?:s|ing|ning)?(?: off)?(?: {WORK})? with(?: (?:the|this|"
        rf"these|following|exact|phrase|words|sentence|line)){{0,4}} ?: ?\n?"
        rf"(?P<l>[^\n]{{1,300}}+)",
        _edge("starts_with", "l"),
    ),
    rule(
        "first line is",
        "first|opening",
        rf"\b(?:first|opening) (?:sentence|line|words?)(?: of {WORK})? (?:is|are|{SHALL} "
        rf"(?:be|read)|reads?)(?: exactly)?:? ?(?P<q>{QUOTED})",
        lambda hit: {"type": "starts_with", "phrase": hit.quoted()[0]} if hit.quoted() else None,
    ),
    rule(
        "ends quoted",
        "end|finish|conclud|clos",
        r"\b(?:end|finish|conclude|close|ending|finishing|concluding|closing)(?:s|es)?"
        rf"(?: off)?(?: {WORK})? (?:with|by saying|on|in)(?: (?:the|this|these|following|"
        r"exact|exactly|closing|phrase|words?|word|sentence|line|quote|question|"
        rf"of)){{0,5}}[:,]? ?\n?(?P<q>{QUOTED})",
        _edge("ends_with"),
    ),
    rule(
        "ends colon",
        "end|finish",
        rf"\b(?:end|finish|conclude|ending)(?:s|es)?(?: {WORK})? with(?: (?:the|this|"
        r"these|following|exact|exactly|phrase|words|sentence|line|"
        rf"question)){{0,5}} ?: ?\n?(?P<l>[^\n\0]{{1,200}}+)(?=\n|$)",
        _edge("ends_with", "l"),
    ),
    rule(
        "last line is",
        "last|final|closing",
        rf"\b(?:last|final|closing) (?:sentence|line|words?)(?: of {WORK})? (?:is|are|"
        rf"{SHALL} (?:be|read)|reads?)(?: exactly)?:? ?(?P<q>{QUOTED})",
        lambda hit: {"type": "ends_with", "phrase": hit.quoted()[0]} if hit.quoted() else None,
    ),
    rule(
        "以…开头",
        "开头|开篇|开始|首句",
        rf"(?:以|用|由)(?:句子|这句话|一句)?[:：]?(?P<q>{QUOTED})(?:这句话|"
        r"这个?字|一?词|一句|[一二两三四五]字)?(?:为|作为|作|做|来)?(?:文章|故事|小说|"
        r"全文|全篇|首句)?的?(?:开头|开篇|开始|首句|起始)",
        _edge("starts_with"),
    ),
    rule(
        "开头是",
        "开头|开篇|首句|第一句",
        rf"(?:开头|开篇|首句|第一句话?)(?:必须|要|应该?|需要?)?(?:是|为|用|写)?[:：]?(?P<q>{QUOTED})",
        lambda hit: {"type": "starts_with", "phrase": hit.quoted()[0]} if hit.quoted() else None,
    ),
    rule(
        "以…结尾",
        "结尾|结束|收尾|尾句",
        rf"(?:以|用)(?:句子|这句话|一句)?[:：]?(?P<q>{QUOTED})(?:这句话|"
        r"这个?字|一?词|一句|[一二两三四五]字)?(?:为|作为|作|做|来)?(?:文章|故事|小说|"
        r"全文|全篇)?的?(?:结尾|结束|收尾|结语|尾句)",
        _edge("ends_with"),
    ),
    rule(
        "结尾是",
        "结尾|尾句|最后一句",
        rf"(?:结尾|尾句|最后一句话?)(?:必须|要|应该?|需要?)?(?:是|为|用|写)?[:：]?(?P<q>{QUOTED})",
        lambda hit: {"type": "ends_with", "phrase": hit.quoted()[0]} if hit.quoted() else None,
    ),
)
"""Openings and endings."""
