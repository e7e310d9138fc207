"""Formulas by which a text refuses its task, talks about itself, or a prompt asks to be repeated.

All are searched for in folded text (`rlmr.text.fold`). A long pattern runs only where a word of it occurs,
and a short one begins with the rarest character or word in it: most texts hold none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from rlmr.text import Span

_DO = (
    r"(?:assist|help|fulfil|provid|writ|generat|creat|compl(?:y|et)|answer|respond|do (?:that|this|so)|"
    r"produce|engage|continue|offer|accommodate|proceed|share|discuss|participate|satisfy|support)"
)
_SORRY = (
    r"(?:(?:i(?:'m| am) (?:very |so |really )?sorry|sorry|(?:my )?apolog(?:ies|ize)|unfortunately|i regret)"
    r"[^.!?\n]{0,60}?(?:can(?:'t|not| not)|unable to|not able to|won't|will not|could(?:n't| not)) "
    rf"(?:\w+ ){{0,3}}{_DO})"
)
_CANNOT = (
    r"(?:i(?: can(?:'t|not| not)|(?:'m| am) (?:unable|not able) to| won't| will not) (?:\w+ ){0,2}"
    rf"{_DO}[^.!?\n]{{0,60}}(?:request|prompt|that|this|content|task|instruction|question))"
    r"|i (?:must|have to) (?:respectfully )?decline (?:this|your|the|to) "
    r"(?:request|task|prompt|write|answer|complete|provide|fulfil)"
)
_MACHINE = (
    r"(?:as|i(?:'m| am)(?: just| only)?) an? (?:ai |large )*language model"
    r"|(?:(?:as|i(?:'m| am)(?: just| only)?) an? (?:ai|artificial intelligence)"
    r"[^!?\n]{0,80}?(?:(?:can(?:'t|not| not)|unable to|not able to|won't) "
    rf"(?:\w+ ){{0,3}}{_DO}|(?:don't|do not|lack|without) (?:\w+ ){{0,3}}"
    r"(?:access|experience|opinion|feeling|emotion|belief|preference|abilit|capabilit)))"
    r"|作为(?:一个|一名|一款)?(?:ai|人工智能|语言模型|大语言模型)[^。！？\n]{0,30}(?:无法|不能|没有|不具备)"
)
_REFUSAL_ZH = (
    r"(?:很|非常|真的)?(?:抱歉|对不起|遗憾)[，,!！。]?[^。！？\n]{0,20}(?:无法|不能|没办法|没法)[^。！？\n]{0,12}"
    r"(?:完成|提供|帮助|满足|协助|回答|写|生成|创作|处理|继续)"
    r"|我(?:无法|不能)(?:完成|提供|满足|协助|生成|回答)[^。！？\n]{0,14}(?:请求|要求|问题|内容|任务|帮助)"
)
_REFUSAL = re.compile(f"{_SORRY}|{_CANNOT}|{_MACHINE}|{_REFUSAL_ZH}")
_REFUSAL_HINTS = (
    "sorry", "apolog", "unfortunately", "regret", "can't", "cannot", "can not", "unable", "not able", "won't",
    "will not", "decline", " ai", "artificial", "language model",
    "抱歉", "对不起", "遗憾", "无法", "不能", "作为",
)  # fmt: skip

_KEPT = re.compile(
    r"(?:a(?<!\wa)ll|e(?<!\we)(?:ach|very one)) (?:of )?(?:the |your |these )?(?:given |stated |listed )?"
    r"(?:constraints?|requirements?|instructions?|criteria|conditions) (?:\w+ ){0,3}"
    r"(?:met|satisfied|followed|fulfilled|respected)"
)
_PROVIDED = ("if ", "once ", "when ", "until ", "unless ")
_KEEPS = re.compile(
    r"th(?:is (?:\w+ )?(?:response|text|poem|story|answer|essay|letter|output|piece|version|draft)"
    r"|e (?:\w+ )?(?:response|answer|output)|e above \w+|e \w+ above) "
    r"(?:meets|satisfies|fulfill?s|follows|adheres to|complies with) (?:all |each |every )"
    r"(?:of )?(?:the |your )?(?:\w+ )?(?:constraint|requirement|instruction|criteri|condition)"
)
_KEPT_ZH = re.compile(
    r"(?:符合|满足|遵守|达到)(?:了)?(?:所有|全部|以上|上述|您的|你的|题目)?的?(?:要求|条件|约束|限制)[。！）)]"
)
_CLAIM_NOUNS = (
    "constraint", "requirement", "instruction", "criteri", "condition", "要求", "条件", "约束", "限制",
)  # fmt: skip
_CLAIM_VERBS = (
    " met", " meets ", " satisf", " followed", " follows ", " fulfil", " respected", " adheres ",
    " complies ", "符合", "满足", "遵守", "达到",
)  # fmt: skip
_UNITS = "(?:words|characters|sentences|syllables|paragraphs|lines)"
_SAYS_SO = re.compile(
    r"i(?:'ve| have) (?:followed|met|kept|satisfied|fulfilled|adhered to) (?:all |each |every )(?:of )?"
    r"(?:the |your )?(?:\w+ )?(?:constraint|requirement|instruction|criteri|condition)"
)
_COUNTS_ITSELF = re.compile(
    r"this (?:response|answer|output|text|poem|story|piece|version) (?:has|contains|consists of|uses|is) "
    rf"(?:exactly |about |approximately )?\d+ {_UNITS}"
)
_TOTAL = re.compile(r" count\W{0,4}(?:is |of )?(?:about |approximately |~)?\d+")
_TOTAL_ZH = re.compile(r"数(?<=[字行句]数)(?:统计)?\W{0,3}(?:约|共|为)?\d+")
_COUNTED = re.compile(
    r"[\W_]*(?:(?:total )?(?:word|character|line|sentence|syllable|paragraph)|(?:全文|总)?(?:共|约)?[字行句])"
)
_BRACKET = re.compile(
    rf"[(\[]\W{{0,3}}(?:total )?{_UNITS}(?: total)?:? \d+\W{{0,4}}[)\]]"
    rf"|[(\[]\W{{0,3}}(?:approx\w*\.? |about |exactly |total:? |around )?\d+ {_UNITS}\W{{0,4}}[)\]]"
)
_BRACKETS = ("(", "[", "（")
_BRACKET_ZH = re.compile(r"[（(](?:全文)?(?:共|约|共计|字数)[:：]?\d+字?[）)]")
_CLOSED = ".!?…。！？\"'”’」』"
_NOTHING = re.compile(r"[\s*_.。]*\Z")
_REACH = 80

_REPEAT = re.compile(
    r"(?<!not )(?<!n't )(?<!never )(?<!without )\b(?:repeat|copy|restate|reproduce)\b"
    r"(?:\s*[\"“:]|[^.?!\n]{0,60}?\b"
    r"(?:request|prompt|question|sentence|instructions?|above|below|it|word for word|verbatim|exact\w*)\b)"
    r"|(?<!不)(?<!不要)(?<!勿)(?<!别)(?:重复|复述|照抄|抄写)"
)


def find_refusal(folded: str) -> Span | None:
    """The first formula of a refusal, in English or Chinese, or None.

    >>> find_refusal("sorry, but i can't write that."), find_refusal("i can't sleep.")
    ((0, 23), None)
    """
    match = _REFUSAL.search(folded) if _holds(folded, _REFUSAL_HINTS) else None
    return None if match is None else match.span()


def find_remarks(folded: str) -> list[Span]:
    """Claims that the requirements are kept, and counts of the text's own words, in order by kind.

    A claim is about this text ("this essay meets all criteria"), not about any ("an essay that meets
    all criteria"). A count in brackets is a remark where it stands alone on its line, behind a finished
    sentence or at the end; inside a label ("Long version (300 words): …") it is none.

    >>> find_remarks("rain. (2 words)"), find_remarks("short version (50 words): rain.")
    ([(6, 15)], [])
    """
    spans: list[Span] = []
    if _holds(folded, _CLAIM_NOUNS) and _holds(folded, _CLAIM_VERBS):
        kept = (match.span() for match in _matches(_KEPT, _KEPT_ZH, folded))
        spans += [span for span in kept if not folded.endswith(_PROVIDED, 0, span[0])]
        spans += [match.span() for match in chain(_KEEPS.finditer(folded), _SAYS_SO.finditer(folded))]
    spans += [match.span() for match in _COUNTS_ITSELF.finditer(folded)]
    for match in _matches(_TOTAL, _TOTAL_ZH, folded):
        line = _line_start(folded, match.start())
        if _COUNTED.fullmatch(folded, line, match.start()):
            spans.append((line, match.end()))
    if _holds(folded, _BRACKETS):
        brackets = (match.span() for match in _matches(_BRACKET, _BRACKET_ZH, folded))
        spans += [span for span in brackets if _stands_apart(folded, *span)]
    return spans


def asks_to_repeat(folded: str) -> bool:
    """Whether a prompt asks to repeat it, or a part of it, before the answer.

    >>> asks_to_repeat("first repeat the request above, then answer."), asks_to_repeat("a play on words")
    (True, False)
    """
    return _REPEAT.search(folded) is not None


def _holds(folded: str, hints: tuple[str, ...]) -> bool:
    """Whether one of the hints occurs."""
    return any(map(folded.__contains__, hints))


def _matches(english: re.Pattern[str], chinese: re.Pattern[str], folded: str) -> Iterator[re.Match[str]]:
    """Matches of the English pattern, then of the Chinese one where the text can hold any."""
    found = english.finditer(folded)
    return found if folded.isascii() else chain(found, chinese.finditer(folded))


def _line_start(folded: str, at: int) -> int:
    """Where the line of a character starts, looking back `_REACH` characters at most."""
    reach = max(0, at - _REACH)
    return max(reach, folded.rfind("\n", reach, at) + 1)


def _stands_apart(folded: str, start: int, end: int) -> bool:
    """Whether a bracket stands alone on its line, behind a finished sentence, or ends the text."""
    before = folded[_line_start(folded, start) : start].rstrip(" \t\r*_#>")
    return not before or before[-1] in _CLOSED or _NOTHING.match(folded, end) is not None
