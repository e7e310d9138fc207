"""The blocks of a recipe that name who judges: a scorer, a judge, a shadow judge, a trained verifier."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from rlmr.rewards.settings import Precision


class Part(BaseModel):
    """A block of a recipe; it knows all of its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, strict=True)


def check_endpoint(endpoint: dict[str, Any], field: str) -> dict[str, Any]:
    """`endpoint` as it is. Raises ValueError, with the field's name, where it describes no server."""
    from rlmr.endpoint import Endpoint  # and aiohttp with it

    Endpoint.from_mapping(endpoint, field)
    return endpoint


class ScorerSettings(Part):
    """Whatever gives a text a score: a model in this process, or one on a server; one of the two."""

    FIELD: ClassVar[str]
    """The block's name in a recipe."""

    model: str | None = None
    """Folder or Hugging Face name of a sequence classifier with one label, or of an ensemble of such;
    `sandbox:reward_model`; or your own function as `module:name`, with the signature of TRL's reward
    functions: called with `prompts` and `completions`, it gives one number per completion, None where it has
    none."""
    endpoint: dict[str, Any] | None = None
    """A server: as `judge.endpoint`."""
    by: Literal["classifier", "rubric", "pairwise"] = "rubric"
    """How the server's model scores: `classifier`: its one logit, from vLLM's /classify; `rubric`: a language
    model gives each text points from 1 to 10; `pairwise`: it compares each two texts of a group in both
    orders, and a text's score is the share that it won."""
    tokenizer: str | None = None
    """Of `by: classifier`: folder or Hugging Face name of the model's tokenizer, so that texts are rendered
    as in training and cut at `max_length`; null sends plain text, which is right for models without a chat
    template only."""
    max_length: PositiveInt | None = None
    """Tokens that are read of prompt and text; longer ones lose their end, and it is reported. null = all
    that the model has positions for."""
    batch_size: PositiveInt = 64
    """Of `model`: texts per forward pass, at most."""
    precision: Precision = "auto"
    """Of `model`'s weights; auto = bfloat16 where the device computes in it, else float32."""
    deadline_s: float | None = Field(default=600.0, gt=0)
    """Of `endpoint`: seconds for the texts of one step; what is left then is unknown; null = no limit."""

    @field_validator("endpoint")
    @classmethod
    def _endpoint(cls, endpoint: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if endpoint is None else check_endpoint(endpoint, f"{cls.FIELD}.endpoint")

    @model_validator(mode="after")
    def _scorer(self) -> ScorerSettings:
        if (self.model is None) == (self.endpoint is None):
            raise ValueError(f"{self.FIELD}: give `model` or `endpoint`, one of them")
        if self.tokenizer is not None and (self.endpoint is None or self.by != "classifier"):
            raise ValueError(f"{self.FIELD}.tokenizer: only with `endpoint` and `by: classifier`")
        if self.max_length is not None and self.model is None and self.tokenizer is None:
            raise ValueError(f"{self.FIELD}.max_length: only with `model` or `tokenizer`, which count tokens")
        return self

    @property
    def in_pairs(self) -> bool:
        """Whether a score says which share of its group a text beats."""
        return self.endpoint is not None and self.by == "pairwise"


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
        return check_endpoint(endpoint, "judge.endpoint")


class ShadowSettings(ScorerSettings):
    """A shadow judge: a second scorer, from which nothing is learned."""

    FIELD = "shadow"

    every: PositiveInt = 1
    """Steps: scores at the first, and at every so many-th after it."""
    texts: PositiveInt = 1
    """Of the texts of such a step every so many-th is scored; 1 = all, which `by: pairwise` needs."""

    @model_validator(mode="after")
    def _texts(self) -> ShadowSettings:
        if self.in_pairs and self.texts > 1:
            raise ValueError(
                f"shadow.texts: {self.texts} is not allowed; by: pairwise compares whole groups: 1"
            )
        return self


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
