"""Small runs, trained as a recipe says, whose policies are sampled and exported."""

import json

import pytest

from rlmr.recipes import check_recipe
from rlmr.recipes import train as train_recipe

ASKED = [{"type": "word_count", "at_least": 2, "at_most": 9}]
GRPO = {
    "max_steps": 4,
    "per_device_train_batch_size": 8,
    "num_generations": 4,
    "max_completion_length": 8,
    "learning_rate": 1e-2,
    "temperature": 0.9,
    "top_k": 20,
    "save_steps": 2,
    "save_total_limit": 4,
    "use_cpu": True,
}


def train_run(folder, policy, reward_model, **changes):
    """A finished run of four steps, validated twice by the mean score."""
    folder.mkdir(parents=True, exist_ok=True)
    animals = ("fox", "hen", "owl", "wolf", "river", "lantern", "garden", "story")
    rows = [{"prompt": f"write about the {name} .", "constraints": ASKED} for name in animals]
    (folder / "tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    values = {
        "name": "tiny",
        "policy": str(policy),
        "data": {"train": str(folder / "tasks.jsonl")},
        "reward": {"model": str(reward_model)},
        "validation": {"split": 0.4, "every": 2, "metric": "quality"},
        "output": str(folder / "run"),
        "grpo": GRPO,
        **changes,
    }
    assert train_recipe(check_recipe(values)) == "finished"
    return folder / "run"


@pytest.fixture(scope="module")
def finished(tiny_policy, tiny_reward_model, tmp_path_factory):
    """A run that trained all weights; its tests leave it as it is."""
    return train_run(tmp_path_factory.mktemp("finished"), tiny_policy, tiny_reward_model)
