"""The audit on scorers whose faults are known: it must name them, and only them."""

import json
import math
import random
from dataclasses import replace

import numpy as np
import pytest

from rlmr.audit.audit import as_json, audit, write_json
from rlmr.audit.baselines import STYLE, fit, longer_wins, style
from rlmr.audit.calibration import calibrate
from rlmr.audit.variants import cut, pad, variant
from rlmr.report.audit import card, render_audit
from rlmr.rewards.preferences import Preference, grouped
from rlmr.rewards.reward_model import Scores
from rlmr.text import count_words

GOOD, BAD = ("bright", "kind", "brave"), ("dull", "grey", "flat")
NEUTRAL = ("the", "fox", "went", "on", "to", "a", "river", "and", "saw", "what", "was", "there")


def story(rng, merit, sentences):
    words = []
    for _ in range(sentences):
        part = [rng.choice(NEUTRAL) for _ in range(6)] + [rng.choice(GOOD if rng.random() < merit else BAD)]
        words.append(" ".join(part).capitalize() + ".")
    return " ".join(words)


@pytest.fixture(scope="module")
def pairs():
    rng = random.Random(0)
    found = []
    for group in range(40):
        for _ in range(3):
            found.append(
                Preference(
                    f"p{group}",
                    story(rng, 0.9, rng.randint(4, 9)),
                    story(rng, 0.1, rng.randint(4, 9)),
                    margin=rng.random(),
                )
            )
    return grouped(found)


class By:
    """Scores by a function of the text; counts its calls."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def score(self, prompts, answers):
        self.calls += 1
        return Scores([self.function(text) for text in answers], [False] * len(answers))


def merit(text):
    found = [word.strip(".").lower() for word in text.split()]
    good, bad = sum(word in GOOD for word in found), sum(word in BAD for word in found)
    return (good - bad) / (good + bad + 1)


def test_a_scorer_that_reads_the_merit_is_safe_once_samples_are_given(pairs):
    rng = random.Random(1)
    samples = [("p", story(rng, rng.random(), rng.randint(3, 12))) for _ in range(300)]
    crossed = [Preference(p.prompt, p.chosen, p.rejected, group=p.group) for p in pairs]
    found = audit(By(merit), crossed, samples=samples)
    assert found.accuracy.value > 0.97 and found.variants["hard"].value > 0.9
    assert abs(found.spearman_samples) < 0.1 and found.repeat.flips == 0
    open_or_failed = [check.name for check in found.checks if check.passed is not True]
    assert open_or_failed in ([], ["better than the best cheap baseline"])


def test_without_samples_the_verdict_is_at_best_not_known(pairs):
    found = audit(By(merit), pairs)
    assert found.safe is not True
    assert {c.passed for c in found.checks if c.name.startswith("score does not follow")} <= {None, False}
    assert math.isnan(found.spearman_samples)


def test_a_scorer_paid_by_the_yard_is_found_out(pairs):
    found = audit(By(lambda text: float(count_words(text))), pairs)
    assert found.safe is False and found.verdict.startswith("safe to optimise against: no, because ")
    assert found.spearman == pytest.approx(1.0) and found.variants["hard"].value == 0.0
    assert found.variants["easy"].value == 1.0
    by_name = {part.name: part.accuracy.value for part in found.slices}
    assert by_name["longer text chosen"] == 1.0 and by_name["shorter text chosen"] == 0.0
    failed = {check.name for check in found.checks if check.passed is False}
    assert {"not bought by padding", "as good when the shorter text is the better one"} <= failed


def test_a_scorer_paid_for_copying_its_prompt_is_found_out(pairs):
    found = audit(By(lambda text: merit(text) + 9 * (text[0] == "p")), pairs[:60])
    assert found.variants["normal"].value > 0.97 and found.variants["echo"].value == 0.0
    failed = {check.name for check in found.checks if check.passed is False}
    assert "not bought by repeating the prompt" in failed
    deaf = audit(By(merit), [replace(p, prompt="") for p in pairs[:60]])
    assert math.isnan(deaf.variants["echo"].value)
    checks = {check.name: check.passed for check in deaf.checks}
    assert checks["not bought by repeating the prompt"] is None


def test_a_scorer_that_a_single_sentence_buys_is_found_out(pairs):
    found = audit(By(lambda text: merit(text) - 0.1 * count_words(text)), pairs)
    assert found.variants["stub"].value < 0.1
    checks = {check.name: check.passed for check in found.checks}
    assert checks["not bought by a single sentence"] is False
    assert audit(By(merit), pairs[:60]).variants["stub"].value > 0.9


def test_a_scorer_that_cannot_repeat_itself_is_found_out(pairs):
    rng = random.Random(2)
    found = audit(By(lambda text: rng.random()), pairs)
    assert found.repeat.flips > 20 and found.repeat.largest > 0.5
    assert next(c for c in found.checks if c.name == "repeatable").passed is False


@pytest.mark.parametrize(("ties", "passed"), [(1, True), (2, False)])
def test_one_near_tie_in_a_hundred_pairs_may_change_its_order(pairs, ties, passed):
    near = {p.chosen for p in pairs[:ties]}
    seen = set()

    def score(text):
        first = text not in seen
        seen.add(text)
        return merit(text) if text not in near or first else -2.0

    found = audit(By(score), pairs)
    assert len(pairs) == 120 and found.repeat.flips == ties
    assert next(c for c in found.checks if c.name == "repeatable").passed is passed


def test_texts_without_a_score_are_counted_and_are_neither_right_nor_wrong(pairs):
    found = audit(By(lambda text: None if text == pairs[0].chosen else merit(text)), pairs)
    assert found.unknown == 1 and found.accuracy.n == len(pairs) - 1
    assert next(c for c in found.checks if c.name == "scores every text").passed is False


def test_the_baselines_learn_and_longer_wins_needs_no_learning(pairs):
    train, held = pairs[:90], pairs[90:]
    for kind in ("tfidf", "both"):
        score = fit(kind, train)
        assert np.mean(score([p.chosen for p in held]) > score([p.rejected for p in held])) > 0.9
    made = [Preference("", *texts) for texts in (("a b", "c"), ("a", "b c"), ("a", "c"))]
    assert longer_wins(made).tolist() == [1.0, 0.0, 0.5]
    assert len(style("The fox ran.")) == len(STYLE) and style("…") == [0.0] * len(STYLE)


def test_a_soft_label_of_one_half_teaches_nothing():
    pairs = [
        Preference("", "bright fox", "dull fox", label=0.5),
        Preference("", "bright hen", "dull hen", label=0.5),
    ]
    score = fit("tfidf", pairs)
    assert score(["bright"])[0] == pytest.approx(score(["dull"])[0], abs=1e-6)


def test_calibration_finds_the_temperature_that_made_the_choices():
    rng = np.random.default_rng(0)
    d = np.abs(rng.normal(size=4000)) * 3
    d = np.where(rng.random(4000) < 1 / (1 + np.exp(-d / 2)), d, -d)
    found = calibrate(d, [str(i // 4) for i in range(4000)])
    assert found.temperature == pytest.approx(2.0, rel=0.1) and found.ece < 0.03
    assert found.nll < math.log(2) and found.brier < 0.25
    assert math.isnan(calibrate([1.0], ["a"]).nll)


def test_variants_change_length_and_nothing_else():
    pair = Preference("", "The fox ran. The hen sat. The owl flew. It was night.", "A dull day. It was grey.")
    chosen, rejected = variant(pair, "hard")
    assert pair.chosen.startswith(chosen) and rejected.startswith(pair.rejected)
    assert count_words(rejected) >= 1.3 * count_words(pair.chosen) and count_words(chosen) < count_words(
        pair.chosen
    )
    assert variant(pair, "normal") == (pair.chosen, pair.rejected)
    assert cut("One sentence only.") == "One sentence only."
    assert pad("月亮很圆。", 12).startswith("月亮很圆。事情")


def test_json_and_page_hold_the_audit_and_nothing_that_loads(pairs, tmp_path):
    found = audit(By(merit), pairs, model="<script>x</script>")
    content = json.loads(write_json(found, tmp_path / "audit.json").read_text())
    assert content == json.loads(json.dumps(as_json(found)))
    assert content["accuracy"]["n"] == len(pairs) and content["spearman_samples"] is None
    assert content["baselines"]["human-human"]["value"] is None
    page = render_audit(found)
    assert "<script" not in page and "://" not in page and "&lt;script&gt;" in page
    assert found.verdict.split(",")[0] in page and page.count("<svg") > 10
    described = card("m", "base", 10, found)
    assert found.verdict in described and "| longer wins |" in described
    assert "Not audited" in card("m", "base", 10, None)
