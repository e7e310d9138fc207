"""Suites by name, the sandbox's own among them."""

from __future__ import annotations

from collections.abc import Sequence

from rlmr.evals.suites import Suite, read_suites
from rlmr.sandbox.tasks import make_tasks

TASKS = 200
"""Tasks of the suite `sandbox:heldout`."""


def suites_of(names: Sequence[str]) -> list[Suite]:
    """See `read_suites`; `sandbox:heldout` is the sandbox's own.

    >>> suites_of(["sandbox:heldout"])[0].name
    'sandbox-heldout'
    """
    return read_suites(names, {"sandbox:heldout": _heldout})


def _heldout() -> Suite:
    return Suite("sandbox-heldout", tuple(make_tasks(TASKS, 0, "heldout")))
