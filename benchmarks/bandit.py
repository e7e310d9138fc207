"""A bandit with a length-loving reward model: what each mixing rule makes of it.

    python -m benchmarks.bandit [--seeds 8] [--json FILE]

A text is one of 60 arms: 12 lengths (20 to 240 words) times 5 levels of craft (-1 to 1). The limit is
100 words. The reward model sees craft, and loves length: score = scale * (craft + length / 70 + noise),
noise of deviation 0.5; a second table moves all scores 5 lower, as logits may lie. One softmax policy
serves all prompts; each update draws 8 groups of 8, mixes, and takes one policy-gradient step of rate
0.5, 300 times. It starts with a bell over the lengths: the easy start passes 34 % of the time, the hard
one 3 % (four groups of five hold no compliant text).

Pass rate and craft are exact expectations under the policy, at the end and, as "on the way", averaged
over the updates. "Rewarded" is the share of all violators drawn that had an advantage >= 0.
"""

import argparse
import json
import math
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats
import torch

from rlmr.mixing import State, mix

LENGTHS = np.repeat(np.arange(20, 260, 20), 5)
CRAFT = np.tile(np.linspace(-1, 1, 5), 12)
LIMIT, UPDATES, SIZE_P, SIZE_G, RATE, NOISE = 100, 300, 8, 8, 0.5, 0.5
STARTS = {"easy": (130.0, 50.0), "hard": (185.0, 40.0)}
Choice = tuple[str, dict[str, Any]]
RULES: dict[str, Choice] = {
    "rlmr": ("rlmr", {}),
    "writing_only": ("writing_only", {}),
    "verifier_only": ("verifier_only", {}),
    "weighted_sum, w 0.5": ("weighted_sum", {"w": 0.5}),
    "gate, multiply": ("gate", {"form": "multiply"}),
    "gate, floor": ("gate", {"form": "floor"}),
    "gdpo": ("gdpo", {}),
    "lagrangian": ("lagrangian", {}),
}
ALL_FAIL: dict[str, Choice] = {
    "rlmr, push 1": ("rlmr", {}),
    "rlmr, push 0.25": ("rlmr", {"push_scale": 0.25}),
    "rlmr, push 4": ("rlmr", {"push_scale": 4.0}),
    "rlmr, skip": ("rlmr", {"all_fail": "skip"}),
    "rlmr, rank": ("rlmr", {"all_fail": "rank"}),
    "verifier_only": ("verifier_only", {}),
    "gate, floor": ("gate", {"form": "floor"}),
    "gdpo": ("gdpo", {}),
    "lagrangian": ("lagrangian", {}),
}
LOWER: dict[str, Choice] = {name: RULES[name] for name in ("rlmr", "weighted_sum, w 0.5", "gate, multiply")}
TABLES = (
    ("easy", 0.0, RULES, (0.1, 1.0, 5.0)),
    ("easy", -5.0, LOWER, (1.0,)),
    ("hard", 0.0, ALL_FAIL, (1.0,)),
)


def run(choice: Choice, start: str, offset: float, scale: float, seed: int) -> dict[str, float]:
    """Train one policy and measure it."""
    rule, parameters = choice
    random = np.random.default_rng(seed)
    centre, width = STARTS[start]
    logits = -((LENGTHS - centre) ** 2) / (2 * width**2)
    ok_A, liked_A = LENGTHS <= LIMIT, CRAFT + LENGTHS / 70
    violators = rewarded = 0
    pass_rates = []
    state: State | None = None
    for _ in range(UPDATES):
        policy = softmax(logits)
        pass_rates.append(float(policy[ok_A].sum()))
        arms_PG = random.choice(policy.size, size=(SIZE_P, SIZE_G), p=policy)
        noise_PG = NOISE * random.standard_normal(arms_PG.shape)
        quality_PG = scale * (offset + liked_A[arms_PG] + noise_PG)
        mixed = mix(rule, quality_PG, ok_A[arms_PG], state=state, **parameters)
        state = mixed.state
        violators += int(mixed.failed.sum())
        rewarded += int((mixed.failed & (mixed.advantages >= 0)).sum())
        advantages = mixed.advantages.numpy().ravel() / arms_PG.size
        gradient = np.bincount(arms_PG.ravel(), weights=advantages, minlength=policy.size)
        logits = logits + RATE * (gradient - policy * advantages.sum())
    policy = softmax(logits)
    return {
        "pass_rate": float(policy[ok_A].sum()),
        "on_the_way": statistics.fmean(pass_rates),
        "craft": float(policy @ CRAFT),
        "rewarded": rewarded / violators,
    }


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of the arms."""
    weights: np.ndarray = np.exp(logits - logits.max())
    return weights / weights.sum()


def interval(values: list[float]) -> tuple[float, float]:
    """Mean and half-width of its 95 % interval (Student's t over the seeds)."""
    quantile = float(scipy.stats.t.ppf(0.975, len(values) - 1))
    return statistics.fmean(values), quantile * statistics.stdev(values) / math.sqrt(len(values))


def main() -> None:
    """Run every rule at every scale and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("--seeds must be at least 2 for an interval")
    torch.set_num_threads(1)
    numbers = []
    for start, offset, rules, scales in TABLES:
        print(f"{start} start, scores moved by {offset:g}; {options.seeds} seeds, mean +- 95 % interval")
        print(f"{'rule':20}{'scale':>6}{'pass rate':>16}{'on the way':>16}{'craft':>16}{'rewarded':>16}")
        for name, choice in rules.items():
            for scale in scales:
                runs = [run(choice, start, offset, scale, seed) for seed in range(options.seeds)]
                row = {key: interval([one[key] for one in runs]) for key in runs[0]}
                cells = (f"{mean:.2f} +- {half:.2f}" for mean, half in row.values())
                print(f"{name:20}{scale:6g}" + "".join(f"{cell:>16}" for cell in cells), flush=True)
                numbers.append({"start": start, "offset": offset, "rule": name, "scale": scale, **row})
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
