"""The table of rules, and `mix`, the function that everything else calls."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from rlmr.mixing.gate import Gate
from rlmr.mixing.gdpo import Gdpo
from rlmr.mixing.groups import Matrix, make_groups
from rlmr.mixing.lagrangian import Lagrangian
from rlmr.mixing.mixed import Mixed, check_finite
from rlmr.mixing.rlmr import Rlmr
from rlmr.mixing.rule import Rule, State
from rlmr.mixing.verifier_only import VerifierOnly
from rlmr.mixing.weighted_sum import WeightedSum
from rlmr.mixing.writing_only import WritingOnly
from rlmr.names import nearest

MIXERS: dict[str, type[Rule]] = {
    "rlmr": Rlmr,
    "writing_only": WritingOnly,
    "verifier_only": VerifierOnly,
    "weighted_sum": WeightedSum,
    "gate": Gate,
    "gdpo": Gdpo,
    "lagrangian": Lagrangian,
}
"""Every built-in rule by its name in a recipe."""


def check_rule(rule: str, parameters: Mapping[str, Any] | None = None) -> Rule:
    """The rule of that name with those parameters: what a recipe's `mixing:` block stands for.

    `rule` is a name in `MIXERS`, or `module:Name` for a `Rule` of the user's own. Raises ValueError
    for an unknown rule or parameter, with the nearest valid name, and for a value out of range.

    >>> check_rule("rlmr", {"gamma": 0.25}).gamma
    0.25
    >>> check_rule("rlmr", {"gama": 0.25})
    Traceback (most recent call last):
    ValueError: rlmr has no parameter 'gama'; did you mean 'gamma'?
    """
    cls = _find(rule)
    allowed = [field.name for field in fields(cls)]
    for name in parameters or {}:
        if name not in allowed:
            raise ValueError(f"{rule} has no parameter {name!r}; {nearest(name, allowed)}")
    return cls(**(parameters or {}))


def mix(
    rule: str | Rule,
    quality: Matrix,
    passed: Matrix,
    *,
    unknown: Matrix | None = None,
    severity: Matrix | None = None,
    state: State | None = None,
    **parameters: Any,
) -> Mixed:
    """Turn a batch of groups into advantages.

    - `quality` (P, G): writing scores, any real scale. NaN, None and infinite ones are unknown texts.
    - `passed` (P, G): True or 1 where a text keeps its hard constraints; NaN and None are unknown.
    - `unknown` (P, G): True where a verdict could not be had (`reduce_verdicts`).
    - `severity` (P, G): 0 to 1, how badly a violator fails; 1 where not given.
    - `state`: what the rule returned the step before; None at the first.

    Tensors of any float type and device, arrays and nested lists are taken; rows of different length
    are padded (`.present`). The maths is float64 on the CPU, and so are the results.

    Unknown texts take no part: not in the mean, not in the deviation, and their advantage is 0, whatever a
    rule of the user's own gives them. Raises ValueError for shapes that differ, unknown rules and
    parameters, and values out of range.

    >>> mixed = mix("rlmr", [[0.0, 1.0, 3.0, None]], [[True, True, False, True]], gamma=0.5)
    >>> mixed.case, mixed.known[0].tolist(), bool(mixed.advantages[0, 2] < 0)
    (('some',), [True, True, True, False], True)
    """
    if isinstance(rule, Rule):
        if parameters:
            raise ValueError(f"a rule that is already built takes no parameters; got {', '.join(parameters)}")
        name, built = type(rule).__name__, rule
        name = next((key for key, cls in MIXERS.items() if cls is type(rule)), name)
    else:
        name, built = rule, check_rule(rule, parameters)
    groups = make_groups(quality, passed, unknown, severity)
    outcome = built.mix(groups, state)
    if state is not None and outcome.state is None:
        raise ValueError(f"{name} keeps no state, so it takes none; got {dict(state)}")
    mixed = Mixed(
        name,
        _where(groups.known_PG, outcome.advantages_PG, f"rule {name} gave advantages"),
        _where(groups.failed_PG, outcome.penalty_PG, f"rule {name} gave penalties"),
        _where(groups.known_PG, outcome.reward_PG, f"rule {name} gave rewards"),
        groups,
        outcome.state,
    )
    check_finite(mixed)
    return mixed


def _where(mask_PG: Tensor, value_PG: Tensor, what: str) -> Tensor:
    """What a rule gave, float64, and 0 outside of the mask. ValueError for another shape than (P, G)."""
    if value_PG.shape != mask_PG.shape:
        given, wanted = tuple(value_PG.shape), tuple(mask_PG.shape)
        raise ValueError(f"{what} of shape {given}, but the batch has shape {wanted} (P, G)")
    return torch.where(mask_PG, value_PG.to("cpu", torch.float64), 0.0)


def _find(rule: str) -> type[Rule]:
    """The class of a built-in name or of `module:Name`."""
    if ":" not in rule:
        if rule not in MIXERS:
            raise ValueError(f"no mixing rule {rule!r}; {nearest(rule, MIXERS)}, or module:Name")
        return MIXERS[rule]
    module, _, name = rule.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"no mixing rule {rule!r}; {error}") from error
    if not (isinstance(found, type) and issubclass(found, Rule)):
        raise ValueError(f"{rule!r} is {found!r}; a rule is a subclass of rlmr.mixing.Rule")
    return found
