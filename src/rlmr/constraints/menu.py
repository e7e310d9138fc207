"""What the composer can draw: types with ranges that a writer can keep."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from rlmr.constraints.base import Constraint, Lang
from rlmr.constraints.conditional import If
from rlmr.constraints.types.around import NoSummary, OnlyTheWork
from rlmr.constraints.types.edges import EndsWith, StartsWith
from rlmr.constraints.types.idioms import Idioms
from rlmr.constraints.types.layout import LineCount, ParagraphCount
from rlmr.constraints.types.length import SentenceCount, WordCount
from rlmr.constraints.types.letters import LetterCase, Lipogram
from rlmr.constraints.types.markup import PlainText
from rlmr.constraints.types.names import CharacterNames
from rlmr.constraints.types.narration import PointOfView, Similes
from rlmr.constraints.types.punctuation import Emoji, Punctuation
from rlmr.constraints.types.rhetoric import Anaphora
from rlmr.constraints.types.structure import Dialogue, Title
from rlmr.constraints.types.style import Cliches, SentenceKind, VariedOpeners
from rlmr.constraints.types.tense import Tense
from rlmr.constraints.types.words import ExcludeWords, IncludeWords, WordFrequency

_ASKED = {
    "en": (
        "lantern",
        "river",
        "window",
        "salt",
        "thread",
        "orchard",
        "mirror",
        "bell",
        "ladder",
        "harbor",
        "moth",
        "clay",
    ),
    "zh": ("灯", "河", "窗", "盐", "线", "果园", "镜子", "钟", "梯子", "港口", "飞蛾", "泥土"),
}
_FORBIDDEN = {
    "en": ("very", "suddenly", "heart", "dream", "whisper", "never", "smile", "beautiful", "light", "time"),
    "zh": ("非常", "突然", "心", "梦", "永远", "微笑", "美丽", "仿佛", "时光", "温暖"),
}
_NAMES = {
    "en": ("Mira Voss", "Tobin", "Old Hesper", "Ana", "Jory", "Sunniva"),
    "zh": ("阿满", "沈小河", "老魏", "青禾", "祝五", "秋生"),
}
_OPENINGS = {
    "en": ("Nobody", "Before dawn", "The last", "It began"),
    "zh": ("没有人", "天还没亮", "最后", "那一年"),
}
_ENDINGS = {
    "en": ("the door was open", "and then it rained", "nobody answered"),
    "zh": ("门还开着", "后来下雨了", "没有人回答"),
}


class Draw(NamedTuple):
    """One line of the menu."""

    type: str
    langs: tuple[Lang, ...]
    hardness: float
    """0 (almost always kept) to 1 (mostly broken)."""
    make: Callable[[random.Random, Lang, float], Constraint]
    """A constraint from a source of randomness, a language and a difficulty from 0 to 1."""


def _span(rng: random.Random, low: int, high: int, difficulty: float) -> tuple[int, int]:
    """A range around a drawn number: a third to either side when easy, a twentieth when hard."""
    middle = rng.randint(low, high)
    share = 0.35 - 0.3 * difficulty
    return max(1, round(middle * (1 - share))), max(1, round(middle * (1 + share)))


def _some(rng: random.Random, words: tuple[str, ...], difficulty: float) -> tuple[str, ...]:
    """One to four words, more when hard."""
    return tuple(rng.sample(words, 1 + round(3 * difficulty * rng.random())))


def _word_count(rng: random.Random, lang: Lang, difficulty: float) -> Constraint:
    low, high = _span(rng, 60, 300, difficulty) if lang == "en" else _span(rng, 100, 500, difficulty)
    return WordCount(low, high, lang=lang)


def _sentence_count(rng: random.Random, lang: Lang, difficulty: float) -> Constraint:
    return SentenceCount(*_span(rng, 4, 16, difficulty), lang=lang)


def _paragraph_count(rng: random.Random, lang: Lang, difficulty: float) -> Constraint:
    number = rng.randint(2, 5)
    return ParagraphCount(number, number if difficulty >= 0.5 else number + 1, lang=lang)


def _names(rng: random.Random, lang: Lang, difficulty: float) -> Constraint:
    return CharacterNames(tuple(rng.sample(_NAMES[lang], 2)), lang=lang)


def _conditional(rng: random.Random, lang: Lang, difficulty: float) -> Constraint:
    then = SentenceKind(1, None, kind=rng.choice(("question", "exclamation")), scope="quoted", lang=lang)
    return If(when=Dialogue(rng.randint(1, 2), None, lang=lang), then=then, lang=lang)


def _dialogue(rng: random.Random, lang: Lang, difficulty: float) -> Constraint:
    return Dialogue(rng.randint(1, 2 + round(3 * difficulty)), None, lang=lang)


_BOTH: tuple[Lang, ...] = ("en", "zh")
MENU: tuple[Draw, ...] = (
    Draw("word_count", _BOTH, 0.6, _word_count),
    Draw("sentence_count", _BOTH, 0.7, _sentence_count),
    Draw("paragraph_count", _BOTH, 0.4, _paragraph_count),
    Draw("line_count", _BOTH, 0.6, lambda r, g, d: LineCount(*_span(r, 6, 20, d), lang=g)),
    Draw("include_words", _BOTH, 0.2, lambda r, g, d: IncludeWords(_some(r, _ASKED[g], d), lang=g)),
    Draw("exclude_words", _BOTH, 0.5, lambda r, g, d: ExcludeWords(_some(r, _FORBIDDEN[g], d), lang=g)),
    Draw("word_frequency", _BOTH, 0.6, lambda r, g, d: WordFrequency(2, 4, word=r.choice(_ASKED[g]), lang=g)),
    Draw("starts_with", _BOTH, 0.2, lambda r, g, d: StartsWith(r.choice(_OPENINGS[g]), lang=g)),
    Draw("ends_with", _BOTH, 0.4, lambda r, g, d: EndsWith(r.choice(_ENDINGS[g]), lang=g)),
    Draw("title", _BOTH, 0.2, lambda r, g, d: Title("hash" if r.random() < 0.5 else "first_line", lang=g)),
    Draw("dialogue", _BOTH, 0.3, _dialogue),
    Draw("point_of_view", _BOTH, 0.3, lambda r, g, d: PointOfView(r.choice(("first", "third")), lang=g)),
    Draw(
        "punctuation",
        _BOTH,
        0.6,
        lambda r, g, d: Punctuation(at_most=0, mark=r.choice(("em_dash", "exclamation", "ellipsis")), lang=g),
    ),
    Draw(
        "sentence_kind",
        _BOTH,
        0.4,
        lambda r, g, d: SentenceKind(r.randint(1, 3), None, kind="question", lang=g),
    ),
    Draw("cliches", _BOTH, 0.6, lambda r, g, d: Cliches(at_most=0, lang=g)),
    Draw("similes", _BOTH, 0.5, lambda r, g, d: Similes(1, 3, lang=g)),
    Draw("varied_openers", _BOTH, 0.7, lambda r, g, d: VariedOpeners(3 - round(2 * d), lang=g)),
    Draw("no_summary", _BOTH, 0.3, lambda r, g, d: NoSummary(lang=g)),
    Draw("only_the_work", _BOTH, 0.2, lambda r, g, d: OnlyTheWork(lang=g)),
    Draw("plain_text", _BOTH, 0.3, lambda r, g, d: PlainText(lang=g)),
    Draw("emoji", _BOTH, 0.1, lambda r, g, d: Emoji(at_most=0, lang=g)),
    Draw("lipogram", ("en",), 1.0, lambda r, g, d: Lipogram(r.choice("qzxjkvw"), lang=g)),
    Draw("letter_case", ("en",), 0.3, lambda r, g, d: LetterCase("lower", lang=g)),
    Draw("names", _BOTH, 0.2, _names),
    Draw("if", _BOTH, 0.5, _conditional),
    Draw("anaphora", _BOTH, 0.7, lambda r, g, d: Anaphora(1, None, lang=g)),
    Draw("idioms", ("zh",), 0.5, lambda r, g, d: Idioms(r.randint(2, 3 + round(3 * d)), None, lang=g)),
    Draw("tense", ("en",), 0.3, lambda r, g, d: Tense(r.choice(("past", "present")), lang=g)),
)
"""Every line of the menu, in a fixed order that seeds depend on."""
