"""How a row's requirements are read: `native` for rewards, `ifeval` and `ifbench` for benchmark reports.

A row names its requirements as `constraints`, or by IFEval's keys `instruction_id_list` and `kwargs`. The
native profile reads both. The compatible profiles read the keys alone and decide as the official programs
do, defects included. Readings are never mixed: a file is verified under one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from rlmr.constraints import ifbench, ifeval
from rlmr.constraints.base import Constraint, Status, Verdict, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.spec import parse
from rlmr.constraints.translate import from_ifeval
from rlmr.verifiers.program import verify

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decided:
    """What one profile says of one text."""

    verdicts: list[Verdict]
    """One per constraint, or per instruction (whose id is the type)."""
    loose: tuple[Verdict, ...] = ()
    """The same in the loose reading (the best of eight edited variants), where it is asked for."""


Decide = Callable[[Row, str, str, bool], Decided]
"""Decides a row, its prompt as text and its response; the last argument asks for the loose reading too."""


class Checker(Protocol):
    """The face of `rlmr.constraints.ifeval` and its like. What they do not know is a ConstraintError."""

    def check(self, instruction_id: str, kwargs: Mapping[str, Any], prompt: str, response: str) -> bool:
        """The strict verdict."""

    def check_loose(self, instruction_id: str, kwargs: Mapping[str, Any], prompt: str, response: str) -> bool:
        """The loose verdict."""


def native(row: Row, prompt: str, response: str, loose: bool) -> Decided:
    """The repaired reading, for rewards; there is no loose one.

    An instruction without a native reading (IFEval's letter frequency of a sign such as `!`) is unknown.

    >>> row = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"num_words": None}]}
    >>> [verdict.type for verdict in native(row, "", "So it ran.", False).verdicts]
    ['punctuation']
    """
    if "constraints" in row:
        return Decided(verify(prompt, response, constraints_of(row)))
    if "instruction_id_list" not in row:
        raise ConstraintError("constraints: missing; give constraints, or instruction_id_list and kwargs")
    verdicts = []
    for name, constraints in _translated(_key([row["instruction_id_list"], row.get("kwargs")])):
        verdicts += verify(prompt, response, constraints)
        if not constraints:
            reason = "the native profile does not read these kwargs; the ifeval profile does"
            verdicts.append(Verdict(name, Status.UNKNOWN, reason=reason))
    return Decided(verdicts)


def constraints_of(row: Row) -> tuple[Constraint, ...]:
    """The row's `constraints`, read once for all rows that share them. Raises ConstraintError."""
    return _parsed(_key(row["constraints"]))


def as_ifeval(row: Row, prompt: str, response: str, loose: bool) -> Decided:
    """The official IFEval program's reading.

    >>> row = {"instruction_id_list": ["startend:quotation"], "kwargs": [{}]}
    >>> decided = as_ifeval(row, "", 'Sure:\\n"It ran."', True)
    >>> decided.verdicts[0].status.value, decided.loose[0].status.value
    ('fail', 'pass')
    """
    return _compatible("ifeval", ifeval, row, prompt, response, loose)


def as_ifbench(row: Row, prompt: str, response: str, loose: bool) -> Decided:
    """The official IFBench program's reading.

    >>> row = {"instruction_id_list": ["format:title_case"], "kwargs": [{}]}
    >>> as_ifbench(row, "", "The Fox Ran.", False).verdicts[0].status.value
    'pass'
    """
    return _compatible("ifbench", ifbench, row, prompt, response, loose)


PROFILES: dict[str, Decide] = {"native": native, "ifeval": as_ifeval, "ifbench": as_ifbench}
"""The profiles by name."""


def check_profile(profile: str, loose: bool) -> None:
    """Raise ConstraintError for a profile that is none, and for the native one's loose reading.

    >>> check_profile("native", loose=True)
    Traceback (most recent call last):
    rlmr.constraints.errors.ConstraintError: loose: the native profile has no loose reading (it is for \
benchmark reports only: as a reward it can be gamed); allowed with ifeval, ifbench
    """
    one_of("profile", profile, PROFILES)
    if loose and profile == "native":
        raise ConstraintError(
            "loose: the native profile has no loose reading (it is for benchmark reports only: as a reward "
            "it can be gamed); allowed with ifeval, ifbench",
            "loose",
        )


def _compatible(profile: str, checker: Checker, row: Row, prompt: str, response: str, loose: bool) -> Decided:
    """Every instruction of a row, strict and, if asked, loose.

    An id or a parameter that the checker does not know is an error, not an unknown verdict: a rate over
    those that happen to be known could be compared with no other.
    """
    strict: list[Verdict] = []
    eased: list[Verdict] = []
    for index, (name, kwargs) in enumerate(_instructions(row)):
        try:
            followed = checker.check(name, kwargs, prompt, response)
            strict.append(_verdict(profile, name, kwargs, followed))
            if loose:
                followed = followed or checker.check_loose(name, kwargs, prompt, response)
                eased.append(_verdict(profile, name, kwargs, followed))
        except ConstraintError as error:
            raise ConstraintError(f"instruction_id_list[{index}]: {error}", error.field) from None
    return Decided(strict, tuple(eased))


def _verdict(profile: str, name: str, kwargs: Mapping[str, Any], followed: bool) -> Verdict:
    """A compatible verdict; the official programs measure nothing that could be shown."""
    required = ", ".join(f"{key}: {value}" for key, value in kwargs.items())
    return Verdict(name, Status.PASS if followed else Status.FAIL, required=required, source=profile)


def _instructions(row: Row) -> Iterator[tuple[str, dict[str, Any]]]:
    """Ids and parameters, without nulls, by IFEval's keys. Raises ConstraintError."""
    if "instruction_id_list" not in row:
        raise ConstraintError("instruction_id_list: missing; a compatible profile reads it and kwargs")
    ids, parameters = row["instruction_id_list"], row.get("kwargs")
    if not isinstance(ids, list) or not isinstance(parameters, list) or len(ids) != len(parameters):
        raise ConstraintError("instruction_id_list and kwargs have to be lists of the same length", "kwargs")
    for index, (name, kwargs) in enumerate(zip(ids, parameters, strict=True)):
        if not isinstance(kwargs, dict | None):
            raise ConstraintError(f"kwargs[{index}]: {kwargs!r:.80} is not allowed; give an object", "kwargs")
        yield name, {key: value for key, value in (kwargs or {}).items() if value is not None}


def _key(value: object) -> str:
    """Requirements as JSON text: the rows of one prompt share theirs, which are read once."""
    return value if isinstance(value, str) else json.dumps(value)


@lru_cache(maxsize=1024)
def _parsed(specifications: str) -> tuple[Constraint, ...]:
    """Constraints from their JSON."""
    return parse(specifications)


@lru_cache(maxsize=1024)
def _translated(keys: str) -> tuple[tuple[str, tuple[Constraint, ...]], ...]:
    """Each instruction of IFEval's two lists, given as JSON, with its native constraints."""
    ids, kwargs = json.loads(keys)
    from_ifeval({"instruction_id_list": ids, "kwargs": kwargs})  # names the position of what is wrong
    return tuple(
        (name, from_ifeval({"instruction_id_list": [name], "kwargs": [given]}))
        for name, given in zip(ids, kwargs, strict=True)
    )
