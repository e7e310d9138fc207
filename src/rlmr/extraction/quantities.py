"""Stated amounts: "in no more than 200 words", "three stanzas", 不超过800字, 每段3句.

One pattern finds a number, or a range, before a unit; what stands around it says which kind of bound it is.
`rlmr.extraction.units` says what each unit counts, and what the words around a number make of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from rlmr.extraction.numbers import NUMBER, read_number, read_span
from rlmr.extraction.rule import Found, Spec
from rlmr.extraction.units import AFTER, BEFORE_EN, BEFORE_ZH, LENGTH, UNITS, Unit
from rlmr.extraction.view import View
from rlmr.text import Span

TOLERANCE = 0.1
"""Share by which a count that is asked "about" may stray; lengths carry it themselves (`within`)."""
MOST = 256
"""Amounts that are read in one prompt; one with more is no request."""
EXACT_BELOW = 20
"""A length below it, and one of a part, is meant as it is said: a six-word story."""
_COUNT = Unit("times", "", "")
"""What is counted exactly."""

_DASH = r" ?(?:-|–|—|~|～|to|and|or|至|到|或) ?(?:about )?"
_ADJECTIVE = (
    r"(?:(?:long|short|complete|full|rhyming|rhymed|different|separate|distinct|"
    r"unique|total|very|simple|brief|english|chinese|such|concise|relevant) ){0,2}"
)
_NUMBER = re.compile(rf"(?<!\d[-–—~～])(?<![a-z0-9_.,$€£#/第零〇一二两三四五六七八九十百千万])(?:{NUMBER})")
_UNIT = re.compile(
    rf"(?:{_DASH}(?P<b>{NUMBER})|(?P<plus>\+|多|余| or (?:more|above)\b)|(?P<less> or (?:less|fewer)\b))?"
    rf"[ -]{{0,2}}{_ADJECTIVE}(?:(?=[a-z])"
    rf"(?:{'|'.join(f'(?P<u{i}>{u.en})' for i, u in enumerate(UNITS) if u.en)})"
    rf"|(?=[一-鿿])(?:{'|'.join(f'(?P<z{i}>{u.zh})' for i, u in enumerate(UNITS) if u.zh)}))"
)
"""What stands behind a number that counts something: perhaps a second one, and the unit."""
_BARE = re.compile(
    r"(?:\bword (?:count|limit|length)\b|\blength\b(?= ?(?:\(words\)|in words))|\bnumber of words\b"
    rf"|字数|篇幅|长度)[^\d\n。]{{0,16}}?(?P<a>(?>{NUMBER}))(?:{_DASH}(?P<b>(?>{NUMBER})))?+"
    r"(?! ?(?:words?|%|个?[字词]|分钟|minutes))"
)
"""A length without its unit: "Word count: 500-800"."""

NEGATED = re.compile(
    r"(?:\b(?:not|never|cannot|without|avoid)\b|n't\b|不(?:要|得|能|可|许|准|应|宜)|勿|别|切忌|禁止)"
)
_NOT_ASKED = re.compile(
    r"\b(?:increase\w*|expand\w*|extend\w*|add\w*|another|additional|extra|further|"
    r"more|by|these|those|last|first|following|previous|next"
    r"|above|my|your|his|her|its|our|their|other|second|third|final|worth|every other|"
    r"the (?:same|same as))[ -](?:by |an? |the |of |about |around |(?:few )){0,2}$"
    r"|(?:增加|补充|扩充|再写|这|那|上述|以上|前|后|以下|该|第|又|上|下|缩进|空)$"
)
_STATED = re.compile(
    r"\b(?:i|we|he|she|they)(?:'ve| have| had)? (?:wrote|written|had|read|have|typed)\b"
    r"|\b(?:writes|wrote|reads|published) (?:an? )?$|(?:已经?|他|她|我)写了$"
)
_PART = re.compile(
    r"\b(?:(?:each|every|per|first|second|third|fourth|fifth|sixth|last|opening|closing)\b(?! ?person)"
    r"|(?:intro|introduction|conclusion|chorus|bridge|verse|verses|outro|hook|caption|"
    r"headline|summary)\b(?= (?:should|must|is|of|has|with|in|to be|contains?|needs?|"
    r"has to)\b))"
    r"|各(?:自|写)?[^，。；]{0,3}$|每一?[篇章节个段句行条首集部点幕天次课]|(?:开头|开篇|中间|结尾|引言|结论|"
    r"摘要|首段|末段|部分|第.{1,3}[段章节部])[^，。；]{0,6}$"
)
_SCOPES = (
    (re.compile(r"\b(?:each|every) (\w+ )?(line|verse line)\b|每一?行"), "each line"),
    (re.compile(r"\b(?:each|every) (\w+ )?sentence\b|每一?句"), "each sentence"),
    (re.compile(r"\b(?:each|every) (\w+ )?paragraph\b|每一?(?:自然)?段"), "each paragraph"),
    (re.compile(r"\b(?:each|every) (\w+ )?(?:bullet(?: point)?|item|list item)\b"), "each item"),
    (re.compile(r"\b(?:title|headline)\b[^,]{0,40}$|(?:标题|题目)[^，。；]{0,8}$"), "title"),
)
_LAYOUT = ("paragraph_count", "sentence_count", "line_count", "stanza_count")
_LAID_OUT = re.compile(
    r"(?:分|分为|分成|共|写|写成|为|全文|全诗|用|以|有|包含|含|作|做|首|篇|生成|"
    r"每一?[行句段节首][^，。]{0,4})$"
)
_ASKED = re.compile("写|作|撰|字数|篇|要求|控制|共|段|首|封|到|成|为|个|长|用|以|每|：")
"""Before a length in hanzi without a bound, 写八百字; not in pasted prose."""
_FLIPPED = {"more": "at_most", "less": "at_least", "at_most": "at_most", "at_least": "at_least"}
"""What a negation makes of a bound; a number without one is not asked for at all."""
_AS_ONE = re.compile(r"\b(?:in|into|exactly|only|just|single)(?: an?| a single)? ?$")
_VERSE = ("诗", "的诗", "式", "话概括", "话总结", "歌词")
"""Before or behind a Chinese number of parts that is asked for: 分三段, 四行诗; not 斩成了两段."""
_EACH_AFTER = re.compile(
    r"\s{0,2}(?:long )?(?:each(?! separated)|apiece|per|for (?:each|every)|in "
    r"(?:each|every)|of each|a (?:line|day|verse|stanza|paragraph))\b(?: (line|"
    r"sentence|paragraph|item|bullet)s?\b)?|的?每"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, or a range, of some unit, and the words around it."""

    unit: Unit
    lang: str
    said: str
    """The first number as it stands there."""
    numbers: tuple[int, int]
    """Lowest and highest, the same twice for one number."""
    span: Span
    """From the number, or from the words that stand for its unit, to the end."""
    before: str
    """What leads up to it in its clause; in Chinese behind the last comma."""
    after: str
    own: str
    """The bound that stands between number and unit (200 or more words), or in the words for the unit."""


def quantities(view: View) -> Iterator[Found]:
    """Every amount that the prompt asks of the text, or of a part that a scope can name."""
    for amount in islice(_amounts(view), MOST):
        if found := _read(view, amount):
            yield found


def _amounts(view: View) -> Iterator[Amount]:
    """Numbers before a unit, then lengths without one; each number is looked at once."""
    text, done = view.masked, 0
    for number in _NUMBER.finditer(text):
        rest = _UNIT.match(text, number.end()) if number.start() >= done else None
        if rest is None:
            continue
        group, done = rest.lastgroup or "", rest.end()
        own = "at_least" if rest["plus"] else "at_most" if rest["less"] else ""
        numbers = _numbers(number[0], rest["b"])
        if numbers is not None:
            lang, before = ("zh", "en")[group[0] == "u"], view.before(number.start())
            before = near(before, "，") if lang == "zh" else before
            span, unit = (number.start(), done), UNITS[int(group[1:])]
            yield Amount(unit, lang, number[0], numbers, span, before, view.after(done), own)
    for match in _BARE.finditer(text):
        numbers = _numbers(match["a"], match["b"])
        if numbers is not None:
            lang, before = ("zh" if match[0][0] in "字篇长" else "en"), text[match.start() : match.start("a")]
            own, after = ("at_most" if "limit" in before else ""), view.after(match.end())
            yield Amount(LENGTH, lang, match["a"], numbers, match.span(), before, after, own)


def _read(view: View, amount: Amount) -> Found | None:
    """One amount as a specification; None where it is not asked of the text."""
    before, after, unit = amount.before, amount.after, amount.unit
    if _NOT_ASKED.search(before) or _STATED.search(before):
        return None
    scope = _scope(before, after)
    phrase, kind = _bound(before, after, amount.lang)
    if scope is None or not _is_meant(amount, kind):
        return None
    negated = NEGATED.search(near(before[: len(before) - len(phrase)]))
    if negated and not phrase.startswith(("no", "not", "不")):
        kind = _FLIPPED.get(kind, "")
        if not kind:
            return None
    low, high = amount.numbers
    kind = kind or amount.own or ("exact" if scope != "text" or high < EXACT_BELOW else unit.plain)
    spec: Spec = {"type": unit.type, **unit.extra, **_range(unit, low, high, kind)}
    start, end = amount.span
    if unit.type == "paragraph_count" and "***" in view.masked[end : end + 200]:
        spec["divider"] = "stars"
    if scope != "text":
        spec["scope"] = scope
    if view.masked.endswith(phrase, 0, start):
        start -= len(phrase)
    return Found(spec, (start, end + _after_length(after)), amount.lang, f"quantity:{unit.type}")


def _is_meant(amount: Amount, kind: str) -> bool:
    """Whether a number of such units is a demand: not two characters (people), not 斩成了两段."""
    unit, before, high = amount.unit, amount.before, amount.numbers[1]
    if high < unit.least and before.strip() and not _AS_ONE.search(before):
        return False
    if unit.type == "char_count":
        return bool(kind) or high >= 100
    if amount.lang == "zh" and unit is LENGTH:
        return bool(kind or _ASKED.search(before)) or amount.said[:1].isdigit() or not before.strip()
    if amount.lang == "zh" and unit.type in _LAYOUT:
        return bool(kind or _LAID_OUT.search(before)) or amount.after.startswith(_VERSE)
    return True


def bound_range(view: View, match: re.Match[str], group: str, words: Mapping[str, int]) -> Spec | None:
    """at_least and at_most of a number in a group of a match, by the words around it; None for no number.

    `words` are further numbers: once, twice.
    """
    value = words.get(match[group]) or read_number(match[group])
    if value is None:
        return None
    before = view.before(match.start(group))
    zh = re.search("[一-鿿]", before[-4:]) is not None
    tail = view.after(match.end(group), 24)
    behind = re.sub(r"^ ?(?:times|次)", "", tail)
    _, kind = _bound(before, behind, "zh" if zh else "en")
    return _range(_COUNT, value, value, kind or "exact")


def _numbers(one: str, two: str | None) -> tuple[int, int] | None:
    """The range's two ends, the same twice for one number; None for what cannot be read, or is no range."""
    low = read_number(one)
    if two is None:
        return read_span(one) or (None if low is None else (low, low))
    high = read_number(two)
    if low is None or high is None:
        return None
    if low < 10 and low < high and two[-1:] in "kw百千万" and one[-1:].isdigit():
        low *= high // (read_number(two[:-1]) or high)  # 3-5千, 1-2k
    return (low, high) if low <= high else None


def _bound(before: str, after: str, lang: str) -> tuple[str, str]:
    """The phrase before the number that bounds it, as it stands there, and the kind; both empty for none."""
    for pattern, kind in AFTER_PATTERNS:
        if pattern.match(after):
            return "", kind
    table = BEFORE_ZH if lang == "zh" else BEFORE_EN
    stripped = before.rstrip(" (:：-为在是")
    stripped = (
        re.sub(r"(?: (?:of|a|an|be|length|total|the|is))+$", "", stripped) if lang == "en" else stripped
    )
    for shown in (before.rstrip(" (") if lang == "en" else before.rstrip(), stripped):
        fits = [phrase for phrase in table if shown.endswith(phrase) and _whole(shown, phrase, lang)]
        if fits:
            phrase = max(fits, key=len)
            return before[len(shown) - len(phrase) :], table[phrase]
    return ("between ", "") if before.endswith("between ") else ("", "")


def _whole(shown: str, phrase: str, lang: str) -> bool:
    """Whether the phrase at the end of the text is not the end of a longer word."""
    rest = shown[: len(shown) - len(phrase)]
    return lang == "zh" or not (rest[-1:].isalnum() and phrase[:1].isalnum())


def near(before: str, breaks: str = r"[,，:：]| and | but | then |并|且|而") -> str:
    """The last part of a clause: behind its last comma or conjunction."""
    return re.split(breaks, before)[-1]


def _scope(before: str, after: str) -> str | None:
    """The part that the amount is asked of: a scope, "text" for the whole, None for one that has no name."""
    if re.match(r"的?(?:标题|题目)| (?:long )?(?:title|headline)\b", after):
        return "title"
    if match := _EACH_AFTER.match(after):
        unit = {"bullet": "item"}.get(match[1] or "", match[1])
        return f"each {unit}" if unit else None
    for pattern, scope in _SCOPES:
        if pattern.search(before):
            return scope
    return None if _PART.search(before) else "text"


def _range(unit: Unit, low: int, high: int, kind: str) -> Spec:
    """at_least and at_most, or about, of a number or a range with its kind."""
    if low != high:
        return {"at_least": low, "at_most": high}
    match kind:
        case "at_least":
            return {"at_least": low}
        case "more":
            return {"at_least": low + 1}
        case "at_most":
            return {"at_most": high}
        case "less":
            return {"at_most": high - 1}
        case "about" if unit.plain == "about":
            return {"about": low, "within": TOLERANCE}
        case "about":
            slack = max(1, round(low * TOLERANCE))
            return {"at_least": max(1, low - slack), "at_most": low + slack}
    return {"at_least": low, "at_most": low}


def _after_length(after: str) -> int:
    """How many characters behind the unit belong to the bound."""
    return max((m.end() for pattern, _ in AFTER_PATTERNS if (m := pattern.match(after))), default=0)


AFTER_PATTERNS = tuple((re.compile(pattern), kind) for pattern, kind in AFTER)
