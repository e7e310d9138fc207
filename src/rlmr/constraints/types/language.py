"""In which language and script a text is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.text import Span

if TYPE_CHECKING:
    from opencc import OpenCC

Code = Literal[
    "en", "zh", "ar", "bg", "bn", "de", "el", "es", "fa", "fi", "fr", "gu", "he", "hi", "id", "it", "ja",
    "kn", "ko", "mr", "ne", "nl", "pa", "pl", "pt", "ru", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur",
    "vi",
]  # fmt: skip
_ENGLISH = (
    "English Chinese Arabic Bulgarian Bengali German Greek Spanish Persian Finnish French Gujarati Hebrew "
    "Hindi Indonesian Italian Japanese Kannada Korean Marathi Nepali Dutch Punjabi Polish Portuguese Russian "
    "Swedish Swahili Tamil Telugu Thai Turkish Ukrainian Urdu Vietnamese"
)
_CHINESE = (
    "英文 中文 阿拉伯文 保加利亚文 孟加拉文 德文 希腊文 西班牙文 波斯文 芬兰文 法文 古吉拉特文 希伯来文 "
    "印地文 印尼文 意大利文 日文 卡纳达文 韩文 马拉地文 尼泊尔文 荷兰文 旁遮普文 波兰文 葡萄牙文 俄文 "
    "瑞典文 斯瓦希里文 泰米尔文 泰卢固文 泰文 土耳其文 乌克兰文 乌尔都文 越南文"
)
_PAIRS = zip(_ENGLISH.split(" "), _CHINESE.split(" "), strict=True)
NAMES: dict[str, tuple[str, str]] = dict(zip(get_args(Code), _PAIRS, strict=True))
"""Languages by their ISO 639-1 code."""
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)*")
_CLD2 = {"iw": "he"}
_UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class ResponseLanguage(Constraint):
    """The text is written in one language.

    Chinese is decided by its characters: hanzi are at least `share` of the words (Latin words count one
    each), and kana are not a tenth of them. Every other language is decided by CLD2 (deterministic) on
    lower-case text; where it gives no reliable answer (short texts), unknown, never a pass.
    Source: IFEval `language:response_language` (unseeded langdetect, which calls capitals Somali).

    >>> [ResponseLanguage("zh").check(text).passed for text in ("天黑了，他走了。", "It ran.")]
    [True, False]
    """

    type: ClassVar[str] = "language"
    language: Code
    """ISO 639-1 code."""
    share: float = 0.8
    """Lowest share of the text in the language; above 0, at most 1."""

    def validate(self) -> None:
        """Refuse an unknown language and a share that says nothing."""
        one_of("language", self.language, NAMES)
        if not 0 < self.share <= 1:
            raise ConstraintError(f"{self.share} is not allowed; a share is above 0 and at most 1", "share")

    def describe(self) -> str:
        """The language."""
        english, chinese = NAMES[self.language]
        return f"只用{chinese}写作。" if self.lang == "zh" else f"Write in {english} only."

    def decide(self, text: str, prompt: str) -> Verdict:
        """By the characters for Chinese, by CLD2 for the rest."""
        required = f"at least {self.share:.0%} {NAMES[self.language][0]}"
        hanzi = txt.count_hanzi(text)
        mostly_hanzi = hanzi > 0 and hanzi > len(_LATIN.findall(text))
        if self.language == "zh" or (self.language != "ja" and mostly_hanzi):
            total = txt.count_words(text)
            found = (hanzi - 5 * len(_KANA.findall(text))) / total if self.language == "zh" else 0.0
            passed = found >= self.share
            reason = "" if passed else f"{hanzi} hanzi among {total} words"
            return self.verdict(passed, round(max(found, 0.0), 3), required, (), reason)
        shares = _detect(text)
        if shares is None:
            return self.unknown("the language cannot be told: the text is too short or mixed")
        found_share = shares.get(self.language, 0.0)
        passed = found_share >= self.share - 1e-9
        reason = "" if passed else f"{found_share:.0%} of the text is {NAMES[self.language][0]}"
        return self.verdict(passed, found_share, required, (), reason)


@dataclass(frozen=True, slots=True)
class ChineseScript(Constraint):
    """All hanzi are simplified, or all traditional; characters common to both are neither.

    Source: MulDimIF, Meeseeks; by OpenCC's tables. A character that is written the same in both scripts
    (人) is passed over; so is one that simplified text uses as well as traditional (后, 里, 云, 面 in
    traditional text), and one that Taiwan or Hong Kong writes (床, 吃, 群; OpenCC's own standard has 牀, 喫,
    羣). A text without hanzi fails.

    >>> ChineseScript("simplified").check("漢字").reason
    'traditional: 漢'
    >>> ChineseScript("traditional").check("汉字").passed
    False
    """

    type: ClassVar[str] = "chinese_script"
    script: Literal["simplified", "traditional"]
    """simplified or traditional."""

    def validate(self) -> None:
        """Refuse an unknown script."""
        one_of("script", self.script, ("simplified", "traditional"))

    def describe(self) -> str:
        """The script."""
        if self.lang == "zh":
            return f"使用{'简体' if self.script == 'simplified' else '繁体'}中文。"
        return f"Write in {self.script} Chinese characters."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for characters of the other script."""
        hanzi = set(txt.HANZI.findall(text))
        if not hanzi:
            return self.verdict(False, None, self.describe(), (), "the text has no hanzi")
        wrong = {c for c in hanzi if _belongs(c) not in (None, self.script)}
        spans: list[Span] = [(i, i + 1) for i, c in enumerate(text) if c in wrong] if wrong else []
        other = "traditional" if self.script == "simplified" else "simplified"
        shown = "".join(dict.fromkeys(text[a] for a, _ in spans[:8]))
        return self.verdict(
            not wrong, len(spans), self.describe(), spans, f"{other}: {shown}" if wrong else ""
        )


@dataclass(frozen=True, slots=True)
class LanguageMix(Constraint):
    """Between `at_least` and `at_most` of the words are Latin ones among the hanzi (中英比例).

    Source: Meeseeks. 0.2 is one Latin word among five; each hanzi is a word. `at_most=0` forbids Latin words.

    >>> LanguageMix(at_most=0.25).check("我爱写 Python").measured
    0.25
    """

    type: ClassVar[str] = "latin_share"
    at_least: float | None = None
    """Lowest share, 0 to 1."""
    at_most: float | None = None
    """Highest share, 0 to 1."""

    def validate(self) -> None:
        """Refuse an empty or inverted range."""
        if self.at_least is None and self.at_most is None:
            raise ConstraintError("missing; give at_least, at_most or both", "at_least")
        low, high = self.at_least or 0.0, 1.0 if self.at_most is None else self.at_most
        if not 0 <= low <= high <= 1:
            raise ConstraintError(f"{low} to {high} is not allowed; shares lie between 0 and 1", "at_least")

    def describe(self) -> str:
        """The range."""
        low, high = self.at_least or 0.0, 1.0 if self.at_most is None else self.at_most
        if self.lang == "zh":
            return "不夹杂英文单词。" if high == 0 else f"英文单词占 {low:.0%} 到 {high:.0%}。"
        return (
            "Use no Latin words." if high == 0 else f"Let {low:.0%} to {high:.0%} of the words be Latin ones."
        )

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count both."""
        spans = [m.span() for m in _LATIN.finditer(text)]
        share = len(spans) / max(1, len(spans) + txt.count_hanzi(text))
        low, high = self.at_least or 0.0, 1.0 if self.at_most is None else self.at_most
        passed = low - 1e-9 <= share <= high + 1e-9
        reason = "" if passed else f"{share:.0%} of the words are Latin"
        return self.verdict(passed, round(share, 3), f"{low:.0%} to {high:.0%} Latin words", spans, reason)


def _detect(text: str) -> dict[str, float] | None:
    """Shares of the languages that CLD2 finds in the text; None where it is not sure."""
    import pycld2

    source = _UNCLEAN.sub(" ", text.lower())
    reliable, size, details = pycld2.detect(source, isPlainText=True)
    if not reliable or not size:
        return None
    return {_CLD2.get(code, code.split("-")[0]): percent / 100 for _, code, percent, _ in details if percent}


@cache
def _converters() -> tuple[OpenCC, OpenCC, OpenCC, OpenCC]:
    """OpenCC to simplified script, and to traditional as OpenCC, Taiwan and Hong Kong write it."""
    from opencc import OpenCC

    return OpenCC("t2s"), OpenCC("s2t"), OpenCC("s2tw"), OpenCC("s2hk")


@cache
def _belongs(hanzi: str) -> str | None:
    """The script that one hanzi belongs to; None where both write it."""
    to_simplified, *to_traditional = _converters()
    if hanzi in _SHARED:
        return None
    if to_simplified.convert(hanzi) != hanzi:
        return "traditional"
    only = all(standard.convert(hanzi) != hanzi for standard in to_traditional)  # Taiwan writes 床, not 牀
    return "simplified" if only else None


_SHARED = frozenset(
    "丑丰于云伙余佣准几划占厘台吁后咸夸尸岩岳帘干征托采斗朴杆杠杰松淀游涂涌熏系舍范荐虫蜡谷辟郁里面仆愿筑霉只杯沈"
    "乾著瞭徵覆藉夥"
)
"""Hanzi that both scripts write, though a converter changes them in most words."""
