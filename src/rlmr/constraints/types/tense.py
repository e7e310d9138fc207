"""English tense: past or present narration, by the forms of its verbs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.question import Question
from rlmr.constraints.scope import find_parts
from rlmr.constraints.types.lists.word_set import word_set

_PAST = word_set(
    "was were had did wasn't weren't hadn't didn't could would went came said told took gave got made "
    "knew thought saw heard felt found kept left lost met paid ran sat sang sank slept spoke spent "
    "stood stole swam taught threw understood woke wore won wrote began became blew broke brought "
    "built bought caught chose drank drew drove ate fell fought flew forgot froze grew held hid hung "
    "knelt laid led leapt lent lay lit meant rang rode rose sent shook shone shot shrank slid spun "
    "sprang stuck struck swept swore swung tore wept wound crept clung dug dreamt bent bit bled bred "
    "burnt dealt fed fled ground hurled sought sold sped spat stank strode"
)
"""Past forms that are no present ones, and no other words often."""
_AMBIGUOUS_PAST = word_set("left found felt saw lay ground wound lit bit bent bred burnt led")
"""Past forms that are nouns, adjectives or present forms too: they count behind a subject alone."""
_PRESENT = word_set("is are am has does isn't aren't hasn't doesn't don't")
_SUBJECT = r"(?:i|he|she|it|we|they|you|who|nobody|everyone|someone)"
_BEHIND_SUBJECT = re.compile(
    rf"(?<![\w'-]){_SUBJECT} (?:(?:never|always|only|just|still|then|also|slowly|quickly|softly|\w+ly) )?"
    r"([a-z]+(?:'[a-z]+)?)(?![\w'-])"
)
_PLAIN_PRESENT = word_set(
    "am are is have do don't know think see hear feel find keep leave lose meet run sit sing sleep "
    "speak stand take tell want wear write begin become break bring choose drink draw drive eat fall "
    "fly forget get give go grow hold love like look need pull push reach say stare step stop turn "
    "wait walk watch wake try remember open close ask call carry climb cross follow laugh listen live "
    "move pass pick return start touch wonder"
)
_CONTRACTED = re.compile(rf"(?<![\w'-]){_SUBJECT}'(s|re|m|ve|d|ll)(?![\w'-])")
_LEAST = 4


@dataclass(frozen=True, slots=True)
class Tense(Constraint):
    """The narration, quotations aside, is told in the past or in the present tense (English).

    Source: CFBench asks it, by judges. Counted are verb forms that say their tense: was, were, had, did, is,
    are, has, does; irregular past forms; and, behind a pronoun as subject, forms in -ed (past) and in -s, or
    common plain ones (present). From `share` of them on the tense is kept; below half it is not; between,
    and where fewer than four such forms stand, the verdict is unknown, for a judge. Perfect forms count by
    their auxiliary; future forms and participles do not count.

    >>> story = "The fox was tired. He sat down. She had gone, and he waited."
    >>> Tense("past").check(story).passed, Tense("present").check(story).passed
    (True, False)
    >>> Tense("past").check("Rain. Wind. A door.").status.value
    'unknown'
    """

    type: ClassVar[str] = "tense"
    tense: Literal["past", "present"]
    """past or present."""
    share: float = 0.85
    """Share of the verb forms from which on the tense is kept; above 0.5, at most 1."""

    def validate(self) -> None:
        """Refuse an unknown tense and a share that says nothing."""
        one_of("tense", self.tense, ("past", "present"))
        if not 0.5 < self.share <= 1:
            raise ConstraintError(f"{self.share} is not allowed; a share is above 0.5, at most 1", "share")

    def describe(self) -> str:
        """The tense."""
        if self.lang == "zh":
            return f"用英文的{'过去时' if self.tense == 'past' else '现在时'}叙述。"
        return f"Narrate in the {self.tense} tense."

    def question(self) -> Question | None:
        """The tense, where the verb forms do not say."""
        return Question(self.describe())

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count the forms outside quotations."""
        part, _ = find_parts(text, "unquoted")[0]
        past, present = count_tenses(part)
        total = past + present
        if total < _LEAST:
            return self.unknown(f"{total} verb forms that say their tense: for a judge")
        share = (past if self.tense == "past" else present) / total
        shown = f"{past} past and {present} present forms"
        if 0.5 <= share < self.share:
            return self.unknown(f"{shown}: for a judge")
        passed = share >= self.share
        required = f"{self.share:.0%} of the verb forms in the {self.tense}"
        return self.verdict(passed, round(share, 3), required, (), "" if passed else shown)


def count_tenses(text: str) -> tuple[int, int]:
    """Numbers of past and of present verb forms in English narration; others are not counted.

    >>> count_tenses("He walked home. It is late and she has eaten.")
    (1, 2)
    """
    folded = " ".join(txt.fold(text)[0].split())
    past = present = 0
    for word in txt.word_list(folded):
        if word in _PAST and word not in _AMBIGUOUS_PAST:
            past += 1
        elif word in _PRESENT:
            present += 1
    for match in _BEHIND_SUBJECT.finditer(folded):
        word = match[1]
        if word in _PAST - _AMBIGUOUS_PAST or word in _PRESENT:
            continue
        third = folded.startswith(
            ("he ", "she ", "it ", "who ", "nobody ", "everyone ", "someone "), match.start()
        )
        if word in _AMBIGUOUS_PAST or (word.endswith("ed") and word not in ("need", "feed", "speed")):
            past += 1
        elif (third and word.endswith("s") and not word.endswith(("ss", "us"))) or (
            not third and word in _PLAIN_PRESENT
        ):
            present += 1
    present += sum(match[1] in ("s", "re", "m") for match in _CONTRACTED.finditer(folded))
    return past, present
