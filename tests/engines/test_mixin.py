"""Somebody's own TRL script: raw columns and the mixin, over any trainer."""

import asyncio
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from engine_cases import ANIMALS
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from rlmr.engines.columns import Finished, Kept, Score
from rlmr.engines.mixin import MixedRewardsMixin, check_groups, mix_columns
from rlmr.engines.resumable import ResumableGRPOTrainer
from rlmr.rewards.function import FunctionScorer
from rlmr.runs import Mixture
from rlmr.verifiers.combine import verify_all

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_trainer.py"
CONSTRAINTS = json.dumps([{"type": "word_count", "at_least": 2, "at_most": 6}])
NAN = float("nan")


class TheirTrainer(GRPOTrainer):
    """Keeps what its loss is given."""

    def _compute_loss(self, model, inputs):
        self.__dict__.setdefault("seen", []).append(inputs)
        return super()._compute_loss(model, inputs)


class MixedTrainer(MixedRewardsMixin, TheirTrainer):
    """The same, learning from the mix."""


def make_trainer(policy, reward_funcs, kind=MixedTrainer, **options):
    data = Dataset.from_dict(
        {
            "prompt": [[{"role": "user", "content": f"write about the {name} ."}] for name in ANIMALS],
            "constraints": [CONSTRAINTS] * len(ANIMALS),
        }
    )
    settings = {
        "max_steps": 2,
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 8,
        "save_strategy": "no",
        "report_to": "none",
        "use_cpu": True,
        "bf16": False,
        "logging_steps": 1,
        "disable_tqdm": True,
    }
    tokenizer = AutoTokenizer.from_pretrained(policy, padding_side="left")
    return kind(
        model=str(policy),
        processing_class=tokenizer,
        reward_funcs=reward_funcs,
        train_dataset=data,
        args=GRPOConfig(**{**settings, **options}),
    )


def lengths(prompts, completions):
    return [float(len(text)) for text in completions]


def test_the_loss_learns_the_mix_of_raw_columns(tiny_policy, tmp_path):
    columns = {}

    def score(completions, **_):
        columns["score"] = [None if i == 1 else float(i % 5) for i in range(len(completions))]
        return columns["score"]

    async def kept(completions, **_):
        columns["kept"] = [1, 1, 0, 1, 0.5, 0, 0.25, None][: len(completions)]
        return columns["kept"]

    trainer = make_trainer(tiny_policy, [score, kept], output_dir=str(tmp_path), max_steps=1, beta=0.1)
    trainer.train()
    (inputs,) = trainer.seen
    # the groups: scores 0 1 2 3 with the third a violator, and 4 0 1 2 of which nothing is kept
    mixed = mix_columns(
        torch.tensor([[0, 1], [NAN, 1], [2, 0], [3, 1], [4, 0.5], [0, 0], [1, 0.25], [2, NAN]]),
        4, Mixture(), None, ["score", "kept"],
    )  # fmt: skip
    assert mixed.known.flatten().tolist() == [True, False, True, True, True, True, True, False]
    wanted = mixed.advantages.flatten().tolist()
    assert sorted(inputs["advantages"].tolist()) == pytest.approx(sorted(wanted))
    assert wanted[2] < 0 and all(advantage < 0 for advantage in wanted[4:7])
    assert wanted[5] < wanted[6] < wanted[4], "the more of its constraints it broke, the worse"
    learned = (inputs["completion_mask"] * inputs["tool_mask"]).sum(1)
    unknown = inputs["advantages"] == 0
    assert learned[unknown].tolist() == [0, 0] and inputs["num_items_in_batch"] == learned.sum()
    line = trainer.state.log_history[0]
    assert line["violators"] == 4 and line["violators_rewarded"] == 0 and line["unknown_share"] == 0.25
    assert line["rewards/kept/mean"] == pytest.approx(3.75 / 7) and "reward" not in line
    assert list(trainer._logs["advantages"]) == pytest.approx(wanted)


def test_scores_and_judges_wait_side_by_side(tiny_policy, tmp_path):
    """Each waits for the other: one after the other would never end."""
    both = threading.Barrier(2, timeout=30)

    def score(prompts, completions):
        both.wait()
        return lengths(prompts, completions)

    def verify(tasks, answers):
        both.wait()
        return verify_all(tasks, answers)

    ends = frozenset({AutoTokenizer.from_pretrained(tiny_policy).eos_token_id})
    columns = [Score(FunctionScorer(score)), Kept(verify), Finished(ends)]
    trainer = make_trainer(tiny_policy, columns, output_dir=str(tmp_path))
    trainer.train()
    lines = trainer.state.log_history[:-1]
    assert len(lines) == 2 and all(line["violators_rewarded"] == 0 < line["violators"] for line in lines)
    assert {"rewards/Score/mean", "rewards/Kept/mean", "rewards/Finished/mean"} <= lines[0].keys()


def test_a_rule_with_memory_over_whole_checkpoints(tiny_policy, tmp_path):
    class Lagrangian(MixedRewardsMixin, ResumableGRPOTrainer):
        mixture = Mixture("lagrangian", {"rate": 0.5})

    columns = [lambda completions, **_: [1.0, 2.0] * 4, lambda completions, **_: [0, 1] * 4]
    trainer = make_trainer(
        tiny_policy, columns, Lagrangian, output_dir=str(tmp_path), save_strategy="steps", save_steps=1
    )
    trainer.train()
    saved = json.loads((tmp_path / "checkpoint-2" / "complete.json").read_text())["memory"]["mixing_state"]
    assert saved == trainer.mixing_state and saved


def test_columns_that_are_no_columns_are_said():
    with pytest.raises(ValueError, match=r"'kept' gave 2; a constraint is 1 .* None where that is unknown"):
        mix_columns(torch.tensor([[1.0, 2.0], [1.0, 0.0]]), 2, Mixture(), None, ["score", "kept"])
    with pytest.raises(ValueError, match="a score and at least one constraint are mixed; got score"):
        mix_columns(torch.tensor([[1.0], [1.0]]), 2, Mixture(), None, ["score"])
    with pytest.raises(ValueError, match="text 3 answers another prompt than text 2"):
        check_groups(["a", "a", "b", "a"], 2)


def test_an_infinite_score_is_unknown_and_leaves_its_group_alone():
    columns = torch.tensor([[1.0, 1.0], [torch.inf, 1.0], [3.0, 0.0], [2.0, -torch.inf]])
    mixed = mix_columns(columns, 4, Mixture(), None, ["score", "kept"])
    assert mixed.known[0].tolist() == [True, False, True, False] and mixed.advantages[0, 2] < 0


def test_scores_are_standardised_as_the_mixture_says():
    columns = torch.tensor([[10.0, 1.0], [30.0, 0.0]])
    mixed = mix_columns(columns, 2, Mixture("weighted_sum", {"w": 0.5}, 20.0, 10.0), None, ["s", "k"])
    assert mixed.groups.quality_PG.tolist() == [[-1.0, 1.0]]


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_the_example_runs_and_rewards_no_violator(tmp_path, processes):
    """On two ranks the middle one of its three groups stands on both."""
    launch = (
        ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"] if processes == 2 else []
    )
    command = [sys.executable, *launch, str(EXAMPLE), "--steps", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    found = re.findall(
        r"step (\d): pass rate (\S+), score \S+, violators (\d+), violators rewarded (\d+)", done.stdout
    )
    assert [(step, rewarded) for step, _, _, rewarded in found] == [("1", "0"), ("2", "0")]
    assert all(int(violators) > 0 for _, _, violators, _ in found)


def test_soft_constraints_and_probes_do_not_decide():
    soft = json.dumps(
        [{"type": "word_count", "at_most": 1, "role": "soft"}, {"type": "title", "role": "probe"}]
    )
    kept = Kept()
    assert asyncio.run(kept(["Write."], ["A fox ran."], [soft])) == [1.0]
    assert asyncio.run(kept(["Write."], ["A fox ran."], [json.dumps([{"type": "tone", "tone": "sad"}])])) == [
        None
    ]
    two = json.dumps([{"type": "word_count", "at_most": 1}, {"type": "word_count", "at_least": 1}])
    assert asyncio.run(kept(["Write."], ["A fox ran."], [two])) == [0.5]
