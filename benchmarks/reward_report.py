"""Tables of what `python -m benchmarks.reward` kept: `python -m benchmarks.reward_report --output FOLDER`."""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path

import numpy as np

from benchmarks.reward import ROOT, fold_seed, held_pairs, parted, parts_of, texts_of
from rlmr.audit.baselines import Kind, fit, longer_wins
from rlmr.audit.calibration import calibrate
from rlmr.evals.stats import clustered_mean, spearman
from rlmr.rewards.preferences import Preference
from rlmr.text import count_words

KINDS: tuple[Kind, ...] = ("style", "tfidf", "both")


def differences(
    args: argparse.Namespace, data: str, control: str, seed: int, part: str, on: str = ""
) -> tuple[np.ndarray, float]:
    """Score differences of the held-out pairs, and Spearman(score, words) (mean over folds); empty where jobs
    miss."""
    d: list[float] = []
    rhos = []
    for each in parts_of(part):
        path = args.output / f"{data}-{control}-{each}-{seed}.json"
        if not path.exists():
            return np.array([]), float("nan")
        scores = json.loads(path.read_text())["scores"]
        held = parted(on or data, each, fold_seed(control, seed))[1]
        d += [scores[p.chosen] - scores[p.rejected] for p in held]
        texts = texts_of(held)
        rhos.append(spearman([scores[t] for t in texts], [float(count_words(t)) for t in texts]))
    return np.array(d), float(np.mean(rhos))


def baseline(args: argparse.Namespace, data: str, kind: Kind, part: str, seed: int) -> np.ndarray:
    """Score differences of a baseline on the same held-out pairs; kept like a job's."""
    path = args.output / f"base-{data}-{kind}-{part}-{seed}.json"
    if not path.exists():
        found: list[float] = []
        for each in parts_of(part):
            kept, held = parted(data, each, seed)
            score = fit(kind, kept)
            found += list(score([p.chosen for p in held]) - score([p.rejected for p in held]))
        path.write_text(json.dumps(found))
    return np.array(json.loads(path.read_text()))


def rate(d: np.ndarray, pairs: list[Preference], keep: np.ndarray | None = None) -> str:
    """Accuracy with its interval by prompt."""
    keep = np.ones(len(d), bool) if keep is None else keep
    right = 0.5 + 0.5 * np.sign(d[keep])
    e = clustered_mean(right, [p.group for p, k in zip(pairs, keep, strict=True) if k])
    return f"{e.value:.3f} [{e.low:.3f}, {e.high:.3f}] n={e.n}"


def gain(d: np.ndarray, base: np.ndarray, pairs: list[Preference], keep: np.ndarray | None = None) -> str:
    """Accuracy minus the baseline's on the same pairs, paired, by prompt."""
    keep = np.ones(len(d), bool) if keep is None else keep
    value = ((d > 0).astype(float) - (base > 0))[keep]
    e = clustered_mean(value, [p.group for p, k in zip(pairs, keep, strict=True) if k])
    return f"{e.value:+.3f} [{e.low:+.3f}, {e.high:+.3f}]"


def report(args: argparse.Namespace) -> None:
    """Print every table from what is kept."""
    print(f"HANNA, one rater against the mean of the other two: {human_human():.3f}")
    for data in ("hanna", "lamp"):
        for part in ("cv", "official"):
            for seed in args.seeds:
                table(args, data, part, seed)
    for data, other in (("hanna", "lamp"), ("lamp", "hanna")):
        pairs = held_pairs(other, "official")
        for control in args.controls:
            for name in (control, f"head_{control}"):
                d, rho = differences(args, data, name, 0, "official", on=other)
                if len(d):
                    line = f"trained on {data} ({name}), tested on {other}: {rate(d, pairs)}"
                    print(f"{line}; Spearman {rho:+.3f}")


def human_human() -> float:
    """How far one of HANNA's raters agrees with the mean of the other two; ties count half."""
    rows = [json.loads(line) for line in (ROOT / "hanna" / "ratings.jsonl").read_text().splitlines()]
    groups: dict[int, list[np.ndarray]] = {}
    for row in rows:
        groups.setdefault(row["prompt_id"], []).append(
            np.mean([row["raters"][c] for c in row["raters"]], axis=0)
        )
    agree = []
    for stories in groups.values():
        for a, b in itertools.combinations(stories, 2):
            gap = a - b
            if abs(gap.mean()) < 1e-9:
                continue
            for k in range(3):
                others = np.delete(gap, k).mean()
                agree.append(0.5 + 0.5 * float(np.sign(gap[k]) * np.sign(others)))
    return float(np.mean(agree))


def table(args: argparse.Namespace, data: str, part: str, seed: int) -> None:
    """One set, part and seed: the baselines, then each trained model beside the best of them."""
    names = [name for c in args.controls for name in (c, f"head_{c}")]
    found = {name: differences(args, data, name, seed, part) for name in names}
    if not any(len(d) for d, _ in found.values()):
        return
    for shared in sorted({fold_seed(name, seed) for name, (d, _) in found.items() if len(d)}):
        mine = {n: x for n, x in found.items() if len(x[0]) and fold_seed(n, seed) == shared}
        rows(args, data, part, shared, held_pairs(data, part, shared), mine, seed)


def rows(
    args: argparse.Namespace,
    data: str,
    part: str,
    shared: int,
    pairs: list[Preference],
    found: dict[str, tuple[np.ndarray, float]],
    seed: int,
) -> None:
    """The table's lines for models that were held out on the same pairs."""
    margins = np.array([p.margin or 0.0 for p in pairs])
    words = np.array([[count_words(p.chosen), count_words(p.rejected)] for p in pairs], float)
    longer, shorter = words[:, 0] > words[:, 1], words[:, 0] < words[:, 1]
    matched = words.max(1) <= 1.1 * words.min(1)
    wide = margins >= 0.5
    parts = {"longer chosen": longer, "shorter": shorter, "matched": matched}
    print(f"\n== {data}, {part}, folds {shared}: {len(pairs)} pairs, {len({p.group for p in pairs})} groups")
    print(f"{'longer wins':24s} {rate(longer_wins(pairs) - 0.5, pairs)}")
    base = {kind: baseline(args, data, kind, part, shared) for kind in KINDS}
    for kind, d in base.items():
        print(
            f"{kind:24s} {rate(d, pairs)}"
            + (f"; margin >= .5: {rate(d, pairs, wide)}" if data == "hanna" else "")
        )
        print("    " + "; ".join(f"{part} {rate(d, pairs, keep)}" for part, keep in parts.items()))
    best = max(base, key=lambda kind: float((base[kind] > 0).mean()))
    for name, (d, rho) in found.items():
        c = calibrate(d, [p.group for p in pairs])
        label = f"MiniLM {name}, seed {seed}"
        print(
            f"{label:24s} {rate(d, pairs)}"
            + (f"; margin >= .5: {rate(d, pairs, wide)}" if data == "hanna" else "")
        )
        print(f"    minus {best}: {gain(d, base[best], pairs)}", end="")
        print(f"; margin >= .5: {gain(d, base[best], pairs, wide)}" if data == "hanna" else "")
        mix = d / d.std() + 2 * base[best] / base[best].std()
        print(
            f"    with {best} at weight 2: {rate(mix, pairs)}; minus {best}: {gain(mix, base[best], pairs)}"
        )
        print("    " + "; ".join(f"{part} {rate(d, pairs, keep)}" for part, keep in parts.items()))
        uncontrolled = found.get(name.replace("decorrelate", "none").replace("term", "none"))
        if uncontrolled is not None and not name.endswith("none"):
            print(f"    matched, minus without control: {gain(d, uncontrolled[0], pairs, matched)}")
        print(f"    Spearman(score, words) {rho:+.3f}; T {c.temperature:.2f}", end="")
        print(f", NLL {c.nll:.3f}, Brier {c.brier:.3f}, ECE {c.ece:.3f}")


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--controls", nargs="+", default=["none", "term", "decorrelate"])
    parser.add_argument("--output", type=Path, default=Path("build/reward"))
    report(parser.parse_args())


if __name__ == "__main__":
    main()
