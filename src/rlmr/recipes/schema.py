"""What a recipe may say: one run, its own few settings, and TRL's under `grpo`.

Paths are relative to the folder in which the command runs, in a recipe as on the command line.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationInfo,
    field_validator,
    model_validator,
)

from rlmr.alarms import PAUSE, choose_alarms, to_specs
from rlmr.data import choose_gates
from rlmr.engines.checkpoints import Metric
from rlmr.recipes.judging import JudgeSettings, Part, ScorerSettings, ShadowSettings, VerifierSettings
from rlmr.tracking import choose_trackers

SANDBOX = "sandbox:"
"""Names that begin so are the sandbox's own: sandbox:policy, sandbox:reward_model, sandbox:train, …"""


class RecipeError(ValueError):
    """A recipe or an override that cannot be run; the message names the field and what is allowed."""


class Data(Part):
    """Where the tasks come from."""

    train: str
    """A .jsonl, .jsonl.gz or .parquet file of tasks, or `sandbox:train`."""
    eval: str | None = None
    """A file of tasks, in the same format and columns, or `sandbox:heldout` (200 tasks), for TRL's own
    evaluation (`grpo: {eval_strategy: steps, …}`); null = none. `limit` does not cut it."""
    format: Literal["tasks", "longbench_write"] = "tasks"
    """How the file is read: `tasks` has prompts with constraints; `longbench_write` is that benchmark's own
    file, whose English prompts with a stated length become word-count constraints."""
    limit: PositiveInt | None = None
    """How many tasks to take, from the top; null = all (the sandbox makes 2,000)."""
    prompt_column: str = "prompt"
    """The column that holds the prompt, a string or messages."""
    constraints_column: str = "constraints"
    """The column that holds the constraints, a list or its JSON."""


class Standard(Part):
    """The scores' mean and standard deviation before training, frozen for the whole run."""

    mean: float
    """In the reward model's units."""
    std: float = Field(gt=0)
    """In the reward model's units, > 0."""


class Reward(ScorerSettings):
    """The writing reward model."""

    FIELD = "reward"

    standardize: Standard | Literal["sandbox:policy"] | None = None
    """Mix (score - mean) / std instead of the score: `{mean: …, std: …}`, or `sandbox:policy` for those of
    the sandbox's starting policy. Rules that weigh scores against verdicts need it; `rlmr` does not depend on
    it."""


class Mixing(BaseModel):
    """The mixing rule; every further key is a parameter of the rule (see docs/mixing.md)."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    rule: str = "rlmr"
    """rlmr, writing_only, verifier_only, weighted_sum, gate, gdpo or lagrangian."""

    soft_weight: float = Field(default=1.0, ge=0)
    """What keeping every soft constraint adds to the (standardised) score."""

    @property
    def parameters(self) -> dict[str, Any]:
        """The rule's parameters that are not left at their defaults."""
        return dict(self.model_extra or {})


class Lora(Part):
    """A low-rank adapter instead of all weights (arXiv:2106.09685); the base model stays as it is."""

    r: PositiveInt = 16
    """Rank of the two matrices beside each layer."""
    alpha: PositiveInt = 32
    """Their product is multiplied by alpha / r."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of an adapter's inputs that is dropped while learning."""
    target_modules: Literal["all-linear"] | list[str] = "all-linear"
    """Layers by the last part of their names, such as `[q_proj, v_proj]`; `all-linear` = every linear layer
    but the head."""


class ValidationSettings(Part):
    """The policy on held-out prompts during training (see docs/training.md); it changes nothing that is
    learned."""

    data: str | None = None
    """A file of tasks in the format and columns of `data`, or `sandbox:heldout`; or else `split`."""
    split: float | None = Field(default=None, gt=0, lt=1)
    """Share of `data.train` that is held out, chosen by what its prompts are, not where they stand."""
    limit: PositiveInt = 64
    """Prompts, at most."""
    samples: PositiveInt = 1
    """Texts per prompt, sampled as in training, with the same seed every time."""
    every: PositiveInt = 50
    """Steps between two validations; there is one before the first step and one after the last."""
    metric: Metric = "kept_above_start"
    """What the best checkpoint has most of: texts that keep every hard constraint and score above the
    starting policy's median (`kept_above_start`), texts that keep every one (`pass_rate`), or the mean score
    (`quality`)."""
    keep: bool = True
    """Keep the best checkpoint, named in best.json, whatever grpo.save_total_limit says; false = measure."""

    @model_validator(mode="after")
    def _source(self) -> ValidationSettings:
        if (self.data is None) == (self.split is None):
            raise ValueError("validation: give one of `data` (a file) and `split` (a share of data.train)")
        return self


class Hardware(Part):
    """What the recipe is meant for: a dry run compares its memory with it (see docs/memory.md)."""

    devices: PositiveInt = 1
    """GPUs of one node that train; a vLLM server's come beside them."""
    memory_gb: PositiveFloat
    """Memory of each, in GiB, as its maker counts: 80 for an H100."""
    nodes: PositiveInt = 1
    """Machines with as many GPUs each."""
    sharding: Literal["none", "fsdp2", "zero3"] = "none"
    """How they hold the policy: each all of it, or each a part (recipes/accelerate)."""

    def describe(self) -> str:
        """In words, such as `2 x 8 GPUs of 80 GiB, fsdp2`."""
        nodes = f"{self.nodes} x " if self.nodes > 1 else ""
        shards = "" if self.sharding == "none" else f", {self.sharding}"
        return f"{nodes}{self.devices} GPU{'s' * (self.devices > 1)} of {self.memory_gb:g} GiB{shards}"


class Recipe(Part):
    """One complete run."""

    name: str
    """What the run is called."""
    seed: int = Field(default=0, ge=0)
    """Decides the sandbox's tasks, their order and every sample."""
    policy: str
    """Folder or Hugging Face name of a causal language model with its tokenizer, or `sandbox:policy`."""
    data: Data
    """Tasks."""
    reward: Reward
    """The writing reward."""
    mixing: Mixing = Field(default_factory=Mixing)
    """How scores and verdicts become advantages."""
    gates: bool | list[str | dict[str, Any]] = True
    """Constraints that stand beside every task's own (see docs/constraints.md): true = substance, echo,
    repetition, refusal and meta_commentary; false = none; or a list of some of them, by type or with other
    parameters, such as `[echo, {type: substance, at_least: 50}]`. A task's own gate wins."""
    verifier: VerifierSettings | None = None
    """A trained verifier for what programs cannot decide; what it leaves unknown goes to `judge`."""
    judge: JudgeSettings | None = None
    """Who decides what neither programs nor `verifier` do; with neither, tasks that need one are refused."""
    shadow: ShadowSettings | None = None
    """A second judge whose scores are recorded and shown, and nothing is learned from; null = none."""
    alarms: bool | dict[str, Any] = Field(default=True, validate_default=True)
    """What is watched (see docs/alarms.md): true = all, false = none, or by name `false` for one that stays
    off or the thresholds that differ, such as `{length: false, unknown: {above: 0.1}}`."""
    report_to: list[str] | None = None
    """Trackers that get what is recorded (see docs/tracking.md): trackio, wandb, tensorboard, mlflow; none
    = none of them, null = trackio where it is installed."""
    unknown_pause: float | None = Field(default=PAUSE, gt=0, le=1)
    """Share of unknown texts, over the last three steps, above which the run saves a checkpoint and ends with
    exit code 75, to be resumed when the cause is mended; it also does after a step without any known text.
    null = never."""
    output: str = ""
    """The run folder; runs/NAME if empty."""
    validation: ValidationSettings | None = None
    """Try the policy on held-out prompts every so many steps, and keep the best checkpoint; null = never."""
    lora: Lora | None = None
    """Train an adapter; null trains all weights. `lora: {}` takes the defaults."""
    hardware: Hardware | None = None
    """What a dry run compares its memory with; null = this machine."""
    threads: PositiveInt | None = None
    """CPU threads of each process; null = OMP_NUM_THREADS, else the cores, at most 8."""
    grpo: dict[str, Any] = Field(default_factory=dict)
    """TRL's own settings (its GRPOConfig), validated by TRL."""

    @field_validator("gates", mode="before")
    @classmethod
    def _gates(cls, gates: object) -> object:
        if not isinstance(gates, bool | list):
            raise ValueError(f"gates: {gates!r} is not allowed; give true, false or a list of gates")
        choose_gates(gates)
        return gates

    @field_validator("report_to", mode="before")
    @classmethod
    def _report_to(cls, report_to: object) -> object:
        return choose_trackers(report_to)

    @field_validator("alarms", mode="after")
    @classmethod
    def _alarms(cls, alarms: bool | dict[str, Any], info: ValidationInfo) -> bool | dict[str, Any]:
        mixing = info.data.get("mixing")
        return to_specs(choose_alarms(alarms, mixing.rule if isinstance(mixing, Mixing) else ""))

    @model_validator(mode="before")
    @classmethod
    def _output(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("output") and isinstance(values.get("name"), str):
            return {**values, "output": f"runs/{values['name']}"}
        return values

    @model_validator(mode="after")
    def _sandbox(self) -> Recipe:
        allowed = {
            "policy": (self.policy, ("sandbox:policy",)),
            "reward.model": (self.reward.model or "", ("sandbox:reward_model",)),
            "shadow.model": ((self.shadow and self.shadow.model) or "", ("sandbox:reward_model",)),
            "data.train": (self.data.train, ("sandbox:train",)),
            "data.eval": (self.data.eval or "", ("sandbox:heldout",)),
            "validation.data": ((self.validation and self.validation.data) or "", ("sandbox:heldout",)),
        }
        for field, (value, names) in allowed.items():
            if value.startswith(SANDBOX) and value not in names:
                raise ValueError(f"{field}: no {value!r} in the sandbox; it has {', '.join(names)}")
        return self
