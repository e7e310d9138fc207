"""Train a policy with TRL: everything from checked inputs to a finished run folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from safetensors import SafetensorError
from transformers import AutoTokenizer, PrinterCallback
from trl import GRPOConfig

from rlmr.alarms import PAUSE, Alarm, UnknownPause, Watch, choose_alarms
from rlmr.data import Message, Task
from rlmr.engines.callbacks import ProgressCallback, RecordCallback, StopCallback
from rlmr.engines.checkpoints import Found, drop_after
from rlmr.engines.extent import PolicyError, find_start, needed_bytes, planned_steps, steps_per_epoch
from rlmr.engines.grade import Grader, Scorer, Shadow, opens_reasoning
from rlmr.engines.launch import check_generation
from rlmr.engines.lora import check_lora, lora_config
from rlmr.engines.oom import explained
from rlmr.engines.settings import check_save_steps, make_config, quiet_libraries, window_of
from rlmr.engines.trackers import TrackerCallback, close_trackers
from rlmr.engines.trainer import MixedGRPOTrainer
from rlmr.engines.validation import Validation, ValidationCallback
from rlmr.models import LANGUAGE_MODELS, check_tokenizer, first_line, read_config
from rlmr.runs import Mixture, RunError, RunWriter, check_folder, environment
from rlmr.runs.write import State
from rlmr.verifiers.combine import VerifyAll, verify_all

Show = Callable[[int, int, dict[str, Any]], None]
"""Told of every step: step, total steps, metrics."""


@dataclass(frozen=True, slots=True)
class Job:
    """One training run, its inputs read and checked."""

    policy: str
    """Folder or Hugging Face name of a causal language model."""
    tasks: Sequence[Task]
    """What is trained on."""
    scorer: Scorer
    """The writing reward."""
    mixture: Mixture
    """The rule that makes advantages of scores and verdicts."""
    output: Path
    """The run folder."""
    grpo: Mapping[str, Any] = field(default_factory=dict)
    """TRL's own settings."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What the record keeps as the run's recipe."""
    eval_tasks: Sequence[Task] = ()
    """What TRL evaluates on, if its settings ask for it."""
    validation: Validation | None = None
    """What the policy is tried on during training; None = nothing."""
    verify: VerifyAll = verify_all
    """What decides the tasks' constraints: programs alone, or a judge or a classifier too."""
    alarms: Sequence[Alarm] = choose_alarms()
    """What is watched; it changes nothing that is learned."""
    report_to: Sequence[str] = ()
    """Trackers that get what is recorded (see `rlmr.tracking`), each installed."""
    shadow: Shadow | None = None
    """A second judge whose scores are recorded, and nothing is learned from; None = none."""
    unknown_pause: float | None = PAUSE
    """Share of unknown texts, over the last steps, above which the run pauses; None = never."""
    lora: Mapping[str, Any] | None = None
    """Train an adapter with these settings (see `lora_config`); None trains all weights."""
    seed: int = 0
    """Decides order and samples."""
    overwrite: bool = False
    """Replace the run that the folder holds."""
    resume: bool = False
    """Go on with the run that the folder holds."""
    memory_advice: Callable[[], str] | None = None
    """Asked when memory runs out: what lowers it, for a person; None = nothing is known."""

    @property
    def all_tasks(self) -> list[Task]:
        """Those that are trained on, TRL's evaluation's, validation's."""
        return [*self.tasks, *self.eval_tasks, *(self.validation.tasks if self.validation else ())]


def train(job: Job, show: Show | None = None) -> State:
    """Run `job` and give the state in which it ended: finished, interrupted or paused.

    Ctrl-C ends it after the current step, with a checkpoint, and keeps the policy as it then is. A job that
    resumes goes on from the newest whole checkpoint in its folder, or begins again where there is none.
    Raises ModelError, RunError or SettingsError before anything is written where the job cannot run; what
    goes wrong later is recorded as 'failed', with the reason, and raised.
    """
    quiet_libraries()
    main = int(os.environ.get("RANK", "0")) == 0
    check_policy(job.policy)
    check_lora(job.lora, job.policy)
    config = make_config(job.grpo, job.output / "checkpoints", job.seed)
    check_generation(config)
    steps = planned_steps(config, len(job.tasks))
    check_save_steps(config, steps)
    start = find_start(job.output, config, job.all_tasks, steps) if job.resume else None
    if main and start is None:
        check_folder(job.output, job.overwrite, needed_bytes(config, steps))
    with explained(lambda: "loading the policy", job.memory_advice):
        trainer = build_trainer(job, config)
    trainer.accelerator.wait_for_everyone()  # all have chosen where to begin, before rank 0 tidies up
    if main:
        record = open_record(trainer, job, steps, start)
        if show is not None:
            trainer.add_callback(ProgressCallback(show, record))
    newest = start.newest if start else None
    return _train(trainer, job, lambda: trainer.begin(newest, steps, steps_per_epoch(config, len(job.tasks))))


def open_record(trainer: MixedGRPOTrainer, job: Job, steps: int, start: Found | None) -> RecordCallback:
    """Begin the record of a run and what is told of it, or go on with them; rank 0's."""
    config, about = trainer.args, environment(torch.get_num_threads(), _devices(trainer))
    for sentence in start.skipped if start else ():
        print(f"{job.output}: {sentence}", file=sys.stderr)
    trainer.writer = RunWriter(
        job.output, job.config, about, total_steps=steps, overwrite=job.overwrite,
        need_bytes=needed_bytes(
            config, steps, _size(trainer.model), job.validation is not None and job.validation.keep
        ),
        resume_at=start.step if start else None,
    )  # fmt: skip
    if start:
        drop_after(trainer.writer.checkpoint_folder, start.step)
    watch = Watch(job.alarms)
    for line in trainer.writer.kept:
        watch.watch(line)
    record = RecordCallback(trainer.writer, watch)
    trainer.add_callback(record)
    for tracker in job.report_to:
        trainer.add_callback(TrackerCallback(tracker, job.output, job.config, record))
    return record


def close_ranks() -> None:
    """End the connections between ranks, all ranks together; the last thing a process does with them.

    Left to the end of the process, gloo's threads still hold tensors while Python is taken down, and a rank
    aborts one time in four ("terminate called without an active exception"). Not for after an error: the
    other ranks may never come.
    """
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def _train(trainer: MixedGRPOTrainer, job: Job, begin: Callable[[], None]) -> State:
    """Train, save the policy, and say in the record how it ended."""
    state: State = "failed"
    pause = UnknownPause(job.unknown_pause)
    stop = StopCallback(window_of(trainer.args), pause, lambda: trainer.reward_error)
    try:
        with stop:
            trainer.add_callback(stop)
            with (
                contextlib.suppress(KeyboardInterrupt),  # a second Ctrl-C: the policy is saved as it is
                explained(lambda: f"training, step {trainer.state.global_step + 1}", job.memory_advice),
            ):
                begin()
            save_policy(trainer, job.output / "model")
        steps = trainer.state.max_steps  # 0 until training begins
        if 0 < steps <= trainer.state.global_step:
            state = "finished"
        else:
            state = "paused" if stop.reason and not stop.asked else "interrupted"
    finally:
        error = sys.exc_info()[1]
        close_trackers(trainer)
        reasons = {"interrupted": "stopped by Ctrl-C", "paused": stop.reason}
        reason = f"{type(error).__name__}: {error}" if error else reasons.get(state, "")
        if trainer.writer is not None:
            with contextlib.suppress(RunError):  # a full disk must not hide the error that is on its way
                trainer.writer.status(state, trainer.state.global_step, reason)
    return state


def build_trainer(job: Job, config: GRPOConfig) -> MixedGRPOTrainer:
    """Model, tokenizer and datasets of a job behind one trainer; writes nothing.

    Raises PolicyError where the policy cannot be loaded or has no chat template for prompts of messages.
    """
    tokenizer = load_tokenizer(job.policy)
    try:
        tasks, first = job.all_tasks, len(job.tasks) + len(job.eval_tasks)
        prompts = [prompt_of(task, tokenizer.chat_template is not None) for task in tasks]
        data = Dataset.from_dict({"prompt": prompts, "task": list(range(len(tasks)))})
        grader = Grader(tasks, tokenizer, frozenset(), job.scorer, False, job.verify, job.shadow)
        trainer = MixedGRPOTrainer(
            model=job.policy,
            args=config,
            grader=grader,
            mixture=job.mixture,
            processing_class=tokenizer,
            train_dataset=data.select(range(len(job.tasks))),
            eval_dataset=data.select(range(len(job.tasks), first)) if job.eval_tasks else None,
            peft_config=lora_config(job.lora),
        )
    except (OSError, SafetensorError) as error:
        raise PolicyError(f"policy: {job.policy} cannot be loaded: {first_line(error)}") from error
    trainer.remove_callback(PrinterCallback)
    opened = isinstance(prompts[0], list) and opens_reasoning(
        tokenizer, prompts[0], **(config.chat_template_kwargs or {})
    )
    ends = frozenset(trainer.eos_token_ids)
    trainer.grader = Grader(tasks, tokenizer, ends, job.scorer, opened, job.verify, job.shadow)
    if job.validation is not None:
        trainer.validate_with(ValidationCallback(trainer, job.validation, prompts[first:], first))
    return trainer


def prompt_of(task: Task, chat: bool) -> str | list[Message]:
    """A task's prompt as TRL wants it: messages where the policy has a chat template, else text.

    >>> prompt_of(Task("1", "Write."), chat=True)
    [{'role': 'user', 'content': 'Write.'}]
    """
    if chat:
        return (
            [{"role": "user", "content": task.prompt}] if isinstance(task.prompt, str) else list(task.prompt)
        )
    if not isinstance(task.prompt, str):
        raise PolicyError(f"task {task.id}: its prompt is messages, but the policy has no chat template")
    return task.prompt


def check_policy(path: str, field: str = "policy") -> None:
    """Raise ModelError where the `path` that a `field` gives is no causal language model with its tokenizer;
    loads no weights."""
    config = read_config(field, path, LANGUAGE_MODELS, "a policy is a causal language model")
    if config.is_encoder_decoder:
        held = ", ".join(config.architectures)
        raise PolicyError(f"{field}: {path} holds {held}, encoder and decoder; a policy is a decoder alone")
    tokenizer = load_tokenizer(path)
    check_tokenizer(field, path, tokenizer, config.get_text_config().vocab_size)
    if tokenizer.eos_token_id is None:
        raise PolicyError(
            f"{field}: {path}: its tokenizer names no end-of-text token, so no text could end by itself; set "
            "eos_token in tokenizer_config.json to the one that the model was trained with"
        )


def load_tokenizer(path: str) -> Any:
    """The policy's tokenizer, padding on the left. Raises PolicyError where there is none."""
    try:
        return AutoTokenizer.from_pretrained(path, padding_side="left", truncation_side="left")
    except (OSError, ValueError) as error:
        raise PolicyError(f"policy: {path} has no usable tokenizer: {first_line(error)}") from error


def save_policy(trainer: MixedGRPOTrainer, folder: Path) -> None:
    """Save policy and tokenizer (safetensors), whole or not at all. RunError where the disk refuses."""
    begun = folder.with_name("model.part")
    if trainer.is_fsdp_enabled:  # transformers saves no model from sharded weights, and does not say so
        trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
    try:
        trainer.save_model(str(begun))
        if trainer.accelerator.is_main_process:
            (begun / "training_args.bin").unlink(
                missing_ok=True
            )  # a pickle of settings; config.yaml has them
            begun.rename(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(begun, ignore_errors=True)
        raise RunError(f"output: cannot save the policy to {folder}: {first_line(error)}") from error


def _devices(trainer: MixedGRPOTrainer) -> list[str]:
    kind = trainer.accelerator.device.type
    return (
        [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        if kind == "cuda"
        else [kind]
    )


def _size(model: torch.nn.Module) -> int:
    return sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
