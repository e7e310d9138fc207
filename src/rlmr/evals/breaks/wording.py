"""Manners of one text: worn-out phrases, praise of itself, wrapping, Markdown. NaN where it cannot tell."""

from __future__ import annotations

import math
from functools import cache

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Lang
from rlmr.constraints.gates import NoMetaCommentary
from rlmr.constraints.types.around import NoSummary, OnlyTheWork
from rlmr.constraints.types.lists import praise
from rlmr.constraints.types.markup import FEATURES, Markdown
from rlmr.constraints.types.style import Cliches
from rlmr.evals.breaks.words import tokens

_MARKS = tuple(feature for feature in FEATURES if feature not in ("emphasis", "italic"))


def slop(text: str, lang: Lang = "en") -> float:
    """Worn-out phrases of generated prose per 1,000 words (hanzi).

    Counted by the constraint `cliches`, from the one versioned list of each language
    (`rlmr.constraints.types.lists.cliches`; `LEXICON_VERSION`). Source: ours. A text without a word: NaN.

    >>> slop("It was a testament to hope. " * 2), slop("It rained.")
    (166.66666666666666, 0.0)
    """
    words = len(tokens(text))
    return 1000.0 * len(_cliches(lang).find(txt.as_seen(text)[0])) / words if words else math.nan


def praises_itself(text: str, lang: Lang = "en") -> float:
    """1 where the text praises or certifies itself, else 0.

    It does where its tail, the last paragraph (of a text with one paragraph, the last sentence), holds a
    phrase of `rlmr.constraints.types.lists.praise` ("This poem beautifully captures", 这首诗展现), or where
    the gate `meta_commentary` fails ("all constraints are met"). Source: ours; judges fall for both. A text
    without a word: NaN.

    >>> praises_itself("Rain.\\n\\nThis poem beautifully captures the mood."), praises_itself("Rain.")
    (1.0, 0.0)
    """
    if not tokens(text):
        return math.nan
    seen = txt.as_seen(text)[0]
    paragraphs, sentences = txt.paragraphs(seen), txt.sentences(seen)
    start, end = paragraphs[-1] if len(paragraphs) > 1 or not sentences else sentences[-1]
    praised = praise.pattern(lang).search(txt.fold(seen[start:end])[0])
    return float(praised is not None or not NoMetaCommentary(lang=lang).check(text).passed)


def wrapped(text: str, lang: Lang = "en") -> float:
    """1 where something stands around the work ("Sure! Here is", "I hope you like it"), else 0.

    Decided by the constraint `only_the_work`. A text without a word: NaN.

    >>> wrapped("Sure! Here is a poem:\\n\\nRain."), wrapped("Rain.")
    (1.0, 0.0)
    """
    return _fails(OnlyTheWork(lang=lang), text)


def summed_up(text: str, lang: Lang = "en") -> float:
    """1 where the last paragraph is a summary or a moral ("In the end, this story shows", 总之), else 0.

    Decided by the constraint `no_summary`. A text without a word: NaN.

    >>> summed_up("It ran.\\n\\nIn conclusion, it was fast."), summed_up("It ran.")
    (1.0, 0.0)
    """
    return _fails(NoSummary(lang=lang), text)


def markdown(text: str) -> float:
    """Markdown marks per 100 words (hanzi): headings, list items, bold, quotes, code, links, table rows.

    Counted by the constraint `markdown`, list items by `rlmr.text.list_items`; italics are writers' own.
    Source: ours. A text without a word: NaN.

    >>> markdown("# Rain\\n\\n**Wet** and grey.")
    50.0
    """
    words = len(tokens(text))
    if not words:
        return math.nan
    found = sum(len(mark.find(text)) for mark in _markdown()) + len(txt.list_items(text))
    return 100.0 * found / words


@cache
def _cliches(lang: Lang) -> Cliches:
    return Cliches(at_most=0, lang=lang)


@cache
def _markdown() -> tuple[Markdown, ...]:
    return tuple(Markdown(at_most=0, feature=feature) for feature in _MARKS)  # type: ignore[arg-type]


def _fails(constraint: Constraint, text: str) -> float:
    """1 where the constraint fails, 0 where it passes, NaN for a text without a word."""
    return float(not constraint.check(text).passed) if tokens(text) else math.nan
