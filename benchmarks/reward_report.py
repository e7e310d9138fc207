"""Tables of what `python -m benchmarks.reward` kept: `python -m benchmarks.reward_report --output FOLDER`.

Each line is a model's accuracy with a 95 % interval that resamples prompts, then its gain over the best cheap
baseline, paired, on the same pairs and folds. Over several seeds a pair counts with its mean. Legend: S
seeds, M pairs of a set or of its official test.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.reward import FOLDS, KINDS, load, parted
from rlmr.audit.baselines import Kind, fit, longer_wins
from rlmr.audit.calibration import calibrate
from rlmr.evals.stats import clustered_mean, spearman
from rlmr.rewards.preferences import Preference
from rlmr.text import count_words

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """What one model, or baseline, scored."""

    d_SM: Floats
    """Differences of scores, a row per seed."""
    rho: float = math.nan
    """Spearman(score, words) over held-out texts, mean over parts and seeds."""

    @property
    def right_M(self) -> Floats:
        """How often each pair was ordered rightly."""
        found: Floats = (0.5 + 0.5 * np.sign(self.d_SM)).mean(0)
        return found


def parts_of(part: str) -> list[str]:
    """The parts that a table's part stands for: `cv` for all folds."""
    return [str(k) for k in range(FOLDS)] if part == "cv" else [part]


def pairs_of(data: str, part: str) -> list[Preference]:
    """The pairs of a table, in the set's own order."""
    return parted(data, part)[1] if part == "official" else load(data)


def scored(args: argparse.Namespace, data: str, name: str, part: str, seeds: list[int]) -> Found | None:
    """What a model scored with each of these seeds, or as many of them as are kept; None for none."""
    pairs = pairs_of(data, part)
    rows, rhos = [], []
    for seed in seeds:
        scores: dict[str, float] = {}
        for each in parts_of(part):
            path = args.output / f"{data}-{name}-{each}-{seed}.json"
            if not path.exists():
                break
            found = json.loads(path.read_text())["scores"]
            held = {t for p in parted(data, each, seed)[1] for t in (p.chosen, p.rejected)}
            scores.update({t: found[t] for t in held})
            rhos.append(spearman([found[t] for t in held], [float(count_words(t)) for t in held]))
        else:
            rows.append([scores[p.chosen] - scores[p.rejected] for p in pairs])
    return Found(np.array(rows), float(np.mean(rhos))) if rows else None


def baseline(args: argparse.Namespace, data: str, kind: Kind, part: str, seeds: list[int]) -> Found:
    """A cheap baseline on the same pairs and folds; kept like a job."""
    rows = []
    for seed in seeds:
        path = args.output / f"cheap-{data}-{kind}-{part}-{seed}.json"
        if not path.exists():
            scores: dict[str, float] = {}
            for each in parts_of(part):
                kept, held = parted(data, each, seed)
                texts = sorted({t for p in held for t in (p.chosen, p.rejected)})
                scores.update(zip(texts, fit(kind, kept)(texts).tolist(), strict=True))
            path.write_text(json.dumps(scores))
        scores = json.loads(path.read_text())
        rows.append([scores[p.chosen] - scores[p.rejected] for p in pairs_of(data, part)])
    return Found(np.array(rows))


def rate(value_M: Floats, pairs: list[Preference], keep: npt.NDArray[np.bool_], sign: str = "") -> str:
    """The mean over the kept pairs, with its interval by prompt."""
    groups = [p.group for p, k in zip(pairs, keep, strict=True) if k]
    e = clustered_mean(value_M[keep].tolist(), groups)
    return f"{e.value:{sign}.3f} [{e.low:{sign}.3f}, {e.high:{sign}.3f}]"


def table(args: argparse.Namespace, data: str, part: str, seeds: list[int]) -> None:
    """One set and part: the baselines, then each model beside the best of them."""
    pairs = pairs_of(data, part)
    models = {n: m for n in args.models if (m := scored(args, data, n, part, seeds)) is not None}
    models = {n: m for n, m in models.items() if len(m.d_SM) == len(seeds)}
    if not models:
        return
    words = np.array([[count_words(p.chosen), count_words(p.rejected)] for p in pairs], dtype=float)
    slices = {
        "longer chosen": words[:, 0] > words[:, 1],
        "shorter chosen": words[:, 0] < words[:, 1],
        "matched": words.max(1) <= 1.1 * words.min(1),
        "margin >= .5": np.array([(p.margin or 0.0) >= 0.5 for p in pairs]),
    }
    groups = len({p.group for p in pairs})
    print(
        f"\n== {data}, {part}, seeds {seeds}: {len(pairs)} pairs of {groups} groups;",
        f"{int(slices['matched'].sum())} matched",
    )
    cheap: dict[str, Found] = {"longer wins": Found(longer_wins(pairs)[None] - 0.5)}
    cheap |= {kind: baseline(args, data, kind, part, seeds) for kind in KINDS}
    best = max(cheap, key=lambda name: float(cheap[name].right_M.mean()))
    for name, model in cheap.items():
        line(name, model.right_M, pairs, slices)
    for name, model in models.items():
        line(name, model.right_M, pairs, slices)
        line(f"    minus {best}", model.right_M - cheap[best].right_M, pairs, slices, "+")
        each = [f"{float((d > 0).mean()):.3f}" for d in model.d_SM]
        c = calibrate(model.d_SM[0], [p.group for p in pairs])
        print(f"    seeds {', '.join(each)}; Spearman(score, words) {model.rho:+.3f}", end="")
        print(f"; T {c.temperature:.2f}, NLL {c.nll:.3f}, Brier {c.brier:.3f}, ECE {c.ece:.3f}")
        free = models.get(name.replace("residual", "none").replace("decorrelate", "none"))
        if free is not None and free is not model:
            line("    minus no control", model.right_M - free.right_M, pairs, slices, "+")
        if len(seeds) > 1 and part == "official":
            together = Found((model.d_SM / model.d_SM.std(1, keepdims=True)).mean(0, keepdims=True))
            line(f"    ensemble of {len(seeds)}", together.right_M, pairs, slices)
            line(f"        minus {best}", together.right_M - cheap[best].right_M, pairs, slices, "+")


def line(
    name: str,
    value_M: Floats,
    pairs: list[Preference],
    slices: dict[str, npt.NDArray[np.bool_]],
    sign: str = "",
) -> None:
    """A value over all pairs and over each slice that has any."""
    every = np.ones(len(pairs), dtype=bool)
    parts = [f"{part} {rate(value_M, pairs, keep, sign)}" for part, keep in slices.items() if keep.any()]
    print(f"{name:24s} {'; '.join([rate(value_M, pairs, every, sign), *parts])}")


def transfer(args: argparse.Namespace) -> None:
    """Trained on one set, tested on the other's official test."""
    print("\n== transfer")
    for data, other in (("hanna", "lamp"), ("lamp", "hanna")):
        pairs = pairs_of(other, "official")
        for name in args.models:
            path = args.output / f"{data}-{name}-official-0.json"
            if path.exists():
                scores = json.loads(path.read_text())["scores"]
                d = np.array([scores[p.chosen] - scores[p.rejected] for p in pairs])
                print(f"{data} to {other}, {name}: {rate(0.5 + 0.5 * np.sign(d), pairs, d == d)}")


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--models", nargs="+", help="names of jobs; all that are kept if not given")
    parser.add_argument("--output", type=Path, default=Path("build/reward"))
    args = parser.parse_args()
    kept = {path.stem.split("-")[1] for path in args.output.glob("*-*-*-*.json") if path.stem[:5] != "cheap"}
    args.models = args.models or sorted(kept)
    for data, part in itertools.product(("hanna", "lamp"), ("cv", "official")):
        for seeds in dict.fromkeys([(args.seeds[0],), tuple(args.seeds)]):
            table(args, data, part, list(seeds))
    transfer(args)


if __name__ == "__main__":
    main()
