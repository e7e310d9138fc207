"""A small training run for the engine's tests."""

from rlmr.constraints import parse
from rlmr.data import Task
from rlmr.engines.trl import Job
from rlmr.rewards.reward_model import Scores
from rlmr.runs import Mixture, read_run
from rlmr.runs.files import read_lines

ANIMALS = ("fox", "hen", "owl", "wolf")
CONSTRAINTS = [{"type": "word_count", "at_least": 2, "at_most": 9}]
GRPO = {
    "max_steps": 2,
    "per_device_train_batch_size": 8,
    "num_generations": 4,
    "max_completion_length": 10,
    "learning_rate": 1e-2,
    "save_strategy": "no",
}


class LengthScorer:
    """A reward that loves length; `broken` lists texts (by order) that it cannot score."""

    def __init__(self, broken=()):
        self.broken = set(broken)
        self.count = 0

    def score(self, prompts, answers):
        values = []
        for answer in answers:
            values.append(None if self.count in self.broken else float(len(answer)))
            self.count += 1
        return Scores(values, [False] * len(values))


class Deadly(LengthScorer):
    """Ends the run at its n-th call, as a defect would: what it wrote so far stays."""

    def __init__(self, call):
        super().__init__()
        self.left = call

    def score(self, prompts, answers):
        self.left -= 1
        if self.left == 0:
            raise RuntimeError("killed")
        return super().score(prompts, answers)


def make_tasks():
    """Four tasks."""
    constraints = parse(CONSTRAINTS)
    return [Task(name, f"write about the {name} .", constraints) for name in ANIMALS]


def make_job(policy, output, *, scorer=None, mixture=None, grpo=None, tasks=None, **options):
    """A job of two steps on the tiny policy."""
    mixture = mixture or Mixture()
    config = {
        "mixing": {"rule": mixture.rule, **mixture.parameters},
        "reward": {"standardize": {"mean": mixture.mean, "std": mixture.std}},
    }
    return Job(
        policy=str(policy),
        tasks=tasks or make_tasks(),
        scorer=scorer or LengthScorer(),
        mixture=mixture,
        output=output,
        grpo={**GRPO, **(grpo or {})},
        config=config,
        **options,
    )


WALL_CLOCK = ("time", "seconds", "eval_runtime", "eval_samples_per_second", "eval_steps_per_second")


def record(folder):
    """All of a run that does not depend on the clock: metrics, evaluations, groups, weights and status."""
    lines = {
        name: [
            {key: value for key, value in line.items() if key not in WALL_CLOCK}
            for line in read_lines(folder / name)
        ]
        for name in ("metrics.jsonl", "evaluation/metrics.jsonl")
    }
    groups = {path.name: path.read_bytes() for path in (folder / "groups").iterdir()}
    (weights,) = (folder / "model").glob("*.safetensors")  # or an adapter's
    return lines, groups, weights.read_bytes(), read_run(folder).status


def same(folder, other):
    """Two runs are the same to the bit, with a readable difference where they are not."""
    lines, groups, weights, status = record(folder)
    lines_, groups_, weights_, status_ = record(other)
    assert lines == lines_ and status == status_
    assert sorted(groups) == sorted(groups_)
    assert [name for name in groups if groups[name] != groups_[name]] == []
    assert weights == weights_
