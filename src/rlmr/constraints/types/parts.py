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
    r"[ \t\u3000\"“]*(?:(?:mr|mrs|ms|dr|prof|professor|sirs?|madam|ladies|gentlemen|friends|fellow)\b"
    r"[^\r\n?!,:]{0,40}[,:]"
    r"|(?:(?:my )?(?:dear|dearest|darling|hello|hi|hey|greetings|to)|good (?:morning|day|afternoon|evening))"
    r"\b[^\r\n]{0,60}[,:!]?"
    r"|(?:尊敬的|敬爱的|敬愛的|亲爱的|親愛的)[^\r\n，。！？]{1,20}[,，!！]"
    r"|(?=[^\r\n]{0,20}[一-鿿])[^\r\n，。！？]{1,20}[:：]"
    r"|[^\r\n，。！？]{0,12}[，,]?[你您妳]们?好[:：!！,，]?"
    r"|[嗨嘿][，,]?[^\r\n，。！？]{1,12}[:：!！,，])[ \t]*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"[ \t\u3000]*(?:"
    r"(?:(?:yours?|sincerely|love|best|kind|warm|warmly|warmest|with|faithfully|respectfully|regards|truly|cheers|"
    r"thanks|many thanks|thank you|take care|gratefully|fondly|affectionately|cordially|xo(?:xo)*|"
    r"(?:all|lots of|much) (?:my |our |the )?(?:love|best))\b[^\r\n]{0,40})"
    r"|此致.*|敬[礼禮].*|[顺敬谨恭遥]?祝.{0,20}|[顺即敬]颂.{0,8}|(?:永远)?[爱想念]你的?.{0,8}|[你您]的.{1,8}[,，：:]"
    r"|愿[你您大].{1,20}|盼(?:复|望|早|你|您|回信|来信).{0,12}|期待(?:你|您|与|和|早|再|收到|回信|来信).{0,16}"
    r"|谨上|敬上)[ \t]*",
    re.IGNORECASE,
)
_OPENED = re.compile(r"[ \t\u3000]*(?:此致|[顺敬谨恭遥]?祝|[顺即敬]颂)[你您]?们?[ \t,，:：]*")
"""A Chinese closing whose wish stands on the next line."""
_ADDRESS = re.compile(
    r"[ \t\u3000]*[^\W\d_][^\s\d,，:：!！?？。]{0,20}(?: [^\s\d,，:：!！?？。]{1,20}){0,5}[,，][ \t]*"
)
"""One to six words and a comma: `Mr. Claus,`, `Until the moon sets,`."""
_SIGNED = re.compile(r"[,，][ \t]*(?!and\b)\w[^,，]*$")
"""A signature on the line of the closing: `Love, Owl`."""
_LABEL = re.compile(
    r"[ \t#*_]*(?P<open>[\[(（【])?[ \t]*(?:(?:final|last|first|second|third|repeat) )?"
    r"(?P<label>verse|chorus|bridge|intro|outro|pre-?chorus|hook|refrain|主歌|副歌|桥段|前奏|尾声|间奏|导歌)"
    r"[ \t]*(?:[A-Z]?\d{1,2}|one|two|three|four|five|[一二三四五])?(?![\w])"
    r"(?(open)(?:[ \t]*(?:[:：,，;；·x×(（/|–—-]|repeat)[^\r\n\[\]【】]{0,40})?[\])）】])"
    r"(?:[ \t]*[(（\[][^\r\n()（）\[\]]{1,40}[)）\]])?(?:[ \t]*[x×][ ]?\d{1,2})?[ \t]*[:：]?[ \t*_]*",
    re.IGNORECASE,
)
"""The label of a part of a song; inside brackets, or in brackets behind it, a remark may follow."""


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

    Source: CFBench (书信: 称呼, 正文, 祝语, 落款). By form. The salutation is among the first four lines:
    `Dear …,`, `Hey …,`, `To …:`, 亲爱的…：, …你好！, `Mr. Claus:`, or up to six words and a comma above a
    blank line (`Santa,`). The closing is among the last five: `Sincerely,`, `All my love,`, 此致敬礼, 祝…
    (its wish may stand on the next line), or up to six words and a comma, where a sentence or paragraph has
    ended above and a signature follows (`Until the moon sets,`). A short line, or a name, stands behind it.

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
        greeting = next((i for i in range(min(4, len(found))) if _greets(text, found, i)), None)
        body = 0 if greeting is None else greeting + 1
        last_lines = range(max(body, len(found) - 5), len(found))
        closings = [i for i in last_lines if _closes(text, found, i)]
        missing = [] if greeting is not None else ["salutation"]
        if not closings:
            missing.append("closing")
        elif closings[-1] == len(found) - 1 and not _SIGNED.search(text, *found[-1]):
            missing.append("signature")
        if greeting is not None and closings:
            between = [
                i for i in range(body, closings[-1]) if i not in closings or text[found[i][1] - 1] in ".。"
            ]
            missing += [] if between else ["body"]
        spans = [found[i] for i in ([] if greeting is None else [greeting]) + closings]
        reason = f"missing: {', '.join(missing)}" if missing else ""
        return self.verdict(not missing, 4 - len(missing), required, spans, reason)


def _greets(text: str, lines: list[Span], i: int) -> bool:
    """Whether a line is a salutation: by its words, or a short address above a blank line."""
    if _SALUTATION.fullmatch(text, *lines[i]):
        return True
    apart = i + 1 < len(lines) and text.count("\n", lines[i][1], lines[i + 1][0]) > 1
    return apart and _ADDRESS.fullmatch(text, *lines[i]) is not None


def _closes(text: str, lines: list[Span], i: int) -> bool:
    """Whether a line belongs to a closing: by its words, or short, with an end above and a name below."""
    if _CLOSING.fullmatch(text, *lines[i]):
        return True
    if i and _OPENED.fullmatch(text, *lines[i - 1]):
        return True
    if i in (0, len(lines) - 1) or not _ADDRESS.fullmatch(text, *lines[i]):
        return False
    above, (start, end) = lines[i - 1], lines[i + 1]
    ended = text[above[1] - 1] in '.!?…。！？"”)' or text.count("\n", above[1], lines[i][0]) > 1
    return ended and end - start <= 60 and text[end - 1] not in ".,;:?!。，；：？！"


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
    headings too, with a remark in brackets: `[Verse 2: Nurse]`, `Chorus (repeat):`, `[Chorus x2]` (one label,
    one time). A label with nothing below it does not count, except a chorus that was written out before.

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
