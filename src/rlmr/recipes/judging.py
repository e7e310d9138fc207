"""The blocks of a recipe that name who judges: a judge, a shadow judge, a trained verifier."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator


class Part(BaseModel):
    """A block of a recipe; it knows all of its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, strict=True)


def check_endpoint(endpoint: dict[str, Any], field: str) -> dict[str, Any]:
    """`endpoint` as it is. Raises ValueError, with the field's name, where it describes no server."""
    from rlmr.endpoint import Endpoint  # and aiohttp with it

    Endpoint.from_mapping(endpoint, field)
    return endpoint


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


class ShadowSettings(Part):
    """A shadow judge: a reward model, or an LLM that scores by a rubric; one of the two."""

    model: str | None = None
    """As `reward.model`: a sequence classifier, or your own function as `module:name`."""
    endpoint: dict[str, Any] | None = None
    """As `judge.endpoint`: a server whose model scores each text alone, from 1 to 10."""
    every: PositiveInt = 1
    """Steps: scores at the first, and at every so many-th after it."""
    texts: PositiveInt = 1
    """Of the texts of such a step every so many-th is scored; 1 = all."""
    max_length: PositiveInt | None = None
    """As `reward.max_length`."""
    batch_size: PositiveInt = 64
    """As `reward.batch_size`."""
    deadline_s: float | None = Field(default=600.0, gt=0)
    """Of an endpoint: seconds for the texts of one step; what is left then is unknown; null = no limit."""

    @field_validator("endpoint")
    @classmethod
    def _endpoint(cls, endpoint: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if endpoint is None else check_endpoint(endpoint, "shadow.endpoint")

    @model_validator(mode="after")
    def _judge(self) -> ShadowSettings:
        if (self.model is None) == (self.endpoint is None):
            raise ValueError("shadow: give `model` or `endpoint`, one of them")
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
