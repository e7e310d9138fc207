"""What a recipe may say: one run, its own few settings, and TRL's under `grpo`.

Paths are relative to the folder in which the command runs, in a recipe as on the command line.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from rlmr.data import choose_gates
from rlmr.runs.alarm import PAUSE, UNKNOWN_ALARM

SANDBOX = "sandbox:"
"""Names that begin so are the sandbox's own: sandbox:policy, sandbox:reward_model, sandbox:train, …"""


class RecipeError(ValueError):
    """A recipe or an override that cannot be run; the message names the field and what is allowed."""


class Part(BaseModel):
    """A block of a recipe; it knows all of its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, strict=True)


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


class Reward(Part):
    """The writing reward model."""

    model: str
    """Folder or Hugging Face name of a sequence classifier with one label, `sandbox:reward_model`, or your
    own function as `module:name`, with the signature of TRL's reward functions: called with `prompts` and
    `completions`, it gives one number per completion, None where it has none."""
    standardize: Standard | Literal["sandbox:policy"] | None = None
    """Mix (score - mean) / std instead of the score: `{mean: …, std: …}`, or `sandbox:policy` for those of
    the sandbox's starting policy. Rules that weigh scores against verdicts need it; `rlmr` does not depend on
    it."""
    max_length: PositiveInt | None = None
    """Tokens that are read of prompt and text; longer ones lose their end, and it is reported. null = all
    that the model has positions for."""
    batch_size: PositiveInt = 64
    """Texts per forward pass."""


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


class JudgeSettings(Part):
    """An LLM that decides what programs cannot (see docs/judge.md)."""

    endpoint: dict[str, Any]
    """The server: `base_url`, `model`, and what else `rlmr.endpoint.Endpoint` knows (cache, limits, prices).
    Its key is read from the environment variable that `api_key_env` names."""
    deadline_s: float | None = Field(default=600.0, gt=0)
    """Seconds for the questions of one step; what is left then is unknown; null = each call's own."""
    max_tokens: PositiveInt = 1024
    """Tokens of one reply; a model that reasons first needs more."""
    temperature: float = Field(default=0.0, ge=0)
    """Of the judge's sampling."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Further fields of every request, such as `chat_template_kwargs: {enable_thinking: false}`."""
    skip_failed: bool = False
    """Ask nothing about a text that a program has already failed: fewer calls, but severity and the record
    then lack those verdicts."""

    @field_validator("endpoint")
    @classmethod
    def _endpoint(cls, endpoint: dict[str, Any]) -> dict[str, Any]:
        from rlmr.endpoint import Endpoint  # and aiohttp with it

        Endpoint.from_mapping(endpoint, "judge.endpoint")
        return endpoint


class VerifierSettings(Part):
    """A trained classifier that decides what programs cannot, before a judge does (see docs/verifier.md)."""

    classifier: str
    """Folder that `rlmr verifier train` wrote."""
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """A text passes above it; null = the card's."""
    band: float | None = Field(default=None, ge=0, lt=1)
    """Nearer to the threshold than this is unknown; null = the card's."""
    any_type: bool = False
    """Let it also decide constraint types that it was not trained on."""


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
    unknown_alarm: float = Field(default=UNKNOWN_ALARM, gt=0, le=1)
    """Share of unknown texts, over the last ten steps, above which the run raises an alarm."""
    unknown_pause: float | None = Field(default=PAUSE, gt=0, le=1)
    """Share of unknown texts, over the last three steps, above which the run saves a checkpoint and ends with
    exit code 75, to be resumed when the cause is mended; it also does after a step without any known text.
    null = never."""
    output: str = ""
    """The run folder; runs/NAME if empty."""
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
            "reward.model": (self.reward.model, ("sandbox:reward_model",)),
            "data.train": (self.data.train, ("sandbox:train",)),
            "data.eval": (self.data.eval or "", ("sandbox:heldout",)),
        }
        for field, (value, names) in allowed.items():
            if value.startswith(SANDBOX) and value not in names:
                raise ValueError(f"{field}: no {value!r} in the sandbox; it has {', '.join(names)}")
        return self
