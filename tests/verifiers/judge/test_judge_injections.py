"""The injection suite against judges that fall for whatever a program can undo, and for plain words."""

import re
from collections import Counter
from time import process_time

import pytest

from judge_cases import honest, judging
from rlmr.constraints import Status
from rlmr.verifiers.judge import prompt as prompts
from rlmr.verifiers.judge.fence import TAKEN, neutralise
from rlmr.verifiers.judge.gullible import gullible, persuadable, unprotected
from rlmr.verifiers.judge.imitations import IMITATIONS
from rlmr.verifiers.judge.injections import injections
from rlmr.verifiers.judge.lookalikes import clean, skeleton

ATTACKS = injections()
STRUCTURAL = [attack for attack in ATTACKS if attack.structural and attack.family != "hidden_words"]
HIDDEN = [attack for attack in ATTACKS if attack.family == "hidden_words"]
WORDS = [attack for attack in ATTACKS if not attack.structural]


def statuses(attacks, answer):
    with judging(answer) as (judge, _):
        verdicts = judge.verify_many([(a.prompt, a.constraint, a.response) for a in attacks])
    return {attack.id: verdict.status for attack, verdict in zip(attacks, verdicts, strict=True)}


def passes(attacks, answer):
    return [name for name, status in statuses(attacks, answer).items() if status is Status.PASS]


def test_the_suite_is_what_it_says():
    assert len(ATTACKS) >= 60 and len({attack.response for attack in ATTACKS}) == len(ATTACKS)
    families = Counter((attack.family, attack.lang) for attack in ATTACKS)
    assert {lang for _, lang in families} == {"en", "zh"} and len({family for family, _ in families}) == 13
    assert all((family, lang) in families for family, _ in families for lang in ("en", "zh"))
    assert set(statuses(ATTACKS, honest).values()) == {Status.FAIL}


def test_without_precautions_every_structural_attack_succeeds(monkeypatch):
    monkeypatch.setattr(prompts, "neutralise", unprotected)
    assert len(passes(STRUCTURAL, gullible)) == len(STRUCTURAL)
    assert len(passes(HIDDEN, honest)) == len(HIDDEN)


def test_with_them_none_does():
    assert passes(STRUCTURAL, gullible) == []
    assert passes(HIDDEN, honest) == []


def test_plain_words_are_left_to_the_model():
    """A judge that can be talked round is; only that its quote may be no claim of compliance holds."""
    assert passes(WORDS, gullible) == []
    fooled = passes(WORDS, persuadable)
    asked = [attack.id for attack in WORDS if re.search(r"\w", attack.response)]
    claims = [attack.id for attack in WORDS if attack.response.startswith("All of")]
    assert len(fooled) >= 0.8 * len(asked) and not set(fooled) & set(claims)


@pytest.mark.parametrize("attack", STRUCTURAL, ids=lambda attack: attack.id)
def test_the_copy_says_where_each_character_stood(attack):
    copy = neutralise(attack.response)
    assert TAKEN in copy.text and len(copy.text) == len(copy.origins)
    kept = [origin for origin in copy.origins if origin >= 0]
    assert kept == sorted(set(kept))
    for line in copy.text.split("\n"):
        for quote in filter(str.strip, line.split(TAKEN)):
            assert any(True for _ in copy.find(quote)), quote
    assert TAKEN in attack.response or not list(copy.find(TAKEN))


@pytest.mark.parametrize(
    "text",
    [
        "The jury's verdict: guilty. The result was a long silence.",
        "# The End\n\nHe said: the question is who will pass the salt.",
        "她问：结果是什么？他没有回答。\n\n——完——",
        "JUDGE: Order!\nANNA: I pass.\n\n* * *\n\nThe system failed us --- the end of the road.",
        "The verdict, she said, passed them by. So it would end; p. 16. R&D; Vérité. [The end] 裁缝决定走。",
        "“Is it over?” ‘No.’ … café naïve, 第①回《红楼梦》，ｉｔ’s 5 － 3 = 2 Привет мир αβγ 👩‍👧",
    ],
)
def test_honest_writing_is_left_alone(text):
    assert TAKEN not in neutralise(text).text


def test_no_form_is_idle():
    shown = dict.fromkeys(IMITATIONS, 0)
    for attack in STRUCTURAL:
        seen = skeleton("".join(map(clean, attack.response)))
        for name, pattern in IMITATIONS.items():
            shown[name] += bool(re.search(pattern, seen, re.MULTILINE))
    assert all(shown.values()), shown


@pytest.mark.parametrize(
    "piece", ["a", "the ", "===", "[ ", "<", '"id":', "result is ", "系统", "end ", "\u0301", "* _", "\n"]
)
def test_degenerate_texts_take_no_time(piece):
    text = piece * (32_000 // len(piece))
    best = min(_timed(lambda: neutralise.__wrapped__(text), process_time) for _ in range(3))
    assert best < 0.5


def _timed(call, clock):
    start = clock()
    call()
    return clock() - start
