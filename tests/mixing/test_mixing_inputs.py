"""What `mix`, `reduce_verdicts` and `lower_bound` take, and what they refuse."""

import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from rlmr.mixing import ROLES, lower_bound, mix, reduce_verdicts

QUALITY, PASSED = [[0.5, 2.0, -1.0], [1.0, 3.0, 0.0]], [[True, False, True], [False, True, True]]
WANTED = mix("rlmr", QUALITY, PASSED).advantages


@pytest.mark.parametrize(
    "quality",
    [
        torch.tensor(QUALITY, dtype=torch.float32),
        torch.tensor(QUALITY, dtype=torch.bfloat16),
        torch.tensor(QUALITY, dtype=torch.float16, requires_grad=True),
        np.array(QUALITY, dtype=np.float32),
        np.array(QUALITY)[:, ::-1][:, ::-1],
        np.array(QUALITY, dtype=object),
        [torch.tensor(row) for row in QUALITY],
        [np.array(row) for row in QUALITY],
        tuple(map(tuple, QUALITY)),
    ],
)
@pytest.mark.parametrize(
    "passed", [PASSED, torch.tensor(PASSED), np.array(PASSED), torch.tensor(PASSED).int()]
)
def test_every_kind_of_table_is_taken(quality, passed):
    advantages = mix("rlmr", quality, passed).advantages
    assert advantages.dtype == torch.float64 and not advantages.requires_grad
    assert_close(advantages, WANTED)


def test_inputs_are_left_alone():
    quality, passed = np.array(QUALITY), np.array(PASSED)
    quality.setflags(write=False)
    tensor = torch.tensor(QUALITY, dtype=torch.float64)
    for column in (quality, tensor):
        mixed = mix("rlmr", column, passed)
        mixed.groups.quality_PG.zero_()
    assert quality.tolist() == QUALITY and tensor.tolist() == QUALITY


def test_ragged_groups_equal_the_same_groups_alone():
    quality, passed = [[1.0, 2.0, 0.0], [4.0], [5.0, 1.0]], [[True, False, True], [False], [True, False]]
    mixed = mix("rlmr", quality, passed)
    assert mixed.present.tolist() == [[True] * 3, [True, False, False], [True, True, False]]
    assert torch.equal(mixed.known, mixed.present)
    for p, row in enumerate(quality):
        alone = mix("rlmr", [row], [passed[p]]).advantages[0]
        assert_close(mixed.advantages[p, : len(row)], alone)
        assert not mixed.advantages[p, len(row) :].any()


def test_ragged_quality_goes_with_a_padded_tensor():
    mixed = mix("rlmr", [[1.0, 2.0], [3.0]], torch.tensor([[True, False], [True, True]]))
    assert mixed.known.tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize("hole", [math.nan, math.inf, -math.inf, None])
def test_a_text_without_a_finite_score_is_unknown_whatever_its_verdicts(hole):
    for verdict in (True, False):
        mixed = mix("rlmr", [[1.0, hole, 3.0]], [[True, verdict, False]])
        assert mixed.known.tolist() == [[True, False, True]] and not mixed.failed[0, 1]
        assert_close(mixed.advantages[:, [0, 2]], mix("rlmr", [[1.0, 3.0]], [[True, False]]).advantages)


@pytest.mark.parametrize("how", ["unknown", "nan", "none"])
def test_a_text_without_a_verdict_is_unknown(how):
    verdict = {"unknown": False, "nan": math.nan, "none": None}[how]
    unknown = [[False, True, False]] if how == "unknown" else None
    mixed = mix("rlmr", [[1.0, 2.0, 3.0]], [[True, verdict, False]], unknown=unknown)
    assert mixed.known.tolist() == [[True, False, True]] and mixed.advantages[0, 1] == 0


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"quality": [1.0, 2.0]}, "quality must be P rows of G numbers"),
        ({"quality": torch.zeros(3)}, r"quality must have shape \(P, G\), both at least 1; got \(3,\)"),
        ({"quality": np.zeros((0, 4))}, r"got \(0, 4\)"),
        ({"quality": []}, "at least one group of at least one text; got 0 rows"),
        ({"quality": [[], []]}, "got 2 rows"),
        ({"quality": [["good"]]}, "quality must be P rows of G numbers; could not convert"),
        ({"quality": [[[1.0]]]}, "quality must be P rows of G numbers"),
        ({"passed": [[True, False]]}, r"passed has shape \(1, 2\), but quality has shape \(2, 3\)"),
        ({"passed": [[True] * 3, [True]]}, "passed has 1 texts in group 1, but quality has 3"),
        (
            {"passed": [[True, False, 0.5], [1, 1, 1]]},
            "passed must be 0, 1 or NaN; got 0.5 for text 2 of group 0",
        ),
        ({"passed": [[1, 1, math.inf], [1, 1, 1]]}, "passed must be 0, 1 or NaN; got inf"),
        ({"unknown": [[0, 0, 2], [0, 0, 0]]}, "unknown must be 0 or 1; got 2.0 for text 2 of group 0"),
        ({"unknown": [[0, math.nan, 0], [0, 0, 0]]}, "unknown must be 0 or 1; got nan"),
        (
            {"severity": [[0, 2, 0], [0, 0, 0]]},
            "severity must be from 0 to 1 .*; got 2.0 for text 1 of group 0",
        ),
        ({"severity": [[0, math.nan, 0], [0, 0, 0]]}, "severity must be .*; got nan"),
        ({"severity": [[1.0] * 3]}, r"severity has shape \(1, 3\)"),
    ],
)
def test_what_does_not_fit_is_refused(columns, message):
    columns = {"quality": QUALITY, "passed": PASSED, **columns}
    with pytest.raises(ValueError, match=message):
        mix("rlmr", columns.pop("quality"), columns.pop("passed"), **columns)


def test_severity_of_others_than_violators_is_not_read():
    severity = [[math.nan, 0.5, 7.0], [1.0, -1.0, math.inf]]
    assert_close(mix("rlmr", QUALITY, PASSED, severity=severity).advantages, WANTED)


VERDICTS = st.lists(st.sampled_from([0.0, 1.0, math.nan]), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VERDICTS, st.data())
def test_reduction_is_what_the_words_say(verdicts, data):
    C = len(verdicts)
    roles = data.draw(st.lists(st.sampled_from(ROLES), min_size=C, max_size=C))
    weights = data.draw(st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=C, max_size=C))
    got = reduce_verdicts([[verdicts]], [roles], [weights])
    hard = [(v, w) for v, r, w in zip(verdicts, roles, weights, strict=True) if r == "hard"]
    soft = [(v, w) for v, r, w in zip(verdicts, roles, weights, strict=True) if r == "soft"]
    failed = any(v == 0 for v, _ in hard)
    unknown = not failed and any(math.isnan(v) for v, _ in hard)
    assert (got.passed_PG.item(), got.unknown_PG.item()) == (not failed and not unknown, unknown)
    share = sum(w for v, w in hard if v == 0) / sum(w for _, w in hard) if hard else 0
    assert got.severity_PG.item() == pytest.approx(share)
    share = sum(v * w for v, w in soft) / sum(w for _, w in soft) if soft else 0
    assert got.soft_PG.item() == pytest.approx(share, nan_ok=True)


def test_prompts_may_have_different_constraints_and_groups():
    verdicts = [[[1, 0, None], [1, 1, 1]], [[1]], [[], [], []]]
    got = reduce_verdicts(verdicts, [["hard", "soft", "probe"], ["hard"], []])
    assert got.passed_PG.tolist() == [[True, True, False], [True, False, False], [True, True, True]]
    assert got.unknown_PG.tolist() == [[False, False, True], [False, True, True], [False] * 3]
    assert got.soft_PG.tolist()[0][:2] == [0.0, 1.0] and not got.severity_PG.any()


@pytest.mark.parametrize("kind", [torch.tensor, np.array])
def test_absent_constraints_of_a_table_do_not_count(kind):
    verdicts, roles = kind([[[1.0, -5.0]], [[0.0, 1.0]]]), np.array([["hard", "absent"], ["hard", "hard"]])
    got = reduce_verdicts(verdicts, roles, kind([[1.0, 1.0], [1.0, 3.0]]))
    assert got.passed_PG.tolist() == [[True], [False]] and got.severity_PG.tolist() == [[0.0], [0.25]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[[0.5]]], [["hard"]]), r"verdicts must be 0, 1 or NaN; got 0.5 at \(0, 0, 0\)"),
        (([[[1]]], [["hrad"]]), "role must be one of hard, soft, probe, absent; got 'hrad' for prompt 0"),
        (([[[1]]], [["hard"]], [[0.0]]), "weight must be finite and above 0; got 0.0 for prompt 0"),
        (([[[1]]], [["hard"]], [[math.nan]]), "weight must be finite and above 0; got nan"),
        (([[[1]]], [["hard", "soft"]]), "prompt 0 has 2 roles and 2 weights, but at most 1 verdicts"),
        (([[[1, 1]]], [["hard", "soft"]], [[1.0]]), "prompt 0 has 2 roles and 1 weights"),
        (([[[1]]], []), "roles for 0 and weights for 0 prompts, but verdicts for 1"),
        (([[[1, 0], [1]]], [["hard"]]), "texts of group 0 have different numbers of verdicts"),
        (([[[1, 0], [1, 1]]], [["hard"]]), "prompt 0 has 1 roles for more verdicts"),
        (([[1, 0]], [["hard"]]), "verdicts must be P groups of G texts of C verdicts"),
        ((torch.zeros(2, 3), [["hard"]] * 2), r"verdicts must have shape \(P, G, C\).*; got \(2, 3\)"),
        (([], []), "P and G at least 1"),
    ],
)
def test_verdicts_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        reduce_verdicts(*arguments)


def test_verdicts_and_mix_fit_together():
    verdicts = [[[1, 1], [0, 1], [None, 1], [1, 0]]]
    reduced = reduce_verdicts(verdicts, [["hard", "soft"]])
    quality = torch.tensor([[1.0, 3.0, 9.0, 0.0]]) + 2.0 * reduced.soft_PG
    mixed = mix("rlmr", quality, reduced.passed_PG, unknown=reduced.unknown_PG, severity=reduced.severity_PG)
    assert mixed.groups.quality_PG.tolist() == [[3.0, 5.0, 0.0, 0.0]]
    assert mixed.known.tolist() == [[True, True, False, True]]
    assert mixed.advantages[0, 1] < 0


def test_an_ensemble_that_disagrees_scores_less_and_a_missing_member_is_unknown():
    scores = [[[1.0, 1.0], [0.0, 3.0], [1.0, math.nan]]]
    for kind in (torch.tensor, np.array, list):
        bound = lower_bound(kind(scores))
        assert bound[0, :2].tolist() == [1.0, 0.0] and bound[0, 2].isnan()
    assert lower_bound(scores, doubt=0)[0, 1] == 1.5
    with pytest.raises(ValueError, match=r"scores must have shape \(P, G, K\), all at least 1; got \(1, 2\)"):
        lower_bound(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="doubt must be a number"):
        lower_bound(scores, doubt=-1)
