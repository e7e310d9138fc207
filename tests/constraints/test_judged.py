"""Judged types: specifications, wording, and that programs never decide them."""

import pytest

from rlmr.constraints import CONSTRAINTS, ConstraintError, Judged, Status, parse, parse_one, to_specs
from rlmr.constraints.devices import DEVICES
from rlmr.constraints.judged import NEEDS_JUDGE

SPECS = [
    {"type": "requirement", "text": "the last line answers the first", "evidence": "none"},
    {"type": "requirement", "text": "If it rains, it pours.", "conditional": True, "scope": "last paragraph"},
    {"type": "tone", "tone": "wistful", "role": "soft", "weight": 0.5},
    {"type": "style", "like": "Emily Dickinson"},
    {"type": "element", "element": "a betrayal", "present": False},
    {"type": "ending", "ending": "open"},
    {"type": "audience", "readers": "children of six"},
    {"type": "rhetorical_devices", "device": "simile", "at_least": 2},
    {"type": "character_count", "at_most": 3},
    {"type": "sections", "parts": ["a greeting", "the moral"]},
]


def test_every_judged_type_is_here():
    assert {spec["type"] for spec in SPECS} == {
        n for n, cls in CONSTRAINTS.items() if issubclass(cls, Judged)
    }


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["type"])
def test_specifications_and_wording(spec):
    constraint = parse_one(spec)
    assert parse(to_specs([constraint])) == (constraint,)
    english, chinese = (parse_one({**spec, "lang": lang}) for lang in ("en", "zh"))
    assert english.describe().endswith(".") and english.describe()[0].isupper()
    if spec["type"] != "requirement":
        assert chinese.describe().endswith("。") and any("一" <= c <= "鿿" for c in chinese.describe())
    for one in (english, chinese):
        question = one.question()
        assert question.asks and (question.asks == one.describe() or question.labels)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["type"])
def test_programs_do_not_decide_them(spec):
    verdict = parse_one(spec).check("A fox ran home.\n\nIt slept.")
    assert verdict.status is Status.UNKNOWN and verdict.reason == NEEDS_JUDGE
    assert parse_one(spec).check("…").status is Status.FAIL
    with pytest.raises(NotImplementedError):
        CONSTRAINTS["tone"]("sad").decide_quotes("A fox.", [])


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"type": "requirement", "text": " "}, "text"),
        ({"type": "requirement", "text": "x y", "evidence": "always"}, "evidence"),
        ({"type": "tone", "tone": "…"}, "tone"),
        ({"type": "rhetorical_devices", "device": "similes", "at_least": 1}, "device"),
        ({"type": "rhetorical_devices", "device": "simile"}, "at_least"),
        ({"type": "character_count", "at_least": 3, "at_most": 2}, "at_least"),
        ({"type": "sections", "parts": []}, "parts"),
        ({"type": "sections", "parts": ["a", "a"]}, "parts"),
    ],
)
def test_bad_specifications_name_the_field(spec, field):
    with pytest.raises(ConstraintError) as caught:
        parse_one(spec)
    assert field in caught.value.field


@pytest.mark.parametrize("name", DEVICES)
def test_every_device_is_worded(name):
    for lang in ("en", "zh"):
        for limits in ({"at_least": 1}, {"at_least": 2, "at_most": 4}, {"at_most": 0}):
            spec = {"type": "rhetorical_devices", "device": name, "lang": lang, **limits}
            constraint = parse_one(spec)
            assert DEVICES[name].zh in constraint.describe() or lang == "en"
            assert constraint.question().labels == (name,)


def test_quotes_are_counted_and_matched():
    text = "Old Tom met Ann. Tom and Ann Lee sang; 李小明 came, 小明 laughed."
    spans = [
        ("name", (text.index(n), text.index(n) + len(n))) for n in ("Tom", "Ann Lee", "Ann", "李小明", "小明")
    ]
    counted = parse_one({"type": "character_count", "at_least": 3, "at_most": 3}).decide_quotes(text, spans)
    assert counted.passed and {text[a:b] for a, b in counted.spans} == {"Tom", "Ann Lee", "李小明"}
    devices = parse_one({"type": "rhetorical_devices", "device": "simile", "at_most": 1})
    verdict = devices.decide_quotes("as cold as ice", [("simile", (0, 14)), ("simile", (8, 14))])
    assert verdict.passed and verdict.measured == 1
    sections = parse_one({"type": "sections", "parts": ["a", "b"]})
    assert sections.decide_quotes("x y", [("a", (0, 1)), ("b", (2, 3)), ("a", (2, 3))]).passed
    assert not sections.decide_quotes("x y", [("a", (0, 1)), ("b", (0, 1))]).passed


@pytest.mark.parametrize(
    ("quoted", "status"),
    [("Mira", "pass"), ("Old Mira", "pass"), ("Mira Lee", "pass"), ("Lee", "fail"), ("Halcyon", "fail")],
)
def test_a_judge_names_who_a_program_is_not_sure_of(quoted, status):
    text = "Old Mira Lee ran to the Halcyon."
    names = parse_one({"type": "names", "names": ["Mira"], "only": True})
    assert names.check("Mira ran to the Halcyon.").status is Status.UNKNOWN and names.question() is not None
    start = text.index(quoted)
    assert names.decide_quotes(text, [("name", (start, start + len(quoted)))]).status == status
    chinese = parse_one({"type": "names", "names": ["李小明"], "only": True, "lang": "zh"})
    assert chinese.decide_quotes("小明见到王红。", [("name", (0, 2))]).passed
    assert not chinese.decide_quotes("小明见到王红。", [("name", (4, 6))]).passed
    assert parse_one({"type": "names", "names": ["Mira"]}).question() is None
