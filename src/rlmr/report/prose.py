"""Numbers and findings in words, built from the numbers alone: the prose says what the table says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rlmr.evals.outcome import Summary
from rlmr.evals.stats import Estimate
from rlmr.report.study import START, Policy, Study

UNKNOWN = "–"
"""What stands where a number is not known."""


def percent(value: float | None) -> str:
    """A share as a whole percentage.

    >>> percent(0.425), percent(float("nan"))
    ('42%', '–')
    """
    return UNKNOWN if value is None or math.isnan(value) else f"{value * 100:.0f}%"


def interval(estimate: Estimate) -> str:
    """The interval of a share.

    >>> interval(Estimate(0.5, 0.44, 0.56, 300))
    '44–56%'
    """
    return UNKNOWN if math.isnan(estimate.low) else f"{estimate.low * 100:.0f}–{estimate.high * 100:.0f}%"


def number(value: float | None, digits: int = 1) -> str:
    """A number with thousands separators.

    >>> number(1234.56), number(None), number(3, 0)
    ('1,234.6', '–', '3')
    """
    return UNKNOWN if value is None or math.isnan(value) else f"{value:,.{digits}f}".replace("-", "−")


def signed(value: float) -> str:
    """A number with its sign, two decimals, and a true minus.

    >>> signed(-0.62), signed(1.1), signed(0.0)
    ('−0.62', '+1.10', '0.00')
    """
    return f"{value:+.2f}".replace("-", "−") if round(value, 2) else "0.00"


def listing(items: Sequence[str]) -> str:
    """Items as an English list.

    >>> listing(["a"]), listing(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def steps_of(policy: Policy) -> int:
    """Steps that its training recorded."""
    return int(policy.run.status.get("step", 0)) if policy.run else 0


def rewarded(policy: Policy) -> str:
    """How many violators its training rewarded, and of how many.

    The start policy, and a policy without a summary, were not counted.
    """
    summary = policy.summary
    if summary is None or summary.violators_rewarded is None:
        return UNKNOWN
    if not summary.violators:
        return f"{summary.violators_rewarded:,}"
    return f"{summary.violators_rewarded:,} of {summary.violators:,}"


def headline(study: Study) -> str:
    """The page's first line: what happened to the pass rate and to the writing."""
    policy = study.find("rlmr") or next(iter(study.trained), None)
    start = study.start
    if policy is None or policy.summary is None or start is None or start.summary is None:
        return study.title
    before, after = start.summary.pass_rate.value, policy.summary.pass_rate.value
    return (
        f"{policy.label}: {percent(before)} → {percent(after)} of texts keep every constraint, and "
        f"{percent(policy.summary.gold_win_rate.value)} read better than the start’s"
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence of the summary."""

    text: str
    label: str = ""
    """The policy that it begins with, if any."""
    slot: int = 0
    """That policy's colour."""


def findings(study: Study) -> list[Finding]:
    """The summary paragraph, sentence by sentence; `Study.note` is not in it."""
    said = []
    evaluated = [(i, policy, policy.summary) for i, policy in enumerate(study.policies) if policy.summary]
    start = study.start.summary if study.start else None
    if start:
        kept, words = percent(start.pass_rate.value), f"{start.mean_words:.0f}"
        said.append(
            Finding(
                f"All policies wrote for the same {study.tasks:,} held-out tasks. The start policy kept "
                f"every constraint in {kept} of its texts, at {words} words each."
            )
        )
    for slot, policy, summary in evaluated:
        if policy.rule != START:
            said.append(Finding(_finding(policy, summary), policy.label, slot))
    counted = [f"{policy.label} {rewarded(policy)}" for _, policy, summary in evaluated if summary.violators]
    if counted:
        said.append(Finding(f"Violators that training rewarded all the same: {listing(counted)}."))
    trained = [f"{policy.label} for {steps_of(policy)} steps" for policy in study.trained if policy.run]
    if trained and not any(policy.summary for policy in study.trained):
        said.append(Finding(f"Trained: {listing(trained)}. No trained policy has been evaluated."))
    return said


def _finding(policy: Policy, summary: Summary) -> str:
    kept, both = percent(summary.pass_rate.value), percent(summary.pass_and_better.value)
    win = summary.gold_win_rate
    won = f"{percent(win.value)} of its texts (95% interval {interval(win)})"
    steps = f"after {steps_of(policy)} steps " if policy.run else ""
    return (
        f"{steps}keeps every constraint in {kept}; {won} are preferred to the start’s, {both} do both, "
        f"at {summary.mean_words:.0f} words."
    )
