"""Simulated readers: a panel whose choices between two stories carry taste, noise and a length bias.

    P(reader prefers a) = sigmoid(keenness * (gold_a - gold_b) / noise + bias * (words_a - words_b) / spread)

Real raters show such a bias: HANNA's prefer the longer of two stories 68 % of the time. The readers
label the preference pairs that the reward model learns from; the gold judge never does.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

NOISE = 0.45
"""Points of gold difference that move the odds by a factor of e."""
LENGTH_BIAS = 1.6
"""Log-odds for one `LENGTH_SPREAD` more words."""
LENGTH_SPREAD = 15.0
"""Words: about one standard deviation of the length of world stories."""
N_READERS = 7
TASTE = 0.25
"""Standard deviation over readers of how much each over- or undervalues a point of gold."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One rater of the panel."""

    keenness: float
    """Factor on the gold difference; 1 on average."""
    length_bias: float
    """Log-odds for `LENGTH_SPREAD` more words; `LENGTH_BIAS` on average."""

    def prefers(self, gold_difference: float, word_difference: float) -> float:
        """Probability of preferring the first text.

        >>> Reader(1.0, 1.6).prefers(0.0, 0.0)
        0.5
        """
        odds = self.keenness * gold_difference / NOISE + self.length_bias * word_difference / LENGTH_SPREAD
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, odds))))


def panel(seed: int = 0) -> tuple[Reader, ...]:
    """The readers, the same for the same seed.

    >>> len(panel())
    7
    """
    rng = random.Random(seed)
    return tuple(
        Reader(max(0.2, rng.gauss(1, TASTE)), LENGTH_BIAS * max(0.0, rng.gauss(1, 0.5)))
        for _ in range(N_READERS)
    )
