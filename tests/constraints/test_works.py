"""Gates are fair: good short works pass them; real answers that fail one fail it for a reason."""

import json
from pathlib import Path

import pytest

from rlmr.constraints import default_gates

WORKS = [json.loads(line) for line in (Path(__file__).parent / "works.jsonl").read_text("utf-8").splitlines()]
PROMPTS = {"en": "Write a short piece about what is left behind.", "zh": "写一篇关于留下之物的短作。"}


def test_there_are_enough():
    assert len(WORKS) >= 60
    assert len({work["text"] for work in WORKS}) == len(WORKS)


@pytest.mark.parametrize("work", WORKS, ids=lambda work: f"{work['lang']}-{work['kind']}")
def test_short_works_pass_every_gate(work):
    for gate in default_gates(work["lang"]):
        verdict = gate.check(work["text"], PROMPTS[work["lang"]])
        assert verdict.passed, verdict


LOOP = "The night was long and the road was dark. "


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        ("repetition", LOOP * 30),
        ("repetition", "She opened the door and found the letter on the floor. " + "It said go home. " * 120),
        ("refusal", "I'm sorry, but I cannot write that story."),
        ("refusal", "抱歉，我无法提供这样的内容。"),
        ("echo", PROMPTS["en"] * 2),
        ("meta_commentary", "Rain.\n\nAll of the constraints are met."),
        ("meta_commentary", "雨。\n\n（共200字）"),
        ("substance", "I"),
    ],
)
def test_what_a_gate_is_for_fails_it(gate, text):
    found = {g.type: g.check(text, PROMPTS["en"]) for g in default_gates()}
    assert not found[gate].passed
