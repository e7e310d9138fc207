"""Rules on case, punctuation, emoji, hashtags, letters."""

from __future__ import annotations

import re

from rlmr.extraction.numbers import NUMBER
from rlmr.extraction.quantities import bound_range
from rlmr.extraction.rule import Hit, Rule, Spec, rule
from rlmr.extraction.rules.fragments import NONE, NONE_ZH, SOME, SOME_ZH
from rlmr.extraction.view import QUOTED

_MARKS: tuple[tuple[str, str], ...] = (
    ("comma", r"commas?|逗号"),
    ("exclamation", r"exclamation (?:marks?|points?)|exclamations|感?叹号"),
    ("question", r"question marks?|问号"),
    ("em_dash", r"em[ -]?dash(?:es)?|dashes|破折号"),
    ("semicolon", r"semi-?colons?|分号"),
    ("colon", r"colons?|冒号"),
    ("ellipsis", r"ellips[ei]s|省略号"),
    ("full_stop", r"full stops?|句号"),
    ("parenthesis", r"parenthes[ei]s|括号"),
    ("quotation", r"quotation marks?|引号"),
    ("enumeration_comma", r"顿号"),
    ("any", r"punctuation(?: marks?)?|标点(?:符号)?"),
)

_MARK = "|".join(pattern for _, pattern in _MARKS)


def _mark(hit: Hit) -> Spec | None:
    """The punctuation mark that is forbidden."""
    said = hit["m"]
    for name, pattern in _MARKS:
        if re.fullmatch(pattern, said):
            return {"type": "punctuation", "at_most": 0, "mark": name}
    return None


def _capital_words(hit: Hit) -> Spec | None:
    """Words in capitals, a number of times."""
    counted = bound_range(hit.view, hit.match, "n", {"once": 1, "twice": 2})
    return {"type": "capital_words", **counted} if counted else None


def _letter(hit: Hit) -> Spec | None:
    """A forbidden letter."""
    letter = (hit.quoted() or ("",))[0] if hit["q"] else hit["c"]
    return {"type": "lipogram", "letters": letter.lower()} if len(letter) == 1 and letter.isalpha() else None


TYPOGRAPHY: tuple[Rule, ...] = (
    rule(
        "lower case",
        "lower-case|lowercase|lower case|lower- case|capital letter|uppercase letter|upper case letter",
        r"\b(?:all|only|entirely|completely|fully|in|solely|use)(?: in)?(?: english)?"
        rf"(?: and)?(?: all| in| only| english){{0,3}} lower-? ?cased?(?: letters|"
        rf" characters)?\b|\blower-? ?case(?: letters)? only\b|{NONE} (?:capital|"
        rf"upper-? ?case) letters?\b|\bletters (?:[a-z]+ ){{0,4}}?(?:are|be|is)(?: in)?"
        r"(?: all)? lower-? ?case|\bin lower-? ?cases?(?: letters)?\b",
        {"type": "letter_case", "case": "lower"},
        negatable=False,
    ),
    rule(
        "upper case",
        "caps|capital|upper",
        r"(?<!words )(?<!word )(?<!words written )\b(?:in|with|all|only|entirely|using|"
        r"use|letters)(?: english)?(?: and)?(?: in| all| only| entire| english|"
        r" be){0,4} (?:caps\b|capital(?:ized)? letters\b|capitals\b|capitalized\b"
        r"(?= letters)|upper-? ?cased?(?: letters)?\b)(?! (?:at least|at most|less|more|"
        r"words))",
        lambda hit: (
            None
            if re.search(
                r"\bwords?\b(?: \w+)?[ ,]*$|\bn't\b|\bnot\b|\bno\b|without",
                hit.view.before(hit.match.start(), 24),
            )
            or re.match(r"[^.\n]{0,30}\btimes\b| words?\b", hit.view.after(hit.match.end()))
            else {"type": "letter_case", "case": "upper"}
        ),
    ),
    rule(
        "capital words",
        "capital|caps",
        r"\bwords? (?:with|in|that are in|written in) (?:all[- ])?(?:capital(?:s|"
        rf" letters)?|caps)\b[^.\n]{{0,50}}?(?P<n>{NUMBER}|once|twice)(?: times\b|\b"
        r"(?<=once)|\b(?<=twice))",
        _capital_words,
    ),
    rule(
        "no mark",
        "comma|mark|point|dash|colon|ellips|stop|parenthes|punctuation|exclamations",
        rf"{NONE} (?P<m>{_MARK})(?![\w-])",
        _mark,
        negatable=False,
    ),
    rule("不用标点", "号|标点", rf"{NONE_ZH}(?P<m>{_MARK})", _mark, negatable=False),
    rule(
        "no emoji",
        "emoji|emoticon",
        rf"{NONE} (?:emojis?|emoticons?)\b",
        {"type": "emoji", "at_most": 0},
        negatable=False,
    ),
    rule("emoji", "emoji|emoticon", rf"{SOME} (?:emojis?|emoticons?)\b", {"type": "emoji", "at_least": 1}),
    rule(
        "不用表情",
        "表情|emoji",
        rf"{NONE_ZH}(?:emoji|表情符号|表情(?!达|描|变))",
        {"type": "emoji", "at_most": 0},
        negatable=False,
    ),
    rule(
        "用表情",
        "表情|emoji",
        rf"{SOME_ZH}(?:emoji|表情符号|表情(?![达描变动细包]))",
        {"type": "emoji", "at_least": 1},
    ),
    rule(
        "no hashtags",
        "hashtag|hash tag",
        rf"{NONE} hash ?tags?\b",
        {"type": "hashtags", "at_most": 0},
        negatable=False,
    ),
    rule("hashtags", "hashtag|hash tag", rf"{SOME} hash ?tags?\b", {"type": "hashtags", "at_least": 1}),
    rule("标签", "标签|#", rf"{SOME_ZH}(?:话题)?(?:标签|话题标签|#)", {"type": "hashtags", "at_least": 1}),
    rule(
        "wrapped in quotes",
        "quot",
        r"\b(?:wrap|enclose|put|surround)\w*[^.\n]{0,80}?\b(?:in|with|inside|within|by) "
        r"(?:double |a pair of )?(?:quotation marks|double quotes|quotes)|\bput "
        r"(?:double )?quot(?:ation mark|e)s around",
        {"type": "wrapped_in_quotes"},
    ),
    rule(
        "lipogram",
        "letter",
        rf"{NONE} letters? (?:(?P<q>{QUOTED})|(?P<c>[a-z])\b)",
        _letter,
        negatable=False,
    ),
    rule(
        "no numbers",
        "digits|numbers|numerals|数字",
        rf"{NONE} (?:digits|numerals|numbers)\b(?! of)|{NONE_ZH}(?:阿拉伯)?数字",
        {"type": "numbers", "at_most": 0},
        negatable=False,
    ),
    rule(
        "indent",
        "缩进|空两格|空2格",
        r"(?:首行|段首|每段(?:开头)?)(?:要|应|需)?(?:缩进|空两格|空2格)",
        {"type": "indent"},
    ),
)
"""Typography."""
