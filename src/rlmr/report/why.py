"""Why a text got its advantage: one recorded group, drawn and put into sentences.

Positions are percentages of the drawing's width. Legend: q quality, p penalty, both in reward units.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from rlmr.constraints.base import Status, Verdict
from rlmr.report.prose import signed
from rlmr.report.study import Policy, Study
from rlmr.report.texts import Badge, Segment, badge, segments
from rlmr.runs.row import Derived, Row

MARGIN = 4.0
"""Per cent kept free at both ends of the quality axis."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """A completion that took part in its group's mix: its quality is a number."""

    row: Row
    derived: Derived
    quality: float
    penalty: float

    @property
    def reward(self) -> float:
        """Quality after the penalty."""
        return self.quality - self.penalty


@dataclass(frozen=True, slots=True)
class WhyText:
    """One text of the group, ready to draw."""

    letter: str
    """A, B, C, ... from the highest advantage down."""
    row: Row
    status: Status
    """Whether it kept its constraints."""
    advantage: float
    x: float | None
    """Where its quality stands; None where it has none."""
    x_after: float | None
    """Where the penalty put it; None where there was no penalty."""
    bar: tuple[float, float]
    """Left end and width of its advantage's bar; 50 is zero."""
    sentence: str
    segments: tuple[Segment, ...]
    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """A group and the reasons of its advantages."""

    label: str
    """The policy's name."""
    rule: str
    """The mixing rule that made the advantages."""
    step: int
    prompt: str
    texts: tuple[WhyText, ...]
    mean: float
    """Where the group's mean quality stands."""
    mean_after: float
    """Where the mean stands after the penalties."""
    penalty_std: float
    """The penalty of the group, in standard deviations of its quality."""


def sample_group(study: Study) -> Why | None:
    """The group that the report explains, or None where no run recorded a fitting one.

    Of the RLMR run (else the first run that has one), among the groups of its last third in which some
    texts broke a constraint and were penalised: the one with the median penalty. No other choice is made.
    """
    ordered = sorted(study.trained, key=lambda policy: policy.rule != "rlmr")
    for policy in ordered:
        groups = sorted(_candidates(policy), key=lambda item: item[0])
        if groups:
            _, step, rows = groups[(len(groups) - 1) // 2]
            return explain(policy.label, step, rows)
    return None


def _candidates(policy: Policy) -> Iterator[tuple[float, int, list[Row]]]:
    """(penalty in standard deviations, step, rows) of each group worth explaining."""
    if policy.run is None:
        return
    steps = policy.run.steps
    for step in steps[len(steps) * 2 // 3 :]:
        for rows in policy.run.groups(step):
            known = mixed(rows)
            spread = pstdev(text.quality for text in known) if known else 0.0
            if not spread or rows[0].derived is None or rows[0].derived.case != "some":
                continue
            penalties = [text.penalty for text in known if not text.derived.passed]
            if max(penalties) > 0 and _is_subtraction(known):
                yield max(penalties) / spread, step, rows


def mixed(rows: Sequence[Row]) -> list[Mixed]:
    """The rows that took part in the mix."""
    return [
        Mixed(row, derived, derived.quality, derived.penalty or 0.0)
        for row in rows
        if (derived := row.derived) is not None and derived.quality is not None and not derived.unknown
    ]


def _is_subtraction(texts: Sequence[Mixed]) -> bool:
    """Whether the rule did nothing but lower qualities, which is what the drawing shows."""
    mean = fmean(text.reward for text in texts)
    return all(
        text.derived.distance_after is not None
        and math.isclose(text.reward - mean, text.derived.distance_after, rel_tol=1e-6, abs_tol=1e-6)
        for text in texts
    )


def explain(label: str, step: int, rows: Sequence[Row]) -> Why:
    """The reasons of one recorded group, its texts from the highest advantage down.

    Raises:
        ValueError: a row that was not mixed, or no text that took part.
    """
    known = mixed(rows)
    if not known or any(row.derived is None for row in rows):
        raise ValueError(f"step {step} of {label}: this group was not mixed, so there is nothing to explain")
    ends = [text.quality for text in known] + [text.reward for text in known]
    low, high = min(ends), max(ends)
    spread = pstdev(text.quality for text in known) or 1.0
    mean, mean_after = fmean(t.quality for t in known), fmean(t.reward for t in known)
    largest = max((abs(row.derived.advantage) for row in rows if row.derived), default=0.0) or 1.0

    def at(value: float) -> float:
        return MARGIN + (100 - 2 * MARGIN) * ((value - low) / (high - low) if high > low else 0.5)

    def text(letter: str, row: Row, derived: Derived) -> WhyText:
        member = next((t for t in known if t.row is row), None)
        width = 48.0 * abs(derived.advantage) / largest
        return WhyText(
            letter=letter,
            row=row,
            status=Status.UNKNOWN if derived.unknown else Status.PASS if derived.passed else Status.FAIL,
            advantage=derived.advantage,
            x=at(member.quality) if member else None,
            x_after=at(member.reward) if member and member.penalty > 0 else None,
            bar=(50.0 if derived.advantage >= 0 else 50.0 - width, width),
            sentence=sentence(row, derived, spread),
            segments=segments(row.answer, row.verdicts),
            badges=tuple(badge(v) for v in row.verdicts if v.type != "finished" or not v.passed),
        )

    ordered = sorted(((r, r.derived) for r in rows if r.derived), key=lambda pair: -pair[1].advantage)
    return Why(
        label=label,
        rule=known[0].derived.rule,
        step=step,
        prompt=prompt_text(rows[0]),
        texts=tuple(text(letters(i), row, derived) for i, (row, derived) in enumerate(ordered)),
        mean=at(mean),
        mean_after=at(mean_after),
        penalty_std=max(t.penalty for t in known) / spread,
    )


def letters(index: int) -> str:
    """A, B, ..., Z, AA, AB, ...

    >>> letters(0), letters(25), letters(26)
    ('A', 'Z', 'AA')
    """
    head, tail = divmod(index, 26)
    return (letters(head - 1) if head else "") + chr(ord("A") + tail)


def prompt_text(row: Row) -> str:
    """The prompt of a recorded row as plain text."""
    if isinstance(row.prompt, str):
        return row.prompt
    return "\n".join(message["content"] for message in row.prompt if message["role"] == "user")


def sentence(row: Row, derived: Derived, spread: float) -> str:
    """Why this text got this advantage, in one sentence; `spread` is the group's standard deviation."""
    end = f"advantage {signed(derived.advantage)}."
    if derived.unknown or derived.quality is None:
        causes = [v.reason or v.type for v in row.verdicts if v.status is Status.UNKNOWN]
        cause = "; ".join(causes) if causes else "it could not be scored"
        return f"Unknown ({cause}), so it takes no part in its group: {end}"
    distance = (derived.distance_before or 0.0) / spread
    side = f"{abs(distance):.1f} std {'above' if distance >= 0 else 'below'} the group’s mean"
    if derived.passed:
        moved = distance < 0 < derived.advantage
        but = ", but lowering the others brought the mean below it" if moved else ""
        return f"Kept every constraint; its writing scored {side}{but}: {end}"
    reasons = capital(
        "; ".join(reason(v) for v in row.verdicts if v.status is Status.FAIL and v.role == "hard")
    )
    lowered = (derived.penalty or 0.0) / spread
    if lowered > 0:
        return f"{reasons}, so its reward was lowered by {lowered:.1f} std, from {side}: {end}"
    return f"{reasons}; its writing scored {side}, and no penalty was added: {end}"


def reason(verdict: Verdict) -> str:
    """Why a verdict failed, in its own words or from its numbers.

    >>> reason(Verdict("word_count", Status.FAIL, 71, "40 to 60 words"))
    'word count: found 71, asked 40 to 60 words'
    """
    if verdict.reason:
        return verdict.reason.rstrip(".")
    name = verdict.type.replace("_", " ")
    return (
        f"{name}: found {verdict.measured}, asked {verdict.required}"
        if verdict.required
        else f"{name} failed"
    )


def capital(text: str) -> str:
    """The text with a capital first letter, the rest as it was.

    >>> capital("missing: Fox")
    'Missing: Fox'
    """
    return text[:1].upper() + text[1:]
