"""The dynamic mix: its guarantee, its bound, its symmetries, and a slow implementation beside it."""

import math

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mixing_cases import DTYPES, batches, slow_mix
from torch.testing import assert_close

from rlmr.mixing import diagnostics, mix
from rlmr.mixing.normalize import standardize

some = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(some, max_examples=300)
GAMMAS = st.sampled_from([1e-6, 0.1, 0.5, 3.0, 1e6])


@many
@given(batches(), GAMMAS)
def test_no_violator_is_ever_rewarded_and_every_number_is_finite(batch, gamma):
    mixed = mix("rlmr", batch.quality, batch.passed, **batch.columns, gamma=gamma)
    assert torch.equal(mixed.failed, batch.violators)
    for advantages in (mixed.advantages, mixed.advantages.float(), mixed.advantages.bfloat16()):
        assert (advantages[batch.violators] < 0).all()
        assert advantages.isfinite().all()
        assert (advantages[~mixed.known] == 0).all()
    assert mixed.penalty.isfinite().all() and mixed.reward.isfinite().all()
    assert diagnostics(mixed)["violators_rewarded"] == 0
    assert all(math.isfinite(value) for value in diagnostics(mixed).values())


@some
@given(
    batches(),
    st.fixed_dictionaries(
        {
            "scale": st.sampled_from(["group", "batch"]),
            "even": st.booleans(),
            "grade": st.sampled_from([0.0, 0.5, 100.0]),
            "least": st.sampled_from([0.0, 0.5, 100.0]),
        }
    ),
)
def test_the_guarantee_holds_with_every_option(batch, options):
    mixed = mix("rlmr", batch.quality, batch.passed, **batch.columns, **options)
    assert not mixed.penalty[~mixed.failed | ~mixed.groups.some_P1].any()
    assert (mixed.advantages.float()[batch.violators] < 0).all()
    assert mixed.advantages.isfinite().all()


@many
@given(batches(), GAMMAS)
def test_bound(batch, gamma):
    mixed = mix("rlmr", batch.quality, batch.passed, **batch.columns, gamma=gamma)
    n, f = mixed.groups.n_P1, mixed.groups.f_P1
    bound = -gamma / (1 + (f / (n - f)).sqrt() * ((n - 1).sqrt() + gamma))
    in_mixed_group = batch.violators & mixed.groups.some_P1
    assert (mixed.advantages <= bound * (1 - 1e-6))[in_mixed_group].all()


@many
@given(batches(), GAMMAS, st.sampled_from(["push", "skip", "rank"]), st.sampled_from([0.5, 1.0, 4.0]))
def test_equals_the_slow_implementation(batch, gamma, policy, push_scale):
    fast = mix(
        "rlmr",
        batch.quality,
        batch.passed,
        **batch.columns,
        gamma=gamma,
        all_fail=policy,
        push_scale=push_scale,
    )
    slow = slow_mix(batch, gamma=gamma, policy=policy, push_scale=push_scale)
    spread = batch.quality.double()[fast.known]
    near_constant = spread.numel() and spread.std(correction=0) < 1e-9 * spread.abs().max()
    assume(not near_constant or spread.max() == spread.min())
    assert_close(fast.advantages, torch.tensor(slow, dtype=torch.float64), rtol=1e-5, atol=1e-5)


@some
@given(batches(dtypes=(torch.float64,), offsets=False), st.integers(-6, 6), st.floats(-1e6, 1e6))
def test_scale_and_offset_of_the_scores_do_not_matter(batch, power, offset):
    before = mix("rlmr", batch.quality, batch.passed, **batch.columns)
    std_P1 = standardize(before.groups.quality_PG, before.known).std_P1
    moved = (batch.quality + offset * std_P1) * 10.0**power
    after = mix("rlmr", moved, batch.passed, **batch.columns)
    assert_close(after.advantages, before.advantages, rtol=1e-6, atol=1e-6)
    assert before.case == after.case


@some
@given(batches(), st.randoms(use_true_random=False))
def test_the_order_of_a_group_does_not_matter(batch, random):
    order = list(range(batch.quality.shape[1]))
    random.shuffle(order)
    columns = {name: column[:, order] for name, column in batch.columns.items()}
    straight = mix("rlmr", batch.quality, batch.passed, **batch.columns)
    shuffled = mix("rlmr", batch.quality[:, order], batch.passed[:, order], **columns)
    assert_close(shuffled.advantages, straight.advantages[:, order], rtol=1e-5, atol=1e-5)


@some
@given(batches())
def test_groups_do_not_see_each_other(batch):
    together = mix("rlmr", batch.quality, batch.passed, **batch.columns).advantages
    for p in range(len(batch.quality)):
        row = slice(p, p + 1)
        columns = {name: column[row] for name, column in batch.columns.items()}
        alone = mix("rlmr", batch.quality[row], batch.passed[row], **columns).advantages
        assert_close(alone, together[row], rtol=1e-9, atol=1e-9)


@some
@given(batches())
def test_unknown_texts_are_as_good_as_not_there(batch):
    whole = mix("rlmr", batch.quality, batch.passed, **batch.columns)
    for p, known in enumerate(whole.known):
        if known.any():
            row = batch.quality[p : p + 1, known], batch.passed[p : p + 1, known]
            part = mix("rlmr", *row, severity=batch.severity[p : p + 1, known])
            assert_close(part.advantages[0], whole.advantages[p, known], rtol=1e-6, atol=1e-6)


@some
@given(batches())
def test_without_violators_it_is_plain_grpo_on_quality(batch):
    passed = torch.ones_like(batch.passed)
    mixed = mix("rlmr", batch.quality, passed, unknown=batch.unknown)
    plain = mix("writing_only", batch.quality, passed, unknown=batch.unknown)
    assert_close(mixed.advantages, plain.advantages, rtol=1e-12, atol=1e-12)
    assert not mixed.penalty.any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_texts_get_equal_advantages(dtype):
    quality = torch.tensor([[0.1, 0.1, 7.3, 7.3, 7.3, 0.1]], dtype=dtype)
    passed = torch.tensor([[True, True, True, False, False, True]])
    advantages = mix("rlmr", quality, passed).advantages[0]
    assert advantages[0] == advantages[1] == advantages[5]
    assert advantages[3] == advantages[4] < 0


@pytest.mark.parametrize("unit", [1e300, -1e300, 1e-300, 5e-324])
def test_the_largest_and_smallest_float64_scores_mix_like_others(unit):
    passed = [[True, False, True, False]]
    mixed = mix("rlmr", [[unit, -unit, 0.0, 2 * unit]], passed)
    sign = math.copysign(1.0, unit)
    assert_close(mixed.advantages, mix("rlmr", [[sign, -sign, 0.0, 2 * sign]], passed).advantages)


@pytest.mark.parametrize("passed", [[True, True, True], [True, True, False], [False, False, False]])
def test_rounding_noise_counts_as_a_constant_score(passed):
    noisy = mix("rlmr", [[1.0, 1.0 + 1e-13, 1.0]], [passed]).advantages
    assert_close(noisy, mix("rlmr", [[1.0, 1.0, 1.0]], [passed]).advantages, rtol=0, atol=1e-12)


@some
@given(batches(known=True), st.floats(0.05, 3.0))
def test_least_keeps_violators_that_far_down_where_it_can(batch, least):
    mixed = mix("rlmr", batch.quality, batch.passed, least=least)
    n, f = mixed.groups.n_P1, mixed.groups.f_P1
    wanted = (0.9 * ((n - f) / f).sqrt()).clamp(max=least).expand_as(mixed.advantages)
    here = mixed.failed & mixed.groups.some_P1
    assert (mixed.advantages[here] <= -wanted[here] * (1 - 1e-5)).all()


def test_least_is_the_smallest_penalty_for_its_promise():
    quality, passed = torch.tensor([[0.3, 2.0, -1.0, 0.5, 1.0]]), [[True, False, True, True, False]]
    mixed = mix("rlmr", quality, passed, gamma=1e-6, least=0.4)
    assert mixed.advantages[mixed.failed].max().item() == pytest.approx(-0.4)


@some
@given(batches(known=True))
def test_even_gives_compliant_texts_their_own_deviation_and_leaves_the_rest(batch):
    plain, even = (mix("rlmr", batch.quality, batch.passed, even=e) for e in (False, True))
    assert torch.equal(plain.advantages[plain.failed], even.advantages[plain.failed])
    compliant = plain.known & ~plain.failed
    for p in plain.groups.some_P1[:, 0].nonzero()[:, 0].tolist():
        before, after = plain.advantages[p][compliant[p]], even.advantages[p][compliant[p]]
        assert after.mean().item() == pytest.approx(before.mean().item(), abs=1e-9)
        if before.max() > before.min():
            assert after.std(correction=0).item() == pytest.approx(1, abs=1e-6)


def test_grade_keeps_the_margin_of_the_least_bad_violator():
    quality, severity = torch.tensor([[1.0, 1.0, 0.0, 2.0]]), [[0.2, 1.0, 0, 0]]
    mixed = mix("rlmr", quality, [[False, False, True, True]], severity=severity, grade=5.0)
    distance = mixed.reward - mixed.reward.mean()
    assert distance[0, 0].item() == pytest.approx(-0.5 * quality.std(correction=0).item())
    gap = (mixed.penalty[0, 1] - mixed.penalty[0, 0]).item()
    assert gap == pytest.approx(0.8 * 5.0 * quality.std(correction=0).item())


def test_grade_puts_the_worse_of_two_equal_violators_lower():
    quality, passed, severity = [[1.0, 1.0, 0.0, 2.0]], [[False, False, True, True]], [[0.2, 1.0, 0, 0]]
    flat = mix("rlmr", quality, passed, severity=severity).advantages[0]
    graded = mix("rlmr", quality, passed, severity=severity, grade=1.0).advantages[0]
    assert flat[0] == flat[1]
    assert graded[1] < graded[0] < 0
