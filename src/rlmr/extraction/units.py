"""What amounts are counted in, and the words around a number that make a bound of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Unit(NamedTuple):
    """What one unit counts."""

    type: str
    """The constraint's type."""
    en: str
    """Pattern of the unit in folded English text; empty where it is not asked for in English."""
    zh: str
    """Pattern of the unit, with its measure word, in folded Chinese text."""
    extra: Mapping[str, Any] = MappingProxyType({})
    """Further parameters."""
    least: int = 1
    """Numbers below it are no demand: 一段 is "a passage", "2 characters" are people."""
    plain: str = "exact"
    """The kind of a number without any bound: exact, or about for lengths."""


LENGTH = Unit(
    "word_count",
    r"words?\b(?! (?:problem|document|game|search|limit on))(?!-)",
    r"个?(?:英文)?单词|词(?=的英[语文])|个?(?:汉字|中文字|文字|字)"
    r"(?![母体典符幕面迹眼形号词成标经]|的(?:书名|名字|句子|成语|词|口号|标语|"
    r"网名))",
    plain="about",
    least=2,
)
"""The length in words; in Chinese hanzi (字数)."""
UNITS = (
    Unit(
        "capital_words",
        r"(?:words? (?:be |that are |written )?(?:in|with) (?:all capital letters|"
        r"all caps|all-caps|capital letters)|capitali[sz]ed words|all[- ]capital words)\b",
        r"个(?:全)?大写(?:单)?词",
    ),
    LENGTH,
    Unit(
        "char_count",
        r"characters?\b(?! (?:who|named|from|are|is|in the|description|trait))",
        r"个?字符",
        plain="about",
        least=40,
    ),
    Unit(
        "sentence_count",
        r"(?:full |complete )?sentences?\b",
        r"句话|个句子|句(?=[，。；、）)]|以内|左右|以上)",
    ),
    Unit(
        "paragraph_count",
        r"paragraphs?\b",
        r"个?(?:自然段落?|段落)|段(?=[，。；、）)]|以内|左右|式)",
        least=2,
    ),
    Unit("stanza_count", r"quatrains?\b", "", {"lines": 4}),
    Unit("stanza_count", r"(?:stanzas?|strophes?)\b", r"个?诗?节(?=诗|[，。；、）)])|个诗节", least=2),
    Unit(
        "line_count", r"lines?\b(?! (?:of (?!verse|poetry|the poem)|break|from|graph|cook))", r"(?<!十四)行"
    ),
    Unit(
        "list_items",
        r"(?:bullet(?:ed)? ?-?(?:points?|list items?|items?)|bullets)\b",
        r"个要点",
        {"marker": "bullet"},
    ),
    Unit(
        "list_items",
        r"numbered (?:points?|items?|options?|steps?|list items?)\b",
        r"个编号要点",
        {"marker": "number"},
    ),
    Unit("list_items", r"(?:list )?items?\b(?! of clothing)|one[- ]?liners?\b|punch ?lines?\b", "", least=2),
    Unit("chapters", r"chapters?\b(?! (?:of|in|from|ago))", r"个?章节|章(?!节)", least=2),
    Unit("headings", r"(?:sub-?)?head(?:ing|er|line)s\b", r"个小?标题", least=2),
    *(
        Unit("punctuation", en, zh, {"mark": mark})
        for mark, en, zh in (
            ("exclamation", r"exclamation (?:marks?|points?)\b", "个感?叹号"),
            ("question", r"question marks?\b", "个问号"),
            ("comma", r"commas?\b", "个逗号"),
            ("em_dash", r"em[ -]?dash(?:es)?\b", "个破折号"),
        )
    ),
    Unit("emoji", r"emojis?\b|emoticons?\b", r"个(?:表情符号|表情|emoji)"),
    Unit("hashtags", r"hash ?tags?\b", r"个(?:话题)?(?:标签|话题)"),
    Unit("placeholders", r"placeholders?\b", r"个占位符"),
    Unit("similes", r"similes\b", r"[个处]比喻句?"),
    Unit(
        "sentence_kind",
        r"questions\b(?= (?:in|marks?)\b)|rhetorical questions\b",
        r"个(?:反问句|设问句|疑问句)",
        {"kind": "question"},
    ),
    Unit(
        "markdown",
        r"(?:text |different )?(?:sections|parts|phrases)\b(?= (?:of|in) (?:your|the) "
        r"(?:answer|response|text|story|poem|letter)[^.\n]{0,40}\b(?:with markdown|"
        r"in markdown|i\.e\.))|(?:highlighted|italici[sz]ed) (?:text )?(?:sections?|"
        r"parts?|phrases?|words)\b",
        "",
        {"feature": "emphasis"},
    ),
    Unit(
        "markdown",
        r"bold(?:ed)? (?:sections?|parts?|phrases?|words)\b",
        r"处(?:加粗|粗体)",
        {"feature": "bold"},
    ),
)
"""What can be counted. `word_count` in Chinese counts hanzi (字数); "characters" below forty are people."""

BEFORE_EN: dict[str, str] = {
    **dict.fromkeys(
        (
            "no less than",
            "no fewer than",
            "not less than",
            "not fewer than",
            "at least",
            "at lease",
            "at a minimum",
            "minimum of",
            "minimum",
            "min",
            "min.",
            "a good",
            "no shorter than",
            ">=",
        ),
        "at_least",
    ),
    **dict.fromkeys(
        (
            "more than",
            "over",
            "above",
            "longer than",
            "exceed",
            "exceeds",
            "exceeding",
            ">",
            "greater than",
            "beyond",
            "upwards of",
        ),
        "more",
    ),
    **dict.fromkeys(
        (
            "no more than",
            "not more than",
            "no longer than",
            "at most",
            "at maximum",
            "up to",
            "within",
            "maximum of",
            "maximum",
            "max",
            "max.",
            "max of",
            "limit of",
            "limited to",
            "limit to",
            "not over",
            "limit it to",
            "limit your response to",
            "limit your answer to",
            "cap of",
            "capped at",
            "not exceeding",
            "no greater than",
            "<=",
        ),
        "at_most",
    ),
    **dict.fromkeys(("less than", "fewer than", "under", "below", "shorter than", "<"), "less"),
    **dict.fromkeys(("exactly", "precisely", "strictly", "just", "only", "always"), "exact"),
    **dict.fromkeys(
        (
            "about",
            "around",
            "approximately",
            "approx",
            "approx.",
            "roughly",
            "circa",
            "nearly",
            "close to",
            "some",
            "~",
            "almost",
            "somewhere around",
            "in the region of",
        ),
        "about",
    ),
}
"""What a phrase right before a number makes of it; the longest that fits decides."""
BEFORE_ZH: dict[str, str] = {
    **dict.fromkeys(
        ("不少于", "不低于", "不能少于", "不得少于", "至少", "最少", "起码", "不小于", "不短于"), "at_least"
    ),
    **dict.fromkeys(("超过", "多于", "大于", "高于", "超出"), "more"),
    **dict.fromkeys(
        ("不超过", "不多于", "不大于", "不高于", "最多", "至多", "不超", "上限", "上限为", "限", "限于"),
        "at_most",
    ),
    **dict.fromkeys(("少于", "低于", "小于", "不足", "不到"), "less"),
    **dict.fromkeys(("恰好", "正好", "刚好", "严格"), "exact"),
    **dict.fromkeys(("约", "大约", "大概", "近", "将近", "约为", "左右"), "about"),
}
"""The same in Chinese."""
AFTER: tuple[tuple[str, str], ...] = (
    (
        r"\s{0,2}(?:\(?(?:or|and) (?:more|longer|above|over)|at (?:the )?(?:least|"
        r"minimum)|minimum|min\b|\+)|\(?min(?:imum)?\b|及?以上|起|\+",
        "at_least",
    ),
    (
        r"\s{0,2}(?:or (?:less|fewer|shorter|under)|max(?:imum)?\b|at "
        r"(?:the )?most|tops|limit\b|or so at most)|\s?\(max|及?[以之]内|以下|封顶|为限|内",
        "at_most",
    ),
    (r"\s{0,2}or so\b|\s{0,2}(?:approximately|approx|or thereabouts)\b|左右|上下|前后|为宜", "about"),
)
"""What a phrase right behind the unit makes of the number before it."""
