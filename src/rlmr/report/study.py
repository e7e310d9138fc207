"""What a report is about: some policies, how they were trained, and what they wrote for the same tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlmr.evals.outcome import EvalRow, Summary
from rlmr.runs import Run

START = "start"
"""The name of the policy before training, where a mixing rule's name would stand."""

LABELS = {
    START: "Start policy",
    "rlmr": "RLMR",
    "writing_only": "Writing only",
    "verifier_only": "Verifier only",
    "weighted_sum": "Fixed weight",
    "gate": "Gate",
    "gdpo": "GDPO",
    "lagrangian": "Lagrangian",
}
"""What a reader sees instead of a rule's name; a user's own rule goes by its own name."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of a study; whatever is missing (a run cut short) is left out of the report."""

    rule: str
    """The mixing rule that it was trained with, or 'start'."""
    summary: Summary | None = None
    """Its evaluation in numbers."""
    rows: Sequence[EvalRow] = ()
    """Its texts for the held-out tasks, in task order."""
    run: Run | None = None
    """Its training; None for the start policy."""

    @property
    def label(self) -> str:
        """Its name for a reader.

        >>> Policy("rlmr").label, Policy("mine:Rule").label
        ('RLMR', 'mine:Rule')
        """
        return LABELS.get(self.rule, self.rule)


@dataclass(frozen=True, slots=True)
class Study:
    """Policies that answer to the same tasks, the start policy first."""

    policies: tuple[Policy, ...]
    """At least one; the start policy, where there is one, comes first."""
    seed: int
    """Of training, sampling and intervals."""
    title: str = "Mixed rewards, side by side"
    """A few words."""
    note: str = ""
    """What a reader has to know first, such as that the training was interrupted."""
    judge: str = "the gold judge"
    """Who compared the texts, as it reads in a sentence."""

    @property
    def start(self) -> Policy | None:
        """The start policy, if the study has one."""
        return self.find(START)

    @property
    def trained(self) -> tuple[Policy, ...]:
        """Every other policy."""
        return tuple(policy for policy in self.policies if policy.rule != START)

    @property
    def tasks(self) -> int:
        """Held-out tasks that were evaluated; 0 where nothing was."""
        return max((policy.summary.texts for policy in self.policies if policy.summary), default=0)

    def find(self, rule: str) -> Policy | None:
        """The policy trained with `rule`, if the study has one."""
        return next((policy for policy in self.policies if policy.rule == rule), None)
