"""Repetition as a figure, and as a fault: parallel openings, parts that say the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import ClassVar, Literal
from unicodedata import normalize

from rlmr import text as txt
from rlmr.constraints.base import MAX_SPANS, Constraint, Verdict, one_of
from rlmr.constraints.counted import Counted
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.scope import UNITS
from rlmr.text import Span

_CLAUSE = re.compile(r"[^，。！？；：,.!?;:\r\n…—]+")


@dataclass(frozen=True, slots=True)
class Anaphora(Counted):
    """Between `at_least` and `at_most` runs of parallel clauses that open with the same words (排比).

    Source: CFBench (排比). A run is `run` clauses or more in a row with the same first two words (in Chinese:
    two hanzi); clauses are told apart by punctuation. Parallel sense without the same opening is for a judge.

    >>> Anaphora(1, 1).check("I have seen rain, I have seen snow, I have seen you.").measured
    1
    """

    type: ClassVar[str] = "anaphora"
    unit_en = ("run of parallel clauses", "runs of parallel clauses")
    unit_zh = "处排比（连续分句以相同的词开头）"
    verb_en = "Use"
    verb_zh = "使用"
    run: int = 3
    """Clauses in a run, at least; 2 or more."""

    def validate(self) -> None:
        """Refuse a run of one."""
        Counted.validate(self)
        if self.run < 2:
            raise ConstraintError(f"{self.run} is not allowed; a run has 2 clauses or more", "run")

    def describe(self) -> str:
        """The range and what a run is."""
        stem = Counted.describe(self)
        if self.lang == "zh" or self.at_most == 0:
            return stem
        return f"{stem[:-1]} ({self.run} or more in a row that open with the same two words)."

    def find(self, text: str) -> Sequence[Span]:
        """Spans of the runs."""
        clauses: list[tuple[tuple[str, ...], Span]] = []
        pattern = txt.word_pattern(text)
        for match in _CLAUSE.finditer(text):
            words = list(islice(pattern.finditer(text, *match.span()), 2))
            if words:
                opening = tuple(normalize("NFC", word.group().casefold()) for word in words)
                clauses.append((opening, (words[0].start(), match.end())))
        runs = [list(group) for opening, group in groupby(clauses, lambda c: c[0]) if len(opening) == 2]
        return [(run[0][1][0], run[-1][1][1]) for run in runs if len(run) >= self.run]


@dataclass(frozen=True, slots=True)
class DistinctParts(Constraint):
    """No part (item, sentence, line, paragraph) says again what stood before.

    None shares more than `at_most` of its runs of three words with the parts above it.
    Source: Meeseeks (雷同). A part of fewer than three words is compared as a whole. One part alone fails:
    there is nothing to tell apart.

    >>> DistinctParts("line").check("the fox ran home\\nthe fox ran home again").reason
    '67 % of a line stood before'
    """

    type: ClassVar[str] = "distinct_parts"
    unit: Literal["line", "sentence", "paragraph", "item"] = "item"
    """line, sentence, paragraph or item (of a list)."""
    at_most: float = 0.5
    """Highest share of a part's runs of three words that stood before; 0 to below 1."""

    def validate(self) -> None:
        """Refuse an unknown unit and a share that says nothing."""
        one_of("unit", self.unit, UNITS)
        if not 0 <= self.at_most < 1:
            raise ConstraintError(f"{self.at_most} is not allowed; a share is 0 or more, below 1", "at_most")

    def describe(self) -> str:
        """The unit."""
        if self.lang == "zh":
            unit = {"line": "行", "sentence": "句", "paragraph": "段", "item": "项"}[self.unit]
            return f"各{unit}内容不得雷同。"
        return f"Let no two {self.unit}s say the same."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare each part with what stood above it."""
        found = UNITS[self.unit](text)
        required = f"different {self.unit}s"
        if len(found) < 2:
            return self.verdict(False, len(found), required, found, f"{len(found)} {self.unit}s")
        seen: set[tuple[str, ...]] = set()
        alike: list[Span] = []
        worst = 0.0
        all_words = txt.folded_words(text)
        at = 0
        for start, end in found:
            words = []
            while at < len(all_words) and all_words[at][1][1] <= end:
                if all_words[at][1][0] >= start:
                    words.append(all_words[at][0])
                at += 1
            runs = {tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2))} if words else set()
            share = len(runs & seen) / len(runs) if runs else 0.0
            worst = max(worst, share)
            if share > self.at_most:
                alike.append((start, end))
            seen |= runs
        reason = f"{worst:.0%} of a {self.unit} stood before".replace("%", " %") if alike else ""
        return self.verdict(not alike, round(worst, 3), required, alike[:MAX_SPANS], reason)
