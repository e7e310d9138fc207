"""Several systems on one scale, from pairwise outcomes. Legend: K systems, N comparisons, D draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from rlmr.evals.stats.bootstrap import bootstrap_all, cluster_codes
from rlmr.evals.stats.estimate import DRAWS, Estimate, Floats
from rlmr.evals.stats.paired import check_outcomes

_STEPS = 200
_CLOSE = 1e-10
_LONGEST_STEP = 1.0
_ITSELF = Estimate(0.5, 0.5, 0.5, 0)


class Comparison(NamedTuple):
    """One judged pair of texts for one prompt."""

    first: str
    """A system."""
    second: str
    """Another system."""
    won: float
    """1 where `first` wins, 0 where `second` does, 0.5 for a tie, NaN unknown."""
    prompt: Hashable
    """What the bootstrap draws."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Systems by strength."""

    systems: tuple[str, ...]
    """From the strongest to the weakest."""
    strengths: tuple[Estimate, ...]
    """Log odds, of mean 0 over the systems, in the same order; `n` counts a system's comparisons."""
    tie: float
    """Davidson's parameter: between equals, how often a tie for each win of one side; 0 without ties."""
    beats: tuple[tuple[Estimate, ...], ...]
    """[i][j]: the expected score of systems[i] against systems[j], a tie a half; 0.5 with itself."""


def bradley_terry(
    comparisons: Iterable[Comparison],
    *,
    pseudo: float = 0.5,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Ranking:
    """Strengths of K systems by the Bradley-Terry model with ties of Davidson (1970), with intervals.

    With strengths s and m = (s_i + s_j) / 2: P(i wins) : P(j wins) : P(tie) = e^s_i : e^s_j : tie e^m.
    Maximum likelihood by Newton's steps; intervals by bootstrap over prompts. A system's score (wins +
    ties / 2) is the same in the data and in the fit.

    Args:
        comparisons: judged pairs; unknown ones are left out. Any pairs may be compared any number of times.
        pseudo: this many wins either way are added to each compared pair, so that a system that won (or lost)
            everything has a finite strength. 0 is plain maximum likelihood.
        draws: bootstrap draws, at least 1.
        seed: the same seed gives the same intervals.
        level: the intervals' coverage.

    Raises:
        ValueError: no known comparison; a system compared with itself; systems that no chain of comparisons
            connects; with `pseudo=0`, systems that never lost a point to the others (infinitely strong).

    >>> pairs = [Comparison("a", "b", 1, 0), Comparison("a", "b", 0.5, 1), Comparison("b", "a", 1, 2)]
    >>> ranking = bradley_terry([*pairs, Comparison("a", "b", 1, 3)])
    >>> ranking.systems, round(ranking.strengths[0].value, 3), round(ranking.tie, 3)
    (('a', 'b'), 0.255, 0.516)
    """
    known = [one for one in comparisons if not np.isnan(one.won)]
    check_outcomes([one.won for one in known])
    if pseudo < 0:
        raise ValueError(f"pseudo must be at least 0, but is {pseudo}")
    systems = sorted({name for one in known for name in (one.first, one.second)})
    if not systems:
        raise ValueError("nothing to rank: no comparison has a known outcome")
    pairs_P2, table_CP3 = _table(known, systems)
    prior_P3 = np.tile([pseudo, pseudo, 0.0], (len(pairs_P2), 1))
    _check_connected(systems, pairs_P2, table_CP3.sum(axis=0) + prior_P3)
    ties = bool(table_CP3[:, :, 2].any())

    def fit(weights_DC: Floats) -> Floats:
        counts_DP3 = np.tensordot(weights_DC, table_CP3, 1) + prior_P3
        return _fit(counts_DP3, pairs_P2, len(systems), ties=ties)

    point = fit(np.ones((1, len(table_CP3))))[0]
    order = np.argsort(-point[:-1], kind="stable")
    strengths, beats = len(systems), [(i, j) for i in order for j in order if i != j]

    def reported(weights_DC: Floats) -> Floats:
        found = fit(weights_DC)
        scores = [_expected(found[:, i], found[:, j], found[:, -1]) for i, j in beats]
        return np.column_stack([found[:, order], *scores])

    found = bootstrap_all(reported, range(len(table_CP3)), draws=draws, seed=seed, level=level)
    games = Counter(name for one in known for name in (one.first, one.second))
    met = Counter(frozenset((one.first, one.second)) for one in known)
    scores = {
        pair: one._replace(n=met[frozenset(systems[k] for k in pair)])
        for pair, one in zip(beats, found[strengths:], strict=True)
    }
    return Ranking(
        systems=tuple(systems[i] for i in order),
        strengths=tuple(
            one._replace(n=games[systems[i]]) for i, one in zip(order, found[:strengths], strict=True)
        ),
        tie=float(np.exp(point[-1])),
        beats=tuple(tuple(scores.get((i, j), _ITSELF) for j in order) for i in order),
    )


def _table(
    known: Sequence[Comparison], systems: Sequence[str]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """The compared pairs (P, 2), and how often each was won, lost and tied for every prompt (C, P, 3)."""
    place = {name: k for k, name in enumerate(systems)}
    pair_index: dict[tuple[int, int], int] = {}
    cells = []
    for one in known:
        i, j = place[one.first], place[one.second]
        if i == j:
            raise ValueError(f"system {one.first!r} is compared with itself")
        won = one.won if i < j else 1.0 - one.won
        pair = pair_index.setdefault((min(i, j), max(i, j)), len(pair_index))
        cells.append((pair, {1.0: 0, 0.0: 1, 0.5: 2}[won]))
    prompt_N = cluster_codes([one.prompt for one in known])
    table_CP3 = np.zeros((int(prompt_N.max()) + 1, len(pair_index), 3))
    pair_N, kind_N = np.array(cells).T
    np.add.at(table_CP3, (prompt_N, pair_N, kind_N), 1.0)
    return np.array(list(pair_index), dtype=np.intp), table_CP3


def _check_connected(
    systems: Sequence[str], pairs_P2: npt.NDArray[np.intp], counts_P3: npt.NDArray[np.float64]
) -> None:
    """ValueError unless every system has scored against the others through some chain (Ford 1957)."""
    scored = np.zeros((len(systems), len(systems)))
    (i, j), (won, lost, tied) = pairs_P2.T, counts_P3.T
    scored[i, j], scored[j, i] = won + tied, lost + tied
    parts, label = connected_components(scored > 0, connection="strong")
    if parts > 1:
        groups = [[name for name, one in zip(systems, label, strict=True) if one == k] for k in range(parts)]
        raise ValueError(
            f"no scale for {groups}: no chain of comparisons, won or tied, leads both ways between them"
        )


def _expected(s_i: Floats, s_j: Floats, log_tie: Floats) -> Floats:
    """Expected score of i against j: the chance of a win and half of that of a tie."""
    half = (s_i - s_j) / 2.0
    sinh, cosh = np.sinh(half), np.cosh(half)
    found: Floats = 0.5 + sinh / (2.0 * cosh + np.exp(log_tie))
    return found


def _fit(counts_DP3: Floats, pairs_P2: npt.NDArray[np.intp], systems: int, *, ties: bool) -> Floats:
    """Strengths of mean 0 and the log of the tie parameter for every draw: (D, systems + 1).

    The log likelihood is concave in both (Davidson 1970). Without ties the last column is minus infinity.
    """
    i, j = pairs_P2.T
    pairs = np.arange(len(pairs_P2))
    design_PK = np.zeros((len(pairs_P2), systems + 1))
    design_PK[pairs, i], design_PK[pairs, j] = 0.5, -0.5
    games_DP = counts_DP3.sum(axis=2)
    lead_DP = counts_DP3[:, :, 0] - counts_DP3[:, :, 1]
    theta_DK = np.zeros((len(counts_DP3), systems + 1))
    fixed = np.zeros((systems + 1, systems + 1))
    fixed[:systems, :systems] = 1.0  # holds the mean of the strengths at 0
    fixed += 1e-9 * np.eye(systems + 1)
    for _ in range(_STEPS):
        half_DP = theta_DK @ design_PK.T
        tie_D1 = np.exp(theta_DK[:, -1:]) if ties else np.zeros((len(theta_DK), 1))
        up, down = np.exp(half_DP), np.exp(-half_DP)
        whole = up + down + tie_D1
        edge, tied = (up - down) / whole, tie_D1 / whole
        gradient = (lead_DP - games_DP * edge) @ design_PK
        gradient[:, -1] = (counts_DP3[:, :, 2] - games_DP * tied).sum(axis=1) if ties else 0.0
        curve_ss = games_DP * ((up + down) / whole - edge * edge)
        hessian = np.einsum("dp,pk,pl->dkl", curve_ss, design_PK, design_PK, optimize=True)
        if ties:
            cross = -(games_DP * edge * tied) @ design_PK
            hessian[:, :, -1], hessian[:, -1, :] = cross, cross
            hessian[:, -1, -1] = (games_DP * tied * (1.0 - tied)).sum(axis=1)
        step = np.linalg.solve(hessian + fixed, gradient[:, :, None])[:, :, 0]
        size = np.abs(step).max(axis=1, keepdims=True)
        theta_DK += step * np.minimum(1.0, _LONGEST_STEP / np.maximum(size, _LONGEST_STEP))
        if np.abs(gradient).max() < _CLOSE * max(1.0, float(games_DP.max())) or size.max() < _CLOSE:
            break
    theta_DK[:, :-1] -= theta_DK[:, :-1].mean(axis=1, keepdims=True)
    if not ties:
        theta_DK[:, -1] = -np.inf
    return theta_DK
