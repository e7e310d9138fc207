"""Several systems on one scale, from pairwise outcomes. Legend: K systems, N comparisons, C prompts, D draws.

G groups: comparisons of one pair of systems with one difference of length.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from rlmr.evals.stats.bootstrap import bootstrap_all, cluster_codes
from rlmr.evals.stats.davidson import expected, fit
from rlmr.evals.stats.estimate import DRAWS, NOTHING, Estimate, Floats
from rlmr.evals.stats.length_control import straddles
from rlmr.evals.stats.paired import check_outcomes

_AT_ONCE = 1 << 20
"""Draws times groups that are fitted together."""

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
    longer: float = math.nan
    """Words (or hanzi) by which the text of `first` is longer; NaN unknown. Read only at equal length."""


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
    slope: Estimate = NOTHING
    """b of the length term, in log odds: above 0, longer texts win. Unknown where length was not asked for,
    or never differed."""


def bradley_terry(
    comparisons: Iterable[Comparison],
    *,
    at_equal_length: bool = False,
    pseudo: float = 0.5,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Ranking:
    """Strengths of K systems by the Bradley-Terry model with ties of Davidson (1970), with intervals.

    With strengths s and h = (s_i - s_j) / 2: P(i wins) : P(j wins) : P(tie) = e^h : e^-h : tie. Maximum
    likelihood by Newton's steps; intervals by bootstrap over prompts. A system's score (wins + ties / 2) is
    the same in the data and in the fit.

    `at_equal_length` adds b tanh(d / s) to s_i - s_j, with d the length of i's text minus that of j's, and s
    the root mean square of d over all comparisons: the term of `length_controlled_win_rate` (Dubois et al.
    2024, arXiv 2404.04475), one b for all pairs. Strengths, `tie` and `beats` are then those at d = 0. Two
    systems have been seen at equal length where either's texts are longer in at most 95 % of their
    comparisons (`STRADDLE`); chains of such pairs have to connect all systems. Where no length differs it is
    the plain ranking.

    Args:
        comparisons: judged pairs; unknown ones are left out, at equal length those of unknown length, too.
            Any pairs may be compared any number of times.
        at_equal_length: set what length has to do with the outcomes aside.
        pseudo: this many wins either way, at equal length, are added to each compared pair, so that a system
            that won (or lost) everything has a finite strength. 0 is plain maximum likelihood.
        draws: bootstrap draws, at least 1.
        seed: the same seed gives the same intervals.
        level: the intervals' coverage.

    Raises:
        ValueError: no known comparison; a system compared with itself; systems that no chain of comparisons
            connects; with `pseudo=0`, systems that never lost a point to the others (infinitely strong); at
            equal length, systems that no chain of pairs of overlapping lengths connects.

    >>> pairs = [Comparison("a", "b", 1, 0), Comparison("a", "b", 0.5, 1), Comparison("b", "a", 1, 2)]
    >>> ranking = bradley_terry([*pairs, Comparison("a", "b", 1, 3)])
    >>> ranking.systems, round(ranking.strengths[0].value, 3), round(ranking.tie, 3)
    (('a', 'b'), 0.255, 0.516)
    """
    if pseudo < 0:
        raise ValueError(f"pseudo must be at least 0, but is {pseudo}")
    known = _known(comparisons, at_equal_length)
    tally = _tally(known, pseudo)
    _check_connected(tally)
    _check_overlap(known, tally.systems)
    return _ranking(known, tally, draws, seed, level)


def _ranking(known: Sequence[Comparison], tally: _Tally, draws: int, seed: int, level: float) -> Ranking:
    """The fit to the comparisons, with intervals."""
    everything = np.ones((1, tally.table.shape[0]))
    point = tally.fit(everything)[0]
    size = len(tally.systems)
    order = np.argsort(-point[:size], kind="stable")
    pairs = [(i, j) for i in order for j in order if i != j]

    def reported(weights_DC: Floats) -> Floats:
        theta = tally.fit(weights_DC)
        scores = [expected(theta[:, i], theta[:, j], theta[:, -1]) for i, j in pairs]
        return np.column_stack([theta[:, order], theta[:, size], *scores])

    found = bootstrap_all(reported, range(everything.size), draws=draws, seed=seed, level=level)
    systems = tuple(tally.systems[i] for i in order)
    games = Counter(name for one in known for name in (one.first, one.second))
    met = Counter(frozenset((one.first, one.second)) for one in known)
    scores = {
        (i, j): one._replace(n=met[frozenset((tally.systems[i], tally.systems[j]))])
        for (i, j), one in zip(pairs, found[size + 1 :], strict=True)
    }
    return Ranking(
        systems=systems,
        strengths=tuple(one._replace(n=games[name]) for name, one in zip(systems, found[:size], strict=True)),
        tie=float(np.exp(point[-1])),
        beats=tuple(tuple(scores.get((i, j), _ITSELF) for j in order) for i in order),
        slope=found[size]._replace(n=len(known)) if tally.tilt_G.any() else NOTHING,
    )


def _known(comparisons: Iterable[Comparison], at_equal_length: bool) -> list[Comparison]:
    """The comparisons that count, each seen from the system that is first in the alphabet.

    `longer` is 0 in all where length was not asked for.
    """
    given = list(comparisons)
    if not at_equal_length:
        given = [one._replace(longer=0.0) for one in given]
    known = [one for one in given if not math.isnan(one.won + one.longer)]
    check_outcomes([one.won for one in known])
    if not known:
        raise ValueError("nothing to rank: no comparison has a known outcome")
    for one in known:
        if one.first == one.second:
            raise ValueError(f"system {one.first!r} is compared with itself")
    return [
        one
        if one.first < one.second
        else Comparison(one.second, one.first, 1.0 - one.won, one.prompt, -one.longer)
        for one in known
    ]


@dataclass(frozen=True, slots=True)
class _Tally:
    """Comparisons, counted."""

    systems: list[str]
    pairs_G2: npt.NDArray[np.intp]
    """The two systems of each group, the first in the alphabet first."""
    tilt_G: Floats
    """tanh(d / s) of each group."""
    table: csr_matrix
    """How often each group was won, lost and tied for every prompt: (C, 3 G)."""
    prior_G3: Floats
    """What is added to that."""
    ties: bool

    def fit(self, weights_DC: Floats) -> Floats:
        """`davidson.fit` for every draw of prompts: (D, K + 2)."""
        size = max(1, _AT_ONCE // len(self.tilt_G))
        parts = [weights_DC[k : k + size] for k in range(0, len(weights_DC), size)]
        found = [
            fit(self.counts(part), self.pairs_G2, self.tilt_G, len(self.systems), ties=self.ties)
            for part in parts
        ]
        return np.concatenate(found)

    def counts(self, weights_DC: Floats) -> Floats:
        """Wins, losses and ties of every draw, what is added included: (D, G, 3)."""
        drawn: Floats = np.asarray(weights_DC @ self.table)
        return drawn.reshape(-1, *self.prior_G3.shape) + self.prior_G3


def _tally(known: Sequence[Comparison], pseudo: float) -> _Tally:
    """Comparisons by pair and difference of length; each pair has a group at equal length, for `pseudo`."""
    systems = sorted({name for one in known for name in (one.first, one.second)})
    place = {name: k for k, name in enumerate(systems)}
    level = {(place[one.first], place[one.second], 0.0): None for one in known}
    group = {key: k for k, key in enumerate(level)}
    cells = []
    for one in known:
        k = group.setdefault((place[one.first], place[one.second], one.longer), len(group))
        cells.append(3 * k + {1.0: 0, 0.0: 1, 0.5: 2}[one.won])
    prompt_N = cluster_codes([one.prompt for one in known])
    shape = (int(prompt_N.max()) + 1, 3 * len(group))
    prior_G3 = np.zeros((len(group), 3))
    prior_G3[: len(level), :2] = pseudo
    scale = math.sqrt(math.fsum(one.longer**2 for one in known) / len(known))
    return _Tally(
        systems=systems,
        pairs_G2=np.array([key[:2] for key in group], dtype=np.intp),
        tilt_G=np.array([math.tanh(d / scale) if scale else 0.0 for _, _, d in group]),
        table=csr_matrix((np.ones(len(cells)), (prompt_N, cells)), shape=shape),
        prior_G3=prior_G3,
        ties=any(one.won == 0.5 for one in known),
    )


def _check_connected(tally: _Tally) -> None:
    """ValueError unless every system has scored against the others through some chain (Ford 1957)."""
    scored = np.zeros((len(tally.systems), len(tally.systems)))
    (i, j), (won, lost, tied) = tally.pairs_G2.T, tally.counts(np.ones((1, tally.table.shape[0])))[0].T
    np.add.at(scored, (i, j), won + tied)
    np.add.at(scored, (j, i), lost + tied)
    if len(groups := _parts(tally.systems, scored)) > 1:
        raise ValueError(
            f"no scale for {groups}: no chain of comparisons, won or tied, leads both ways between them"
        )


def _check_overlap(known: Sequence[Comparison], systems: Sequence[str]) -> None:
    """ValueError unless chains of pairs that were seen at equal length connect all systems."""
    gaps: dict[tuple[int, int], list[float]] = {}
    for one in known:
        gaps.setdefault((systems.index(one.first), systems.index(one.second)), []).append(one.longer)
    met = np.zeros((len(systems), len(systems)))
    for (i, j), longer in gaps.items():
        met[i, j] = met[j, i] = straddles(np.array(longer))
    if len(groups := _parts(systems, met)) > 1:
        raise ValueError(
            f"no scale at equal length for {groups}: between them one side's texts are longer in nearly all "
            f"comparisons"
        )


def _parts(systems: Sequence[str], linked: Floats) -> list[list[str]]:
    """The systems that chains of links join both ways, part by part; `linked` has shape (K, K)."""
    parts, label = connected_components(linked > 0, connection="strong")
    return [[name for name, one in zip(systems, label, strict=True) if one == k] for k in range(parts)]
