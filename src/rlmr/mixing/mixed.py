"""What a mix returns, and the one place that explains an advantage.

Axes: P prompts, G texts of one prompt (the group), 1 a kept dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from rlmr.mixing.groups import Groups
from rlmr.mixing.normalize import mean, standardize
from rlmr.mixing.rule import State

Case = Literal["none", "some", "all", "unknown"]
"""How many of a group's known texts fail; unknown where no text is known."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one text got its advantage, in plain numbers; None where something is not known."""

    rule: str
    """Name of the mixing rule."""
    case: Case
    """The group: none, some or all of its known texts fail; unknown where none is known."""
    known: int
    """Known texts of the group."""
    failed: int
    """Violators among them."""
    quality: float | None
    """Writing score of the text."""
    passed: bool | None
    """Whether the text keeps its hard constraints."""
    severity: float | None
    """How badly it fails, 0 to 1; 0 for a compliant text."""
    mean: float | None
    """Mean quality of the group's known texts."""
    std: float | None
    """Their population standard deviation; 1 where their quality is constant."""
    before: float | None
    """Quality minus mean quality."""
    penalty: float | None
    """Reward that failing cost the text; 0 for a compliant one, and in the rule `rlmr` also where all
    fail: there the policy acts on the advantage, and `after` equals `before`."""
    after: float | None
    """Mixed reward minus the group's mean mixed reward, in the units of the rule's reward."""
    advantage: float
    """What the trainer gets; 0 for an unknown text."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """Advantages of a batch and everything that is needed to explain them."""

    rule: str
    """Name of the rule."""
    advantages: Tensor
    """(P, G) float64, finite; 0 for texts that are unknown or absent. With scale group or batch the
    signs survive a cast to float32 or bfloat16."""
    penalty: Tensor
    """(P, G) float64: reward that failing cost each violator, in the units of `reward`; else 0."""
    reward: Tensor
    """(P, G) float64: mixed reward before centring; 0 where not known."""
    groups: Groups
    """The checked and masked input."""
    state: State | None
    """What to give to the next call as `state`; None for a rule that remembers nothing."""

    @property
    def known(self) -> Tensor:
        """(P, G) bool: texts that took part."""
        return self.groups.known_PG

    @property
    def present(self) -> Tensor:
        """(P, G) bool: texts that exist; False is padding of a shorter group."""
        return self.groups.present_PG

    @property
    def failed(self) -> Tensor:
        """(P, G) bool: known texts that break a hard constraint."""
        return self.groups.failed_PG

    @property
    def case(self) -> tuple[Case, ...]:
        """How many known texts fail, for each of the P groups."""
        counts = zip(self.groups.n_P1[:, 0].tolist(), self.groups.f_P1[:, 0].tolist(), strict=True)
        return tuple(_case(n, f) for n, f in counts)

    def explain(self, p: int, g: int) -> Explanation:
        """Why text `g` of group `p` got its advantage. ValueError if there is no such text."""
        return explain(self, p, g)


def explain(mixed: Mixed, p: int, g: int) -> Explanation:
    """The numbers behind one advantage.

    >>> from rlmr.mixing import mix
    >>> why = mix("rlmr", [[1.0, 4.0, 1.0]], [[True, False, True]]).explain(0, 1)
    >>> why.case, why.before, round(why.penalty, 2), round(why.after, 2), round(why.advantage, 2)
    ('some', 2.0, 4.06, -0.71, -1.41)
    """
    size_P, size_G = mixed.present.shape
    if not (0 <= p < size_P and 0 <= g < size_G and bool(mixed.present[p, g])):
        raise ValueError(f"no text {g} in group {p}: shape is {(size_P, size_G)}, padding left out")
    return explain_all(mixed)[p][g]


def explain_all(mixed: Mixed) -> list[list[Explanation]]:
    """The numbers behind every advantage, by group; padding at the end of a shorter group is left out.

    >>> from rlmr.mixing import mix
    >>> whys = explain_all(mix("rlmr", [[1.0, 4.0], [2.0]], [[True, False], [True]]))
    >>> [[why.case for why in group] for group in whys]
    [['some', 'some'], ['none']]
    """
    groups, known_PG = mixed.groups, mixed.known
    quality = standardize(groups.quality_PG, known_PG)
    columns_PG = {
        "quality": groups.quality_PG,
        "passed": ~mixed.failed,
        "severity": groups.severity_PG,
        "before": groups.quality_PG - quality.mean_P1,
        "penalty": mixed.penalty,
        "after": mixed.reward - mean(mixed.reward, known_PG),
    }
    values = {name: column.tolist() for name, column in columns_PG.items()}
    nothing = dict.fromkeys(values)
    known, advantages, present = known_PG.tolist(), mixed.advantages.tolist(), mixed.present.tolist()
    whys = []
    for p, case in enumerate(mixed.case):
        n, f = int(groups.n_P1[p]), int(groups.f_P1[p])
        centre, spread = (quality.mean_P1[p].item(), quality.std_P1[p].item()) if n else (None, None)
        whys.append(
            [
                Explanation(
                    rule=mixed.rule, case=case, known=n, failed=f, mean=centre, std=spread,
                    advantage=advantages[p][g],
                    **({name: rows[p][g] for name, rows in values.items()} if known[p][g] else nothing),
                )
                for g in range(len(advantages[p]))
                if present[p][g]
            ]
        )  # fmt: skip
    return whys


def _case(n: float, f: float) -> Case:
    """The case of a group with `n` known texts, `f` of them failing."""
    if n == 0:
        return "unknown"
    return "none" if f == 0 else "all" if f == n else "some"


def check_finite(mixed: Mixed) -> None:
    """Raise ValueError unless all advantages are finite: the last line of defence for a user's own rule."""
    if not mixed.advantages.abs().max() < torch.inf:
        p, g = (~torch.isfinite(mixed.advantages)).nonzero()[0].tolist()
        given = mixed.advantages[p, g].item()
        raise ValueError(
            f"rule {mixed.rule} gave advantage {given} for text {g} of group {p}; must be finite"
        )
