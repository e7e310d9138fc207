"""From raw columns to advantages: the one road that training takes, and that a recorded run takes again.

Nothing mixed is needed to mix: `recompute` reads scores and verdicts only, and must give what the run
recorded; `remix` asks what another rule would have done to the very same texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlmr.constraints.base import Status
from rlmr.mixing import Explanation, Mixed, Reduced, State, check_rule, explain_all, mix, reduce_verdicts
from rlmr.runs.read import Run
from rlmr.runs.row import Derived, Row

VERDICT = {Status.PASS: 1.0, Status.FAIL: 0.0, Status.UNKNOWN: None}
"""A verdict as the mixing core reads it."""

STATE = "mixing_state/"
"""Metrics that hold the state with which a step's mix began (a rule that remembers something)."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """How a run turns raw columns into advantages."""

    rule: str = "rlmr"
    """Name of the mixing rule."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Its parameters that are not left at their defaults."""
    mean: float = 0.0
    """Taken off every score: the mean before training, frozen; 0 leaves scores as they are."""
    std: float = 1.0
    """Divides every score, > 0; 1 leaves scores as they are."""
    soft_weight: float = 1.0
    """What keeping every soft constraint adds to the (standardised) score."""

    def __post_init__(self) -> None:
        if not self.std > 0:
            raise ValueError(f"std must be above 0; got {self.std}")
        check_rule(self.rule, self.parameters)


@dataclass(frozen=True, slots=True)
class MixedRows:
    """The groups of one step, mixed."""

    groups: list[list[Row]]
    """P groups of rows, each with its `derived`."""
    mixed: Mixed
    """What the mixing core returned, (P, G)."""

    @property
    def advantages(self) -> list[float]:
        """One per row, in the order of the rows."""
        return [row.derived.advantage for group in self.groups for row in group if row.derived]


def mix_rows(groups: Sequence[Sequence[Row]], mixture: Mixture, state: State | None = None) -> MixedRows:
    """Mix P groups of rows (they may differ in length) from their raw columns.

    A text without a score is unknown: it takes no part, and its advantage is 0.

    >>> from rlmr.constraints.base import Verdict
    >>> def row(i, score, status):
    ...     verdicts = (Verdict("word_count", status),)
    ...     scores = {"quality": score}
    ...     return Row(1, "train", 0, i, "a", "Write.", "Once.", "Once.", 2, True, scores, verdicts)
    >>> group = [row(0, 1.0, Status.FAIL), row(1, 0.0, Status.PASS), row(2, None, Status.FAIL)]
    >>> [advantage for advantage in mix_rows([group], Mixture()).advantages]
    [-1.0, 1.0, 0.0]
    """
    reduced = reduce_verdicts(
        [[[VERDICT[verdict.status] for verdict in row.verdicts] for row in group] for group in groups],
        [[verdict.role for verdict in group[0].verdicts] for group in groups],
        [[verdict.weight for verdict in group[0].verdicts] for group in groups],
    )
    sizes = [len(group) for group in groups]
    soft = _ragged(reduced.soft_PG, sizes)
    quality = [
        [_quality(row, mixture, share) for row, share in zip(group, shares, strict=True)]
        for group, shares in zip(groups, soft, strict=True)
    ]
    mixed = mix(
        mixture.rule,
        quality,
        _ragged(reduced.passed_PG, sizes),
        unknown=_ragged(reduced.unknown_PG, sizes),
        severity=_ragged(reduced.severity_PG, sizes),
        state=state,
        **mixture.parameters,
    )
    whys = explain_all(mixed)
    derived = [
        [row.with_derived(_derived(whys[p][g], reduced, p, g)) for g, row in enumerate(group)]
        for p, group in enumerate(groups)
    ]
    return MixedRows(derived, mixed)


def _quality(row: Row, mixture: Mixture, soft: float) -> float | None:
    score = row.scores["quality"]
    if score is None:
        return None
    bonus = mixture.soft_weight * soft if mixture.soft_weight else 0.0  # an unknown share of nothing is 0
    return (score - mixture.mean) / mixture.std + bonus


def _ragged(matrix: Any, sizes: Sequence[int]) -> list[list[Any]]:
    """The rows of a padded (P, G) tensor at their own lengths."""
    return [row[:size] for row, size in zip(matrix.tolist(), sizes, strict=True)]


def _derived(why: Explanation, reduced: Reduced, p: int, g: int) -> Derived:
    return Derived(
        rule=why.rule,
        passed=bool(reduced.passed_PG[p, g]),
        unknown=why.passed is None,
        severity=float(reduced.severity_PG[p, g]),
        quality=why.quality,
        distance_before=why.before,
        distance_after=why.after,
        penalty=why.penalty,
        case=why.case,
        advantage=why.advantage,
    )


def mixture_of(config: Mapping[str, Any]) -> Mixture:
    """The mixture that a resolved recipe names."""
    mixing = dict(config["mixing"])
    standard = config["reward"].get("standardize") or {}
    return Mixture(
        rule=mixing.pop("rule"),
        soft_weight=mixing.pop("soft_weight", 1.0),
        parameters=mixing,
        mean=standard.get("mean", 0.0),
        std=standard.get("std", 1.0),
    )


def state_before(run: Run, step: int, split: str = "train") -> State | None:
    """What the rule remembered when it mixed `step`; None at the first step and for rules without memory.

    An evaluation comes after its step's own mix, and remembers what that left behind.
    """
    if split != "train":
        mixed_before = [earlier for earlier in run.steps if earlier <= step]
        return recompute(run, mixed_before[-1]).mixed.state if mixed_before else None
    line = next((line for line in run.metrics if line["step"] == step), {})
    state = {key.removeprefix(STATE): value for key, value in line.items() if key.startswith(STATE)}
    return state or None


def recompute(run: Run, step: int, split: str = "train") -> MixedRows:
    """Mix a recorded step again from its raw columns, with the run's own rule.

    Equal to what the run recorded, or the record is not what the run did. Raises RunError for a step
    without groups.
    """
    return mix_rows(run.groups(step, split), mixture_of(run.config), state_before(run, step, split))


def remix(run: Run, step: int, rule: str, split: str = "train", **parameters: Any) -> MixedRows:
    """What another rule would have done to the texts of a recorded step.

    Scores stay standardised as the run standardised them; a rule with memory begins without it.
    Raises ValueError for an unknown rule or parameter, RunError for a step without groups.
    """
    own = mixture_of(run.config)
    mixture = Mixture(rule, parameters, own.mean, own.std, own.soft_weight)
    return mix_rows(run.groups(step, split), mixture)
