"""Names of characters: that they appear, and that no others do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.question import Question, Quote
from rlmr.constraints.quoted import ask_names
from rlmr.constraints.types.lists import names as lists
from rlmr.constraints.types.words import check_words
from rlmr.text import Span, english_sounds

_QUIET = " \t\u3000\"'“‘(（[「『*_"
_ENDS = ".!?…:;—–-\r\n。！？：；"


@dataclass(frozen=True, slots=True)
class CharacterNames(Constraint):
    """Each of the characters is named, and with `only` nobody else is.

    Source: IFBench (names from a list), CFBench. A name appears as a whole, or by one of its words (Chinese:
    by the last two of its three hanzi or more). `only` is decided as far as a program can:

    - fail where somebody else is surely named. English: a given name of our list, or a word with a capital
      behind a title (Mr.) or beside a verb of speech. Chinese: 小明, 名叫…, a surname with a title.
    - unknown where something could be a name: another capital in the middle of a sentence (a place?), a
      word at a sentence's start that no dictionary has, what a segmenter (`rjieba`) takes for a name.
    - pass where there is neither. A rare name in an odd place can be missed, most of all in Chinese.

    Words with a capital that also stand without one, days, languages and `also` are no names; the title,
    headings and words all in capitals are not looked at. That a listed other character stays away is
    `exclude_words`.

    >>> CharacterNames(("Mira",), only=True).check('Mira ran. "Wait," said Tom.').reason
    'others are named: Tom'
    >>> CharacterNames(("Mira",), only=True).check("Mira ran to the Halcyon.").status.value
    'unknown'
    """

    type: ClassVar[str] = "names"
    names: tuple[str, ...]
    """The characters' names."""
    appear: bool = True
    """Whether each of them has to stand in the text."""
    only: bool = False
    """Whether nobody else may be named."""
    also: tuple[str, ...] = ()
    """Other proper names that may stand: places, months, brands."""

    def validate(self) -> None:
        """Refuse an empty list and a constraint that asks nothing."""
        check_words(self.names, "names")
        if self.also:
            check_words(self.also, "also")
        if not (self.appear or self.only):
            raise ConstraintError("False is not allowed without only; nothing would be asked", "appear")

    def prepare(self) -> None:
        """Read the dictionary."""
        if self.only and self.lang == "en":
            english_sounds.pronunciations()

    def describe(self) -> str:
        """The names."""
        if self.lang == "zh":
            shown = "、".join(self.names)
            others = "，此外不出现其他人名" if self.only and self.appear else ""
            return f"人物{'要有' if self.appear else '只能是'}{shown}{others}。"
        shown = ", ".join(self.names)
        if not self.appear:
            return f"Name nobody but {shown}."
        return f"Name the character{'s' * (len(self.names) > 1)} {shown}{', and nobody else' * self.only}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for each name, then for others."""
        folded = txt.fold(text)
        found = {name: self._find(folded, name) for name in self.names}
        missing = [name for name, span in found.items() if span is None]
        spans = [span for span in found.values() if span is not None]
        required = self.describe()
        if self.appear and missing:
            return self.verdict(False, len(spans), required, spans, f"not named: {', '.join(missing)}")
        if not self.only:
            return self.verdict(True, len(spans), required, spans)
        look = self._others_zh if self.lang == "zh" else self._others_en
        others, doubts = look(text)
        if others:
            names = ", ".join(dict.fromkeys(text[slice(*span)] for span in others[:8]))
            return self.verdict(False, len(others), required, others, f"others are named: {names}")
        if doubts:
            names = ", ".join(dict.fromkeys(text[slice(*span)] for span in doubts[:8]))
            return self.unknown(f"could be names: {names}")
        return self.verdict(True, len(spans), required, spans)

    def question(self) -> Question | None:
        """Who is named, where a program is not sure of it."""
        return ask_names(self.lang) if self.only else None

    def decide_quotes(self, text: str, quotes: Sequence[Quote]) -> Verdict:
        """Compare the names that a judge quotes with those that may stand."""
        others = [span for _, span in quotes if not self._is_own(text[slice(*span)])]
        reason = ", ".join(text[slice(*span)] for span in others[:8])
        reason = f"others are named: {reason}" if others else ""
        return self.verdict(not others, len(others), self.describe(), others, reason)

    def _is_own(self, name: str) -> bool:
        """Whether a name is one that may stand, or a part of one, or one in a fuller form."""
        words = {word for word, _ in txt.folded_words(name)}
        own = [{word for word, _ in txt.folded_words(other)} for other in self.names + self.also]
        return any(words <= other or other <= words for other in own)

    def _find(self, folded: txt.Folded, name: str) -> Span | None:
        """The first place where a name, or a part of it, stands."""
        parts = [name, *(part for part in name.split() if part.strip(".").lower() not in lists.HONORIFICS)]
        if txt.count_hanzi(name) == len(name) >= 3:
            parts.append(name[-2:])
        return next((span for part in parts for span in txt.find_phrase(folded, part)), None)

    def _others_en(self, text: str) -> tuple[list[Span], list[Span]]:
        """Spans of other people's names, and of what could be some, in English."""
        skipped = [span for span in txt.lines(text) if txt.is_heading(text[slice(*span)])]
        skipped += [span for span in [txt.title(text)] if span is not None]
        hidden = {start for a, b in skipped for start in range(a, b)}
        spans = txt.words(text)
        lower = set(txt.word_list(text))
        known = {word for name in self.names + self.also for word, _ in txt.folded_words(name)}
        others: list[Span] = []
        doubts: list[Span] = []
        for i, (start, end) in enumerate(spans):
            if not text[start].isupper() or start in hidden:
                continue
            word = text[start:end]
            if word.endswith(("'s", "’s")):
                word = word[:-2]
            low = txt.fold(word)[0]
            ordinary = (
                low in known or low in lower or low in lists.ORDINARY or low.split("'")[0] in ("i", "o")
            )
            if ordinary or (word.isupper() and len(word) > 1):
                continue
            before = _beside(text, spans[i - 1], (start, end), spans[i - 1]) if i else ""
            after = _beside(text, (start, end), spans[i + 1], spans[i + 1]) if i + 1 < len(spans) else ""
            kind = _kind(low, before, after, opens=_opens(text, start))
            if kind:
                (others if kind == "name" else doubts).append((start, start + len(word)))
        return others, doubts

    def _others_zh(self, text: str) -> tuple[list[Span], list[Span]]:
        """Spans of other people's names, and of what could be some, in Chinese."""
        folded, origins = txt.fold(text)
        own = [txt.fold(name)[0] for name in self.names + self.also]
        own += [name[-2:] for name in own if txt.count_hanzi(name) == len(name) >= 3]
        for name in sorted(own, key=len, reverse=True):
            folded = folded.replace(name, "\0" * len(name))
        surnames = {name[0] for name in own}
        others = [m.span() for m in lists.CHINESE.finditer(folded)]
        others += [m.span(1) for m in lists.CHINESE_NAMED.finditer(folded)]
        others += [m.span() for m in lists.CHINESE_TITLED.finditer(folded) if m[1] not in surnames]
        doubts = [] if others else _doubts_zh(folded)
        if origins is not None:
            others, doubts = ([(origins[a], origins[b]) for a, b in spans] for spans in (others, doubts))
        return sorted(others), doubts


def _doubts_zh(text: str) -> list[Span]:
    """Spans of what the segmenter takes for a person's name and what is formed like one."""
    import rjieba

    found = []
    at = 0
    for word, tag in rjieba.tag(text.encode("utf-8", "replace").decode()):
        if tag == "nr" and len(word) > 1 and not {word, word[:2]} & lists.SURNAME_WORDS:
            doubled = len(word) == 2 and word[0] == word[1]
            if word[0] in lists.SURNAMES or word[0] in "阿小老" or doubled:
                found.append((at, at + len(word)))
        at += len(word)
    return found


def _kind(word: str, before: str, after: str, *, opens: bool) -> str:
    """What a word with a capital is: "name", "doubt" or nothing."""
    if before in lists.HONORIFICS:
        return "name"
    speaks = after in lists.SPEECH or (before in lists.SPEECH and not opens)
    if opens:
        if word in lists.GIVEN:
            return "name"
        strange = word not in english_sounds.pronunciations() and "-" not in word
        return "doubt" if strange or after in lists.SPEECH else ""
    if word in lists.GIVEN or word in lists.GIVEN_OR_WORD or speaks:
        return "name"
    return "doubt"


_POINTED = frozenset(("mr", "mrs", "ms", "dr"))


def _beside(text: str, one: Span, other: Span, word: Span) -> str:
    """The neighbour `word` in small letters; empty where more than a space (Mr.: a point) is between."""
    low = text[slice(*word)].lower()
    between = text[one[1] : other[0]].strip(" ")
    return low if not between or (between == "." and low in _POINTED) else ""


def _opens(text: str, start: int) -> bool:
    """Whether the word at `start` opens a sentence or a quotation."""
    at = start - 1
    while at >= 0 and text[at] in _QUIET and start - at < 12:
        if text[at] in '"“‘(（「『':
            return True
        at -= 1
    return at < 0 or text[at] in _ENDS
