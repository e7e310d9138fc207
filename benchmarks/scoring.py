"""Scoring throughput: RewardModel against a naive transformers pipeline and against unsorted batches.

    OMP_NUM_THREADS=1 python -m benchmarks.scoring            # CPU; on a GPU where there is one

Same weights (random; a BERT of MiniLM's shape with 1,024 positions), same texts (lengths drawn log-evenly
from 20 to 800 tokens, and each length alone), same run. The pipeline scores one text after another, as a
reward function written in a hurry does. `bound`: what a scorer in bfloat16 would reach if it spent time on
nothing but the layers' matrix products, at the rate at which this machine does them 2,048 tokens at a time.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

from rlmr.rewards.reward_model import RewardModel

HIDDEN, INNER, LAYERS = 384, 1536, 6
WORDS = [f"w{i}" for i in range(5000)]


def make_model(folder: Path) -> Path:
    """A random classifier with one label, and its tokenizer."""
    vocabulary = {w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    raw = Tokenizer(models.WordLevel(vocabulary, "[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    raw.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS) + 4, hidden_size=HIDDEN, intermediate_size=INNER, num_hidden_layers=LAYERS,
        num_attention_heads=12, max_position_embeddings=1024, num_labels=1,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def product_seconds(device: str) -> float:
    """Seconds per token that the model's linear layers take in bfloat16, by themselves."""
    shapes = [(HIDDEN, HIDDEN)] * 4 + [(HIDDEN, INNER), (INNER, HIDDEN)]
    tokens = {width: torch.randn(2048, width, dtype=torch.bfloat16, device=device) for width, _ in shapes}
    weights = [
        torch.randn(n, width, dtype=torch.bfloat16, device=device)
        for width, n in shapes
        for _ in range(LAYERS)
    ]

    def run() -> None:
        for weight in weights:
            torch.nn.functional.linear(tokens[weight.shape[1]], weight)
        if device == "cuda":
            torch.cuda.synchronize()

    with torch.inference_mode():
        return timed(run, 3) / 2048


def timed(run: Callable[[], object], repeats: int) -> float:
    """Least seconds of some runs, after one to warm up."""
    run()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=96)
    parser.add_argument("--only", help='one row of the table, such as "20 to 800"')
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=16)
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as place:
        folder = make_model(Path(place))
        device = 0 if torch.cuda.is_available() else -1
        naive = pipeline("text-classification", model=str(folder), device=device, function_to_apply="none")
        scorers = {
            precision: RewardModel(folder, batch_size=args.batch_size, precision=precision)
            for precision in ("float32", "bfloat16")
        }
        print(
            f"device {'cuda' if device == 0 else 'cpu'}, {torch.get_num_threads()} threads, "
            f"load {os.getloadavg()[0]:.1f}"
        )
        product = product_seconds("cuda" if device == 0 else "cpu")
        sets = {f"{n} tokens": [n] * args.texts for n in (20, 50, 100, 200, 400, 800)}
        sets["20 to 800"] = [round(20 * 40 ** rng.random()) for _ in range(args.texts)]
        for name, lengths in sets.items():
            if args.only not in (None, name):
                continue
            texts = [" ".join(rng.choice(WORDS) for _ in range(n - 2)) for n in lengths]
            prompts = [""] * len(texts)
            one = timed(lambda: [naive(text) for text in texts], args.repeats)  # noqa: B023
            unsorted = timed(lambda: naive(texts, batch_size=args.batch_size), args.repeats)  # noqa: B023
            line = f"{name:11s} pipeline {len(texts) / one:7.1f}/s  unsorted batches {one / unsorted:4.2f}x"
            for precision, scorer in scorers.items():
                ours = timed(lambda: scorer.score(prompts, texts), args.repeats)  # noqa: B023
                line += f"  RewardModel {precision} {one / ours:4.2f}x ({len(texts) / ours:.1f}/s)"
            print(f"{line}  bound {one / (product * sum(lengths)):.2f}x", flush=True)


if __name__ == "__main__":
    main()
