"""Shares of texts that are no independent coins: by hand, at the edges, and how often the interval covers."""

import numpy as np
import pytest

from rlmr.evals.results import share
from rlmr.evals.stats import clustered_wilson, wilson


def test_a_tasks_texts_are_no_independent_coins():
    alone = share([True, False] * 30, [str(i) for i in range(60)])
    assert alone == wilson(30, 60)
    together = share([True] * 30 + [False] * 30, [str(i // 10) for i in range(60)])  # 6 tasks, 10 texts each
    assert together.value == 0.5 and together.high - together.low > 2 * (alone.high - alone.low)
    every = share([True] * 60, [str(i // 10) for i in range(60)])
    assert every.high == 1.0 and every.low == wilson(6, 6).low, "where all passed, tasks count, not texts"


def test_the_interval_of_clustered_shares_covers():
    rng = np.random.default_rng(0)
    shares_PT = rng.beta(1.2, 1.8, size=(400, 200))  # mean .4, texts of a task alike
    covered = 0
    for p_T in shares_PT:
        outcomes = (rng.random((200, 4)) < p_T[:, None]).astype(float)
        found = clustered_wilson(outcomes.ravel(), np.repeat(np.arange(200), 4).tolist())
        covered += found.low <= 0.4 <= found.high
    assert 0.925 < covered / 400 < 0.975  # 95 % and two standard errors of 400 simulations


def test_clustered_wilson_by_hand():
    # p = 1/2, residuals of the clusters 1, 0, -1: v = 3/2 * 2/36 = 1/12, n_e = 3
    found = clustered_wilson([1, 1, 1, 0, 0, 0], "aabbcc")
    z2 = 1.959963984540054**2
    half = (z2 / (12) + z2 * z2 / 36) ** 0.5 / (1 + z2 / 3)
    assert found.value == 0.5 and found.n == 6
    assert found.low == pytest.approx(0.5 - half) and found.high == pytest.approx(0.5 + half)
    assert clustered_wilson([1, float("nan")], "ab") == clustered_wilson([1], "a")
    assert clustered_wilson([], []).n == 0
