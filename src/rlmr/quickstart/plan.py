"""What a quickstart will do: its settings, checked, and the jobs that they come to."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rlmr import threads
from rlmr.names import nearest
from rlmr.quickstart import RULES
from rlmr.recipes import Recipe, read_recipe
from rlmr.report.study import LABELS, START
from rlmr.runs.files import read_json, write_json

FAST = ("grpo.max_steps=12", "grpo.per_device_train_batch_size=48", "grpo.warmup_steps=2")
"""The overrides of `--fast`: enough to see every part work, too little to learn much."""

TASKS = 300
"""Held-out tasks: enough to tell a win rate of 58 % from one half four times in five."""

SETTINGS = "settings.json"
"""In the output folder: what `--resume` goes on with."""

CHILD_BYTES = 1_000_000_000
"""What one training takes of memory at its peak, measured: 0.94 GB, its share of common pages included."""

START_SECONDS, TEXT_SECONDS, EVALUATE_SECONDS = 8.0, 0.044, 12.0
"""Measured on one core, the other busy too: a training's start, one text sampled and learned from, one
evaluation."""


class QuickstartError(ValueError):
    """A quickstart that cannot run as it was asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for, checked by `check`."""

    output: Path
    """The folder of this quickstart: one run folder per rule, logs, the report."""
    rules: tuple[str, ...] = RULES
    """Mixing rules to train with."""
    seed: int = 0
    """Of everything."""
    fast: bool = False
    """A short training, for a first look."""
    jobs: int = 2
    """Processes side by side."""
    json: Path | None = None
    """Where a copy of the numbers goes; they always stand beside the report, as numbers.json."""
    resume: bool = False
    """Go on with the quickstart that the output folder holds; what is done there stays."""

    @property
    def overrides(self) -> tuple[str, ...]:
        """Overrides of the sandbox's recipe that all rules share."""
        return (f"seed={self.seed}", *(FAST if self.fast else ()))

    @property
    def recipe(self) -> Recipe:
        """The sandbox's recipe as it will be run, but for rule and output."""
        return read_recipe("sandbox", self.overrides)


@dataclass(frozen=True, slots=True)
class Job:
    """One child process."""

    name: str
    """Unique: the kind and the policy, 'train rlmr'."""
    kind: Literal["train", "evaluate"]
    rule: str
    command: tuple[str, ...]
    after: str | None = None
    """The job that has to be done before."""

    @property
    def label(self) -> str:
        """The policy's name for a reader."""
        return LABELS.get(self.rule, self.rule)


def check(settings: Settings) -> None:
    """Refuse what cannot work before anything is written.

    Raises:
        QuickstartError: an unknown or repeated rule, no process at all, a negative seed, an output folder
            that holds something, or a JSON path that cannot be a file.
    """
    allowed = [rule for rule in LABELS if rule != START]
    for rule in settings.rules:
        if rule not in allowed:
            raise QuickstartError(f"--rules: no mixing rule {rule!r}; {nearest(rule, allowed)}")
    if not settings.rules or len(set(settings.rules)) != len(settings.rules):
        raise QuickstartError(f"--rules: needs different rules, but got {','.join(settings.rules) or 'none'}")
    if settings.jobs < 1:
        raise QuickstartError(f"--jobs: must be at least 1, but is {settings.jobs}")
    if settings.seed < 0:
        raise QuickstartError(f"--seed: must be at least 0, but is {settings.seed}")
    used = settings.output.exists() and (not settings.output.is_dir() or any(settings.output.iterdir()))
    if used and not settings.resume:
        raise QuickstartError(f"--output: {settings.output} is there already and not an empty folder")
    if settings.json is not None:
        around = next((f for f in settings.json.absolute().parents if f.exists()), settings.json)
        if settings.json.is_dir() or not around.is_dir():
            raise QuickstartError(
                f"--json: {settings.json} cannot be a file: it is a folder, or lies in a file"
            )
        if not os.access(around, os.W_OK):
            raise QuickstartError(f"--json: {settings.json} cannot be written: no permission in {around}")


def save_settings(settings: Settings) -> None:
    """Write down what another process needs to go on."""
    shared = {"rules": list(settings.rules), "seed": settings.seed, "fast": settings.fast}
    write_json(settings.output / SETTINGS, shared)


def saved_settings(folder: Path) -> Settings:
    """The settings of the quickstart that `folder` holds, to go on with it.

    Raises:
        QuickstartError: the folder holds none.
    """
    shared = read_json(folder / SETTINGS)
    if not shared:
        raise QuickstartError(f"--resume: {folder} holds no quickstart ({SETTINGS} not found)")
    return Settings(folder, tuple(shared["rules"]), shared["seed"], shared["fast"], resume=True)


def free_folder(parent: Path) -> Path:
    """`parent`/quickstart, or the first of quickstart-2, quickstart-3, ... that is not there yet."""
    taken = {path.name for path in parent.iterdir()} if parent.is_dir() else set()
    names = ("quickstart" if i == 1 else f"quickstart-{i}" for i in range(1, len(taken) + 2))
    return parent / next(name for name in names if name not in taken)


def default_jobs(rules: int, available_bytes: int) -> int:
    """Trainings side by side: all of them, as far as memory goes.

    One more process than cores costs nothing (they share the cores evenly and none is idle at the end).

    >>> default_jobs(3, 16 * 10**9), default_jobs(3, 10**9)
    (3, 1)
    """
    return max(1, min(rules, available_bytes // CHILD_BYTES))


def policy_folder(settings: Settings, rule: str) -> Path:
    """Where a policy's run, or the start policy's evaluation, lies."""
    return settings.output / rule


def evaluation_file(settings: Settings, rule: str) -> Path:
    """A policy's evaluated texts."""
    return policy_folder(settings, rule) / "evaluation" / "heldout.jsonl.gz"


def baseline_file(settings: Settings) -> Path:
    """The start policy's texts that all others are compared with."""
    return policy_folder(settings, START) / "evaluation" / "baseline.jsonl.gz"


def begun(folder: Path) -> tuple[str, ...]:
    """The option with which the training in `folder` goes on; none where nothing was begun there."""
    if (folder / "config.yaml").is_file():
        return ("--resume", str(folder))
    return ("--overwrite",) if (folder / "status.json").is_file() else ()  # killed as it began


def jobs_of(settings: Settings) -> list[Job]:
    """Every child process that is still to run, in the order in which they are started.

    A training that is finished ends at once.
    """
    python = (sys.executable, "-m")
    trainings = [
        Job(
            f"train {rule}",
            "train",
            rule,
            (
                *python,
                *("rlmr", "train", "sandbox", f"mixing.rule={rule}", *settings.overrides),
                *(f"output={policy_folder(settings, rule)}", "--quiet"),
                *begun(policy_folder(settings, rule)),
            ),
        )
        for rule in settings.rules
    ]
    evaluations = [
        Job(
            f"evaluate {rule}",
            "evaluate",
            rule,
            (*python, "rlmr.quickstart.evaluate", *_evaluation(settings, rule)),
            None if rule == START else f"train {rule}",
        )
        for rule in (START, *settings.rules)
        if not evaluation_file(settings, rule).is_file()
    ]
    return [*trainings, *evaluations]


def _evaluation(settings: Settings, rule: str) -> Sequence[str]:
    """Arguments of `rlmr.quickstart.evaluate`: the start policy writes twice, as baseline and as itself."""
    grpo = settings.recipe.grpo
    model = "sandbox:policy" if rule == START else str(policy_folder(settings, rule) / "model")
    samples = [("1", evaluation_file(settings, rule))]
    if rule == START:
        samples.insert(0, ("0", baseline_file(settings)))
    return (
        model,
        *("--tasks", str(TASKS), "--seed", str(settings.seed)),
        *("--max-new-tokens", str(grpo["max_completion_length"]), "--temperature", str(grpo["temperature"])),
        *(part for number, path in samples for part in ("--sample", number, str(path))),
    )


def child_environment(jobs: int) -> dict[str, str]:
    """The environment of `jobs` processes that share this machine: fair threads, no network."""
    share = threads.choose(threads.cores(), jobs)
    return {**os.environ, "OMP_NUM_THREADS": str(share), "HF_HUB_OFFLINE": "1"}


def estimated_seconds(settings: Settings) -> float:
    """About how long it will take, from the measured times above."""
    grpo = settings.recipe.grpo
    texts = int(grpo["max_steps"]) * int(grpo["per_device_train_batch_size"])
    work = len(settings.rules) * (START_SECONDS + texts * TEXT_SECONDS + EVALUATE_SECONDS) + EVALUATE_SECONDS
    return work / min(settings.jobs, threads.cores())
