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

_WINDOW = 2000
_SHORT = 200
_GRAM = 5
_DO = (
    r"(?:assist|help|fulfil|provid|writ|generat|creat|compl(?:y|et)|answer|respond|do (?:that|this|so)|"
    r"produce|engage|continue|offer|accommodate|proceed|share|discuss|participate|satisfy|support)"
)
_SORRY = (
    r"(?:(?:i(?:'m| am) (?:very |so |really )?sorry|sorry|(?:my )?apolog(?:ies|ize)|unfortunately|i regret)"
    r"[^.!?\n]{0,60}?(?:can(?:'t|not| not)|unable to|not able to|won't|will not|could(?:n't| not)) "
    rf"(?:\w+ ){{0,3}}{_DO})"
)
_CANNOT = (
    r"(?:i (?:can(?:'t|not| not)|am unable to|'m unable to|am not able to|won't|will not) (?:\w+ ){0,2}"
    rf"{_DO}[^.!?\n]{{0,60}}(?:request|prompt|that|this|content|task|instruction|question))"
)
_MACHINE = (
    r"(?:(?:as|i(?:'m| am)(?: just| only)?) an? (?:ai|artificial intelligence|large language|language model))"
    r"|作为(?:一个|一名|一款)?(?:ai|人工智能|语言模型|大语言模型)"
)
_REFUSAL_ZH = (
    r"(?:很|非常|真的)?(?:抱歉|对不起|遗憾)[，,!！。]?[^。！？\n]{0,20}(?:无法|不能|没办法|没法)[^。！？\n]{0,12}"
    r"(?:完成|提供|帮助|满足|协助|回答|写|生成|创作|处理|继续)"
    r"|我(?:无法|不能)(?:完成|提供|满足|协助|生成|回答)[^。！？\n]{0,14}(?:请求|要求|问题|内容|任务|帮助)"
)
_REFUSAL = re.compile(f"{_SORRY}|{_CANNOT}|{_MACHINE}|{_REFUSAL_ZH}")
_REFUSAL_HINTS: tuple[str, ...] = (
    "sorry",
    "apolog",
    "unfortunately",
    "regret",
    "can't",
    "cannot",
    "can not",
    "unable",
)
_REFUSAL_HINTS += (
    "not able",
    "won't",
    "will not",
    " ai",
    "artificial",
    "language model",
    "抱歉",
    "对不起",
    "遗憾",
    "无法",
    "不能",
    "作为",
)
_CLAIM = (
    r"(?:all|each|every one) (?:of )?(?:the |your |these )?(?:given |stated |listed )?"
    r"(?:constraints?|requirements?|instructions?|criteria|conditions) (?:\w+ ){0,3}"
    r"(?:met|satisfied|followed|fulfilled|respected)"
    r"|(?:this|the) (?:\w+ )?(?:response|text|poem|story|answer|essay|letter|output|piece|version|draft) "
    r"(?:meets|satisfies|fulfill?s|follows|adheres to|complies with) (?:all |each |every )(?:of )?"
    r"(?:the |your )?(?:\w+ )?(?:constraint|requirement|instruction|criteri|condition)"
    r"|(?:符合|满足|遵守|达到)(?:了)?(?:所有|全部|以上|上述|您的|你的|题目)?的?(?:要求|条件|约束|限制)[。！）)]"
)
_SELF_COUNT = (
    r"^[\W_]*(?:total )?(?:word|character|line|sentence|syllable|paragraph) count\W{0,4}(?:is |of )?"
    r"(?:about |approximately |~)?\d+"
    r"|[(\[]\W{0,3}(?:approx\w*\.? |about |exactly |total:? |around )?\d+ "
    r"(?:words|characters|sentences|syllables)\W{0,4}[)\]]"
    r"|this (?:response|answer|output|text|poem|story|piece|version) (?:has|contains|consists of|uses|is) "
    r"(?:exactly |about |approximately )?\d+ (?:words|sentences|paragraphs|lines|characters|syllables)"
    r"|^[\W_]*(?:全文|总)?(?:共|约)?(?:字数|行数|句数)(?:统计)?\W{0,3}(?:约|共|为)?\d+"
    r"|[（(](?:全文)?(?:共|约|共计|字数)[:：]?\d+字?[）)]"
)
_HINTS: tuple[str, ...] = (
    "constraint",
    "requirement",
    "instruction",
    "criteri",
    "condition",
    " count",
    " words",
    " characters",
)
_HINTS += (" sentences", " syllables", "要求", "条件", "约束", "限制", "数", "共", "约", "全文", "\ncount")
_META = re.compile(f"{_CLAIM}|{_SELF_COUNT}", re.MULTILINE)


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
    prompt, a sentence of it corrected. Case counts, so that a text may be asked for in capitals. Without a
    prompt there is nothing to echo, and it passes.

    >>> NoEcho().check("Write a poem about the sea.", "Write a poem about the sea.").passed
    False
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
        """Compare runs of words."""
        required = f"at most {self.at_most:.0%} taken from the prompt"
        words, asked = txt.word_list(text), txt.word_list(prompt)
        size = min(_GRAM, len(asked))
        if not asked or len(words) < size or (len(words) < 30 and 2 * len(words) < len(asked)):
            return self.verdict(True, 0.0, required)
        asked += asked[: size - 1]  # said twice in a row it is an echo too
        source = set(zip(*(asked[k:] for k in range(size)), strict=False))
        total = len(words) - size + 1
        share = sum(gram in source for gram in zip(*(words[k:] for k in range(size)), strict=False)) / total
        passed = share <= self.at_most
        reason = "" if passed else f"{share:.0%} of the text stands in the prompt"
        return self.verdict(passed, round(share, 3), required, (), reason)


@dataclass(frozen=True, slots=True)
class NoRepetition(Constraint):
    """The text does not loop: no stretch of 2,000 characters compresses more than `at_most` times (deflate).

    Source: ours. Prose compresses two to three times, a song with its chorus up to seven, a loop tens.
    Texts below 200 characters are not looked at: a short refrain may repeat.

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
        """Compress each stretch."""
        worst, where = 0.0, (0, 0)
        for start in range(0, max(1, len(text) - _SHORT), _WINDOW):
            part = text[start : start + _WINDOW]
            if len(part) >= _SHORT:
                raw = part.encode("utf-8", "surrogatepass")
                ratio = len(raw) / len(zlib.compress(raw, 1))
                if ratio > worst:
                    worst, where = ratio, (start, start + len(part))
        passed = worst <= self.at_most
        reason = "" if passed else f"a stretch compresses {worst:.1f} times: it repeats itself"
        spans = () if passed else (where,)
        return self.verdict(passed, round(worst, 2), f"at most {self.at_most:g} times", spans, reason)


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
        folded, origins = txt.fold(text[:300])
        match = _REFUSAL.search(folded) if any(hint in folded for hint in _REFUSAL_HINTS) else None
        quoted = folded.lstrip("*_ \n").startswith(('"', "「", "『"))
        if match is None or (quoted and match.start() > 0) or txt.count_words(text) > 150:
            return self.verdict(True, 0, "no refusal")
        span = match.span() if origins is None else (origins[match.start()], origins[match.end()])
        return self.verdict(False, 1, "no refusal", (span,), f"refuses: {match.group()[:80]!r}")


@dataclass(frozen=True, slots=True)
class NoMetaCommentary(Constraint):
    """The text does not comment on itself: no "all constraints are satisfied", "Word count: 200", 符合要求.

    Source: ours. Claims of compliance aim at a judge, counts at the reader of the prompt.

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
        spans = [m.span() for m in _META.finditer(folded)] if _may_comment(folded) else []
        if origins is not None:
            spans = [(origins[a], origins[b]) for a, b in spans]
        reason = f"says {text[slice(*spans[0])][:80]!r}" if spans else ""
        return self.verdict(not spans, len(spans), "no remark about itself", spans, reason)


def _may_comment(folded: str) -> bool:
    """Whether a text holds a word of the formulas at all: most do not, and need no closer look."""
    return any(hint in folded for hint in _HINTS)


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
