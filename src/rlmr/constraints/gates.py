"""Gates: what every text has to be before its task's constraints mean anything.

A text that says nothing, repeats the prompt, loops, refuses or talks about itself can keep many
constraints (a full stop passes 81 of IFEval's 541 prompts under the official programs). Gates are ordinary
constraints, visible beside the asked ones, and fair to short works: a slogan, a haiku, a refrain pass.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Lang, Role, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.formulas import asks_to_repeat, find_refusal, find_remarks

_WINDOW = 2000
_WINDOW_BITS = 14
"""16 KiB, where a stretch has 8,000 bytes at most; zlib's usual 32 KiB cost as much again to set up."""
_SHORT = 200
_GRAM = 5
_LINE = 120
_RULING = re.compile(r"([^\w\s])\1{3,}")


@dataclass(frozen=True, slots=True)
class Substance(Constraint):
    """A body of at least `at_least` words (hanzi), of which a few are different; a lone letter is no body.

    Source: ours. The default only asks for a word of two characters or more, since a number or a name can
    be an honest answer; a task that wants a story sets more.

    >>> [Substance(n).check(text).passed for n, text in ((1, "Maze"), (1, "a"), (5, "Go. Go. Go. Go. Go."))]
    [True, False, False]
    """

    type: ClassVar[str] = "substance"
    at_least: int = 1
    """Words or hanzi."""

    def validate(self) -> None:
        """Refuse no body at all."""
        if self.at_least < 1:
            raise ConstraintError(f"{self.at_least} is not allowed; give 1 or more", "at_least")

    def describe(self) -> str:
        """The least that is a text."""
        if self.lang == "zh":
            return f"写出有内容的正文（至少 {self.at_least} 字）。"
        return f"Write an actual text of at least {self.at_least} word{'' if self.at_least == 1 else 's'}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count the words, and the different ones where there are few."""
        words = txt.word_list(text)
        passed = len(words) >= self.at_least and (len(words) > 1 or len(words[0]) > 1)
        if passed and len(words) < 3 * self.at_least:
            passed = 3 * len({word.lower() for word in words}) >= self.at_least
        reason = "" if passed else f"{len(words)} words, or the same again"
        return self.verdict(passed, len(words), f"at least {self.at_least} words", (), reason)


@dataclass(frozen=True, slots=True)
class NoEcho(Constraint):
    """The text is not the prompt again: at most `at_most` of its runs of five words are taken from it.

    Source: ours. A text shorter than half of the prompt and 30 words is no echo: an option picked from the
    prompt, a sentence of it corrected. Where the prompt asks to be repeated first, a text that ends in words
    of its own has answered, however short they are. Case counts, so that a text may be asked for in capitals.
    Without a prompt there is nothing to echo, and it passes. A task whose whole answer is a long copy needs
    no such gate.

    >>> NoEcho().check("Write a poem about the sea.", "Write a poem about the sea.").passed
    False
    >>> asked = "Who is the fox in this tale? Repeat the question, then answer."
    >>> NoEcho(0.5).check("Who is the fox in this tale? Reynard.", asked).passed
    True
    """

    type: ClassVar[str] = "echo"
    at_most: float = 0.9
    """Highest share, 0 to 1."""

    def validate(self) -> None:
        """Refuse what is no share."""
        if not 0 <= self.at_most < 1:
            raise ConstraintError(
                f"{self.at_most} is not allowed; a share is 0 or more and below 1", "at_most"
            )

    def describe(self) -> str:
        """What not to do."""
        return "不要照抄题目。" if self.lang == "zh" else "Do not repeat the prompt instead of answering it."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Mark the words that stand in a copied run; count the runs of marked words. Most texts hold none."""
        required = f"at most {self.at_most:.0%} taken from the prompt"
        words, asked = txt.word_list(text), txt.word_list(prompt)
        size = min(_GRAM, len(asked))
        if not asked or len(words) < size or (len(words) < 30 and 2 * len(words) < len(asked)):
            return self.verdict(True, 0.0, required)
        known = bytes(map(set(asked).__contains__, words))
        if b"\1" * size not in known:
            return self.verdict(True, 0.0, required)
        run = re.compile(b"\1" * size + b"\1*+")
        twice = asked + asked[: size - 1]  # said twice in a row it is an echo too
        source = {twice[k : k + size] for k in range(len(asked))}
        taken = bytearray(len(words))
        for first, end in (match.span() for match in run.finditer(known)):
            for start in range(first, end - size + 1):
                if words[start : start + size] in source:
                    taken[start : start + size] = b"\1" * size
        copied = sum(len(match[0]) - size + 1 for match in run.finditer(taken))
        share = copied / (len(words) - size + 1)
        passed = share <= self.at_most
        if not passed and not taken[-1]:
            passed = asks_to_repeat(txt.fold(prompt)[0])
        reason = "" if passed else f"{share:.0%} of the text stands in the prompt"
        return self.verdict(passed, round(share, 3), required, (), reason)


@dataclass(frozen=True, slots=True)
class NoRepetition(Constraint):
    """The text does not loop: no stretch of 2,000 characters compresses more than `at_most` times (deflate).

    Source: ours. Prose compresses two to three times, a song with its chorus up to seven, a loop tens.
    Rulings (runs of one mark of up to a line: `-----`) count as one mark, so that a table or a tablature is
    no loop. Texts below 200 characters are not looked at: a short refrain may repeat. A task that asks for
    the same line a hundred times needs a higher limit.

    >>> NoRepetition().check("The sea, the sea. " * 99).passed
    False
    """

    type: ClassVar[str] = "repetition"
    at_most: float = 10.0
    """Highest ratio of size to compressed size; above 1."""

    def validate(self) -> None:
        """Refuse a ratio that everything breaks."""
        if not self.at_most > 1:
            raise ConstraintError(f"{self.at_most} is not allowed; give a ratio above 1", "at_most")

    def describe(self) -> str:
        """What not to do."""
        return "不要循环重复。" if self.lang == "zh" else "Do not repeat the same words over and over."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compress each stretch; one that seems to loop again, without its rulings."""
        worst, where = 0.0, (0, 0)
        for start in range(0, max(1, len(text) - _SHORT), _WINDOW):
            part = text[start : start + _WINDOW]
            if len(part) >= _SHORT:
                ratio = _ratio(part)
                if ratio > self.at_most:
                    ratio = _ratio(_RULING.sub(_shorten, part))
                if ratio > worst:
                    worst, where = ratio, (start, start + len(part))
        passed = worst <= self.at_most
        reason = "" if passed else f"a stretch compresses {worst:.1f} times: it repeats itself"
        spans = () if passed else (where,)
        return self.verdict(passed, round(worst, 2), f"at most {self.at_most:g} times", spans, reason)


def _ratio(part: str) -> float:
    """How many times a stretch compresses; the window is the smallest that holds all its bytes."""
    raw = part.encode("utf-8", "surrogatepass")
    return len(raw) / len(zlib.compress(raw, 1, wbits=_WINDOW_BITS))


def _shorten(ruling: re.Match[str]) -> str:
    """One mark for a ruling of up to a line; a longer run stays, since it is a loop itself."""
    return ruling[1] if len(ruling[0]) <= _LINE else ruling[0]


@dataclass(frozen=True, slots=True)
class NoRefusal(Constraint):
    """The text does not refuse the task: no formula of a refusal in its first 300 characters.

    Source: ours. Formulas name the request or the help ("I'm sorry, but I can't assist", 抱歉，我无法完成):
    a letter that declines an invitation passes. A quotation at the start, and a text of more than 150 words
    that goes on after the formula, are not a refusal.

    >>> NoRefusal().check("I'm sorry, but I can't help with that.").passed
    False
    >>> NoRefusal().check("Dear Tom, I'm sorry, but I can't come on Sunday.").passed
    True
    """

    type: ClassVar[str] = "refusal"

    def describe(self) -> str:
        """What not to do."""
        return "不要拒绝任务。" if self.lang == "zh" else "Do the task; do not refuse it."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look at the opening."""
        folded, origins = txt.fold(text)
        found = find_refusal(folded[:300])
        if found is None or (found[0] > 0 and _is_quoted(folded)) or txt.count_words(text) > 150:
            return self.verdict(True, 0, "no refusal")
        span = found if origins is None else (origins[found[0]], origins[found[1]])
        return self.verdict(False, 1, "no refusal", (span,), f"refuses: {folded[slice(*found)][:80]!r}")


def _is_quoted(folded: str) -> bool:
    """Whether the text opens with a quotation."""
    return folded.lstrip("*_ \n").startswith(('"', "「", "『"))


@dataclass(frozen=True, slots=True)
class NoMetaCommentary(Constraint):
    """The text does not comment on itself: no "all constraints are satisfied", "Word count: 200", 符合要求.

    Source: ours. Claims of compliance aim at a judge, counts at the reader of the prompt. What a text says
    of others ("a top mark means that the essay meets all criteria"), and a length that labels a part of it
    ("Short version (50 words)"), is no remark: see `rlmr.constraints.formulas`.

    >>> NoMetaCommentary().check("Rain falls.\\n\\n(Word count: 2)").passed
    False
    """

    type: ClassVar[str] = "meta_commentary"

    def describe(self) -> str:
        """What not to do."""
        return (
            "不要评论自己的作品。"
            if self.lang == "zh"
            else "Do not comment on your own text or count its words."
        )

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look for the formulas."""
        folded, origins = txt.fold(text)
        spans = find_remarks(folded)
        if origins is not None:
            spans = [(origins[a], origins[b]) for a, b in spans]
        reason = f"says {text[slice(*spans[0])][:80]!r}" if spans else ""
        return self.verdict(not spans, len(spans), "no remark about itself", spans, reason)


def default_gates(lang: Lang = "en", *, at_least: int = 1, role: Role = "hard") -> tuple[Constraint, ...]:
    """The five gates for a task in `lang` whose shortest honest answer has `at_least` words.

    >>> [gate.type for gate in default_gates()]
    ['substance', 'echo', 'repetition', 'refusal', 'meta_commentary']
    """
    return (
        Substance(at_least, lang=lang, role=role),
        NoEcho(lang=lang, role=role),
        NoRepetition(lang=lang, role=role),
        NoRefusal(lang=lang, role=role),
        NoMetaCommentary(lang=lang, role=role),
    )
