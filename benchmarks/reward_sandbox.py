"""Over-optimisation in the sandbox: proxy against gold, for one reward model and for ensembles.

    python -m benchmarks.reward_sandbox            # over best-of-N: every stage that is not kept, the table
    python -m benchmarks.reward_sandbox rl         # over KL under GRPO (benchmarks/over_optimisation.py)

Members of an ensemble differ by seed (their pairs, their order). `with` members have seen the policy's own
samples in training, `without` members only world stories and spoiled copies. Best-of-N is exact, not sampled:
of n texts, sorted by the proxy, the i-th is the best of N drawn ones with probability C(i - 1, N - 1) / C(n,
N). Its divergence from the policy is at most KL = log N - (N - 1) / N (Gao et al. 2210.10760). Gold is the
sandbox's judge, which nobody trained on.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
from pathlib import Path
from typing import Any

import numpy as np

from rlmr import sandbox
from rlmr.rewards.ensemble import combined

MEMBERS = 3
PAIRS = 2_000
PAIR_TASKS = 500
TASKS = 24
SAMPLES = 256
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def pairs_of(output: Path, source: str) -> None:
    """Keep PAIRS choices per member, with or without the policy's samples among the texts."""
    from rlmr.sandbox.build import TEMPERATURES
    from rlmr.sandbox.preferences import make_pairs
    from rlmr.sandbox.samples import sample_texts
    from rlmr.sandbox.tasks import make_tasks, write_for

    done = all((output / f"pairs-{source}-{k}.json").exists() for k in range(MEMBERS))
    if done:
        return
    tasks = make_tasks(PAIR_TASKS, 1, "train")
    if source == "with":
        texts = sample_texts(sandbox.checkpoint("policy"), tasks, TEMPERATURES, 0)
    else:
        rng = random.Random(0)
        texts = [(t, [write_for(t, rng, skill=rng.random(), tries=3) for _ in range(3)]) for t in tasks]
    for k in range(MEMBERS):
        made = make_pairs(texts, PAIRS, 100 + k)
        rows = [{"prompt": p.prompt, "chosen": p.chosen, "rejected": p.rejected} for p in made]
        (output / f"pairs-{source}-{k}.json").write_text(json.dumps(rows))


def member(output: Path, source: str, k: int) -> Path:
    """Train one member, unless it is kept."""
    folder = output / f"{source}-{k}"
    if (folder / "config.json").exists():
        return folder
    from rlmr.rewards.preferences import Preference, grouped
    from rlmr.rewards.settings import Settings
    from rlmr.rewards.train import train

    rows = json.loads((output / f"pairs-{source}-{k}.json").read_text())
    pairs = grouped(
        [Preference(r["prompt"], r["chosen"], r["rejected"], place=str(i)) for i, r in enumerate(rows)]
    )
    settings = Settings(
        model=str(sandbox.checkpoint("policy")),
        groups_per_step=8,
        texts_per_pass=32,
        reward={"learning_rate": 1e-3, "num_train_epochs": 1},
    )
    return train(pairs, settings, folder, seed=k)


def samples(output: Path) -> list[dict[str, Any]]:
    """SAMPLES texts of the policy for each of TASKS held-out tasks, with their gold scores."""
    path = output / "samples.json"
    if path.exists():
        return json.loads(path.read_text())
    from rlmr.evals.generate import generate, load_policy
    from rlmr.sandbox.gold import gold_score
    from rlmr.sandbox.samples import SAMPLE_TOKENS
    from rlmr.sandbox.tasks import make_tasks

    model, tokenizer = load_policy(sandbox.checkpoint("policy"))
    tasks = make_tasks(TASKS, 9, "heldout")
    prompts = [task.prompt for task in tasks for _ in range(SAMPLES)]
    texts = [c.text for c in generate(model, tokenizer, prompts, max_new_tokens=SAMPLE_TOKENS, seed=9)]
    rows = [
        {
            "prompt": task.prompt_text,
            "texts": texts[i * SAMPLES : (i + 1) * SAMPLES],
            "gold": [gold_score(task, text) for text in texts[i * SAMPLES : (i + 1) * SAMPLES]],
        }
        for i, task in enumerate(tasks)
    ]
    path.write_text(json.dumps(rows))
    return rows


def scores(output: Path, source: str, k: int, rows: list[dict[str, Any]]) -> np.ndarray:
    """(TASKS, SAMPLES) scores of a member, standardised over all of them."""
    path = output / f"scores-{source}-{k}.npy"
    if not path.exists():
        from rlmr.rewards.reward_model import RewardModel

        model = RewardModel(member(output, source, k), batch_size=64)
        prompts = [row["prompt"] for row in rows for _ in row["texts"]]
        found = model.score(prompts, [text for row in rows for text in row["texts"]]).values
        np.save(path, np.array(found, dtype=float).reshape(len(rows), -1))
    values = np.load(path)
    return (values - values.mean()) / values.std()


def best_of(proxy_PN: np.ndarray, value_PN: np.ndarray, size: int) -> np.ndarray:
    """Expected value, per task, of the text with the highest proxy among `size` drawn without replacement."""
    n = proxy_PN.shape[1]
    share = np.array([math.comb(i, size - 1) / math.comb(n, size) for i in range(n)])
    order = proxy_PN.argsort(axis=1)
    return np.take_along_axis(value_PN, order, axis=1) @ share


def report(output: Path, rows: list[dict[str, Any]]) -> None:
    """Print proxy and gold over N for each source and each way to combine, and keep them as JSON."""
    gold_PN = np.array([row["gold"] for row in rows])
    kept: dict[str, Any] = {"kl": [math.log(n) - (n - 1) / n for n in SIZES], "sizes": SIZES, "curves": {}}
    head = "  ".join(f"{n:5d}" for n in SIZES)
    print(f"gold of the best of N by proxy ({len(rows)} tasks x {gold_PN.shape[1]} texts)\n{'':26s}{head}")
    for source in ("with", "without"):
        values_KPN = np.stack([scores(output, source, k, rows) for k in range(MEMBERS)])
        shape = values_KPN.shape[1:]
        ways = {f"single {k}": values_KPN[k] for k in range(MEMBERS)}
        flat = values_KPN.reshape(MEMBERS, -1)
        ways |= {
            "mean": combined(flat, "mean").reshape(shape),
            "worst case": combined(flat, "worst").reshape(shape),
        }
        ways |= {f"mean - {lam} std": combined(flat, "lower", lam).reshape(shape) for lam in (0.5, 1.0, 2.0)}
        for name, proxy in ways.items():
            curve = [best_of(proxy, gold_PN, n) for n in SIZES]
            means = [float(c.mean()) for c in curve]
            own = [float(best_of(proxy, proxy, n).mean()) for n in SIZES]
            peak = int(np.argmax(means))
            loss = curve[peak] - curve[-1]
            error = float(loss.std(ddof=1) / math.sqrt(len(loss))) if peak < len(SIZES) - 1 else 0.0
            kept["curves"][f"{source} {name}"] = {"gold": means, "proxy": own, "peak": SIZES[peak]}
            line = "  ".join(f"{m:5.2f}" for m in means)
            print(
                f"{source + ' ' + name:26s}{line}   peak {SIZES[peak]}, "
                f"then -{loss.mean():.2f} ± {1.96 * error:.2f}"
            )
            print(f"{'  proxy':26s}" + "  ".join(f"{m:5.2f}" for m in own))
    (output / "curves.json").write_text(json.dumps(kept, indent=1))


def main() -> None:
    """Run every stage that is not kept, then report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=("best_of", "rl"), default="best_of")
    parser.add_argument("--output", type=Path, default=Path("build/reward_sandbox"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of rl")
    parser.add_argument("--kept", action="store_true", help="rl: run nothing, report what is there")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    for source in ("with", "without"):
        pairs_of(args.output, source)
        for k in range(MEMBERS):
            print(f"member {source} {k}: {member(args.output, source, k)}", flush=True)
    if args.what == "best_of":
        report(args.output, samples(args.output))
        return
    from benchmarks import over_optimisation

    over_optimisation.run(args.output, args.seeds, MEMBERS, kept=args.kept)


if __name__ == "__main__":
    main()
