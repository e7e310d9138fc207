"""How long the mix takes, vectorised and as a loop over groups, and how often each rule rewards violators.

    python -m benchmarks.mixing [--json FILE]

One thread. Each time is the median over the repetitions, which take turns, so that a busy moment of
the machine hits every contestant. The loops apply the same rule (push included) and must give the same
advantages; the run fails if they do not.
"""

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rlmr.mixing import MIXERS, diagnostics, mix

GAMMA = 0.5


def python_group(quality: list[float], passed: list[bool]) -> list[float]:
    """The rule `rlmr` for one group, all texts known, in plain Python."""
    n, f = len(quality), passed.count(False)
    centre = sum(quality) / n
    std = math.sqrt(sum((q - centre) ** 2 for q in quality) / n)
    score = [(q - centre) / std for q in quality] if std > 1e-12 * max(map(abs, quality)) else [0.0] * n
    if f == n:
        b = max(score) + GAMMA
        scale = math.sqrt(sum(s * s for s in score) / (n + 1) + n * b * b)
        return [(s - b) / scale for s in score]
    best = max((s for s, ok in zip(score, passed, strict=True) if not ok), default=-math.inf)
    penalty = max(0.0, n / (n - f) * (best + GAMMA))
    reward = [s if ok else s - penalty for s, ok in zip(score, passed, strict=True)]
    centre = sum(reward) / n
    std = math.sqrt(sum((r - centre) ** 2 for r in reward) / n)
    return [(r - centre) / std for r in reward] if std > 1e-12 else [0.0] * n


def numpy_group(quality: np.ndarray, passed: np.ndarray) -> np.ndarray:
    """The same with one array per group."""
    n, f = quality.size, int((~passed).sum())
    std = quality.std()
    score = (quality - quality.mean()) / std if std > 1e-12 * np.abs(quality).max() else np.zeros(n)
    if f == n:
        b = score.max() + GAMMA
        return (score - b) / np.sqrt((score**2).sum() / (n + 1) + n * b * b)
    if f:
        score = np.where(passed, score, score - max(0.0, n / (n - f) * (score[~passed].max() + GAMMA)))
    std = score.std()
    return (score - score.mean()) / std if std > 1e-12 else np.zeros(n)


def times(contestants: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median seconds of each contestant over `repeats` rounds, after one round of warming up."""
    seen: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(repeats + 1):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            seen[name].append(time.perf_counter() - start)
    return {name: statistics.median(values[1:]) for name, values in seen.items()}


def batch(size_P: int, size_G: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Normal scores in float32 and verdicts of which half pass."""
    random = torch.Generator().manual_seed(0)
    quality = torch.randn(size_P, size_G, generator=random)
    return quality, torch.rand(size_P, size_G, generator=random) < 0.5


def loops(repeats: int) -> dict[str, float]:
    """Milliseconds for (4096, 16): vectorised and as loops."""
    quality, passed = batch(4096, 16)
    rows, oks = quality.double().tolist(), passed.tolist()
    arrays, flags = quality.double().numpy(), passed.numpy()
    contestants: dict[str, Callable[[], Any]] = {
        "vectorised": lambda: mix("rlmr", quality, passed, gamma=GAMMA).advantages.numpy(),
        "numpy per group": lambda: [numpy_group(q, ok) for q, ok in zip(arrays, flags, strict=True)],
        "plain Python per group": lambda: [python_group(q, ok) for q, ok in zip(rows, oks, strict=True)],
    }
    results = {
        name: torch.as_tensor(np.stack([np.asarray(row) for row in run()]))
        for name, run in contestants.items()
    }
    for name, result in results.items():
        torch.testing.assert_close(result, results["vectorised"], rtol=1e-9, atol=1e-9, msg=f"{name} differs")
    return {name: 1e3 * seconds for name, seconds in times(contestants, repeats).items()}


def steps(repeats: int) -> dict[str, float]:
    """Milliseconds for 128 groups of 8, a training step's worth, per rule; and for the diagnostics."""
    quality, passed = batch(128, 8)
    contestants: dict[str, Callable[[], Any]] = {
        name: (lambda name=name: mix(name, quality, passed)) for name in MIXERS
    }
    contestants["rlmr, all fail"] = lambda: mix("rlmr", quality, torch.zeros_like(passed))
    done = mix("rlmr", quality, passed)
    contestants["diagnostics"] = lambda: diagnostics(done)
    return {name: 1e3 * seconds for name, seconds in times(contestants, 20 * repeats).items()}


def rewarded() -> list[dict[str, float]]:
    """Share of violators with advantage >= 0, per rule, in about 20,000 mixed groups of each kind.

    Normal scores, half pass; `lift` is added to the violators' scores, as by a reward model that loves
    what breaks the constraints.
    """
    rows = []
    for size_G, lift in ((4, 0.0), (8, 0.0), (8, 1.0), (32, 0.0)):
        quality, passed = batch(20_000, size_G)
        some = passed.any(1) & ~passed.all(1)
        quality, passed = (quality + lift * ~passed)[some], passed[some]
        row = {"group": float(size_G), "lift": lift}
        for name in MIXERS:
            table = diagnostics(mix(name, quality, passed))
            row[name] = table["violators_rewarded"] / table["violators"]
        rows.append(row)
    return rows


def main() -> None:
    """Measure, print three tables, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    many, few = loops(options.repeats), steps(options.repeats)
    print(f"4096 groups of 16, one thread, median of {options.repeats}")
    for name, milliseconds in many.items():
        print(f"  {name:24}{milliseconds:9.2f} ms{milliseconds / many['vectorised']:8.1f} x")
    print(f"128 groups of 8 (1,024 texts), one thread, median of {20 * options.repeats}")
    for name, milliseconds in few.items():
        print(f"  {name:24}{milliseconds:9.3f} ms")
    shares = rewarded()
    print("share of violators with advantage >= 0, random groups")
    print("".join(f"{name:>14}" for name in shares[0]))
    for row in shares:
        print("".join(f"{value:14.3g}" for value in row.values()))
    numbers = {"p4096_g16_ms": many, "p128_g8_ms": few, "rewarded": shares}
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
