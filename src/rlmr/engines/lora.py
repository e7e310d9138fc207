"""The `lora:` block: low-rank adapters (arXiv:2106.09685) instead of all weights, by peft through TRL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from peft import LoraConfig
from transformers import AutoConfig, AutoModelForCausalLM

from rlmr.engines.extent import PolicyError
from rlmr.names import nearest

ALL_LINEAR = "all-linear"
"""peft's word for every linear layer but the head."""


def lora_config(lora: Mapping[str, Any] | None) -> LoraConfig | None:
    """peft's configuration of a `lora:` block (`r`, `alpha`, `dropout`, `target_modules`); None for none.

    The adapter begins as the base model: B is 0, A is random by the run's seed.

    >>> config = lora_config({"r": 8, "alpha": 16, "target_modules": ["q_proj"]})
    >>> config.r, config.lora_alpha, config.lora_dropout, config.target_modules
    (8, 16, 0.0, {'q_proj'})
    """
    if lora is None:
        return None
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=lora["r"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora.get("dropout", 0.0),
        target_modules=lora.get("target_modules", ALL_LINEAR),
    )


def check_lora(lora: Mapping[str, Any] | None, policy: str) -> None:
    """Raise PolicyError for a target module that the policy has not; peft would leave it out. No weights are
    loaded."""
    wanted = ALL_LINEAR if lora is None else lora.get("target_modules", ALL_LINEAR)
    if wanted == ALL_LINEAR:
        return
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(policy))
    layers = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    names = sorted({name.rpartition(".")[2] for name in layers})
    for name in wanted:
        if not any(layer == name or layer.endswith(f".{name}") for layer in layers):
            raise PolicyError(
                f"lora.target_modules: {policy} has no linear layer {name!r}; {nearest(name, names)}"
            )
