"""Narration: point of view, share of dialogue, similes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.question import Question
from rlmr.constraints.scope import find_parts
from rlmr.text import Span

_PERSONS: dict[str, tuple[tuple[str, ...], str]] = {
    "first": (("i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "ourselves"), "我咱"),
    "second": (("you", "your", "yours", "yourself", "yourselves"), "你您"),
    "third": (
        (
            "he",
            "him",
            "his",
            "himself",
            "she",
            "her",
            "hers",
            "herself",
            "they",
            "them",
            "their",
            "theirs",
            "themselves",
        ),
        "他她它",
    ),
}
_PERSON_OF = {word: person for person, words in _PERSONS.items() for word in (*words[0], *words[1])}
_NO_PRONOUNS = frozenset(("其他", "其它", "自我", "忘我", "无我", "無我"))
_LIKING = re.compile(
    r"(?<![\w'’])(?:i|we|they|who|(?:do|did|if|would|when|what) you|do|does|did|(?:do|does|did|would)n['’]t|"
    r"\w+['’]d|would|to|will|can|could|might)(?: (?:really|also|still|never|always|just|quite))? $"
)
"""Behind it, `like` is a verb."""
_VIVID = frozenset((
    "white", "black", "red", "green", "blue", "grey", "gray", "brown", "pale", "bright", "dark", "clear",
    "cold", "cool", "hot", "warm", "dry", "wet", "light", "heavy", "thin", "thick", "fat", "lean", "quiet",
    "silent", "still", "calm", "loud", "soft", "hard", "sharp", "smooth", "rough", "flat", "round",
    "straight", "stiff", "solid", "steady", "brittle", "crisp", "tough", "strong", "weak", "sweet",
    "bitter", "sour", "salty", "old", "young", "new", "fresh", "free", "blind", "deaf", "dumb", "dead",
    "mad", "drunk", "sober", "sly", "cunning", "wise", "slow", "quick", "fast", "swift", "proud", "poor",
    "rich", "rare", "sure", "plain", "pure", "clean", "neat", "tall", "big", "small", "tiny", "large",
    "vast", "wide", "deep", "bold", "brave", "fierce", "wild", "tame", "gentle", "tender", "timid", "busy",
    "happy", "innocent", "pretty", "simple", "slippery", "snug", "stubborn", "tight", "ripe", "hollow",
    "naked", "ugly", "lonely", "empty", "patient", "common", "fragile", "delicate",
))  # fmt: skip
"""Adjectives before `as milk`."""
_SIMILE_EN = re.compile(
    r"(?<![\w'’])(?:(?P<like>like (?:an?|the(?! (?:others?|rest|ones?|same|way|time)\b)) \w+)"
    r"|as (?!(?:well|soon|long|far|much|many|if)\b)\w+ as(?! (?:possible|usual|ever|before)\b)"
    r"|as if|as though"
    r"|(?P<as>as (?!(?:possible|usual|ever|before)\b)"
    r"(?:an? )?\w+(?=\s*(?:[^\w\s'’-]|$)|\s+(?:and|or|but|in|on|under|of|from)\b)))(?!\w)"
)
_LAST_WORD = re.compile(r"[^a-z]+")
_SIMILE_ZH = re.compile(
    r"(?:仿佛|宛如|犹如|好似|如同|恰似|宛若|恍若)"
    r"|好像(?=一(?![切直定点下起会旦时向共路再])|[^，。！？；\n]{1,20}(?:一样|一般|似的))"
    r"|(?<![不好想图画雕偶肖摄录人相])像(?![素章每]|往[常日年]|平[时常日]|以[前往]|从前|过去|当年|昨天|今天|上[次回]|刚才|这样|那样)"
    r"[^，。！？\n]{1,20}"
)


@dataclass(frozen=True, slots=True)
class PointOfView(Constraint):
    """The narration, quotations aside, is told in the first, second or third person.

    Source: ours. Of the personal pronouns outside quotation marks at least `share` are of the person; in
    the third person none may be first or second beyond what `share` leaves. A narration without any
    pronoun cannot be decided by a program: unknown, for a judge.

    >>> PointOfView("first").check('I ran. "He hid," I said.').passed
    True
    >>> PointOfView("first").check("Rain fell.").status.value
    'unknown'
    """

    type: ClassVar[str] = "point_of_view"
    person: Literal["first", "second", "third"]
    """first, second or third."""
    share: float = 0.5
    """Lowest share of the pronouns outside quotations; above 0, at most 1. A first-person teller also
    speaks of others, so that half is a lot; for the third person 0.9 is asked at least."""

    def validate(self) -> None:
        """Refuse an unknown person and a share that says nothing."""
        one_of("person", self.person, _PERSONS)
        if not 0 < self.share <= 1:
            raise ConstraintError(f"{self.share} is not allowed; a share is above 0 and at most 1", "share")

    def describe(self) -> str:
        """The person."""
        if self.lang == "zh":
            chinese = {"first": "一", "second": "二", "third": "三"}[self.person]
            return f"用第{chinese}人称叙述。"
        return f"Narrate in the {self.person} person."

    def question(self) -> Question | None:
        """The person, where there is no pronoun."""
        return Question(self.describe())

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count the pronouns outside quotations."""
        part, _ = find_parts(text, "unquoted")[0]
        counts: Counter[str] = Counter()
        for match in txt.WORD.finditer(part):
            word = match.group().replace("’", "'").partition("'")[0]
            person = _PERSON_OF.get(word.lower())
            if person is None or word == "US":
                continue
            if part[max(0, match.start() - 1) : match.end()] not in _NO_PRONOUNS:
                counts[person] += 1
        total = counts.total()
        if not total:
            return self.unknown("no personal pronoun outside quotations: for a judge")
        found = counts[self.person] / total
        needed = max(self.share, 0.9) if self.person == "third" else self.share
        reason = (
            "" if found >= needed else ", ".join(f"{n} {person}-person" for person, n in counts.most_common())
        )
        required = f"{needed:.0%} of pronouns in the {self.person} person"
        return self.verdict(found >= needed, round(found, 3), required, (), reason and f"pronouns: {reason}")


@dataclass(frozen=True, slots=True)
class Similes(Counted):
    """Between `at_least` and `at_most` phrases in the form of a simile.

    Source: CFBench (比喻). Form alone: `like a …` and `like the …` (not behind `I`, `would` and others, where
    it is a verb), `as … as`, `as if`, `white as milk` (112 adjectives, a noun that ends the clause); 像…
    (not 像往常, 像以前), 仿佛, 宛如, 如同, and 好像 before 一 or with 一样, 一般, 似的 (else it is "seems").
    Whether it is a comparison ("he looks like a Smith") is for a judge, and so is `like` without an article
    (`like gold`), which does not count.

    >>> Similes(2, 2).check("It shone like a lamp, as cold as ice.").measured
    2
    """

    type: ClassVar[str] = "similes"
    unit_en = ("simile", "similes")
    unit_zh = "处比喻"
    verb_en = "Use"
    verb_zh = "使用"

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the phrases."""
        pattern = _SIMILE_ZH if self.lang == "zh" else _SIMILE_EN
        if self.lang == "zh":
            return [m.span() for m in pattern.finditer(text)]
        lowered = text.replace("\u0130", "I").lower()  # the one letter that is longer in lower case
        return [m.span() for m in pattern.finditer(lowered) if _likens(lowered, m)]


def _likens(text: str, match: re.Match[str]) -> bool:
    """Whether what stands before an English match lets it be a simile."""
    before = text[max(0, match.start() - 24) : match.start()]
    if match["like"]:
        return _LIKING.search(before) is None
    return not match["as"] or _LAST_WORD.split(before.rstrip())[-1] in _VIVID


@dataclass(frozen=True, slots=True)
class DialogueShare(Constraint):
    """Between `at_least` and `at_most` of the words stand inside quotation marks.

    Source: nobody's program. 0 to 0.2 is "mostly narration", 0.8 to 1 "almost all dialogue". Quotations are
    what `rlmr.text.quotes` says.

    >>> DialogueShare(at_least=0.5).check('"Who is there?" "Only I," it said.').measured
    0.714
    """

    type: ClassVar[str] = "dialogue_share"
    at_least: float | None = None
    """Lowest share, 0 to 1."""
    at_most: float | None = None
    """Highest share, 0 to 1."""

    def validate(self) -> None:
        """Refuse an empty or inverted range."""
        if self.at_least is None and self.at_most is None:
            raise ConstraintError("missing; give at_least, at_most or both", "at_least")
        low, high = self._limits()
        if not 0 <= low <= high <= 1:
            raise ConstraintError(f"{low} to {high} is not allowed; shares lie between 0 and 1", "at_least")

    def _limits(self) -> tuple[float, float]:
        """Lowest and highest share that pass."""
        return self.at_least or 0.0, 1.0 if self.at_most is None else self.at_most

    def describe(self) -> str:
        """The range."""
        low, high = self._limits()
        if self.lang == "zh":
            return f"对话占全文字数的 {low:.0%} 到 {high:.0%}。"
        return f"Let {low:.0%} to {high:.0%} of the words be dialogue in quotation marks."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count the words inside and in all."""
        spans = txt.quotes(text)
        share = sum(txt.count_words(text[a:b]) for a, b in spans) / txt.count_words(text)
        low, high = self._limits()
        passed = low - 1e-9 <= share <= high + 1e-9
        reason = "" if passed else f"{share:.0%} of the words are dialogue"
        return self.verdict(passed, round(share, 3), f"{low:.0%} to {high:.0%} dialogue", spans, reason)
