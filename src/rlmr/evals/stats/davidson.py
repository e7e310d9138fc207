"""Davidson's model of wins, losses and ties, with a term for length, fitted to many weighted samples at once.

Legend: K systems, G groups of comparisons of one pair of systems and one difference of length, D draws.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rlmr.evals.stats.estimate import Floats

_STEPS = 200
_CLOSE = 1e-10
_LONGEST_STEP = 1.0


def fit(
    counts_DG3: Floats, pairs_G2: npt.NDArray[np.intp], tilt_G: Floats, systems: int, *, ties: bool
) -> Floats:
    """Strengths of mean 0, the slope of length and the log of the tie parameter for every draw: (D, K + 2).

    With h = (s_i - s_j + b t) / 2: P(i wins) : P(j wins) : P(tie) = e^h : e^-h : tie (Davidson 1970, where t
    is 0). It is a logit linear in s, b and log tie, so that the log likelihood is concave, and Newton's steps
    climb it. b has a log-F(1, 1) prior, as in `length_controlled_win_rate`. Where all t are 0, so is b;
    without ties the last column is minus infinity.

    Args:
        counts_DG3: how often the pair of a group was won, lost and tied.
        pairs_G2: the two systems (i, j) of a group, from 0.
        tilt_G: t, what length speaks for i.
        systems: K.
        ties: whether anything tied.

    >>> theta = fit(np.array([[[3.0, 1.0, 0.0]]]), np.array([[0, 1]]), np.zeros(1), 2, ties=False)
    >>> round(float(theta[0, 0] - theta[0, 1]), 4), round(float(np.log(3)), 4)
    (1.0986, 1.0986)
    """
    groups = np.arange(len(pairs_G2))
    design_GL = np.zeros((len(pairs_G2), systems + 1))
    design_GL[groups, pairs_G2[:, 0]], design_GL[groups, pairs_G2[:, 1]] = 0.5, -0.5
    design_GL[:, -1] = tilt_G / 2.0
    theta_DK = np.zeros((len(counts_DG3), systems + 2))
    fixed = 1e-9 * np.eye(systems + 2)
    fixed[:systems, :systems] += 1.0  # holds the mean of the strengths at 0
    enough = max(1.0, float(counts_DG3.sum(axis=(1, 2)).max()))
    for _ in range(_STEPS):
        gradient, hessian = _slopes(theta_DK, counts_DG3, design_GL, ties)
        if np.abs(gradient).max() < _CLOSE * enough:
            break
        step = np.linalg.solve(hessian + fixed, gradient[:, :, None])[:, :, 0]
        size = np.abs(step).max(axis=1, keepdims=True)
        theta_DK += step * np.minimum(1.0, _LONGEST_STEP / np.maximum(size, _LONGEST_STEP))
        if size.max() < _CLOSE:
            break
    theta_DK[:, :systems] -= theta_DK[:, :systems].mean(axis=1, keepdims=True)
    if not ties:
        theta_DK[:, -1] = -np.inf
    return theta_DK


def _slopes(theta_DK: Floats, counts_DG3: Floats, design_GL: Floats, ties: bool) -> tuple[Floats, Floats]:
    """Gradient (D, K + 2) and negative Hessian (D, K + 2, K + 2) of the log likelihood."""
    wide = design_GL.shape[1]
    games_DG = counts_DG3.sum(axis=2)
    up = np.exp(theta_DK[:, :-1] @ design_GL.T)
    tie_D1 = np.exp(theta_DK[:, -1:]) if ties else np.zeros((len(theta_DK), 1))
    whole = up + 1.0 / up + tie_D1
    edge, tied = (up - 1.0 / up) / whole, tie_D1 / whole
    gradient = np.zeros_like(theta_DK)
    gradient[:, :-1] = (counts_DG3[:, :, 0] - counts_DG3[:, :, 1] - games_DG * edge) @ design_GL
    curve = games_DG * (1.0 - tied - edge * edge)
    hessian = np.zeros((*theta_DK.shape, wide + 1))
    squares = (design_GL[:, :, None] * design_GL[:, None, :]).reshape(-1, wide * wide)
    hessian[:, :-1, :-1] = (curve @ squares).reshape(-1, wide, wide)
    prior_D = 0.5 * np.tanh(theta_DK[:, -2] / 2.0)
    gradient[:, -2] -= prior_D
    hessian[:, -2, -2] += 0.25 - prior_D * prior_D
    if ties:
        gradient[:, -1] = (counts_DG3[:, :, 2] - games_DG * tied).sum(axis=1)
        cross = -(games_DG * edge * tied) @ design_GL
        hessian[:, :-1, -1], hessian[:, -1, :-1] = cross, cross
        hessian[:, -1, -1] = (games_DG * tied * (1.0 - tied)).sum(axis=1)
    return gradient, hessian


def expected(s_i: Floats, s_j: Floats, log_tie: Floats) -> Floats:
    """Expected score of i against j at equal length: the chance of a win and half of that of a tie.

    >>> float(expected(np.array(0.0), np.array(0.0), np.array(0.5)))
    0.5
    """
    half = (s_i - s_j) / 2.0
    found: Floats = 0.5 + np.sinh(half) / (2.0 * np.cosh(half) + np.exp(log_tie))
    return found
