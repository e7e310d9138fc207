"""Two ranks are one run: advantages, record and weights of one process with the same global batch."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import replay
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from rlmr.engines import trl
from rlmr.engines.trainer import MixedGRPOTrainer
from rlmr.runs import read_run, recompute

STEPS, GROUP = 5, 4
FSDP2 = Path(__file__).parents[2] / "recipes" / "accelerate" / "fsdp2.yaml"
COMMON = {
    "max_steps": STEPS,
    "num_generations": GROUP,
    "max_completion_length": 8,
    "learning_rate": 1e-3,
    "beta": 0.05,
    "use_cpu": True,
}
SHAPES = {
    "straddling": {"per_device_train_batch_size": 6},
    "accumulated": {"per_device_train_batch_size": 3, "gradient_accumulation_steps": 2},
    "passes": {"per_device_train_batch_size": 6, "num_iterations": 2},
    "evaluated": {
        "per_device_train_batch_size": 6,
        "eval_strategy": "steps",
        "eval_steps": STEPS,
        "num_generations_eval": 2,
        "per_device_eval_batch_size": 3,
    },
}
"""Of each of two ranks: generations of 12 texts, whose second group stands on both."""

CLOCK = {"time", "seconds"}
MEANS_OF_BATCHES = ("loss", "kl", "entropy", "clip_ratio")
BATCHES = {"per_device_train_batch_size", "per_device_eval_batch_size"}


def write_texts(path, policy):
    """Texts for every step and task: of 1 to 7 words with an end, or of 8 and cut off."""
    tokenizer, draw = AutoTokenizer.from_pretrained(policy), random.Random(0)
    words = [i for i in range(len(tokenizer)) if i not in tokenizer.all_special_ids]
    names = ("fox", "hen", "owl", "wolf", "lantern")

    def text():
        length = draw.randint(1, 8)
        ids = draw.choices(words, k=length)
        return ids if length == 8 else [*ids, tokenizer.eos_token_id]

    steps = [{name: [text() for _ in range(GROUP)] for name in names} for _ in range(STEPS)]
    path.write_text(json.dumps(steps))
    return str(path)


def on_two_ranks(folder, **settings):
    """Run `replay.py` with these settings under torchrun."""
    path = folder / "two.json"
    path.write_text(json.dumps(settings))
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*torchrun, replay.__file__, str(path)], env=environment, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr


def in_this_process(**settings):
    """The same in one process."""
    try:
        replay.train(**settings)
    finally:
        trl.MixedGRPOTrainer = MixedGRPOTrainer


@pytest.fixture(scope="module")
def runs(tiny_policy, tmp_path_factory):
    """Every shape, trained by two ranks and by one process."""
    folder = tmp_path_factory.mktemp("ranks")
    texts = write_texts(folder / "texts.json", tiny_policy)
    two = {str(folder / "two" / name): {"grpo": {**COMMON, **shape}} for name, shape in SHAPES.items()}
    one = {
        str(folder / "one" / name): {
            "grpo": {**COMMON, **shape, **{b: 2 * shape[b] for b in shape.keys() & BATCHES}}
        }
        for name, shape in SHAPES.items()
    }
    on_two_ranks(folder, policy=str(tiny_policy), texts=texts, runs=two)
    in_this_process(policy=str(tiny_policy), texts=texts, runs=one)
    return folder


def rows(run, split="train"):
    steps = run.steps if split == "train" else [STEPS]
    return [row for step in steps for group in run.groups(step, split) for row in group]


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_two_ranks_learn_what_one_process_learns(runs, shape):
    one, two = (read_run(runs / ranks / shape) for ranks in ("one", "two"))
    assert one.steps == two.steps == ([1, 3, 5] if shape == "passes" else [1, 2, 3, 4, 5])
    assert rows(one) == rows(two) and [row.derived for row in rows(one)] == [row.derived for row in rows(two)]
    advantages = [row.derived.advantage for row in rows(two)]
    assert len(set(advantages)) > 10 and any(row.derived.unknown for row in rows(two))
    violators = [row.derived for row in rows(two) if not (row.derived.passed or row.derived.unknown)]
    assert violators and all(one.advantage < 0 for one in violators)
    for step in two.steps:
        groups = two.groups(step)
        assert [len({row.task for row in group}) for group in groups] == [1, 1, 1]
        again = [row.derived for group in recompute(two, step).groups for row in group]
        assert again == [row.derived for group in groups for row in group]
    weights, others = (load_file(runs / r / shape / "model" / "model.safetensors") for r in ("one", "two"))
    for name in weights:
        torch.testing.assert_close(weights[name], others[name], rtol=1e-4, atol=2e-6, msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_two_ranks_log_what_one_process_logs(runs, shape):
    """All but the clock, and TRL's means of micro-batches, which weigh them alike whatever their lengths."""
    one, two = (read_run(runs / ranks / shape).metrics for ranks in ("one", "two"))
    for line, other in zip(one, two, strict=True):
        assert line.keys() == other.keys()
        for name in line:
            if name in CLOCK or name.startswith(MEANS_OF_BATCHES):
                continue
            assert line[name] == pytest.approx(other[name], rel=1e-3, abs=1e-5), name


@pytest.mark.slow
def test_an_uneven_last_batch_counts_no_text_twice(runs):
    """Five tasks of two texts on two ranks of three: the last batch is filled with the first task again."""
    one, two = (read_run(runs / ranks / "evaluated") for ranks in ("one", "two"))
    held_out = rows(two, "eval")
    assert len(held_out) == 10 and len({row.task for row in held_out}) == 5
    assert [row.derived for row in held_out] == [row.derived for row in rows(one, "eval")]
    (line,), (other,) = (
        [
            json.loads(text)
            for text in Path(run.folder, "evaluation", "metrics.jsonl").read_text().splitlines()
        ]
        for run in (one, two)
    )
    passed = [row.derived.passed for row in held_out if not row.derived.unknown]
    assert line["eval_pass_rate"] == other["eval_pass_rate"] == pytest.approx(sum(passed) / len(passed))
    assert other["eval_unknown_share"] == pytest.approx(1 - len(passed) / 10)


@pytest.mark.slow
def test_weights_that_are_really_sharded_learn_the_same(tiny_policy, tmp_path):
    """The shipped FSDP2 configuration on two ranks, killed and resumed; all weights, and an adapter."""
    texts = write_texts(tmp_path / "texts.json", tiny_policy)
    grpo = {**COMMON, **SHAPES["straddling"], "save_strategy": "steps", "save_steps": 2}
    lora = {"r": 4, "alpha": 8}
    two = {
        str(tmp_path / "two" / "full"): {"grpo": grpo, "last": 4},
        str(tmp_path / "two" / "lora"): {"grpo": grpo, "lora": lora, "last": 4},
    }
    grpo = {**grpo, "per_device_train_batch_size": 12}
    one = {
        str(tmp_path / "one" / "full"): {"grpo": grpo},
        str(tmp_path / "one" / "lora"): {"grpo": grpo, "lora": lora},
    }
    on_two_ranks(tmp_path, policy=str(tiny_policy), texts=texts, runs=two, shard=str(FSDP2))
    in_this_process(policy=str(tiny_policy), texts=texts, runs=one)
    for kind, name in (("full", "model.safetensors"), ("lora", "adapter_model.safetensors")):
        assert json.loads((tmp_path / "two" / kind / "kinds.json").read_text()) == ["DTensor"]
        assert list((tmp_path / "two" / kind / "checkpoints").glob("*/pytorch_model_fsdp_0/__1_0.distcp"))
        assert read_run(tmp_path / "two" / kind).environment["resumed"][0]["step"] == 2
        runs = [read_run(tmp_path / ranks / kind) for ranks in ("one", "two")]
        assert [row.derived for row in rows(runs[0])] == [row.derived for row in rows(runs[1])]
        weights, others = (load_file(run.folder / "model" / name) for run in runs)
        assert weights.keys() == others.keys()
        for key in weights:
            torch.testing.assert_close(weights[key], others[key], rtol=1e-4, atol=2e-6, msg=key)
