"""What a text is made of: given passages, parts in order, letters, scripts, lyrics."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.types.words import WordList, check_words
from rlmr.text import Span

_SPEAKER = re.compile(
    r"[ \t]*\**(?P<name>[A-Z][\w.'’ -]{0,30}|[一-鿿]{1,8})\**[ \t]*"
    r"(?:[(（][^()（）\r\n]{1,60}[)）])?\**[ \t]*[:：]\**(?=[ \t]*\S)"
)
_SALUTATION = re.compile(
    r"[ \t\u3000]*(?:(?:my )?(?:dear|dearest|hello|hi|to)\b[^\r\n]{0,60}[,:!]?"
    r"|(?:尊敬的|亲爱的|敬爱的)[^\r\n，。！？]{1,20}[,，!！]|[^\r\n，。！？]{1,20}[:：])[ \t]*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"[ \t\u3000]*(?:"
    r"(?:yours?|sincerely|love|best|kind|warm|with|faithfully|respectfully|regards|truly|cheers)\b"
    r"[^\r\n]{0,40}"
    r"|此致.*|敬礼.*|祝.{1,20}|(?:永远)?[爱想念]你的?.{0,8}|[你您]的.{1,8}[,，：:]"
    r"|顺颂.{1,8}|谨上|敬上)[ \t]*",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"[,，][ \t]*\w[^,，]*$")
"""A signature on the line of the closing: `Love, Owl`."""
_LABEL = re.compile(
    r"[ \t#*_]*[\[(（【]?(?P<label>verse|chorus|bridge|intro|outro|pre-?chorus|hook|refrain|"
    r"主歌|副歌|桥段|前奏|尾声|间奏|导歌)"
    r"[ \t]*(?:\d{1,2}|[一二三四五])?[ \t]*[\])）】]?[ \t]*[:：]?[ \t*_]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ContainsText(Constraint):
    """The text holds this passage, verbatim: case, punctuation and spaces count; NFC or NFD do not.

    Source: IFEvalG `copy`, IFBench. Use `scope` for its place ("first sentence", "paragraph 2").

    >>> [ContainsText("It was I.").check(text).passed for text in ("“It was I.”", "it was I")]
    [True, False]
    """

    type: ClassVar[str] = "contains_text"
    passage: str
    """The passage."""

    def validate(self) -> None:
        """Refuse an empty passage."""
        if not self.passage.strip():
            raise ConstraintError(f"{self.passage!r} is not allowed; a passage holds a character", "passage")

    def describe(self) -> str:
        """The passage."""
        if self.lang == "zh":
            return f"原样写出这句话：“{self.passage}”。"
        return f'Include this passage word for word: "{self.passage}".'

    def decide(self, text: str, prompt: str) -> Verdict:
        """Search for it."""
        lines = self.passage.replace("\r\n", "\n").split("\n")
        if match := re.search(r"\r?\n".join(map(re.escape, lines)), text):
            return self.verdict(True, 1, f'contains "{self.passage}"', (match.span(),))
        forms = (unicodedata.normalize("NFC", t.replace("\r\n", "\n")) for t in (self.passage, text))
        passed = next(forms) in next(forms)
        reason = "" if passed else "the passage is missing"
        return self.verdict(passed, int(passed), f'contains "{self.passage}"', (), reason)


@dataclass(frozen=True, slots=True)
class InOrder(WordList):
    """The words or phrases occur in this order: each after the end of the one before.

    Source: ComplexBench (required parts in order). Case aside, whole words.

    >>> InOrder(("dawn", "noon", "night")).check("At dawn it ran. By night, at noon...").reason
    "'night' does not follow"
    """

    type: ClassVar[str] = "in_order"

    def validate(self) -> None:
        """Refuse fewer than two words."""
        check_words(self.words)
        if len(self.words) < 2:
            raise ConstraintError(f"{self.words!r} is not allowed; an order needs two words", "words")

    def describe(self) -> str:
        """The words in order."""
        if self.lang == "zh":
            return f"按顺序出现：{self.list_zh()}。"
        return f"Use, in this order: {self.list_en()}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for each behind the last."""
        folded = txt.fold(text)
        spans: list[Span] = []
        at = 0
        for word in self.words:
            found = next((span for span in txt.find_phrase(folded, word) if span[0] >= at), None)
            if found is None:
                reason = f"{word!r} does not follow"
                return self.verdict(False, len(spans), f"in order: {self.list_en()}", spans, reason)
            spans.append(found)
            at = found[1]
        return self.verdict(True, len(spans), f"in order: {self.list_en()}", spans)


@dataclass(frozen=True, slots=True)
class Letter(Constraint):
    """A letter: a salutation on a line of its own, a body, a closing formula, a signature below it.

    Source: CFBench (书信: 称呼, 正文, 祝语, 落款). By form: `Dear …,` or 亲爱的…： first; `Sincerely,`,
    `Love,` or 此致敬礼, 祝… among the last five lines, and a short line, or a name, behind it.

    >>> Letter().check("Dear Fox,\\n\\nCome home soon.\\n\\nLove,\\nOwl").passed
    True
    """

    type: ClassVar[str] = "letter"

    def describe(self) -> str:
        """The parts."""
        if self.lang == "zh":
            return "写成书信：有称呼、正文、祝语和落款。"
        return "Write it as a letter with a salutation, a body, a closing and a signature."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for the parts from both ends."""
        found = txt.lines(text)
        required = "salutation, body, closing, signature"
        greeting = next((i for i, s in enumerate(found[:4]) if self._is(_SALUTATION, text, s)), None)
        closings = [
            i for i in range(max(0, len(found) - 5), len(found)) if self._is(_CLOSING, text, found[i])
        ]
        missing = [] if greeting is not None else ["salutation"]
        if not closings:
            missing.append("closing")
        elif closings[-1] == len(found) - 1 and not _SIGNED.search(text, *found[-1]):
            missing.append("signature")
        if greeting is not None and closings and closings[0] - greeting < 2:
            missing.append("body")
        spans = [found[i] for i in ([] if greeting is None else [greeting]) + closings]
        reason = f"missing: {', '.join(missing)}" if missing else ""
        return self.verdict(not missing, 4 - len(missing), required, spans, reason)

    @staticmethod
    def _is(pattern: re.Pattern[str], text: str, span: Span) -> bool:
        """Whether a whole line is of the form."""
        return pattern.fullmatch(text, *span) is not None


@dataclass(frozen=True, slots=True)
class Script(Constraint):
    """A play: at least `speakers` different speakers (`NAME: line`, 甲：…), in at least half of the lines.

    Source: CFBench (剧本), nobody's program. Scene headings and stage directions may stand between.

    >>> Script(2).check("SCENE 1\\nFOX: Who is there?\\nOWL (softly): Only I.").measured
    2
    """

    type: ClassVar[str] = "script"
    speakers: int = 2
    """Lowest number of different speakers."""

    def validate(self) -> None:
        """Refuse a play without speakers."""
        if self.speakers < 1:
            raise ConstraintError(f"{self.speakers} is not allowed; give 1 or more", "speakers")

    def describe(self) -> str:
        """The form."""
        if self.lang == "zh":
            return f"写成剧本，至少 {self.speakers} 个角色，台词写作“姓名：台词”。"
        return f'Write it as a script with at least {self.speakers} speakers, each line as "NAME: words".'

    def decide(self, text: str, prompt: str) -> Verdict:
        """Read the names."""
        heading = txt.title(text)
        found = [s for s in txt.lines(text) if txt.has_words(text[slice(*s)]) and s != heading]
        spoken = {s: m["name"] for s in found if (m := _SPEAKER.match(text, *s))}
        names = {txt.fold(name)[0].strip() for name in spoken.values()}
        enough = len(names) >= self.speakers and 2 * len(spoken) >= len(found)
        reason = "" if enough else f"{len(names)} speakers in {len(spoken)} of {len(found)} lines"
        required = f"at least {self.speakers} speakers, half of the lines spoken"
        return self.verdict(enough, len(names), required, list(spoken), reason)


@dataclass(frozen=True, slots=True)
class Lyrics(Constraint):
    """A song with labelled verses and a labelled chorus (主歌, 副歌), as many as asked.

    Source: nobody's program. Labels stand on lines of their own: `[Verse 1]`, `Chorus:`, 【副歌】, bold or as
    headings too. A label with nothing below it does not count, except a chorus that was written out before.

    >>> Lyrics(verses=1, choruses=2).check("[Verse]\\nRain\\n[Chorus]\\nSun\\n[Chorus]").passed
    True
    """

    type: ClassVar[str] = "lyrics"
    verses: int = 2
    """Lowest number of verses."""
    choruses: int = 1
    """Lowest number of times that the chorus stands."""

    def validate(self) -> None:
        """Refuse a song without parts."""
        if self.verses < 0 or self.choruses < 0 or self.verses + self.choruses < 1:
            raise ConstraintError(f"{self.verses} verses and {self.choruses} choruses are no song", "verses")

    def describe(self) -> str:
        """The parts."""
        if self.lang == "zh":
            return f"写成歌词，标出主歌（至少 {self.verses} 段）和副歌（至少 {self.choruses} 次）。"
        return f"Write labelled song lyrics: at least {self.verses} verses, the chorus {self.choruses} times."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Read the labels and what stands below them."""
        sung: list[tuple[str, Span, int]] = []
        for span in txt.lines(text):
            label = _LABEL.fullmatch(text, *span)
            if label:
                sung.append((label["label"].lower(), span, 0))
            elif sung:
                name, at, count = sung[-1]
                sung[-1] = (name, at, count + 1)
        verses = [at for name, at, count in sung if name in ("verse", "主歌") and count]
        chorus = [(at, count) for name, at, count in sung if name in ("chorus", "副歌")]
        choruses = [at for at, _ in chorus] if any(count for _, count in chorus) else []
        passed = len(verses) >= self.verses and len(choruses) >= self.choruses
        required = f"at least {self.verses} verses and {self.choruses} choruses"
        measured = f"{len(verses)} verses, {len(choruses)} choruses"
        return self.verdict(
            passed, measured, required, verses + choruses, "" if passed else f"found {measured}"
        )
