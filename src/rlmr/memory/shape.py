"""The sizes of a decoder that decide what it takes: from its configuration, or from a table of public facts.

Decoders of the Llama family (Llama, Qwen2, Qwen3, Mistral): attention with grouped keys and values, a gated
MLP, RMSNorm. Others are unknown here, and say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

FAMILIES = {
    "llama": (False, False),
    "mistral": (False, False),
    "qwen2": (True, False),
    "qwen3": (False, True),
}
"""Model types that are understood: whether queries, keys and values have a bias, and a norm of their own."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of one decoder.

    >>> round(FACTS["Qwen/Qwen2.5-0.5B-Instruct"].parameters / 1e6)
    494
    """

    layers: int
    """Decoder layers."""
    hidden: int
    """Width of the hidden state."""
    heads: int
    """Query heads."""
    kv_heads: int
    """Key and value heads."""
    intermediate: int
    """Width of the MLP."""
    vocab: int
    """Rows of the embedding."""
    head_dim: int
    """Width of one head."""
    tied: bool = False
    """The head's weights are the embedding's."""
    bias: bool = False
    """Queries, keys and values have a bias."""
    qk_norm: bool = False
    """Queries and keys have a norm of their own."""
    labels: int = 0
    """A sequence classifier with that many labels in place of the head; 0 = a language model."""

    @property
    def query(self) -> int:
        """Width of all query heads."""
        return self.heads * self.head_dim

    @property
    def keys(self) -> int:
        """Width of all key heads, and of all value heads."""
        return self.kv_heads * self.head_dim

    @property
    def matrices(self) -> dict[str, tuple[int, int]]:
        """The linear maps of one layer: name -> (inputs, outputs)."""
        hidden, inner = self.hidden, self.intermediate
        return {
            "q_proj": (hidden, self.query),
            "k_proj": (hidden, self.keys),
            "v_proj": (hidden, self.keys),
            "o_proj": (self.query, hidden),
            "gate_proj": (hidden, inner),
            "up_proj": (hidden, inner),
            "down_proj": (inner, hidden),
        }

    @property
    def layer_linear(self) -> int:
        """Weights of one layer's linear maps, without biases."""
        return sum(inputs * outputs for inputs, outputs in self.matrices.values())

    @property
    def layer(self) -> int:
        """Parameters of one layer."""
        biases = (self.query + 2 * self.keys) * self.bias
        return self.layer_linear + biases + 2 * self.hidden + 2 * self.head_dim * self.qk_norm

    @property
    def table(self) -> int:
        """Parameters of the embedding, and of an untied head."""
        return self.vocab * self.hidden

    @property
    def head(self) -> int:
        """Parameters of the head that are not the embedding's."""
        return self.labels * self.hidden if self.labels else self.table * (not self.tied)

    @property
    def parameters(self) -> int:
        """All of them."""
        return self.layers * self.layer + self.table + self.head + self.hidden


def shape_of(config: Any) -> Shape | None:
    """The shape of a transformers configuration, or of a mapping of its fields; None = not understood.

    >>> shape_of({"model_type": "gpt2"}) is None
    True
    """
    fields: Mapping[str, Any] = config if isinstance(config, Mapping) else config.get_text_config().to_dict()
    family = FAMILIES.get(str(fields.get("model_type")))
    if family is None:
        return None
    bias, qk_norm = family
    architectures = fields.get("architectures") or [""]
    labels = (
        len(fields.get("id2label") or "x") if architectures[0].endswith("ForSequenceClassification") else 0
    )
    hidden, heads = int(fields["hidden_size"]), int(fields["num_attention_heads"])
    return Shape(
        layers=int(fields["num_hidden_layers"]),
        hidden=hidden,
        heads=heads,
        kv_heads=int(fields.get("num_key_value_heads") or heads),
        intermediate=int(fields["intermediate_size"]),
        vocab=int(fields["vocab_size"]),
        head_dim=int(fields.get("head_dim") or hidden // heads),
        tied=bool(fields.get("tie_word_embeddings", False)),
        bias=bias,
        qk_norm=qk_norm,
        labels=labels,
    )


def _qwen25(layers: int, hidden: int, heads: int, kv_heads: int, inner: int, vocab: int, tied: bool) -> Shape:
    return Shape(layers, hidden, heads, kv_heads, inner, vocab, hidden // heads, tied, bias=True)


def _qwen3(layers: int, hidden: int, heads: int, inner: int, tied: bool) -> Shape:
    return Shape(layers, hidden, heads, 8, inner, 151_936, 128, tied, qk_norm=True)


_QWEN25_7B = _qwen25(28, 3584, 28, 4, 18_944, 152_064, False)

FACTS: dict[str, Shape] = {
    "Qwen/Qwen2.5-0.5B-Instruct": _qwen25(24, 896, 14, 2, 4864, 151_936, True),
    "Qwen/Qwen2.5-7B-Instruct": _QWEN25_7B,
    "Qwen/Qwen2.5-32B-Instruct": _qwen25(64, 5120, 40, 8, 27_648, 152_064, False),
    "Qwen/Qwen2.5-72B-Instruct": _qwen25(80, 8192, 64, 8, 29_568, 152_064, False),
    "Qwen/Qwen3-0.6B": _qwen3(28, 1024, 16, 3072, True),
    "Qwen/Qwen3-8B": _qwen3(36, 4096, 32, 12_288, False),
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B": _QWEN25_7B,
    "deepseek-ai/DeepSeek-R1-Distill-Llama-70B": Shape(80, 8192, 64, 8, 28_672, 128_256, 128),
    "Skywork/Skywork-Reward-V2-Qwen3-0.6B": replace(_qwen3(28, 1024, 16, 3072, True), labels=1),
    "Skywork/Skywork-Reward-V2-Qwen3-8B": replace(_qwen3(36, 4096, 32, 12_288, False), labels=1),
}
"""Shapes of the models that the shipped recipes name, for when their configuration cannot be had.

Source: each model's public config.json (huggingface.co/NAME/blob/main/config.json). The parameter counts that
follow are the published ones, to the last digit: tests/memory/test_shape.py.
"""
