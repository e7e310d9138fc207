"""What no program decides: tone, style, what happens, and free requirements.

By themselves these types are always unknown ("needs a judge"): `rlmr.verifiers.combine` hands them to a judge
or a trained classifier. See `rlmr.constraints.quoted` for those where a judge only quotes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.question import Evidence, Question

NEEDS_JUDGE = "needs a judge"
"""Why a judged constraint is unknown where nothing but programs has looked."""


@dataclass(frozen=True, slots=True)
class Judged(Constraint):
    """A requirement that a judge decides."""

    def decide(self, text: str, prompt: str) -> Verdict:
        """Unknown: programs cannot say."""
        return self.unknown(NEEDS_JUDGE)

    def question(self) -> Question | None:
        """Whether the requirement, as it is described to the writer, is kept."""
        return Question(self.describe())


@dataclass(frozen=True, slots=True)
class Requirement(Judged):
    """A requirement in free words, for a judge.

    Source: CFBench, FollowBench. One thing at a time: "funny and in the first person" are two requirements.

    >>> Requirement("The last line answers the first.").check("A fox ran.").reason
    'needs a judge'
    """

    type: ClassVar[str] = "requirement"
    text: str
    """What the text has to be or do, as a sentence."""
    evidence: Evidence = "pass"
    """Which verdict a judge has to show by a quote: pass (something has to be there), fail (something may
    not be there), both, or none (no single place shows it)."""
    conditional: bool = False
    """It begins with "if": where that does not hold, the text passes."""

    def validate(self) -> None:
        """Refuse an empty requirement."""
        check_said("text", self.text)
        one_of("evidence", self.evidence, get_args(Evidence))

    def describe(self) -> str:
        """The requirement itself, as a sentence."""
        said = self.text.strip()
        said = said[0].upper() + said[1:]
        return said if said[-1] in ".!?。！？" else said + ("。" if self.lang == "zh" else ".")

    def question(self) -> Question | None:
        """The requirement, with its own rule of evidence."""
        return Question(self.describe(), evidence=self.evidence, conditional=self.conditional)


@dataclass(frozen=True, slots=True)
class Tone(Judged):
    """The text as a whole has this tone or mood.

    Source: CFBench (tone), ComplexBench.

    >>> Tone("wistful but not bitter").describe()
    'Write in a tone that is wistful but not bitter.'
    """

    type: ClassVar[str] = "tone"
    tone: str
    """Adjectives: "wistful", "温暖而克制"."""

    def validate(self) -> None:
        """Refuse an empty tone."""
        check_said("tone", self.tone)

    def describe(self) -> str:
        """The tone."""
        return f"语气要{self.tone}。" if self.lang == "zh" else f"Write in a tone that is {self.tone}."


@dataclass(frozen=True, slots=True)
class Style(Judged):
    """The text is written in the manner of an author, a work, a school or a genre.

    Source: CFBench (author style), FollowBench.

    >>> Style("a hard-boiled detective novel").describe()
    'Write in the style of a hard-boiled detective novel.'
    """

    type: ClassVar[str] = "style"
    like: str
    """Whose or which: "Emily Dickinson", "a fairy tale", "鲁迅"."""

    def validate(self) -> None:
        """Refuse an empty style."""
        check_said("like", self.like)

    def describe(self) -> str:
        """The style."""
        return f"模仿{self.like}的风格。" if self.lang == "zh" else f"Write in the style of {self.like}."


@dataclass(frozen=True, slots=True)
class Element(Judged):
    """An element of plot, setting or character is present, or absent.

    Source: CFBench (elements). Words alone are for `include_words`; this is about what the text tells.

    >>> Element("a betrayal between friends").describe()
    'Let this be in the text: a betrayal between friends.'
    """

    type: ClassVar[str] = "element"
    element: str
    """An event, a place, a time, a figure: "a locked door that opens by itself"."""
    present: bool = True
    """false: it may not be there."""

    def validate(self) -> None:
        """Refuse an empty element."""
        check_said("element", self.element)

    def describe(self) -> str:
        """The element."""
        if self.lang == "zh":
            return f"文中{'要有' if self.present else '不得出现'}：{self.element}。"
        return f"Let this {'' if self.present else 'not '}be in the text: {self.element}."

    def question(self) -> Question | None:
        """Where it has to be, a pass shows it; where it may not be, a fail does."""
        return Question(self.describe(), evidence="pass" if self.present else "fail")


@dataclass(frozen=True, slots=True)
class Ending(Judged):
    """The text ends in this way.

    Source: CFBench. The last words are for `ends_with`.

    >>> Ending("happy for the fox").describe()
    'Let the ending be happy for the fox.'
    """

    type: ClassVar[str] = "ending"
    ending: str
    """Adjectives or a clause: "open", "开放式的"."""

    def validate(self) -> None:
        """Refuse an empty ending."""
        check_said("ending", self.ending)

    def describe(self) -> str:
        """The ending."""
        return f"结局要{self.ending}。" if self.lang == "zh" else f"Let the ending be {self.ending}."


@dataclass(frozen=True, slots=True)
class Audience(Judged):
    """The text is fit for these readers.

    Source: CFBench (audience). Common words alone are for `common_words`.

    >>> Audience("children of six").describe()
    'Write for these readers: children of six.'
    """

    type: ClassVar[str] = "audience"
    readers: str
    """Who: "children of six", "初中生"."""

    def validate(self) -> None:
        """Refuse no readers."""
        check_said("readers", self.readers)

    def describe(self) -> str:
        """The readers."""
        if self.lang == "zh":
            return f"写给这样的读者：{self.readers}。"
        return f"Write for these readers: {self.readers}."


def check_said(field: str, value: str) -> None:
    """Raise ConstraintError for words that hold no word.

    >>> check_said("tone", " ")
    Traceback (most recent call last):
    rlmr.constraints.errors.ConstraintError: ' ' is not allowed; say what is asked, in words
    """
    if not txt.has_words(value):
        raise ConstraintError(f"{value!r} is not allowed; say what is asked, in words", field)
