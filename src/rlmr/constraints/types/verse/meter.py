"""English meter: where the stresses of a line fall."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

from rlmr import text as txt
from rlmr.constraints.base import MAX_SPANS, Constraint, Verdict, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.types.verse.lines import verse_lines
from rlmr.text import Span, english_sounds

FEET: dict[str, tuple[str, str]] = {
    "iambic": ("x/", "抑扬格"),
    "trochaic": ("/x", "扬抑格"),
    "anapestic": ("xx/", "抑抑扬格"),
    "dactylic": ("/xx", "扬抑抑格"),
}
"""Each foot as weak (x) and strong (/) syllables, and its Chinese name."""
_NAMES = {
    1: "monometer",
    2: "dimeter",
    3: "trimeter",
    4: "tetrameter",
    5: "pentameter",
    6: "hexameter",
    7: "heptameter",
}
_NEVER_STRONG = frozenset(("a", "an", "the"))


@dataclass(frozen=True, slots=True)
class Meter(Constraint):
    """At least `share` of the lines scan: so many feet, with no word's main stress in a weak place.

    Source: ours; stresses from the CMU dictionary. A line scans where its syllables fill the feet and, in
    some reading of its words, no main stress of a word of two syllables or more falls on a weak syllable and
    no article on a strong one. Allowed as poets do: an inverted first foot (iambic), one weak syllable more
    at the end, a weak syllable or two less at the end (falling feet) or at the start (anapests); a vowel
    slurred in words such as `heaven` and `every`. Words of one syllable fit anywhere, so that prose made of
    them may scan. A line with a long word that the dictionary lacks is open; where the open lines decide,
    the verdict is unknown.

    >>> Meter().check("Shall I compare thee to a summer's day?").passed
    True
    >>> Meter().check("Thunder is what happens over mountains.").passed
    False
    """

    type: ClassVar[str] = "meter"
    foot: Literal["iambic", "trochaic", "anapestic", "dactylic"] = "iambic"
    """iambic (x/), trochaic (/x), anapestic (xx/) or dactylic (/xx)."""
    feet: int = 5
    """Feet in each line, 1 to 7; 5 of iambs are the pentameter."""
    share: float = 0.8
    """Lowest share of the lines that scan; above 0, at most 1."""

    def validate(self) -> None:
        """Refuse an unknown foot, lines without feet and a share that says nothing."""
        one_of("foot", self.foot, FEET)
        if self.feet not in _NAMES:
            raise ConstraintError(f"{self.feet} is not allowed; a line has 1 to 7 feet", "feet")
        if not 0 < self.share <= 1:
            raise ConstraintError(f"{self.share} is not allowed; a share is above 0 and at most 1", "share")

    def prepare(self) -> None:
        """Read the dictionary."""
        english_sounds.pronunciations()

    def describe(self) -> str:
        """The meter."""
        if self.lang == "zh":
            return f"用英文写诗，每行为{FEET[self.foot][1]}，{self.feet} 音步。"
        return f"Write the lines in {self.foot} {_NAMES[self.feet]}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Scan the lines."""
        found = verse_lines(text, "en", 1)
        required = f"{self.share:.0%} of the lines in {self.foot} {_NAMES[self.feet]}"
        strange: list[Span] = []
        limping: list[Span] = []
        allowed = len(found) - self.share * len(found) + 1e-9
        for span in found:
            if len(limping) > allowed + MAX_SPANS:
                break  # lost already: more of the same would tell nothing
            words = txt.word_list(text[slice(*span)])
            if _scans(words, self.foot, self.feet):
                if any(not _is_known(word) for word in words):
                    strange.append(span)
            else:
                limping.append(span)
        good = len(found) - len(limping)
        if len(limping) > allowed:
            line = text[slice(*limping[0])]
            reason = f"{len(limping)} of {len(found)} lines do not scan, as {line[:60]!r}"
            return self.verdict(False, good, required, limping, reason)
        if len(limping) + len(strange) > allowed:
            return self.unknown(f"{len(strange)} of {len(found)} lines hold words without known stress")
        return self.verdict(True, good, required, found)


def _scans(words: tuple[str, ...], foot: str, feet: int) -> bool:
    """Whether the words fill the feet without a main stress in a weak place."""
    shapes = _shapes(foot, feet)
    if not len(words) <= len(shapes[-1]) <= 8 * len(words):
        return False
    return any(_fits(words, shape) for shape in shapes)


@lru_cache(maxsize=64)
def _shapes(foot: str, feet: int) -> tuple[str, ...]:
    """The weak and strong places of a line, in every form that is allowed, the longest last."""
    pattern = FEET[foot][0] * feet
    shapes = [pattern, pattern + "x"]
    if foot == "iambic":
        shapes += ["/xx/" + pattern[4:] + tail for tail in ("", "x") if feet > 1]
    if foot == "anapestic":
        shapes += [shape[1:] for shape in shapes]
    if foot in ("trochaic", "dactylic"):
        shapes = [pattern[:end] for end in range(pattern.rindex("/") + 1, len(pattern) + 1)]
    return tuple(sorted(shapes, key=len))


def _fits(words: tuple[str, ...], shape: str) -> bool:
    """Whether some reading of the words fills the shape exactly."""
    ends = {0}
    for word in words:
        ends = {
            end + len(reading)
            for end in ends
            for reading in stresses(word)
            if _agree(reading, shape[end : end + len(reading)])
        }
        if not ends:
            return False
    return len(shape) in ends


def _agree(reading: str, places: str) -> bool:
    """Whether a word's stresses fit the places: `1` is never weak, `-` (an article) never strong."""
    if len(reading) > len(places):
        return False
    return not any(
        (s == "1" and place == "x") or (s == "-" and place == "/")
        for s, place in zip(reading, places, strict=True)
    )


@lru_cache(maxsize=32768)
def stresses(word: str) -> frozenset[str]:
    """The readings of a word, one sign a syllable: 1 main stress, 0 any other, ? free, - an article.

    A word of one syllable is free. A hyphenated word is its parts in a row. A word that is not in the
    dictionary has free syllables, as many as its spelling tells.

    >>> sorted(stresses("lantern")), sorted(stresses("the")), sorted(stresses("every"))
    (['10'], ['-'], ['10', '100'])
    """
    word = txt.fold(word)[0].strip("'")
    if word in _NEVER_STRONG:
        return frozenset("-")
    readings = {""}
    for part in filter(None, word.split("-")):
        readings = {before + after for before in readings for after in _part(part)}
    return frozenset(readings) or frozenset("?")


def _part(word: str) -> frozenset[str]:
    """The readings of a word without hyphens."""
    known = english_sounds.pronunciations()
    counts = english_sounds.syllables(word)
    stem = next((w for w in (word, *_stems(word)) if w in known), "")
    readings = set()
    for entry in known.get(stem, ()):
        sounds = [sound for sound in entry.split() if sound[-1].isdigit()]
        reading = "".join("1" if sound[-1] == "1" else "0" for sound in sounds)
        readings |= {reading.ljust(count, "0") for count in counts if stem != word} or {reading}
    readings |= {r[:-1] for r in readings if len(r) > 1 and r[-1] == "0" and _slurs(word)}
    return frozenset("?" if len(r) == 1 else r for r in readings) or frozenset("?" * n for n in counts)


def _stems(word: str) -> list[str]:
    """What a form that the dictionary lacks may come from: mistress', damask'd, thou ow'st, lanterned."""
    stems = []
    for ending in ("'s", "'", "'d", "'st", "est", "st", "eth", "ed", "d", "ing", "ly", "less", "ness", "s"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            stems += [stem, stem + "e", stem[:-1] if stem[-1] == stem[-2] else stem]
    return stems


def _slurs(word: str) -> bool:
    """Whether poets may slur the last syllable: heaven, power, spirit."""
    return word.endswith(("ven", "wer", "en", "il", "it", "er", "our", "ion", "ious", "iest"))


def _is_known(word: str) -> bool:
    """Whether the stress of a word is known, or of no weight: in the dictionary, or one syllable long."""
    return all("?" not in reading or reading == "?" for reading in stresses(word))
