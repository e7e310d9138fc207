"""Sizes of models: the published parameter counts, and those of transformers' own models."""

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    LlamaConfig,
    Qwen2Config,
    Qwen3Config,
)

from rlmr.memory import FACTS, Lora, shape_of

PUBLISHED = {
    "Qwen/Qwen2.5-0.5B-Instruct": 494_032_768,
    "Qwen/Qwen2.5-7B-Instruct": 7_615_616_512,
    "Qwen/Qwen2.5-32B-Instruct": 32_763_876_352,
    "Qwen/Qwen2.5-72B-Instruct": 72_706_203_648,
    "Qwen/Qwen3-8B": 8_190_735_360,
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B": 7_615_616_512,
    "deepseek-ai/DeepSeek-R1-Distill-Llama-70B": 70_553_706_496,
}
"""What the models' pages say (their safetensors' total)."""

SIZES = {
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 100,
    "vocab_size": 70,
    "head_dim": 16,
    "pad_token_id": 0,
}


@pytest.mark.parametrize(("name", "parameters"), PUBLISHED.items())
def test_facts_give_the_published_number_of_parameters(name, parameters):
    assert FACTS[name].parameters == parameters


def counted(auto, config):
    with torch.device("meta"):
        model = auto.from_config(config)
    return sum(parameter.numel() for parameter in model.parameters()), model


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("config", [Qwen2Config, Qwen3Config, LlamaConfig])
def test_parameters_are_those_of_the_model(config, tied):
    made = config(**{**SIZES, "head_dim": 12}, tie_word_embeddings=tied)
    total, _ = counted(AutoModelForCausalLM, made)
    assert shape_of(made).parameters == total


def test_heads_may_be_wider_than_the_hidden_state():
    made = Qwen3Config(**SIZES)
    assert shape_of(made).parameters == counted(AutoModelForCausalLM, made)[0]


def test_a_reward_model_has_a_score_in_place_of_a_head():
    made = Qwen3Config(**SIZES, num_labels=1, architectures=["Qwen3ForSequenceClassification"])
    assert shape_of(made).labels == 1
    assert shape_of(made).parameters == counted(AutoModelForSequenceClassification, made)[0]


@pytest.mark.parametrize("targets", [("q_proj", "v_proj"), None])
def test_adapters_have_as_many_parameters_as_peft_trains(targets):
    from peft import LoraConfig, get_peft_model

    made = Qwen2Config(**{**SIZES, "head_dim": 12})
    _, model = counted(AutoModelForCausalLM, made)
    wanted = LoraConfig(r=4, target_modules="all-linear" if targets is None else list(targets))
    trained, _ = get_peft_model(model, wanted).get_nb_trainable_parameters()
    lora = Lora(4) if targets is None else Lora(4, targets)
    assert lora.parameters(shape_of(made)) == trained


def test_other_families_are_unknown():
    assert shape_of({"model_type": "gpt2", "n_embd": 8}) is None
