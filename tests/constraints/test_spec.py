"""Specifications: strict reading, errors that name the place, round trips."""

import json
import pickle
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import pytest

import rlmr.constraints
from rlmr.constraints import (
    CONSTRAINTS,
    Constraint,
    ConstraintError,
    Dialogue,
    IncludeWords,
    Status,
    Title,
    WordCount,
    parse,
    to_specs,
)
from rlmr.verifiers.program import MAX_CHARACTERS, verify


@dataclass(frozen=True, slots=True)
class Shouts(Constraint):
    """A user's own type: only capitals."""

    type: ClassVar[str] = "shouts"
    broken: bool = False

    def describe(self):
        return "Shout."

    def decide(self, text, prompt):
        if self.broken:
            raise RuntimeError("boom")
        return self.verdict(text == text.upper())


def test_round_trip_of_every_shape():
    constraints = (
        WordCount(1, 9),
        WordCount(at_most=9, lang="zh", scope="each line", role="soft", weight=0.5),
        IncludeWords(("fox", "月")),
        Title("angle"),
        Shouts(),
    )
    specs = to_specs(constraints)
    assert specs[-1] == {"type": f"{__name__}:Shouts"}
    assert parse(specs) == constraints
    assert parse(json.dumps(specs)) == constraints
    assert parse(constraints) == constraints
    assert pickle.loads(pickle.dumps(constraints)) == constraints
    assert len({*constraints, *parse(specs)}) == len(constraints)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"type": "word_count", "at_least": "3"},
            r"\[1\]\.at_least: '3' is not allowed; allowed: a valid integer",
        ),
        ({"type": "word_count", "at_least": True}, r"\[1\]\.at_least: True is not allowed"),
        ({"type": "word_count", "at_least": 3.0}, r"\[1\]\.at_least: 3\.0 is not allowed"),
        (
            {"type": "word_count", "at_least": None},
            r"\[1\]\.at_least: null is not allowed; leave the key out",
        ),
        ({"type": "word_count"}, r"\[1\]\.at_least: missing; give at_least, at_most or both"),
        ({"type": "word_count", "at_least": 0}, r"\[1\]\.at_least: 0 is not allowed alone"),
        ({"type": "word_count", "at_most": -1}, r"\[1\]\.at_most: -1 is not allowed"),
        (
            {"type": "word_count", "at_least": 5, "at_most": 2},
            r"\[1\]\.at_least: 5 is not allowed; it is above",
        ),
        (
            {"type": "word_count", "at_mots": 2},
            r"\[1\]\.at_mots: 'at_mots' is not allowed; did you mean 'at_most'",
        ),
        (
            {"type": "word_count", "at_most": 2, "lang": "fr"},
            r"\[1\]\.lang: 'fr' is not allowed; allowed: .*en",
        ),
        ({"type": "word_count", "at_most": 2, "weight": 0}, r"\[1\]\.weight: 0.* is not allowed"),
        ({"type": "word_count", "at_most": 2, "weight": float("nan")}, r"\[1\]\.weight: nan is not allowed"),
        (
            {"type": "word_count", "at_most": 2, "scope": "lines"},
            r"\[1\]\.scope: 'lines' is not allowed; allowed: text",
        ),
        ({"type": "include_words"}, r"\[1\]\.words: missing"),
        ({"type": "include_words", "words": []}, r"\[1\]\.words: \(\) is not allowed"),
        ({"type": "include_words", "words": "fox"}, r"\[1\]\.words: 'fox' is not allowed"),
        ({"type": "include_words", "words": ["fox", 3]}, r"\[1\]\.words\[1\]: 3 is not allowed"),
        ({"type": "include_words", "words": ["fox", " "]}, r"\[1\]\.words: ' ' is not allowed"),
        ({"type": "include_words", "words": ["fox", "Fox"]}, r"\[1\]\.words: 'Fox' is given twice"),
        ({"type": "starts_with", "phrase": ""}, r"\[1\]\.phrase: '' is not allowed"),
        ({"type": "title", "style": "hsah"}, r"\[1\]\.style: 'hsah' is not allowed; allowed: .*hash"),
        ({"type": "dialog", "at_least": 1}, r"\[1\]\.type: 'dialog' is not allowed; did you mean 'dialogue'"),
        ({"at_least": 1}, r"\[1\]\.type: missing; allowed: word_count"),
        ({"type": 3}, r"\[1\]\.type: 3 is not allowed"),
        ({"type": "no.such:Thing"}, r"\[1\]\.type: 'no\.such:Thing' cannot be imported"),
        ({"type": "json:dumps"}, r"\[1\]\.type: 'json:dumps' is not allowed; module:Name names a subclass"),
        ("word_count", r"\[1\]: 'word_count' is not allowed; give an object with a type"),
    ],
)
def test_errors_name_position_field_and_value(spec, message):
    with pytest.raises(ConstraintError, match=r"constraints" + message):
        parse([{"type": "title"}, spec])


@pytest.mark.parametrize("row", ["{", '"word_count"', 3, {"type": "title"}, None])
def test_a_row_is_a_list(row):
    with pytest.raises(ConstraintError, match=r"^constraints: "):
        parse(row)


def test_every_type_is_named_once():
    assert len(set(CONSTRAINTS.values())) == len(CONSTRAINTS)
    assert [cls.type for cls in CONSTRAINTS.values()] == list(CONSTRAINTS)


def test_every_type_can_be_imported_from_the_package():
    assert {cls.__name__ for cls in CONSTRAINTS.values()} <= set(rlmr.constraints.__all__)


def test_built_in_code_checks_its_parameters_too():
    with pytest.raises(ConstraintError, match="'hard!' is not allowed; did you mean 'hard'"):
        WordCount(1, role="hard!")
    with pytest.raises(ConstraintError, match="a weight is above 0"):
        Dialogue(1, weight=-1)


def test_verify_keeps_order_role_and_weight():
    constraints = [WordCount(at_most=2, weight=0.5), WordCount(1, role="probe")]
    verdicts = verify("p", "A fox ran.", constraints)
    assert [v.status for v in verdicts] == [Status.FAIL, Status.PASS]
    assert (verdicts[0].weight, verdicts[1].role) == (0.5, "probe")


def test_verify_does_not_know_a_text_over_the_cap():
    at_cap, over = "a" * MAX_CHARACTERS, "a" * (MAX_CHARACTERS + 1)
    assert verify("", at_cap, [WordCount(1)])[0].status is Status.PASS
    assert verify("", over, [WordCount(1)])[0].status is Status.UNKNOWN
    assert verify("", over, [WordCount(1)])[0].reason.startswith("too long: 200001")


def test_an_exception_of_a_users_class_is_unknown():
    verdicts = verify("", "HEY", [Shouts(), Shouts(broken=True)])
    assert [v.status for v in verdicts] == [Status.PASS, Status.UNKNOWN]
    assert verdicts[1].reason == "RuntimeError: boom"
    assert not verdicts[1].passed


def test_import_is_light():
    code = (
        "import sys, rlmr.constraints; heavy = {'torch', 'transformers', 'pydantic', 'numpy', 'pyarrow'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
