"""Batches for property tests, and a slow, obvious implementation of the rule to compare with."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor

DTYPES = (torch.float32, torch.bfloat16, torch.float64)


@dataclass(frozen=True)
class Batch:
    quality: Tensor
    passed: Tensor
    unknown: Tensor
    severity: Tensor

    @property
    def columns(self) -> dict[str, Tensor]:
        return {"unknown": self.unknown, "severity": self.severity}

    @property
    def violators(self) -> Tensor:
        return ~self.passed & ~self.unknown & self.quality.double().isfinite()


@st.composite
def batches(draw, dtypes=DTYPES, offsets=True, known=False):
    """Groups of every awkward kind: ties, constants, one known text, all pass, all fail, any scale."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    size_P, size_G = draw(st.integers(1, 4)), draw(st.integers(2, 64))
    levels = draw(st.sampled_from([0, 1, 2, 3]))
    normal = rng.standard_normal((size_P, size_G))
    heavy = draw(st.booleans())
    normal = normal**5 if heavy else normal
    quality = normal if levels == 0 else rng.integers(0, levels, (size_P, size_G)).astype(float)
    quality = quality * 10.0 ** draw(st.integers(-6, 6))
    if offsets:
        quality = quality + draw(st.sampled_from([0.0, 1e-3, -7.0, 1e3, -1e6, 1e6]))
    passed = rng.random((size_P, size_G)) < draw(st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0]))
    unknown = rng.random((size_P, size_G)) < (0.0 if known else draw(st.sampled_from([0.0, 0.2, 0.9, 1.0])))
    severity = rng.integers(1, 4, (size_P, size_G)) / 3
    tensor = torch.from_numpy(quality).to(draw(st.sampled_from(dtypes)))
    if not known:
        holes = torch.from_numpy(rng.random((size_P, size_G)) < draw(st.sampled_from([0.0, 0.3])))
        hole = draw(st.sampled_from([math.nan, math.inf, -math.inf]))
        tensor = torch.where(holes, torch.tensor(hole, dtype=tensor.dtype), tensor)
    return Batch(tensor, torch.from_numpy(passed), torch.from_numpy(unknown), torch.from_numpy(severity))


def mean(values):
    return math.fsum(values) / len(values)


def deviation(values):
    centre = mean(values)
    return math.sqrt(mean([(v - centre) ** 2 for v in values]))


def standard(values):
    """(values - mean) / std, and that std; constants give 0 and 1."""
    centre, spread = mean(values), deviation(values)
    if spread <= 1e-12 * max(abs(v) for v in values):
        return [0.0] * len(values), 1.0
    return [(v - centre) / spread for v in values], spread


def slow_group(quality, passed, severity, gamma=0.5, policy="push", push_scale=1.0):
    """Advantages of the known texts of one group, text by text, as docs/mixing.md says it."""
    n, failed = len(quality), [i for i, ok in enumerate(passed) if not ok]
    if not failed:
        return standard(quality)[0]
    if len(failed) == n:
        return slow_all_fail(quality, severity, gamma, policy, push_scale)
    scores, spread = standard(quality)
    spread = deviation(quality) if any(scores) else spread
    delta = gamma * spread
    distances = [q - mean(quality) for q in quality] if any(scores) else scores
    penalty = max(0.0, n / (n - len(failed)) * (max(distances[i] for i in failed) + delta))
    reward = [d if ok else d - penalty for d, ok in zip(distances, passed, strict=True)]
    return standard(reward)[0]


def slow_all_fail(quality, severity, gamma, policy, push_scale):
    n = len(quality)
    if policy == "skip":
        return [0.0] * n
    scores, _ = standard(quality)
    span = max(scores) - min(scores) + gamma
    kinds = sorted(set(severity))
    order = standard([q - kinds.index(s) * span for q, s in zip(scores, severity, strict=True)])[0]
    if policy == "rank":
        return order
    below = [h - max(order) - gamma for h in order]
    ghost = n * (max(order) + gamma)  # the one text that passes: everything sums to 0 with it
    spread = math.sqrt((sum(h * h for h in order) + n * (max(order) + gamma) ** 2 + ghost**2) / (n + 1))
    return [push_scale * b / spread for b in below]


def slow_mix(batch, **parameters):
    """The rule on a batch, (P, G) nested lists."""
    out = []
    columns = (batch.quality.double(), batch.passed, batch.unknown, batch.severity)
    for quality, passed, unknown, severity in zip(*(c.tolist() for c in columns), strict=True):
        row = [0.0] * len(quality)
        known = [i for i, q in enumerate(quality) if math.isfinite(q) and not unknown[i]]
        if known:
            picked = ([column[i] for i in known] for column in (quality, passed, severity))
            for i, advantage in zip(known, slow_group(*picked, **parameters), strict=True):
                row[i] = advantage
        out.append(row)
    return out
