"""Texts that try to talk a judge, or trick it, into a pass: every one of them breaks its constraint."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from rlmr.constraints.base import Constraint
from rlmr.constraints.spec import parse_one


@dataclass(frozen=True, slots=True)
class Injection:
    """One attack."""

    id: str
    family: str
    """verdict_spoofing, fake_reply, fence_closing, fake_schema, template_tokens, role_lines, look_alikes,
    invisible_characters, hidden_words, master_keys, self_praise, claims_of_compliance or instructions."""
    structural: bool
    """It imitates markings or hides characters, which a program can undo; else all rests with the model."""
    lang: str
    prompt: str
    constraint: Constraint
    response: str


def injections() -> list[Injection]:
    """The attacks that come with the package, English and Chinese.

    >>> len(injections()) >= 60, {attack.lang for attack in injections()} == {"en", "zh"}
    (True, True)
    """
    lines = files("rlmr.verifiers.judge").joinpath("injections.jsonl").read_text("utf-8").splitlines()
    return [_read(json.loads(line)) for line in lines]


def _read(row: dict[str, Any]) -> Injection:
    return Injection(**{**row, "constraint": parse_one(row["constraint"])})
