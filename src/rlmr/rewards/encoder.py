"""A reward model from any Hugging Face encoder: the mean token state of every layer, standardised, and a
weight each.

A small preference set (a thousand texts) does not teach a classification token what to look at; a mean over
tokens needs no teaching. The lower layers of a sentence encoder say more about how a text is written than its
last one, so every kept layer is read, the embeddings included, and `layers` may keep only the first few
(docs/reward_model.md has the figures). Legend: B texts, T tokens, L kept layers with the embeddings, H
hidden.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import SequenceClassifierOutput


class EncoderRewardConfig(PretrainedConfig):  # type: ignore[misc]
    """The configuration of an `EncoderForSequenceClassification`."""

    model_type = "rlmr_encoder_reward"

    def __init__(self, encoder: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """`encoder` is the encoder's own configuration, with its `model_type`."""
        kwargs.setdefault("num_labels", 1)
        super().__init__(**kwargs)
        self.encoder = encoder or {}
        self.hidden_size = self.encoder.get("hidden_size")
        self.max_position_embeddings = self.encoder.get("max_position_embeddings")


class EncoderForSequenceClassification(PreTrainedModel):  # type: ignore[misc]
    """score = w . (mean states over real tokens - center) / scale + b, over L * H mean states.

    `center` and `scale`, of shape (L * H,), are set once, from the texts that training starts with, so that
    every direction of the encoder counts alike to begin with.
    """

    config_class = EncoderRewardConfig
    base_model_prefix = "encoder"

    def __init__(self, config: EncoderRewardConfig) -> None:
        super().__init__(config)
        self.encoder = AutoModel.from_config(AutoConfig.for_model(**config.encoder))
        drop_pooler(self.encoder)
        width = config.encoder["hidden_size"] * (config.encoder["num_hidden_layers"] + 1)
        self.register_buffer("center", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        self.score = nn.Linear(width, config.num_labels)
        self.post_init()

    def pooled(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Mean token states of B texts, (B, L * H) in float32, before they are standardised."""
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True
        ).hidden_states
        share_B1T = (attention_mask / attention_mask.sum(1, keepdim=True).clamp(min=1))[:, None].float()
        return torch.cat([(share_B1T @ state_BTH.float())[:, 0] for state_BTH in states], dim=1)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **_: Any
    ) -> SequenceClassifierOutput:
        """Scores of B texts as logits, (B, 1), in float32."""
        mask_BT = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        pooled = self.pooled(input_ids, mask_BT)
        with torch.autocast(input_ids.device.type, enabled=False):
            standard = (pooled.to(self.center.dtype) - self.center) / self.scale
            return SequenceClassifierOutput(logits=self.score(standard))


def drop_pooler(encoder: Any) -> None:
    """Take out a pooler on the classification token, which nothing here reads."""
    if "pooler" in dict(encoder.named_children()):
        encoder.pooler = None


def from_encoder(path: str | Path, layers: int | None = None) -> EncoderForSequenceClassification:
    """An untrained reward model on the encoder at `path`, a folder or Hugging Face name.

    `layers` keeps the encoder's first few layers; None keeps all. Every score is 0 to begin with.
    """
    changes = {} if layers is None else {"num_hidden_layers": layers}
    encoder = AutoModel.from_pretrained(path, dtype=torch.float32, **changes)
    config = EncoderRewardConfig(encoder=encoder.config.to_dict(), pad_token_id=encoder.config.pad_token_id)
    model = EncoderForSequenceClassification(config)
    drop_pooler(encoder)
    model.encoder = encoder
    nn.init.zeros_(model.score.weight)
    nn.init.zeros_(model.score.bias)
    return model


AutoConfig.register(EncoderRewardConfig.model_type, EncoderRewardConfig)
AutoModelForSequenceClassification.register(EncoderRewardConfig, EncoderForSequenceClassification)
