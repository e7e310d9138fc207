"""The composer: seeded, compatible, as many as asked; and the published schema."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from rlmr.constraints import (
    CONSTRAINTS,
    Couplet,
    EndsWith,
    ExcludeWords,
    Haiku,
    IncludeWords,
    Lipogram,
    SentenceCount,
    StartsWith,
    WordCount,
    parse,
    to_specs,
)
from rlmr.constraints.compose import CONFLICTS, compose, draw, in_conflict, lint
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.menu import MENU
from rlmr.constraints.schema import json_schema, parameters


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_draws_are_compatible_seeded_and_complete(lang):
    for seed in range(60):
        drawn = draw(4, random.Random(seed), lang=lang, difficulty=seed / 60)
        assert drawn == draw(4, random.Random(seed), lang=lang, difficulty=seed / 60)
        assert len({c.type for c in drawn}) == 4
        assert lint(drawn) == []
        assert all(c.lang == lang for c in drawn)
        assert parse(to_specs(drawn)) == drawn
    assert len({draw(3, random.Random(seed), lang=lang) for seed in range(60)}) > 55


def test_difficulty_narrows_ranges():
    entry = next(e for e in MENU if e.type == "word_count")
    easy, hard = (entry.make(random.Random(3), "en", d) for d in (0.0, 1.0))
    assert easy.at_most - easy.at_least > 3 * (hard.at_most - hard.at_least)


def test_the_prompt_states_every_constraint():
    prompt, drawn = compose("Write a story.", count=3, seed=5)
    assert all(c.instruction() in prompt for c in drawn)


def test_the_menu_names_known_types():
    rng = random.Random(0)
    for entry in MENU:
        for lang in entry.langs:
            assert entry.make(rng, lang, rng.random()).type == entry.type
    assert {t for pair in CONFLICTS.items() for t in (pair[0], *pair[1])} <= set(CONSTRAINTS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WordCount(at_most=9), WordCount(at_least=10)),
        (WordCount(about=100), WordCount(at_most=50)),
        (Haiku(), WordCount(at_least=50)),
        (Couplet(), Haiku()),
        (IncludeWords(("fox",)), ExcludeWords(("Fox",))),
        (StartsWith("The end"), ExcludeWords(("end",))),
        (Lipogram("e"), IncludeWords(("tree",))),
        (EndsWith("home"), EndsWith("gone")),
    ],
)
def test_contradictions_are_found_both_ways(one, other):
    assert in_conflict(one, other) and in_conflict(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WordCount(at_most=9), WordCount(at_least=9)),
        (WordCount(at_most=9, scope="title"), WordCount(at_least=10)),
        (WordCount(at_most=9), SentenceCount(at_least=2)),
        (IncludeWords(("party",)), ExcludeWords(("art",))),
    ],
)
def test_what_goes_together_is_let_be(one, other):
    assert not in_conflict(one, other) and not in_conflict(other, one)


def test_bad_requests():
    with pytest.raises(ConstraintError, match="99 is not allowed; 1 to"):
        draw(99, random.Random(0))
    with pytest.raises(ConstraintError, match="a difficulty lies between 0 and 1"):
        compose("Write.", count=1, seed=0, difficulty=2)


def test_the_schema_knows_every_type():
    schema = json_schema()
    assert set(schema["$defs"]) == set(CONSTRAINTS)
    for name, cls in CONSTRAINTS.items():
        entry = schema["$defs"][name]
        assert entry["additionalProperties"] is False
        assert {p for p, _, _ in parameters(cls)} <= set(entry["properties"])
        assert "null" not in str(entry["properties"])


def run(*arguments):
    code = "import sys; from rlmr.commands.constraints import constraints_app; constraints_app(sys.argv[1:])"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)


def test_commands(tmp_path: Path):
    assert "word_count" in run("list").stdout
    assert "at_least: int | None = None" in run("show", "word_count").stdout
    path = tmp_path / "t.jsonl"
    path.write_text(run("compose", "Write.", "--tasks", "3").stdout)
    assert "3 rows, 0 problems" in run("lint", str(path)).stdout
    path.write_text(
        '{"constraints": [{"type": "word_count", "at_least": 9}, {"type": "haiku"}]}\n{"constraints": [{}]}\n'
    )
    result = run("lint", str(path))
    assert result.returncode == 1
    assert ":1: constraints[0] and constraints[1]: word_count and haiku" in result.stdout.replace(
        "haiku and word_count", "word_count and haiku"
    )
    assert ":2: constraints[0].type: missing" in result.stdout
