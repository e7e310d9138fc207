"""What a layer keeps for its backward pass: the formula beside the tensors that PyTorch saves."""

import pytest
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from rlmr.memory import ALL_LINEAR, Lora, Setup, shape_of
from rlmr.memory.activations import saved_by_layer

FAMILIES = {
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
    "llama": (LlamaConfig, LlamaForCausalLM),
}
BATCH, LENGTH = 4, 60


def config_of(family, layers):
    return FAMILIES[family][0](
        hidden_size=256,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=1000,
        vocab_size=500,
        head_dim=64,
        pad_token_id=0,
    )


def saved(family, layers, *, autocast, dtype, lora):
    """Bytes that the backward pass of the layers needs, without weights and their 16-bit copies."""
    model = FAMILIES[family][1](config_of(family, layers)).to(dtype).train()
    if lora is not None:
        from peft import LoraConfig, get_peft_model

        wanted = LoraConfig(r=lora.rank, target_modules=list(lora.targets), lora_dropout=lora.dropout)
        model = get_peft_model(model, wanted).get_base_model()
    ids = torch.randint(1, 500, (BATCH, LENGTH))
    mask = torch.ones_like(ids)
    mask[:, :5] = 0
    weights = {p.shape for p in model.parameters()} | {p.t().shape for p in model.parameters() if p.ndim == 2}
    owned = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept, alive = {}, []

    def keep(tensor):
        storage = tensor.untyped_storage()
        alive.append(tensor)  # or its memory would be given to the next
        if storage.data_ptr() not in owned and tensor.shape not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=autocast),
    ):
        model.model(input_ids=ids, attention_mask=mask, use_cache=False)
    return sum(kept.values())


CASES = {
    "float32": (False, torch.float32, None),
    "mixed": (True, torch.float32, None),
    "bfloat16": (True, torch.bfloat16, None),
    "float32-lora": (False, torch.float32, Lora(8)),
    "float32-lora-some": (False, torch.float32, Lora(8, ("q_proj", "v_proj"))),
    "bfloat16-lora": (True, torch.bfloat16, Lora(8)),
    "bfloat16-lora-some": (True, torch.bfloat16, Lora(8, ("o_proj", "up_proj", "down_proj"))),
    "mixed-lora": (True, torch.float32, Lora(8)),
    "float32-lora-dropout": (False, torch.float32, Lora(8, ALL_LINEAR, 0.5)),
    "bfloat16-lora-dropout": (True, torch.bfloat16, Lora(8, ALL_LINEAR, 0.5)),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("case", CASES)
def test_a_layer_keeps_what_the_formula_says(family, case):
    autocast, dtype, lora = CASES[case]
    one, two = (saved(family, n, autocast=autocast, dtype=dtype, lora=lora) for n in (1, 2))
    setup = Setup(
        shape_of(config_of(family, 1)),
        prompt=0,
        completion=LENGTH,
        batch=BATCH,
        weight_bytes=dtype.itemsize,
        autocast=autocast,
        lora=lora,
        cuda=False,
    )
    assert (two - one) / (BATCH * LENGTH) == pytest.approx(saved_by_layer(setup), rel=0.02)
