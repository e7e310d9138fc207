"""Rules on the language and the script of the text."""

from __future__ import annotations

import re

from rlmr.constraints.types.language import NAMES
from rlmr.extraction.rule import Hit, Rule, Spec, rule

_FOLLOWS = (
    r"(?=[ ]?(?:[.,;:!?)\]\n*-]|$)| (?:and|about|with|for|only|language|please|that|"
    r"on|to|using|in|no|or|without|but|from|by|the|of|characters?|which|is|at|as|"
    r"describing|explaining|script|alphabet|text|rhymes?|verse|prose|an?|so|because|"
    r"where|who|between|based|instead)\b)"
)

_CODES = {name.lower(): code for code, (name, _) in NAMES.items()}
_CODES |= {"mandarin": "zh", "farsi": "fa", "american english": "en", "british english": "en"}

_CODES_ZH = {zh: code for code, (_, zh) in NAMES.items()}
_CODES_ZH |= {zh.replace("文", "语"): code for code, (_, zh) in NAMES.items()} | {
    "汉语": "zh",
    "韩国语": "ko",
}

_LANGUAGE = "|".join(sorted(_CODES, key=len, reverse=True))

_LANGUAGE_ZH = "|".join(sorted(_CODES_ZH, key=len, reverse=True))

_SCHOOL = re.compile(
    r"(?:reading|speaking|fluen\w+|skills?|less\w+|class(?:es)?|major\w*|degree|"
    r"words?|songs?|popular|proficien\w+|courses?|teach\w*|learn\w*|stud\w+|"
    r"interested|originally) $"
)


def _language(hit: Hit) -> Spec | None:
    """A language to write in, unless it is a skill or a subject."""
    if _SCHOOL.search(hit.view.before(hit.match.start())):
        return None
    codes = _CODES if hit["l"] in _CODES else _CODES_ZH
    return {"type": "language", "language": codes[hit["l"]]}


LANGUAGES: tuple[Rule, ...] = (
    rule(
        "in language",
        "|".join(_CODES),
        r"\b(?:in|into)(?: the)? (?:(?:modern|standard|simple|plain|fluent|decent|proper|"
        r"good|formal|informal|british|american|brazilian|mandarin|idiomatic|only|"
        rf"beautiful|colloquial|native|and|\w+ish) ){{0,4}}(?P<l>{_LANGUAGE})\b{_FOLLOWS}",
        _language,
    ),
    rule(
        "only language",
        "only|entire",
        rf"(?:\b(?:using|use|with|write|in) only|\bonly (?:use|using|in)) (?:the )?(?P<l>{_LANGUAGE})\b",
        _language,
    ),
    rule(
        "用语言",
        "文|语",
        r"(?:全部用|全程用|请用|用|以|使用|翻译成|译成|写成|改写成|全)(?:标准|流利|纯正|"
        rf"地道)?的?(?P<l>{_LANGUAGE_ZH})(?![课教老阅]|单词|水平|名字)"
        rf"(?=[^，。\n]{{0,6}}(?:写|答|创作|撰|回|介绍|表达|描述|生成|编|讲|作|说|"
        r"输出)|[，。！；)）\n]|$)",
        _language,
    ),
    rule(
        "某语作文",
        "文|语",
        rf"(?<!学)(?P<l>{_LANGUAGE_ZH})的?(?:[一-鿿]{{0,3}}?)(?:作文|文章|"
        r"诗歌|诗|小说|轻小说|演讲稿|邮件|短文|故事|歌词|日记|剧本)(?!课|老师|比赛)",
        lambda hit: (
            _language(hit) if re.search("写|作|生成|撰|翻译", hit.view.before(hit.match.start())) else None
        ),
    ),
    rule(
        "字体",
        "简体|繁体",
        r"(?:用|使用|以|写|请用)[^，。\n]{0,4}(?P<k>简体|繁体)(?:中文|字|汉字)?",
        lambda hit: {
            "type": "chinese_script",
            "script": "simplified" if hit["k"] == "简体" else "traditional",
        },
    ),
    rule(
        "script of chinese",
        "chinese",
        r"\bin (?P<k>simplified|traditional) chinese\b",
        lambda hit: {"type": "chinese_script", "script": hit["k"]},
    ),
)
"""Languages and scripts."""
