"""Your own TRL script, with mixed rewards: the five lines that are marked, and nothing else is rlmr's.

    python examples/own_trainer.py --steps 2
    torchrun --standalone --nproc_per_node 2 examples/own_trainer.py --steps 2

The models and tasks are the sandbox's, so that it runs anywhere; put yours in their place
(docs/own_trainer.md).
"""

from __future__ import annotations

import argparse
import json
import os

import torch
from datasets import Dataset
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from rlmr import sandbox
from rlmr.constraints.spec import to_specs
from rlmr.engines.columns import Finished, Kept, Score  # 1: raw columns ...
from rlmr.engines.mixin import MixedRewardsMixin  # 2: ... and what mixes them
from rlmr.rewards.reward_model import RewardModel
from rlmr.sandbox.tasks import make_tasks

TEXTS = 24
"""Texts of a step, three groups of eight, over all processes: on two ranks one group stands on both."""


class MyTrainer(GRPOTrainer):
    """Whatever you have made of TRL's trainer."""


class MyMixedTrainer(MixedRewardsMixin, MyTrainer):  # 3
    """The same, learning from the mix."""  # 4


def main() -> None:
    """Train the sandbox's policy for a few steps and print what the mix made of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, default=2)
    args = parser.parse_args()

    policy = str(sandbox.checkpoint("policy"))
    tokenizer = AutoTokenizer.from_pretrained(policy, padding_side="left")
    tasks = make_tasks(64, seed=0)
    prompts = [[{"role": "user", "content": task.prompt}] for task in tasks]
    constraints = [json.dumps(to_specs(task.constraints)) for task in tasks]
    trainer = MyMixedTrainer(
        model=policy,
        processing_class=tokenizer,
        reward_funcs=[  # 5: a score first, then constraints
            Score(RewardModel(sandbox.checkpoint("reward_model"))),
            Kept(),
            Finished(frozenset({tokenizer.eos_token_id})),
        ],
        train_dataset=Dataset.from_dict({"prompt": prompts, "constraints": constraints}),
        args=GRPOConfig(
            output_dir="runs/own_trainer",
            max_steps=args.steps,
            per_device_train_batch_size=TEXTS // int(os.environ.get("WORLD_SIZE", "1")),
            num_generations=8,
            max_completion_length=64,
            learning_rate=2e-4,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            use_cpu=not torch.cuda.is_available(),
            bf16=torch.cuda.is_available(),
        ),
    )
    trainer.train()
    if trainer.is_world_process_zero():
        for line in trainer.state.log_history[:-1]:
            print(
                f"step {line['step']}: pass rate {line['pass_rate']:.2f}, "
                f"score {line['rewards/Score/mean']:.2f}, violators {line['violators']:.0f}, "
                f"violators rewarded {line['violators_rewarded']:.0f}"
            )
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
