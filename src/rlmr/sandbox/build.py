"""Rebuild the sandbox's checkpoints: `python -m rlmr.sandbox.build --output FOLDER` (about 20 minutes).

1. A tokenizer over the world's words, and a policy taught by TRL's SFTTrainer: first lessons, stories that
   keep two to four constraints each, so that it learns to read them at all; then, and last, stories whose
   writers keep each constraint 7 times in 10, half of them all.
2. The policy's own samples at several temperatures, world stories, and spoiled copies of both; readers
   (`rlmr.sandbox.readers`) choose between two of them; TRL's RewardTrainer learns from the choices.
3. metrics.json: what the shipped checkpoints reach, for a test to hold them to.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForSequenceClassification
from trl import RewardConfig, RewardTrainer, SFTConfig, SFTTrainer

from rlmr.data import Task
from rlmr.evals.generate import load_policy
from rlmr.sandbox.measure import measure
from rlmr.sandbox.models import MAX_TOKENS, make_tokenizer, new_policy
from rlmr.sandbox.preferences import Pair, make_pairs
from rlmr.sandbox.samples import sample_texts
from rlmr.sandbox.tasks import make_tasks, write_for

LESSONS = 26_000
"""Stories for two to four further constraints, all kept: they teach what each constraint means."""
STORIES = 20_000
"""Stories that keep each constraint 7 times in 10: they teach how people write."""
SKILL = (2.0, 4.0)
"""Parameters of the beta distribution of the writers' skill."""
PAIR_TASKS = 3_000
PAIRS = 24_000
TEMPERATURES = (0.7, 1.0, 1.3)


def main() -> None:
    """Build everything that is not in the output folder yet."""
    parser = argparse.ArgumentParser(description="Rebuild the sandbox's checkpoints.")
    parser.add_argument("--output", type=Path, default=Path("build/sandbox"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    policy, reward_model = args.output / "policy", args.output / "reward_model"
    if not (policy / "config.json").exists():
        train_policy(policy, args.seed)
    if not (reward_model / "config.json").exists():
        train_reward_model(policy, reward_model, args.seed)
    metrics = measure(policy, reward_model, args.seed)
    (args.output / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    print(json.dumps(metrics, indent=1))


def train_policy(folder: Path, seed: int) -> None:
    """Supervised fine-tuning with TRL's SFTTrainer on world stories: lessons first, then ordinary ones."""
    lessons = make_tasks(LESSONS, seed, "train", others=(2, 3, 4))
    tasks = make_tasks(STORIES, seed, "train")
    with Pool() as pool:
        stories = pool.map(_lesson, lessons, chunksize=500) + pool.map(_story, tasks, chunksize=500)
    written = [task.prompt_text for task in lessons + tasks]
    heldout = [task.prompt_text for task in make_tasks(20_000, seed, "heldout")]
    tokenizer = make_tokenizer(written + heldout + stories)
    prompts = tokenizer([f"<user>{prompt}<story>" for prompt in written]).input_ids
    bodies = tokenizer([f"{story}<end>" for story in stories]).input_ids
    pairs = list(zip(prompts, bodies, strict=True))
    data = Dataset.from_dict(
        {
            "input_ids": [p + b for p, b in pairs],
            "completion_mask": [[0] * len(p) + [1] * len(b) for p, b in pairs],
        }
    )
    torch.manual_seed(seed)
    config = SFTConfig(
        per_device_train_batch_size=16,
        learning_rate=2e-3,
        lr_scheduler_type="cosine",
        warmup_steps=100,
        num_train_epochs=1,
        weight_decay=0.01,
        max_length=MAX_TOKENS,
        train_sampling_strategy="sequential",
        logging_steps=100,
        **_common(folder, seed),
    )
    trainer = SFTTrainer(new_policy(tokenizer), config, train_dataset=data, processing_class=tokenizer)
    trainer.train()
    save(trainer.model, tokenizer, folder)


def _lesson(task: Task) -> str:
    rng = random.Random(f"lesson {task.id}")
    return write_for(task, rng, skill=rng.betavariate(*SKILL), obey=1.0)


def _story(task: Task) -> str:
    rng = random.Random(f"story {task.id}")
    return write_for(task, rng, skill=rng.betavariate(*SKILL))


def train_reward_model(policy: Path, folder: Path, seed: int) -> None:
    """A Bradley-Terry reward model on the readers' choices, started from the policy's body."""
    tasks = make_tasks(PAIR_TASKS, seed + 1, "train")
    pairs = make_pairs(sample_texts(policy, tasks, TEMPERATURES, seed), PAIRS, seed)
    fit_reward_model(policy, pairs, folder, seed)


def fit_reward_model(policy: Path, pairs: list[Pair], folder: Path, seed: int) -> None:
    """Train on `pairs` with TRL's RewardTrainer."""
    _, tokenizer = load_policy(policy)
    tokenizer.padding_side = "right"
    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(policy, num_labels=1)
    rows: dict[str, list[Any]] = {"chosen_ids": [], "rejected_ids": []}
    for pair in pairs:
        rows["chosen_ids"].append(tokenizer(f"<user>{pair.prompt}<story>{pair.chosen}<end>").input_ids)
        rows["rejected_ids"].append(tokenizer(f"<user>{pair.prompt}<story>{pair.rejected}<end>").input_ids)
    config = RewardConfig(
        per_device_train_batch_size=32,
        learning_rate=1e-3,
        lr_scheduler_type="cosine",
        warmup_steps=50,
        num_train_epochs=1,
        center_rewards_coefficient=0.01,
        max_length=MAX_TOKENS,
        logging_steps=50,
        **_common(folder, seed),
    )
    trainer = RewardTrainer(model, config, train_dataset=Dataset.from_dict(rows), processing_class=tokenizer)
    trainer.train()
    tokenizer.padding_side = "left"
    save(trainer.model, tokenizer, folder)


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write half-precision safetensors whose config asks to be loaded in float32."""
    model.config.use_cache = True
    model.half().save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    config["dtype"] = "float32"
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    tokenizer.save_pretrained(folder)
    for extra in ("training_args.bin",):
        (folder / extra).unlink(missing_ok=True)


def _common(folder: Path, seed: int) -> dict[str, Any]:
    return {
        "output_dir": str(folder.parent / "work"),
        "seed": seed,
        "save_strategy": "no",
        "report_to": "none",
        "bf16": False,
        "gradient_checkpointing": False,
        "use_cpu": not torch.accelerator.is_available(),
        "disable_tqdm": not os.isatty(2),
    }


if __name__ == "__main__":
    main()
