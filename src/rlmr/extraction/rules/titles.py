"""Rules on titles. A given title is `include_words` in the scope `title`, which ignores its case."""

from __future__ import annotations

import re

from rlmr.extraction.rule import Hit, Rule, Spec, rule
from rlmr.extraction.rules.fragments import SHALL
from rlmr.extraction.view import QUOTED

_WORKS = (
    r"(?:story|poem|song|essay|article|novel|novella|chapter|play|piece|ballad|sonnet|"
    r"rap|speech|post|report|script|book|letter|lyrics|tale|fanfic\w*|fairy tale)"
)


def _titled(hit: Hit) -> Spec | None:
    """A title that is given."""
    said = (hit.quoted() or ("",))[0] if hit["q"] else hit.said("l")
    said = said.strip("“”\"'《》 .") if hit["q"] else said.strip("《》 .")
    return {"type": "include_words", "words": [said], "scope": "title"} if said else None


def _wanted(hit: Hit) -> Spec | None:
    """A title of the text, not of each of its parts."""
    before = hit.view.before(hit.match.start())
    return None if re.search(r"\b(?:each|every|chapters?|sections?|scenes?)\b", before) else {"type": "title"}


TITLES: tuple[Rule, ...] = (
    rule(
        "titled",
        "titl",
        rf"\b(?:entitled|titled|title it|title of|under the title|title (?:is|{SHALL} be|"
        rf"will be)|(?<![a-z] )title ?:)[: ]{{0,2}}(?P<q>{QUOTED})",
        _titled,
    ),
    rule(
        "with title:",
        "title:",
        r"\b(?:with|under|using)(?: the| this)? title: ?(?P<l>[^\n]{3,160})(?=\n|$)",
        _titled,
    ),
    rule(
        "标题：",
        "标题：|标题:|题目：|题目:",
        r"(?:^|(?<=[\n。！]))(?:标题|题目)[:：] ?(?P<l>[^\n]{2,60})(?=\n|$)",
        _titled,
    ),
    rule(
        "called",
        "called|named",
        rf"\b{_WORKS} (?:is |that is |which is |{SHALL} be )?(?:called|named)[: ]{{0,2}}(?P<q>{QUOTED})",
        lambda hit: (
            _titled(hit)
            if re.search(
                r"\b(?:write|compose|create|generate|make|lyrics|draft|pen|first|the)\b[^.]*$",
                hit.view.before(hit.match.end(), 100),
            )
            else None
        ),
    ),
    rule("as title", " as ", rf"(?P<q>{QUOTED}) as (?:the|its|a|your)? ?(?:\w+ )?title\b(?! or)", _titled),
    rule(
        "angle title",
        "title",
        r"\btitle\b[^.\n]{0,80}?(?:double angular brackets|double angle brackets|<<)|"
        r"(?:double angular brackets|<<)[^.\n]{0,40}?\btitle\b",
        {"type": "title", "style": "angle"},
    ),
    rule(
        "wants title",
        "title|headline",
        r"\b(?:include|add|give (?:it|the \w+|your \w+|this \w+)|with|contains?|needs?|"
        r"have|has|having|come up with|name|provide|create|write|suggest|choose|put|make)"
        r"(?: also)? (?:an?|its own|your own|the)? ?(?:[\w-]{1,20} ){0,3}title\b(?! "
        r"(?:role|character|page|case|track|song|of|is|for the following))",
        _wanted,
    ),
    rule(
        "题为",
        "题",
        rf"(?:(?:题目|标题|题名)(?:为|是|叫|定为|名为|写作)?[:： ]{{0,2}}|"
        rf"(?<![主话问专议])题(?:为|叫)[:： ]?)(?P<q>{QUOTED})",
        _titled,
    ),
    rule(
        "以…为题",
        "为题|为标题|作为标题",
        rf"以[:： ]{{0,1}}(?:(?P<q>{QUOTED})|"
        rf"(?P<l>[^\0,，。；;\n\"「《以]{{2,40}}?))(?:作)?为(?:标题|题目|题名|题)"
        r"(?![材目中眼]|元素)",
        _titled,
    ),
    rule(
        "题目为",
        "题目",
        r"(?<!论文)题目(?:为|是|[:：])(?P<l>[^\0,，。；;\n\"「《]{2,40})(?=[,，。；;\n]|$)",
        _titled,
    ),
    rule(
        "自拟标题",
        "标题|题目",
        r"(?:自拟|拟定?|起|取|加上?|配上?|想)(?:一?个)?(?:[一-鿿]{0,6}的)?(?:标题|"
        r"题目)|(?:标题|题目)自[拟定]|(?:要|需要?|必须)有(?:一?个)?"
        r"(?:[一-鿿]{0,6}的)?标题|(?:包含|包括|附|带)(?:一?个)?标题",
        {"type": "title"},
    ),
)
"""Titles: given, or asked for."""
