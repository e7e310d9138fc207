"""Rules on format: JSON, lists, headings, emphasis."""

from __future__ import annotations

import re

from rlmr.extraction.numbers import NUMBER, read_number
from rlmr.extraction.quantities import bound_range
from rlmr.extraction.rule import Hit, Rule, Spec, rule
from rlmr.extraction.rules.fragments import NONE, NONE_ZH

_PIECES = (
    r"(?:ideas|tips|names|titles|slogans|taglines|jokes|puns|riddles|prompts|facts|"
    r"reasons|questions|examples|suggestions|headlines|quotes|captions|one-?liners|"
    r"punch ?lines|tweets|sayings|proverbs|hooks|options)"
)


def _pieces(hit: Hit) -> Spec | None:
    """A list of so many pieces."""
    counted = bound_range(hit.view, hit.match, "n", {})
    return {"type": "list_items", **counted} if counted and counted.get("at_least", 9) > 1 else None


def _emphasis(hit: Hit) -> Spec | None:
    """Emphasised stretches, at least so many."""
    count = read_number(hit["n"])
    return {"type": "markdown", "at_least": count, "feature": "emphasis"} if count else None


_LISTS = re.compile(
    r"\b(?:write|make|give|create|provide|generate|compile|need|want|me|produce|suggest|include)\b"
    r"|^\W*(?:an? )?$"
)
"""Before a list that is asked for."""
MARKUP: tuple[Rule, ...] = (
    rule(
        "list of",
        "list",
        r"\b(?:bulleted |numbered )?lists? of (?:the )?(?:top |exactly |at least |about )?"
        rf"(?P<n>{NUMBER})\b(?! (?:years?|%))",
        lambda hit: _pieces(hit) if _LISTS.search(hit.view.before(hit.match.start())) else None,
    ),
    rule(
        "pieces",
        "ideas|tips|names|titles|slogans|taglines|jokes|puns|riddles|prompts|facts|"
        "reasons|questions|examples|suggestions|headlines|quotes|captions|liners|lines|"
        "tweets|sayings|proverbs|hooks|options",
        r"\b(?:give|write|generate|list|need|want|provide|suggest|create|come up with|"
        r"make|tell)(?: me| us)? (?:a list of )?(?:at least |exactly |up to )?"
        rf"(?P<n>{NUMBER}) (?:(?!paragraphs?|sentences?|words?|lines?|stanzas?|"
        rf"about)[\w'-]{{1,16}},? ){{0,3}}?{_PIECES}\b",
        _pieces,
    ),
    rule(
        "列出",
        "列|给出|写出|提供|起|取",
        rf"(?:列出|列举|给出|写出?|提供|想|起|取)(?:至少|不少于|最多)?(?P<n>{NUMBER})[个条点项句]"
        rf"(?:不同的?|关于.{{1,12}}的)?[一-鿿]{{0,4}}(?:建议|要点|例子|标题|书名|"
        r"名字|理由|方法|口号|标语|文案|问题|点子|笑话|谜语|广告语|方面|技巧)",
        _pieces,
    ),
    rule(
        "json",
        "json",
        r"\b(?:in|as|into|using|use|valid)(?: an?| valid| proper| the| markdown|"
        r" raw)* json\b(?! (?:above|below|file|schema))|\bjson (?:format|output|"
        r"object|block)\b|(?:以|用|返回|输出|按|采用)json",
        {"type": "json"},
    ),
    rule("csv", " csv", r"\b(?:in|as|into)(?: an?| valid)* csv\b", {"type": "csv"}),
    rule(
        "table",
        " table|表格",
        r"\b(?:in|as|into|using|include|with|make)(?: an?)(?: (?:markdown|simple|"
        r"comparison|neat)){0,2} table\b(?! of contents)|(?:以|用|采用|做成|整理成)"
        r"(?:markdown)?表格",
        {"type": "table"},
    ),
    rule(
        "plain text",
        "plain text|markdown|纯文本",
        rf"\b(?:in|as|use|only) plain text\b|\bplain text only\b|{NONE} markdown\b|纯文本|"
        rf"{NONE_ZH}markdown",
        {"type": "plain_text"},
        negatable=False,
    ),
    rule(
        "no lists",
        "bullet| lists",
        rf"{NONE} (?:bullet(?: |-)?points?|bullets|bulleted lists?|bullet lists?|lists|numbered lists?)\b",
        {"type": "list_items", "at_most": 0},
        negatable=False,
    ),
    rule(
        "不分点",
        "列表|分点|项目符号",
        rf"{NONE_ZH}(?:列表|分点(?:作答|回答|列出)?|项目符号|列点)",
        {"type": "list_items", "at_most": 0},
        negatable=False,
    ),
    rule(
        "分点",
        "分点",
        r"(?<![百得])分点(?:作答|回答|列出|阐述|论述|说明|展开)?",
        {"type": "list_items", "at_least": 1},
    ),
    rule(
        "bullets",
        "bullet",
        r"\b(?:in|as|using|use|with|into)(?: an?| the)?(?: form of| list of)?(?: short|"
        r" simple)? (?:bullet(?:ed)?(?: |-)?points?|bullet(?:ed)? list|bullets)\b",
        {"type": "list_items", "at_least": 1, "marker": "bullet"},
    ),
    rule(
        "numbered list",
        "numbered",
        r"\b(?:in|as|using|use|with|into|include|make)(?: an?)?(?: simple)? numbered lists?\b",
        {"type": "list_items", "at_least": 1, "marker": "number"},
    ),
    rule(
        "headings",
        "heading|header|小标题",
        r"\b(?:use|with|include|using|add|and|has|have)(?: clear| appropriate|"
        r" markdown| descriptive| different| bold| relevant| section|"
        r" catchy){0,2} (?:sub-?headings|headings|headers|subtitles)\b|(?:使用|用|"
        r"加上?|分|有|设置?|带|列出)(?:多个|几个|若干|不同的?)?小标题",
        {"type": "headings", "at_least": 1},
    ),
    rule(
        "bold",
        "bold|加粗",
        r"\b(?:use|using|with|include|put|make|highlight|in)"
        r"(?: [\w']{1,12}){0,4}? bold\b(?! (?:colou?rs?|move|statement|claim|"
        r"and))|(?:用|使用|进行)(?:粗体|加粗)|加粗(?:显示|标注|关键)",
        {"type": "markdown", "at_least": 1, "feature": "bold"},
    ),
    rule(
        "highlighted",
        "highlight|italic",
        r"\b(?:highlight|itali[cz]i[sz]e|include|contains?|with|has|have)(?:/bold)? "
        rf"(?:at least )?(?P<n>{NUMBER})(?: or more)? (?:different |text |italic |"
        rf"italici[sz]ed |highlighted |markdown |separate ){{0,3}}(?:text )?(?:sections?|"
        rf"parts?|phrases?|words|texts?|sentences?)\b[^.\n]{{0,60}}?(?:markdown|\*|italic|"
        r"i\.e|like)",
        _emphasis,
    ),
)
"""Format."""
