"""Style that a program can count: clichés, repetition, openers, kinds of sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.scope import find_parts
from rlmr.constraints.types.lists import cliches
from rlmr.text import Span

_STOPS = ".!?。！？…"
_CLOSERS = " \t\r\n\u3000\"'”’」』）)】]》>*_~"
_ENDINGS = {"question": "?？", "exclamation": "!！", "statement": ".。…"}


@dataclass(frozen=True, slots=True)
class Cliches(Counted):
    """At most `at_most` worn-out phrases of generated prose (default: none), from a versioned list.

    Source: ours, `rlmr.constraints.types.lists.cliches`: phrases ("a testament to") and patterns ("not just
    X, but Y", 首先…其次, 仿佛…一般) in the constraint's language.

    >>> Cliches(at_most=0).check("It was a testament to hope.").measured
    1
    """

    type: ClassVar[str] = "cliches"
    unit_en = ("cliché", "clichés")
    unit_zh = "处套话"
    verb_en = "Use"
    verb_zh = "使用"

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the phrases."""
        folded, origins = txt.fold(text)
        spans = [m.span() for m in cliches.pattern(self.lang).finditer(folded)]
        return spans if origins is None else [(origins[a], origins[b]) for a, b in spans]


@dataclass(frozen=True, slots=True)
class RepeatedPhrases(Counted):
    """At most `at_most` phrases of `length` words that stood in the text before.

    Source: IFBench `repeats`, n-gram repetition. Counted are places where a phrase begins that is a
    repetition; case and punctuation aside. A refrain repeats: give it room.

    >>> RepeatedPhrases(at_most=0, length=2).check("The sea, the sea!").reason
    'wanted at most 0 repeated phrases, counted 1'
    """

    type: ClassVar[str] = "repeated_phrases"
    unit_en = ("repeated phrase", "repeated phrases")
    unit_zh = "处重复短语"
    length: int = 4
    """Words (hanzi) in a phrase; 2 to 20."""

    def validate(self) -> None:
        """Refuse a phrase of one word."""
        Counted.validate(self)
        if not 2 <= self.length <= 20:
            raise ConstraintError(f"{self.length} is not allowed; a phrase has 2 to 20 words", "length")

    def describe(self) -> str:
        """The limit and the length."""
        stem = Counted.describe(self)[:-1]
        if self.lang == "zh":
            return f"{stem}（连续 {self.length} 字相同）。"
        return f"{stem} (the same {self.length} words in a row)."

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the repetitions."""
        found_words = txt.folded_words(text)
        words = [word for word, _ in found_words]
        seen: set[tuple[str, ...]] = set()
        found = []
        for i, gram in enumerate(zip(*(words[k:] for k in range(self.length)), strict=False)):
            if gram in seen:
                found.append((found_words[i][1][0], found_words[i + self.length - 1][1][1]))
            seen.add(gram)
        return found


@dataclass(frozen=True, slots=True)
class VariedOpeners(Constraint):
    """No more than `at_most` sentences (or lines) start with the same word.

    Source: IFBench `sentence:alliteration`-like rows; near-duplicate openers are a mark of weak prose.
    In Chinese the first two hanzi are compared.

    >>> VariedOpeners(at_most=1).check("He ran. He hid.").reason
    "2 start with 'he'"
    """

    type: ClassVar[str] = "varied_openers"
    at_most: int = 2
    """Sentences that may start alike; 1 or more."""
    unit: Literal["sentence", "line", "paragraph"] = "sentence"
    """sentence, line or paragraph."""

    def validate(self) -> None:
        """Refuse a limit below 1 and an unknown unit."""
        one_of("unit", self.unit, ("sentence", "line", "paragraph"))
        if self.at_most < 1:
            raise ConstraintError(f"{self.at_most} is not allowed; give 1 or more", "at_most")

    def describe(self) -> str:
        """The limit."""
        if self.lang == "zh":
            unit = {"sentence": "个句子", "line": "行", "paragraph": "段"}[self.unit]
            return f"以相同词语开头的不超过 {self.at_most} {unit}。"
        units = self.unit if self.at_most == 1 else f"{self.unit}s"
        return f"Let no more than {self.at_most} {units} start with the same word."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare the first words."""
        openers: dict[str, list[Span]] = {}
        for part, offset in find_parts(text, f"each {self.unit}"):
            match = txt.WORD.search(part)
            if match is None:
                continue
            end = match.end() + (1 if txt.HANZI.match(part[match.end() : match.end() + 1]) else 0)
            span = (match.start() + offset, end + offset)
            openers.setdefault(txt.fold(text[slice(*span)])[0], []).append(span)
        word, spans = max(openers.items(), key=lambda item: len(item[1]), default=("", []))
        passed = bool(spans) and len(spans) <= self.at_most
        reason = "" if passed else f"{len(spans)} start with {word!r}" if spans else "there is none"
        return self.verdict(passed, len(spans), f"at most {self.at_most} alike", spans, reason)


@dataclass(frozen=True, slots=True)
class SentenceKind(Counted):
    """Between `at_least` and `at_most` sentences are questions, exclamations or statements.

    By the mark at the end, closing quotes aside: `?!` is both. Source: IFBench `count:punctuation` rows,
    IFEvalG. With `only=True` every sentence has to be one.

    >>> SentenceKind(1, 1, kind="question").check('He ran. "Why?" she asked. Why?').measured
    1
    """

    type: ClassVar[str] = "sentence_kind"
    unit_en = ("sentence", "sentences")
    unit_zh = "个句子"
    kind: Literal["question", "exclamation", "statement"] = field(kw_only=True)
    """question, exclamation or statement."""
    only: bool = False
    """Whether every sentence has to be of the kind."""

    def validate(self) -> None:
        """Refuse an unknown kind; a range may be left out with `only`."""
        one_of("kind", self.kind, _ENDINGS)
        if not self.only or self.at_least is not None or self.at_most is not None:
            Counted.validate(self)

    def describe(self) -> str:
        """The range and the kind."""
        chinese = {"question": "疑问句", "exclamation": "感叹句", "statement": "陈述句"}[self.kind]
        only = f"全部使用{chinese}。" if self.lang == "zh" else f"Write {self.kind}s only."
        if self.at_least is None and self.at_most is None:
            return only
        stem = Counted.describe(self)
        stem = stem.replace("句子", chinese) if self.lang == "zh" else stem.replace("sentence", self.kind)
        return f"{stem} {only}" if self.only else stem

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the sentences of the kind."""
        return [span for span in txt.sentences(text) if self._is_kind(text[slice(*span)])]

    def decide(self, text: str, prompt: str) -> Verdict:
        """Count them; with `only`, compare with all."""
        found = self.find(text)
        verdict = self.verdict(
            bool(found), len(found), f"{self.kind}s", found, "" if found else "there is none"
        )
        if self.at_least is not None or self.at_most is not None:
            verdict = self.judge_count(len(found), found)
        if self.only and verdict.passed:
            others = [span for span in txt.sentences(text) if span not in set(found)]
            if others:
                return self.verdict(False, len(found), f"{self.kind}s only", others, "others occur")
        return verdict

    def _is_kind(self, sentence: str) -> bool:
        """Whether the sentence ends with a mark of the kind."""
        tail = sentence.rstrip(_CLOSERS)
        return any(mark in _ENDINGS[self.kind] for mark in tail[len(tail.rstrip(_STOPS)) :])
