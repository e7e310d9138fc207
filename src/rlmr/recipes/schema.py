"""What a recipe may say: one run, its own few settings, and TRL's under `grpo`.

Paths are relative to the folder in which the command runs, in a recipe as on the command line.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

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
    output: str = ""
    """The run folder; runs/NAME if empty."""
    threads: PositiveInt | None = None
    """CPU threads of each process; null = OMP_NUM_THREADS, else the cores, at most 8."""
    grpo: dict[str, Any] = Field(default_factory=dict)
    """TRL's own settings (its GRPOConfig), validated by TRL."""

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
