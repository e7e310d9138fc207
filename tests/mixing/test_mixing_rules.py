"""The rules beside the dynamic mix, their parameters, explanations and diagnostics."""

import dataclasses
import json
import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from mixing_cases import batches, mean, standard
from torch.testing import assert_close

from rlmr.mixing import MIXERS, GroupRule, Outcome, check_rule, diagnostics, mix

QUALITY, PASSED = [[0.5, 2.0, -1.0, 1.0], [1.0, 3.0, 0.0, 0.0]], [[True, False, True, False], [True] * 4]


class Shifted(GroupRule):
    """A user's own rule."""

    def mix(self, groups, state):
        return self.from_reward(groups, groups.quality_PG - 9.0 * groups.failed_PG, 9.0 * groups.failed_PG)


class Broken(GroupRule):
    def mix(self, groups, state):
        return self.from_reward(groups, groups.quality_PG / 0.0, groups.quality_PG)


class Generous(GroupRule):
    """Gives something to everybody, known or not; `columns` more than there are texts."""

    columns = 0

    def mix(self, groups, state):
        size_P, size_G = groups.known_PG.shape
        one_PG = torch.ones(size_P, size_G + self.columns)
        return Outcome(
            torch.where(groups.known_PG, one_PG, torch.nan) if not self.columns else one_PG, one_PG, one_PG
        )


class Wide(Generous):
    columns = 1


def test_a_users_rule_cannot_teach_from_what_is_unknown_or_absent():
    mixed = mix(Generous(), [[1.0, None, 2.0], [3.0, 4.0]], [[True, True, False], [True, True]])
    assert mixed.advantages.tolist() == mixed.reward.tolist() == [[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    assert mixed.penalty.tolist() == [[0.0, 0.0, 1.0], [0.0] * 3]
    assert mixed.advantages.dtype == torch.float64
    with pytest.raises(ValueError, match=r"Wide gave advantages of shape \(2, 5\), .* \(2, 4\)"):
        mix(Wide(), QUALITY, PASSED)


def slow(rule, quality, passed):
    """Advantages of one group by the formula in the rule's docstring."""
    ok = [float(p) for p in passed]
    if rule == "writing_only":
        return standard(quality)[0]
    if rule == "verifier_only":
        return standard(ok)[0]
    if rule == "weighted_sum":
        return standard([0.3 * q + 0.7 * p for q, p in zip(quality, ok, strict=True)])[0]
    if rule == "gate":
        return standard([q * p for q, p in zip(quality, ok, strict=True)])[0]
    columns = zip(standard(quality)[0], standard(ok)[0], strict=True)
    if rule == "gdpo":
        return [2 * q + p for q, p in columns]
    return [(q + 3 * p) / (1 + 3) for q, p in columns]


PARAMETERS = {
    "weighted_sum": {"w": 0.3},
    "gdpo": {"quality_weight": 2.0, "after": "none"},
    "lagrangian": {"start": 3.0},
}


@pytest.mark.parametrize("rule", [rule for rule in MIXERS if rule != "rlmr"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batch=batches(offsets=False))
def test_each_rule_equals_its_formula(rule, batch):
    mixed = mix(rule, batch.quality, batch.passed, unknown=batch.unknown, **PARAMETERS.get(rule, {}))
    expected = torch.zeros_like(mixed.advantages)
    for p, known in enumerate(mixed.known):
        if known.any():
            quality, passed = batch.quality[p, known].double().tolist(), batch.passed[p, known].tolist()
            expected[p, known] = torch.tensor(slow(rule, quality, passed), dtype=torch.float64)
    assert_close(mixed.advantages, expected, rtol=1e-5, atol=1e-5)


def test_gdpo_scales_over_the_batch():
    plain = mix("gdpo", QUALITY, PASSED, after="none").advantages
    assert_close(mix("gdpo", QUALITY, PASSED).advantages, plain / plain.std(correction=0))


def test_batch_scale_divides_everything_by_one_number():
    plain = mix("rlmr", QUALITY, PASSED, scale="none").advantages
    assert_close(mix("rlmr", QUALITY, PASSED, scale="batch").advantages, plain / plain.square().mean().sqrt())


def test_the_dual_climbs_while_there_are_violations_and_travels_as_state():
    state, seen = None, []
    for passed in ([[False, False]], [[False, True]], [[True, True]], [[True, True]]):
        state = mix("lagrangian", [[1.0, 2.0]], passed, state=state, rate=1.0, target=0.25, start=0.0).state
        state = json.loads(json.dumps(state))
        seen.append(state["dual"])
    assert seen == [0.75, 1.0, 0.75, 0.5]
    assert mix("lagrangian", [[1.0]], [[False]], rate=9.0, start=1.0, ceiling=2.0).state == {"dual": 2.0}
    assert mix("lagrangian", [[None]], [[False]], rate=9.0).state == {"dual": 1.0}


def test_a_larger_dual_weighs_the_verdicts_more():
    low, high = (mix("lagrangian", QUALITY, PASSED, state={"dual": d}).advantages[0, 1] for d in (0.0, 9.0))
    assert high < 0 < low


@pytest.mark.parametrize(
    ("rule", "parameters", "message"),
    [
        ("rlrm", {}, "no mixing rule 'rlrm'; did you mean 'rlmr'"),
        ("nothing_like_it_", {}, "allowed: rlmr, writing_only, verifier_only, weighted_sum, gate, gdpo"),
        ("rlmr", {"gama": 1}, "rlmr has no parameter 'gama'; did you mean 'gamma'"),
        ("writing_only", {"w": 1}, "writing_only has no parameter 'w'; allowed: scale"),
        ("rlmr", {"gamma": "0.5"}, "gamma must be a number from 1e-06 to 1e.06; got '0.5'"),
        ("rlmr", {"gamma": 0}, "gamma must be a number"),
        ("rlmr", {"gamma": math.nan}, "gamma must be a number"),
        ("rlmr", {"gamma": True}, "gamma must be a number"),
        ("rlmr", {"all_fail": "shove"}, "all_fail must be one of 'push', 'skip', 'rank'; got 'shove'"),
        ("rlmr", {"even": 1}, "even must be one of False, True; got 1"),
        ("rlmr", {"scale": ["group"]}, "scale must be one of"),
        ("weighted_sum", {"w": 1.5}, "w must be a number from 0 to 1; got 1.5"),
        ("gate", {"form": "soft"}, "form must be one of 'multiply', 'floor'"),
        ("lagrangian", {"start": 5, "ceiling": 4}, "start must be a number from 0 to 4; got 5"),
        ("no.such.module:Rule", {}, "no mixing rule 'no.such.module:Rule'; No module named"),
        ("math:nothing", {}, "no mixing rule 'math:nothing'"),
        ("math:sqrt", {}, "a rule is a subclass of rlmr.mixing.Rule"),
    ],
)
def test_bad_rules_and_parameters(rule, parameters, message):
    with pytest.raises(ValueError, match=message):
        check_rule(rule, parameters)
    with pytest.raises(ValueError, match=message):
        mix(rule, QUALITY, PASSED, **parameters)


@pytest.mark.parametrize("rule", MIXERS)
def test_rules_are_values_and_a_built_one_is_taken(rule):
    built = check_rule(rule)
    assert built == check_rule(rule, {}) and hash(built) == hash(check_rule(rule))
    by_name, by_value = mix(rule, QUALITY, PASSED), mix(built, QUALITY, PASSED)
    assert torch.equal(by_name.advantages, by_value.advantages) and by_value.rule == rule
    with pytest.raises(ValueError, match="already built takes no parameters; got scale"):
        mix(built, QUALITY, PASSED, scale="none")


def test_a_users_own_rule_is_named_by_module():
    mixed = mix(f"{__name__}:Shifted", QUALITY, PASSED, scale="none")
    assert mixed.advantages[0].tolist() == pytest.approx([4.375, -3.125, 2.875, -4.125])
    with pytest.raises(ValueError, match=r"Broken gave advantage nan for text 0 of group 0"):
        mix(f"{__name__}:Broken", QUALITY, PASSED)


def test_state_is_checked():
    with pytest.raises(ValueError, match="writing_only keeps no state"):
        mix("writing_only", QUALITY, PASSED, state={"dual": 1.0})
    with pytest.raises(ValueError, match="must hold just 'dual'; got"):
        mix("lagrangian", QUALITY, PASSED, state={"lambda": 1.0})
    with pytest.raises(ValueError, match="must be a number from 0 to 100; got -1"):
        mix("lagrangian", QUALITY, PASSED, state={"dual": -1})


def test_explanation_adds_up():
    mixed = mix("rlmr", [[0.5, 2.0, -1.0, None]], [[True, False, True, False]], severity=[[0, 0.25, 0, 0]])
    known = [0.5, 2.0, -1.0]
    for g, quality in enumerate(known):
        why = mixed.explain(0, g)
        assert (why.case, why.known, why.failed, why.passed) == ("some", 3, 1, g != 1)
        assert why.severity == (0.25 if g == 1 else 0)
        assert why.before == pytest.approx(quality - mean(known))
        reward = [q - mixed.penalty[0, i].item() for i, q in enumerate(known)]
        assert why.after == pytest.approx(quality - why.penalty - mean(reward))
        assert why.advantage == pytest.approx(standard(reward)[0][g])
    unknown = mixed.explain(0, 3)
    assert unknown.quality is unknown.passed is unknown.after is None and unknown.advantage == 0
    assert json.loads(json.dumps(dataclasses.asdict(unknown), allow_nan=False))["case"] == "some"


@pytest.mark.parametrize("rule", MIXERS)
def test_the_penalty_is_what_failing_cost(rule):
    """Texts 0 and 1 have the same quality; one of them fails."""
    mixed = mix(rule, [[2.0, 2.0, 1.0, 4.0]], [[True, False, True, True]])
    cost = (mixed.reward[0, 0] - mixed.reward[0, 1]).item()
    assert mixed.penalty[0].tolist() == pytest.approx([0, cost, 0, 0])
    assert cost == 0 if rule == "writing_only" else cost > 0


def test_only_texts_that_exist_are_explained():
    mixed = mix("rlmr", [[1.0, 2.0], [1.0]], [[True, False], [True]])
    assert mixed.present.tolist() == [[True, True], [True, False]]
    for p, g in ((1, 1), (0, 2), (-1, 0), (2, 0)):
        with pytest.raises(ValueError, match=rf"no text {g} in group {p}: shape is \(2, 2\)"):
            mixed.explain(p, g)


def test_diagnostics_count():
    quality = [[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, None, 1.0], [1.0, 2.0, 3.0, 4.0], [None] * 4]
    passed = [[True] * 4, [False, True, True, False], [False] * 4, [True] * 4]
    mixed = mix("writing_only", quality, passed)
    table = diagnostics(mixed)
    assert mixed.case == ("none", "some", "all", "unknown")
    assert [table[f"groups_{case}"] for case in mixed.case] == [0.25] * 4
    assert table["violators"] == 6 and table["violators_rewarded"] == 2
    assert table["pass_rate"] == pytest.approx(5 / 11) and table["unknown_share"] == pytest.approx(5 / 16)
    assert table["variance_quality"] == 1 and table["variance_verdicts"] == 0 == table["penalty_std"]


def test_diagnostics_count_a_violator_that_gets_exactly_nothing():
    quality, passed = [[1.0, 2.0]], [[False, False]]
    counts = [
        diagnostics(mix("rlmr", quality, passed, all_fail=policy))["violators_rewarded"]
        for policy in ("push", "rank", "skip")
    ]
    assert counts == [0, 1, 2]


def test_diagnostics_leave_out_what_has_no_data():
    assert set(diagnostics(mix("rlmr", [[None]], [[True]]))) == {
        *("groups_none", "groups_some", "groups_all", "groups_unknown"),
        *("violators", "violators_rewarded", "unknown_share"),
    }
    table = diagnostics(mix("verifier_only", QUALITY, PASSED))
    assert "penalty_std" not in table and table["variance_verdicts"] == pytest.approx(1)


def test_penalty_and_variance_in_units_of_quality():
    quality, passed = [[0.0, 2.0, 0.0, 2.0]], [[True, True, False, False]]
    table = diagnostics(mix("weighted_sum", quality, passed, w=0.5))
    assert table["penalty_std"] == pytest.approx(1.0), "0.5 off a column of 0.5 * quality, whose std is 0.5"
    assert table["variance_quality"] == pytest.approx(0.25 / (0.25 + 0.0625))
