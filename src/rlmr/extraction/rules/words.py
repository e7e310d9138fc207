"""Rules on words: asked for, forbidden, counted."""

from __future__ import annotations

import re

from rlmr.extraction.lists import listed
from rlmr.extraction.numbers import NUMBER
from rlmr.extraction.quantities import bound_range
from rlmr.extraction.rule import Hit, Maker, Rule, Spec, rule
from rlmr.extraction.rules.fragments import NOT, NOT_EDGE, NOT_ZH, NOUN, SHALL, THE, USE
from rlmr.extraction.view import JOIN, QUOTED, QUOTES

LIST = (
    r"(?P<l>[a-z][a-z'-]{0,30}(?: [a-z'-]{1,20}){0,2}(?:(?:, (?:and |or )?| and | or )"
    r"(?!write|compose|tell|describe|create|make|give|then)[a-z'-]{1,30}"
    r"(?: [a-z'-]{1,20}){0,2}){0,40})(?=[.\])!;\n]|$| in (?:your|the|any|it)\b|"
    r" throughout| anywhere| at all|,? but |, (?:write|compose|tell|describe|create|"
    r"make|give))"
)

COLON = r"(?P<l>(?:\n{0,2}[^\n]{1,60}(?=\n|$)){1,60}|[^\n.]{2,600}+)"

_USE_ZH = r"(?:使用|出现|用到|用|包含|提到|提及|含有|说|写|带有)"

_NOUN_ZH = r"(?:关键词|关键字|词语|词汇|词组|短语|字眼|字样|话语|表述|词|字)"

_THE_ZH = (
    r"(?:任何|以下|下列|这些|这几个|这个|全部|所有|如下|诸如|像|类似|的|几|多|"
    r"[一二三四五六七八九十\d]{1,3}个?){0,4}"
)

_TIMES = rf"(?P<n>{NUMBER}|once|twice)(?: or more| or less)? ?(?:times\b|\b(?<=once)|\b(?<=twice))"

_BOUND = (
    r"(?:\b(?:at least|at most|exactly|no more than|no less than|no fewer than|"
    r"not more than|more than|less than|fewer than|only|a total of|a minimum of|up to|"
    r"about|around)\b ?)?"
)


def _words(kind: str, group: str = "q", **extra: object) -> Maker:
    """A maker of a list of words, quoted or not."""

    def make(hit: Hit) -> Spec | None:
        words = hit.quoted(group) if group == "q" else listed(hit, group)
        return {"type": kind, "words": list(words), **extra} if words else None

    return make


def _frequency(hit: Hit) -> Spec | None:
    """One word a number of times; one letter where the clause says so."""
    words = hit.quoted() if hit["q"] else listed(hit, "w", words=2)
    if len(words) != 1:
        return None
    counted = bound_range(hit.view, hit.match, "n", {"once": 1, "twice": 2})
    if counted is None:
        return None
    if "letter" in hit["noun"] and len(words[0]) == 1:
        return {"type": "letter_count", "letter": words[0].lower(), **counted}
    return {"type": "word_frequency", "word": words[0], **counted}


def _passage(hit: Hit) -> Spec | None:
    """One passage, verbatim."""
    phrases = hit.quoted()
    return {"type": "contains_text", "passage": phrases[0]} if len(phrases) == 1 else None


WORDS: tuple[Rule, ...] = (
    rule(
        "exclude quoted",
        "word|phrase|term|name|use|say|mention|include",
        rf"{NOT}(?: ever)?(?: {USE})? {THE}(?:{NOUN} ?(?:like|such as|and phrases|"
        rf"or phrases)?:? )?(?:like |such as )?\n?\[?(?P<q>{QUOTES})",
        _words("exclude_words"),
        negatable=False,
    ),
    rule(
        "avoid such as",
        "avoid",
        rf"\bavoid(?:ing)?\b[^.\n\0]{{0,60}}?\b(?:like|such as|including) (?P<q>{QUOTES})",
        _words("exclude_words"),
        negatable=False,
    ),
    rule(
        "exclude listed",
        "word|name|phrase|term",
        rf"{NOT}(?: ever)? {USE} {THE}{NOUN}(?: like| such as|:)? {LIST}",
        _words("exclude_words", "l"),
        negatable=False,
    ),
    rule(
        "not appear",
        "not|n't",
        rf"\b{NOUN} (?P<q>{QUOTES}) (?:should|must|may|can|do|does|are|is|will)(?: ?not|"
        r"n't)(?: be)?(?: allowed| used| appear| included| occur| present| mentioned)",
        _words("exclude_words"),
        negatable=False,
    ),
    rule(
        "not in it",
        "word",
        r"\bwords? (?P<l>[a-z'-]{2,24}(?:(?:, (?:and |or )?| and |"
        r" or )[a-z'-]{2,24}){0,20}) (?:cannot|can not|can't|should not|shouldn't|"
        r"must not|mustn't|may not|doesn't|does not) (?:be|appear|occur)\b",
        _words("exclude_words", "l"),
        negatable=False,
    ),
    rule(
        "不出现",
        "不|勿|禁|避免|别",
        rf"{NOT_ZH}{_USE_ZH}?{_THE_ZH}{_NOUN_ZH}?[:： ]{{0,2}}(?P<q>{QUOTES})(?="
        rf"(?P<noun>等?(?:[一这个两三二]|几个){{0,2}}(?:的)?(?:字|词|话|表述|字眼|类))?)",
        lambda hit: (
            _words("exclude_words")(hit)
            if hit["noun"] or re.search(rf"{_NOUN_ZH}|出现|使用|用到", hit.match[0])
            else None
        ),
        negatable=False,
    ),
    rule(
        "不出现，无引号",
        "不|勿|禁|避免|别",
        rf"{NOT_ZH}{_USE_ZH}{_THE_ZH}(?P<l>[一-鿿]{{1,6}}"
        rf"(?:[、，,和或][一-鿿]{{1,6}}?){{1,12}}?)(?:等|这些|之类){{0,2}}的?(?:词语|词汇|"
        r"字眼|词|字|话语)",
        _words("exclude_words", "l"),
        negatable=False,
    ),
    rule(
        "include quoted",
        "word|phrase|term|name|expression",
        rf"{NOT_EDGE}\b(?:{USE}|includ\w+|contains?|features?|with|work in|incorporates?|"
        rf"keep)(?: and \w+)?(?: [\w']{{1,12}})?? {THE}(?:\w+ )?{NOUN}(?: and phrases|"
        rf" or phrases| below)?[:,]? ?\n?\[?(?P<q>{QUOTES})",
        _words("include_words"),
    ),
    rule(
        "include listed",
        "words|keywords|phrases|terms",
        rf"\b(?:{USE}|includ\w+|contains?|with|incorporates?)(?: [\w']{{1,12}})?? {THE}"
        rf"(?:\w+ ){{0,2}}{NOUN}(?: (?:and|or) phrases| below| in (?:it|your \w+)|"
        rf" somewhere)? ?: ?{COLON}",
        _words("include_words", "l"),
    ),
    rule(
        "include unquoted",
        "words |keywords |word ",
        rf"\b(?:{USE}|includ\w+|contains?) {THE}{NOUN} {LIST}",
        _words("include_words", "l"),
    ),
    rule(
        "include bare quotes",
        "include|incorporate|use|using",
        r"\b(?:include|including|incorporate|using|use)(?: the| all of)? "
        rf"(?P<q>{QUOTED}{JOIN}{QUOTED}(?:{JOIN}{QUOTED}){{0,40}})(?! as)",
        _words("include_words"),
    ),
    rule(
        "must appear",
        "appear|included|used|present",
        rf"\b{NOUN} (?P<q>{QUOTES}) {SHALL} (?:all |both )?(?:appear|be included|be used|"
        r"be present|occur|be mentioned)",
        _words("include_words"),
    ),
    rule(
        "包含词",
        "词|字|成语",
        rf"(?:包含|包括|使用|出现|用上|用到|含有|加入|融入|运用|嵌入|带有|带上|必须有|要有|用){_THE_ZH}"
        rf"(?P<a>{_NOUN_ZH}|成语)?[:： ]{{0,2}}(?P<q>{QUOTES})(?="
        rf"(?P<b>等?(?:[一这个两三二四五几]{{0,3}})(?:的)?(?:关键)?(?:词|字|成语|"
        r"字眼))?)",
        lambda hit: _words("include_words")(hit) if hit["a"] or hit["b"] else None,
    ),
    rule(
        "关键词",
        "关键词|关键字",
        rf"(?:关键词|关键字)(?:为|是|包括|有|如下)?[:： ]{{0,2}}(?:(?P<q>{QUOTES})|"
        rf"(?<=[:：为是])(?P<l>[^。\n！？]{{2,200}}))",
        lambda hit: _words("include_words")(hit) if hit["q"] else _words("include_words", "l")(hit),
    ),
    rule(
        "以…为关键词",
        "为关键",
        rf"以(?P<q>{QUOTES})(?:等)?(?:这[一两二三四五几]个词|等词)?(?:作)?为关键[词字]",
        _words("include_words"),
    ),
    rule(
        "frequency",
        "times|once|twice",
        rf"\b(?P<noun>letters?|{NOUN}) (?:(?P<q>{QUOTED})|(?P<w>(?!should|must|appear|in |"
        rf"with |that|to |of |be )[a-z][a-z'-]{{0,24}}))(?: {SHALL})?(?: not)?(?: (?:to )?"
        r"(?:be )?(?:appear\w*|used|occur\w*|show up|mentioned|repeated|included|"
        rf"present))?(?: in \w+ \w+)?(?: for)? {_BOUND}{_TIMES}",
        _frequency,
    ),
    rule(
        "frequency quoted",
        "times|once|twice",
        rf"\b(?:use|say|mention|repeat|include)(?P<noun>) (?P<q>{QUOTED}) {_BOUND}{_TIMES}",
        _frequency,
    ),
    rule(
        "…出现几次",
        "次",
        rf"(?P<q>{QUOTED})(?P<noun>一?[词字]|这个?[词字]|二字|两字)?(?:必须|要|"
        r"应|需|一共|共|在文中)?(?:至少|最多|恰好|不超过|不少于|正好)?(?:出现|使用|用)?"
        rf"(?:至少|最多|恰好|不超过|不少于|正好|了)?(?P<n>{NUMBER})次",
        _frequency,
    ),
    rule(
        "contains line",
        "line|sentence|quote|passage",
        rf"{NOT_EDGE}\b(?:{USE}|includ\w+|contains?|features?|with|quote)"
        rf"(?: [\w']{{1,12}})?? {THE}(?:one |last |first )?(?:sentences?|lines?|quotes?|"
        rf"quotation|passage)(?: verbatim| somewhere)?[:,]? ?\n?(?P<q>{QUOTED})",
        _passage,
    ),
    rule(
        "包含句子",
        "这句|句子|一句",
        rf"(?:包含|出现|写入|加入|用上|引用|必须有|使用|融入){_THE_ZH}(?:这句话|句子|一句话?|"
        rf"这样一句话?)?[:： ]{{0,2}}(?P<q>{QUOTED})(?=(?P<b>这一?句(?:话|"
        r"诗)?)?)",
        lambda hit: _passage(hit) if hit["b"] or "句" in hit.match[0] else None,
    ),
)
"""Words asked for, forbidden, counted."""
