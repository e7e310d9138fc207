"""The table of measures: what writing RL breaks, and in which direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rlmr.constraints.base import Lang
from rlmr.evals.breaks import diversity, gaming, repetition, wording
from rlmr.evals.breaks.words import tokens


@dataclass(frozen=True, slots=True)
class Sample:
    """One text to measure."""

    prompt: str
    """What was asked; texts of one prompt are one cluster."""
    completion: str
    """What was written, without any reasoning block."""
    lang: Lang = "en"
    """The language, which is declared and never guessed."""
    keywords: frozenset[str] | None = None
    """Folded words that its constraints ask for; None: the prompt's rarer words."""

    def asked(self) -> frozenset[str]:
        """The keywords."""
        return gaming.keywords(self.prompt, self.lang) if self.keywords is None else self.keywords


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of a profile."""

    name: str
    unit: str
    """What its numbers count."""
    sign: Literal["up", "down", "any"]
    """The direction in which writing RL breaks texts: up, down, or any change."""
    says: str
    """What it is, in a few words for a table."""


@dataclass(frozen=True, slots=True)
class TextMeasure(Measure):
    """A number of one text."""

    of: Callable[[Sample], float]


@dataclass(frozen=True, slots=True)
class SetMeasure(Measure):
    """A number of several texts of one language."""

    of: Callable[[Sequence[str]], float]


TEXT_MEASURES: tuple[TextMeasure, ...] = (
    TextMeasure(
        "words", "words", "any", "length in words (hanzi)", lambda s: float(len(tokens(s.completion)))
    ),
    TextMeasure("empty", "share", "up", "texts without a word", lambda s: float(not tokens(s.completion))),
    TextMeasure(
        "repeated",
        "share",
        "up",
        "4-grams that stood in the text before",
        lambda s: repetition.repeated_share(s.completion),
    ),
    TextMeasure("loops", "share", "up", "texts that loop", lambda s: repetition.loops(s.completion)),
    TextMeasure(
        "variety",
        "share",
        "down",
        "different words among 25",
        lambda s: repetition.variety(s.completion),
    ),
    TextMeasure(
        "compression",
        "times",
        "up",
        "shrinking of the worst stretch",
        lambda s: repetition.compression(s.completion),
    ),
    TextMeasure(
        "slop",
        "per 1,000 words",
        "up",
        "worn-out phrases",
        lambda s: wording.slop(s.completion, s.lang),
    ),
    TextMeasure(
        "praise",
        "share",
        "up",
        "texts that praise or certify themselves",
        lambda s: wording.praises_itself(s.completion, s.lang),
    ),
    TextMeasure(
        "wrapped",
        "share",
        "up",
        "texts with remarks around the work",
        lambda s: wording.wrapped(s.completion, s.lang),
    ),
    TextMeasure(
        "summed_up",
        "share",
        "up",
        "texts that end with a summary or a moral",
        lambda s: wording.summed_up(s.completion, s.lang),
    ),
    TextMeasure(
        "markdown", "per 100 words", "up", "Markdown marks", lambda s: wording.markdown(s.completion)
    ),
    TextMeasure(
        "echo",
        "share",
        "up",
        "5-grams copied from the prompt",
        lambda s: gaming.echo(s.prompt, s.completion),
    ),
    TextMeasure(
        "keywords",
        "per 100 words",
        "up",
        "words that were asked for",
        lambda s: gaming.keyword_density(s.completion, s.asked()),
    ),
    TextMeasure(
        "packing",
        "share",
        "up",
        "asked words that stand in one stretch of 20",
        lambda s: gaming.keyword_packing(s.completion, s.asked()),
    ),
)
"""What is measured of each text."""

SET_MEASURES: tuple[SetMeasure, ...] = (
    SetMeasure(
        "opening_share",
        "share",
        "up",
        "texts with the most frequent opening",
        diversity.opening_share,
    ),
    SetMeasure("opening_entropy", "of 1", "down", "spread of the openings", diversity.opening_entropy),
    SetMeasure("distinct_2", "share", "down", "different bigrams among all", diversity.distinct),
    SetMeasure("self_bleu", "of 1", "up", "BLEU of a text against another", diversity.self_bleu),
    SetMeasure(
        "joint_compression",
        "times",
        "up",
        "shrinking of the texts together",
        diversity.joint_compression,
    ),
)
"""What is measured of texts together: of different prompts (`across`), and of one prompt (`within`)."""
