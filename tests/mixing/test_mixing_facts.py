"""The facts of docs/mixing.md, one test each, and what the neighbouring rules do instead."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mixing_cases import batches
from torch.testing import assert_close

from rlmr.mixing import mix

some = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def distances(reward, known):
    mean = (reward * known).sum(1, keepdim=True) / known.sum(1, keepdim=True)
    return (reward - mean) * known


def random_groups(size_P=20_000, size_G=8, seed=0):
    """Normal scores; each text passes with probability 1/2; only groups with both kinds are kept."""
    rng = np.random.default_rng(seed)
    quality, passed = rng.standard_normal((size_P, size_G)), rng.random((size_P, size_G)) < 0.5
    mixed = passed.any(1) & ~passed.all(1)
    return torch.from_numpy(quality[mixed]), torch.from_numpy(passed[mixed])


def test_the_penalty_is_the_smallest_that_keeps_the_margin():
    quality, passed = random_groups(500)
    mixed = mix("rlmr", quality, passed, gamma=0.5)
    margin = 0.5 * quality.std(1, correction=0)
    worst = distances(mixed.reward, mixed.known).where(mixed.failed, torch.tensor(-torch.inf)).amax(1)
    assert (worst <= -margin + 1e-9).all()
    penalised = mixed.penalty.amax(1) > 0
    assert penalised.any() and not penalised.all()
    less = quality - 0.99 * mixed.penalty
    worst = distances(less, mixed.known).where(mixed.failed, torch.tensor(-torch.inf)).amax(1)
    assert (worst > -margin)[penalised].all()


def test_a_violator_that_already_writes_badly_needs_no_penalty():
    mixed = mix("rlmr", [[3.0, 2.0, 3.0, -5.0]], [[True, True, True, False]])
    assert mixed.penalty.tolist() == [[0, 0, 0, 0]] and mixed.advantages[0, 3] < 0


def test_the_penalty_grows_with_the_best_violator():
    penalties = [mix("rlmr", [[1.0, 0.0, q]], [[True, True, False]]).penalty[0, 2] for q in (0.5, 1, 2, 4)]
    assert all(a < b for a, b in pairwise(penalties))


@some
@given(batches(known=True), st.floats(1e-3, 1e3))
def test_dividing_by_any_positive_number_keeps_the_sign(batch, divisor):
    mixed = mix("rlmr", batch.quality, batch.passed)
    here = mixed.failed & mixed.groups.some_P1
    away = distances(mix("rlmr", batch.quality, batch.passed, scale="none").advantages, mixed.known)
    n = mixed.known.sum(1, keepdim=True)
    leave_one_out = away * n / (n - 1)
    for advantages in (away, away / divisor, leave_one_out):
        assert (advantages[here] < 0).all()


def test_recentring_over_the_batch_breaks_the_guarantee():
    quality, passed = [[0.0, 1.0], [9.0, 9.5]], [[False, False], [True, False]]
    advantages = mix("rlmr", quality, passed).advantages
    assert (advantages[[0, 0, 1], [0, 1, 1]] < 0).all()
    assert (advantages - advantages.mean())[0, 1] > 0, "the pushed group's sum is not 0"
    reward = mix("rlmr", quality, passed).reward
    assert (reward - reward.mean())[1, 1] > 0, "the mixed reward without its own group's mean"


def test_there_is_no_scale_that_recentres_over_the_batch():
    with pytest.raises(
        ValueError, match=r"scale must be one of 'group', 'batch', 'none'; got 'batch_centred'"
    ):
        mix("rlmr", [[1.0, 2.0]], [[True, False]], scale="batch_centred")


def test_ranked_below_every_compliant_text_is_not_enough():
    reward, known = torch.tensor([[1.0, 0.9, 0.0, 0.0]]), torch.ones(1, 4, dtype=torch.bool)
    assert distances(reward, known)[0, 1] > 0
    assert mix("rlmr", reward, [[True, False, False, False]]).advantages[0, 1] < 0


def test_a_floor_is_enough_but_forgets_which_violator_wrote_better():
    quality, passed = random_groups()
    mixed = mix("gate", quality, passed, form="floor")
    assert (mixed.advantages[mixed.failed] < 0).all()
    both = mix("gate", [[1.0, 3.0, 5.0]], [[True, False, False]], form="floor").advantages[0]
    assert both[1] == both[2]
    both = mix("rlmr", [[1.0, 3.0, 5.0]], [[True, False, False]]).advantages[0]
    assert both[1] < both[2] < 0


def test_multiplying_rewards_violators_above_honest_texts_with_negative_scores():
    mixed = mix("gate", [[-1.0, -2.0, -3.0]], [[True, True, False]], form="multiply")
    assert mixed.advantages[0, 2] > mixed.advantages[0, :2].max()


def test_a_fixed_weight_fails_as_soon_as_scores_are_large():
    quality, passed = random_groups()
    rewarded = []
    for scale in (0.1, 1.0, 5.0):
        mixed = mix("weighted_sum", quality * scale, passed, w=0.5)
        rewarded.append((mixed.advantages[mixed.failed] >= 0).double().mean().item())
    assert rewarded[0] < 0.01 and 0.1 < rewarded[1] < rewarded[2] and rewarded[2] > 0.4


@pytest.mark.parametrize(("size_G", "low", "high"), [(4, 0.12, 0.25), (8, 0.12, 0.25), (16, 0.12, 0.25)])
def test_gdpo_leaves_violators_rewarded(size_G, low, high):
    quality, passed = random_groups(size_G=size_G)
    mixed = mix("gdpo", quality, passed)
    share = (mixed.advantages[mixed.failed] >= 0).double().mean().item()
    assert low < share < high


def test_gdpo_rewards_more_where_violators_write_better():
    quality, passed = random_groups()
    mixed = mix("gdpo", quality + 1.0 * ~passed, passed)
    assert 0.3 < (mixed.advantages[mixed.failed] >= 0).double().mean() < 0.5


@pytest.mark.parametrize("f", [1, 3, 6])
def test_an_endless_penalty_drowns_quality(f):
    quality = torch.randn(1, 8, generator=torch.Generator().manual_seed(f), dtype=torch.float64)
    passed = torch.arange(8)[None] >= f
    spreads = []
    for gamma in (1e2, 1e3, 1e4):
        advantages = mix("rlmr", quality, passed, gamma=gamma).advantages[0]
        assert_close(
            advantages[:f], torch.full((f,), -(((8 - f) / f) ** 0.5)).double(), atol=2 / gamma, rtol=0
        )
        assert_close(
            advantages[f:], torch.full((8 - f,), (f / (8 - f)) ** 0.5).double(), atol=9 / gamma, rtol=0
        )
        spreads.append(advantages[f:].std(correction=0).item() * gamma)
    assert spreads[2] == pytest.approx(spreads[1], rel=0.02), "the quality signal falls as 1 / p"


def test_no_reward_can_make_a_whole_group_negative():
    quality, passed = torch.tensor([[1.0, 2.0, 3.0]]), [[False, False, False]]
    for rule in ("writing_only", "verifier_only", "weighted_sum", "gate", "gdpo", "lagrangian"):
        assert mix(rule, quality, passed).advantages.sum().item() == pytest.approx(0, abs=1e-12)
    assert (mix("rlmr", quality, passed).advantages < 0).all()


def test_policies_where_all_fail():
    quality, passed, severity = [[1.0, 5.0, 2.0, 3.0]], [[False] * 4], [[0.5, 1.0, 0.5, 1.0]]
    got = {
        policy: mix("rlmr", quality, passed, severity=severity, all_fail=policy).advantages[0]
        for policy in ("push", "skip", "rank")
    }
    assert got["skip"].tolist() == [0, 0, 0, 0]
    for policy in ("push", "rank"):
        assert got[policy].argsort(descending=True).tolist() == [2, 0, 1, 3], "severity, then quality"
    assert got["push"].max() < 0
    assert got["rank"].max() > 0 and got["rank"].sum().item() == pytest.approx(0, abs=1e-9)
    twice = mix("rlmr", quality, passed, severity=severity, push_scale=2.0).advantages[0]
    assert_close(twice, 2 * got["push"])


@pytest.mark.parametrize("quality", [[1.0, 2.0, 4.0], [3.0, 3.0, 3.0], [0.0, 0.0, 1.0]])
def test_push_is_a_mixed_group_with_one_more_text_that_passes(quality):
    pushed = mix("rlmr", [quality], [[False] * 3]).advantages[0]
    constant = len(set(quality)) == 1
    spread = 1.0 if constant else float(np.std(quality))
    ghost = float(np.mean(quality))
    reward = np.array([*quality, ghost])
    top, n = max(quality) - ghost, 3
    reward[:3] -= (n + 1) * (top + 0.5 * spread)
    expected = (reward - reward.mean()) / reward.std()
    assert_close(pushed, torch.from_numpy(expected[:3]))
    assert -(n**0.5) * 1.01 < pushed.sum() < 0


def test_a_group_whose_only_known_text_is_a_violator_counts_as_all_fail():
    mixed = mix("rlmr", [[5.0, None, None]], [[False, True, True]])
    assert mixed.case == ("all",) and mixed.advantages.tolist() == [[-1.0, 0.0, 0.0]]
    mixed = mix("rlmr", [[5.0, None, None]], [[True, True, True]])
    assert mixed.case == ("none",) and mixed.advantages.tolist() == [[0.0, 0.0, 0.0]]
    mixed = mix("rlmr", [[None, None]], [[True, False]])
    assert mixed.case == ("unknown",) and mixed.advantages.tolist() == [[0.0, 0.0]]
