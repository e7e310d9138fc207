"""The win rate at equal length."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rlmr.evals.stats.bootstrap import bootstrap, cluster_codes
from rlmr.evals.stats.bounded import lower_limit
from rlmr.evals.stats.estimate import DRAWS, NOTHING, Estimate, Floats, check_lengths, two_sided
from rlmr.evals.stats.paired import check_outcomes

STRADDLE = 0.05
"""Share of comparisons that has to lie on either side of equal length for a rate there to be more than an
extrapolation."""

_STEPS = 60
_CLOSE = 1e-9
_LONGEST_STEP = 2.0


@dataclass(frozen=True, slots=True)
class LengthControlled:
    """A win rate with what length has to do with it taken out."""

    rate: Estimate
    """The win rate that the model predicts at equal length."""
    slope: Estimate
    """b of the model, in log odds: above 0, longer texts win; what the longest can gain over equal length."""


def length_controlled_win_rate(
    won: Sequence[float] | Floats,
    length_difference: Sequence[float] | Floats,
    prompts: Sequence[Hashable],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> LengthControlled:
    """The win rate with the judge's taste for length set aside, and how strong that taste is.

    A logistic model of the outcome, P(win) = sigmoid(a + b tanh(d / s)), with d the candidate's length minus
    the baseline's and s the standard deviation of d; the rate is sigmoid(a), the prediction at d = 0.
    Source: Dubois et al. 2024 (arXiv 2404.04475), without their term for a prompt's difficulty, which needs
    many systems. So that a maximum always exists, b has a log-F(1, 1) prior: one half-win at a + b tanh = b
    (Greenland & Mansournia 2015). Two identities hold exactly: LC(A, A) = 1/2, and LC(A, B) + LC(B, A) = 1.
    The rate's interval is that of `win_rate`, with b fitted anew under every rate in question (a score
    interval, over prompts); the slope's is a bootstrap's, too narrow where nearly all was won.

    Args:
        won: shape (N,); outcomes for the candidate: 1, 0.5, 0, NaN unknown.
        length_difference: shape (N,); words (or hanzi) of the candidate's text minus the other's, or NaN.
        prompts: shape (N,); the clusters. s stays that of the whole sample in the bootstrap.
        draws, seed: of the slope's bootstrap; the same seed gives the same interval.
        level: the intervals' coverage.

    All differences 0: the rate is the plain win rate with its interval, `slope` is unknown. Where one side's
    texts are longer in nearly all comparisons (fewer than `STRADDLE` the other way or even), nothing was
    seen of equal length: both are unknown. All won (or lost): 1 (0), `slope` is unknown.

    Raises:
        ValueError: lengths differ, or a value that is no outcome.

    >>> found = length_controlled_win_rate([1, 1, 1, 0, 0, 0], [50, 50, 60, 40, -50, -60], "abcdef")
    >>> found.rate.value < 0.5 < found.slope.value
    True
    """
    check_lengths(outcomes=won, length_difference=length_difference, prompts=prompts)
    won_N, d_N = check_outcomes(won), np.asarray(length_difference, dtype=np.float64)
    known = ~(np.isnan(won_N) | np.isnan(d_N))
    won_N, d_N = won_N[known], d_N[known]
    kept = [prompt for prompt, one in zip(prompts, known, strict=True) if one]
    if not won_N.size:
        return LengthControlled(NOTHING, NOTHING)
    deviation = float(d_N.std())
    if not straddles(d_N):
        unknown = Estimate(np.nan, np.nan, np.nan, won_N.size)
        return LengthControlled(unknown, unknown)
    tilt_N = np.tanh(d_N / deviation) if deviation else np.zeros_like(d_N)

    def slopes(weights_DN: Floats) -> Floats:
        return (
            fit_logistic(won_N - 0.5, tilt_N, weights_DN)[1]
            if deviation
            else np.full(len(weights_DN), np.nan)
        )

    rate = _rate(won_N, tilt_N, cluster_codes(kept), two_sided(level))
    return LengthControlled(rate, bootstrap(slopes, kept, draws=draws, seed=seed, level=level))


def _rate(won_N: Floats, tilt_N: Floats, code_N: npt.NDArray[np.intp], z: float) -> Estimate:
    """The rate at equal length, with its score interval over prompts."""
    value = float(_share(fit_logistic(won_N - 0.5, tilt_N, np.ones((1, won_N.size)))[0])[0])
    low = lower_limit(_surplus(won_N, tilt_N, code_N), 0.0, value, z)
    high = 1.0 - lower_limit(_surplus(1.0 - won_N, -tilt_N, code_N), 0.0, 1.0 - value, z)
    return Estimate(value, low, high, won_N.size)


def _surplus(won_N: Floats, tilt_N: Floats, code_N: npt.NDArray[np.intp]) -> Callable[[float], Floats]:
    """How far each prompt lies above a rate m at equal length, (M,): the efficient score of the intercept.

    With p the chances under m and the b that fits it, and c = I_ab / I_bb of Fisher's information: the sum of
    (won - p) (1 - c tilt) over a prompt; what b's prior pulls is spread over all. Without tilts, won - m.
    """
    size = won_N.size / (int(code_N.max()) + 1)

    def surplus(m: float) -> Floats:
        a, b = math.log(m / (1.0 - m)), 0.0
        for _ in range(_STEPS):
            p_N = 0.5 + 0.5 * np.tanh((a + b * tilt_N) / 2.0)
            prior = 0.5 * math.tanh(b / 2.0)
            v_N = p_N * (1.0 - p_N)
            i_bb = float((v_N * tilt_N * tilt_N).sum()) + 0.25 - prior * prior
            step = (float(((won_N - p_N) * tilt_N).sum()) - prior) / i_bb
            b += max(-_LONGEST_STEP, min(_LONGEST_STEP, step))
            if abs(step) < _CLOSE:
                break
        c = float((v_N * tilt_N).sum()) / i_bb
        u_N = (won_N - p_N) * (1.0 - c * tilt_N) + c * prior / won_N.size
        return np.bincount(code_N, u_N) / size

    return surplus


def straddles(difference_N: Floats) -> bool:
    """Whether differences of length lie on both sides of 0, or on it, often enough: `STRADDLE` of them each.

    >>> straddles(np.array([-1.0, 2.0])), straddles(np.array([1.0, 2.0])), straddles(np.zeros(2))
    (True, False, True)
    """
    return bool(min((difference_N <= 0).mean(), (difference_N >= 0).mean()) >= STRADDLE)


def _share(a_D: Floats) -> Floats:
    """sigmoid(a), rounded so that the shares of a and -a sum to exactly 1."""
    above = (0.5 + np.abs(0.5 * np.tanh(a_D / 2.0))) - 0.5
    return 0.5 + np.copysign(above, a_D)


def fit_logistic(centred_N: Floats, tilt_N: Floats, weights_DN: Floats) -> tuple[Floats, Floats]:
    """Intercept and slope for every draw, (D,) each, by Newton's steps.

    `centred_N` are outcomes minus 1/2. Everything is written in odd and even functions, so that exchanging
    the two systems negates the intercept bit by bit. A draw won (lost) throughout has intercept infinity.
    """
    total_D = weights_DN.sum(axis=1)
    lead_D = weights_DN @ centred_N
    swept = np.abs(lead_D) >= total_D / 2.0
    ones_N = np.ones_like(tilt_N)
    first_N2, second_N3 = np.column_stack([ones_N, tilt_N]), np.column_stack([ones_N, tilt_N, tilt_N**2])
    a_D, b_D = np.zeros(len(weights_DN)), np.zeros(len(weights_DN))
    for _ in range(_STEPS):
        half_DN = 0.5 * np.tanh((a_D[:, None] + b_D[:, None] * tilt_N) / 2.0)
        prior_D = 0.5 * np.tanh(b_D / 2.0)
        g_a, g_b = ((weights_DN * (centred_N - half_DN)) @ first_N2).T
        h_aa, h_ab, h_bb = ((weights_DN * (0.25 - half_DN * half_DN)) @ second_N3).T
        g_b, h_bb = g_b - prior_D, h_bb + (0.25 - prior_D * prior_D)
        determinant = np.maximum(h_aa * h_bb - h_ab * h_ab, 1e-30)
        step_a = (h_bb * g_a - h_ab * g_b) / determinant
        step_b = (h_aa * g_b - h_ab * g_a) / determinant
        size = np.where(swept, 0.0, np.maximum(np.abs(step_a), np.abs(step_b)))
        scale = np.where(swept, 0.0, _LONGEST_STEP / np.maximum(size, _LONGEST_STEP))
        a_D, b_D = a_D + scale * step_a, b_D + scale * step_b
        if size.max() < _CLOSE:
            break
    return np.where(swept, np.copysign(np.inf, lead_D), a_D), np.where(swept, np.nan, b_D)
