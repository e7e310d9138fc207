"""Texts on the page: evidence marked in them, and the same prompt answered by each policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rlmr.constraints.base import Status, Verdict
from rlmr.evals.outcome import EvalRow
from rlmr.report.study import Study

Mark = Literal["", "kept", "broken"]
PROMPTS = 4
"""Prompts that are shown with every policy's answer."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text."""

    text: str
    mark: Mark
    """'broken': evidence of a failed verdict; 'kept': of a passed one; '' neither."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A verdict in a few words."""

    status: Status
    name: str
    """The constraint's type in plain words."""
    found: str
    """The count or the reason; '' where nothing needs saying."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one policy wrote for a prompt."""

    label: str
    slot: int
    segments: tuple[Segment, ...]
    badges: tuple[Badge, ...]
    row: EvalRow
    better: bool | None
    """Whether the judge prefers it to the start policy's; None for a tie or an unknown score."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt with every policy's answer."""

    text: str
    answers: tuple[Answer, ...]


def segments(text: str, verdicts: Sequence[Verdict]) -> tuple[Segment, ...]:
    """`text` in pieces, the evidence of its verdicts marked; joined, they are the text again.

    A failed verdict's spans are marked wherever they stand and win over a passed one's. The spans of a
    passed verdict that cover more than a third of the text (all its sentences, say) would mark
    everything and are left out. Offsets beyond the text are cut.

    >>> verdict = Verdict("exclude_words", Status.FAIL, spans=((2, 5),))
    >>> [(s.text, s.mark) for s in segments("a fox", [verdict])]
    [('a ', ''), ('fox', 'broken')]
    """
    marks: list[Mark] = [""] * len(text)
    for verdict in sorted(verdicts, key=lambda v: v.status is Status.FAIL):
        covered = sum(end - start for start, end in verdict.spans)
        if verdict.status is Status.UNKNOWN or (verdict.status is Status.PASS and covered * 3 > len(text)):
            continue
        for start, end in verdict.spans:
            mark: Mark = "broken" if verdict.status is Status.FAIL else "kept"
            marks[start:end] = [mark] * len(marks[start:end])
    edges = [0, *(i for i in range(1, len(text)) if marks[i] != marks[i - 1]), len(text)]
    return tuple(Segment(text[a:b], marks[a]) for a, b in pairwise(edges) if a < b)


def badge(verdict: Verdict) -> Badge:
    """The verdict in a few words: the reason of a fail or an unknown, the count behind a pass.

    >>> badge(Verdict("word_count", Status.FAIL, 71, "40 to 60 words")).found
    'found 71, asked 40 to 60 words'
    >>> badge(Verdict("word_count", Status.PASS, 52, "40 to 60 words")).found
    '52'
    """
    counted = isinstance(verdict.measured, int | float)
    if verdict.status is Status.PASS:
        found = f"{verdict.measured:g}" if counted else ""
    elif verdict.reason or verdict.status is Status.UNKNOWN:
        found = verdict.reason
    else:
        found = f"found {verdict.measured}, asked {verdict.required}"
    return Badge(verdict.status, verdict.type.replace("_", " "), found)


def prompts(study: Study, most: int = PROMPTS) -> list[Prompt]:
    """The first held-out prompts whose kinds of constraints differ, answered by every evaluated policy.

    They are chosen by their tasks alone, never by how anybody answered them.
    """
    evaluated = [(slot, policy) for slot, policy in enumerate(study.policies) if policy.rows]
    if not evaluated:
        return []
    first = evaluated[0][1].rows
    kinds: dict[tuple[str, ...], int] = {}
    for i, row in enumerate(first):
        kinds.setdefault(tuple(sorted(v.type for v in row.verdicts)), i)
    chosen = sorted(sorted(kinds.values())[:most])
    start = study.start.rows if study.start else ()
    return [
        Prompt(
            first[i].prompt,
            tuple(
                Answer(
                    label=policy.label,
                    slot=slot,
                    segments=segments(policy.rows[i].answer, policy.rows[i].verdicts),
                    badges=tuple(
                        badge(v) for v in policy.rows[i].verdicts if v.type != "finished" or not v.passed
                    ),
                    row=policy.rows[i],
                    better=_better(policy.rows[i], start[i]) if start else None,
                )
                for slot, policy in evaluated
            ),
        )
        for i in chosen
    ]


def _better(row: EvalRow, start: EvalRow) -> bool | None:
    if row.gold is None or start.gold is None or row.gold == start.gold:
        return None
    return row.gold > start.gold
