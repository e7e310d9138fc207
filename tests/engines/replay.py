"""Trainings whose completions come from a file, on any number of ranks: run by torchrun or by itself.

    python replay.py SETTINGS.json

TRL seeds sampling per device, so runs with other numbers of ranks sample other texts. Here the texts of a
task in a step are the file's, in the order of the group, whichever ranks they fall to.
"""

import json
import os
import sys
from pathlib import Path
from typing import ClassVar

from accelerate import PartialState
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.utils import DistributedType
from engine_cases import CONSTRAINTS, make_job, make_tasks

from rlmr.constraints import parse
from rlmr.data import Task
from rlmr.engines import settings, trl
from rlmr.engines.trainer import MixedGRPOTrainer
from rlmr.rewards.reward_model import Scores


class Length:
    """A score that some texts have not; ends the run at its n-th call, as a kill would."""

    def __init__(self, last=0):
        self.left = last

    def score(self, prompts, answers):
        """The answers' lengths."""
        self.left -= 1
        if self.left == 0:
            raise RuntimeError("killed")
        values = [None if len(text) % 7 == 3 else float(len(text)) for text in answers]
        return Scores(values, [False] * len(values))


class ReplayingTrainer(MixedGRPOTrainer):
    """Writes what stands in `texts[step][task]`, lists of tokens."""

    texts: ClassVar[list]
    kinds: ClassVar[set] = set()
    """How the parameters lie in memory."""

    def _generate_single_turn(self, prompt_ids, images, multimodal_fields, num_generations):
        """Tokens for this rank's prompts."""
        self.kinds.update(type(parameter).__name__ for parameter in self.model.parameters())
        first = self.accelerator.process_index * len(prompt_ids)
        prompts = [self.processing_class.decode(ids) for ids in prompt_ids]
        step = self.texts[min(self.state.global_step, len(self.texts) - 1)]
        tasks = [next(name for name in step if name in prompt) for prompt in prompts]
        return [step[task][row % num_generations] for row, task in enumerate(tasks, first)], None


def shard(config):
    """FSDP2 as an accelerate configuration has it, but on CPUs, where accelerate would run DDP."""
    for name, value in load_config_from_file(config).fsdp_config.items():
        os.environ[name.upper()] = str(value).lower() if isinstance(value, bool) else str(value)
    os.environ["ACCELERATE_USE_FSDP"] = "true"
    settings.check_launch = lambda: None
    begin = PartialState.__init__

    def begin_as_if_on_gpus(self, *args, **options):
        begin(self, *args, **options)
        if self._shared_state.get("distributed_type") == DistributedType.MULTI_CPU:
            self._shared_state["distributed_type"] = DistributedType.MULTI_GPU

    PartialState.__init__ = begin_as_if_on_gpus


def train(policy, texts, runs):
    """Train every run, {folder: {"grpo": TRL's settings, "lora": …, "last": the call that ends it}}, on four
    tasks, with five to evaluate on; one that was ended goes on."""
    trl.MixedGRPOTrainer = ReplayingTrainer
    ReplayingTrainer.texts = json.loads(Path(texts).read_text())
    held_out = [*make_tasks(), Task("lantern", "write about the lantern .", parse(CONSTRAINTS))]
    for folder, run in runs.items():
        options = {"grpo": run["grpo"], "lora": run.get("lora"), "eval_tasks": held_out}
        if "last" in run:
            try:
                trl.train(make_job(policy, Path(folder), scorer=Length(run["last"]), **options))
            except RuntimeError as error:
                assert str(error) == "killed"
        resume = "last" in run
        assert (
            trl.train(make_job(policy, Path(folder), scorer=Length(), resume=resume, **options)) == "finished"
        )
        if os.environ.get("RANK", "0") == "0":
            Path(folder, "kinds.json").write_text(json.dumps(sorted(ReplayingTrainer.kinds)))


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text())
    if config := given.pop("shard", None):
        shard(config)
    train(**given)
    trl.close_ranks()
