"""The estimate: what makes it larger and smaller, and by how much where that is plain arithmetic."""

from dataclasses import replace

import pytest

from rlmr.memory import FACTS, GIB, Judge, Lora, Setup, Vllm, estimate

SHAPE = FACTS["Qwen/Qwen2.5-7B-Instruct"]
PLAIN = Setup(SHAPE, prompt=256, completion=768, batch=4, accumulation=4, generated=16, autocast=True)
ADAPTER = replace(PLAIN, lora=Lora(), weight_bytes=2)


def part(setup, name, phase="learn", capacity=0):
    return estimate(setup, capacity).phases[phase].get(name, 0)


def test_weights_gradients_and_state_are_sixteen_bytes_a_parameter():
    """4 + 4 + 8 (arXiv:1910.02054, section 3.1, without its 16-bit copies)."""
    update = estimate(PLAIN).phases["update"]
    assert update == {
        "weights": 4 * SHAPE.parameters,
        "optimiser": 8 * SHAPE.parameters,
        "gradients": 4 * SHAPE.parameters,
    }


def test_adapters_train_a_hundredth():
    trained = Lora().parameters(SHAPE)
    assert part(ADAPTER, "weights") == 2 * SHAPE.parameters + 4 * trained
    assert part(ADAPTER, "optimiser") == 8 * trained < part(PLAIN, "optimiser") / 100


def test_the_cache_holds_keys_and_values_of_every_layer():
    """2 x layers x key heads x width x tokens x texts x bytes, and one layer's twice while it grows."""
    tokens = 16 * (256 + 768)
    assert part(ADAPTER, "KV cache", "generate") == 2 * 2 * tokens * 512 * (28 + 1)


@pytest.mark.parametrize(
    "change",
    [
        {"batch": 8},
        {"completion": 1024},
        {"prompt": 512},
        {"generated": 256},
        {"weight_bytes": 4},
        {"lora": Lora(256)},
        {"checkpointing": False},
        {"attention": "eager"},
        {"judges": (Judge("reward model", SHAPE, 2, 8192),)},
        {"devices": 2},
    ],
)
def test_these_take_more(change):
    base = replace(ADAPTER, checkpointing=True)
    assert estimate(replace(base, **change)).peak > estimate(base).peak


@pytest.mark.parametrize(
    "change",
    [
        {"checkpointing": True},
        {"batch": 2},
        {"optimizer": "adamw_8bit"},
        {"lora": Lora(), "weight_bytes": 2},
        {"sharding": "fsdp2", "devices": 8},
        {"sharding": "zero3", "devices": 8},
        {"attention": "flash_attention_2"},
    ],
)
def test_these_take_less(change):
    assert estimate(replace(PLAIN, **change)).peak < estimate(PLAIN).peak


def test_a_reference_model_stands_beside_all_weights_but_not_beside_adapters():
    """TRL switches the adapters off instead."""
    assert part(replace(PLAIN, reference=True), "reference model") == 4 * SHAPE.parameters
    assert part(replace(ADAPTER, reference=True), "reference model") == 0


@pytest.mark.parametrize("sharding", ["fsdp2", "zero3"])
def test_shards_are_what_a_device_keeps(sharding):
    update = estimate(replace(PLAIN, sharding=sharding, devices=8)).phases["update"]
    assert sum(update.values()) == pytest.approx(16 * SHAPE.parameters / 8, rel=1e-6)


def test_zero3_gathers_the_whole_model_to_sample_with_transformers():
    sharded = replace(PLAIN, sharding="zero3", devices=8)
    assert part(sharded, "gathered weights", "generate") == 2 * SHAPE.parameters
    assert part(replace(sharded, vllm=Vllm("server")), "gathered weights", "generate") == 0


def test_vllm_has_its_share_awake_and_little_asleep():
    beside = replace(ADAPTER, vllm=Vllm(share=0.25))
    assert part(beside, "vLLM", capacity=80 * GIB) == 20 * GIB
    asleep = estimate(replace(beside, vllm=Vllm(share=0.25, sleeps=True)), 80 * GIB)
    assert asleep.phases["generate"]["vLLM"] == 20 * GIB and asleep.phases["learn"]["vLLM"] == GIB
    assert part(beside, "KV cache", "generate", 80 * GIB) == 0
    assert part(replace(ADAPTER, vllm=Vllm("server")), "vLLM", capacity=80 * GIB) == 0


def test_what_is_not_known_is_said_and_not_counted_as_nothing():
    odd = estimate(replace(PLAIN, optimizer="lion", judges=(Judge("shadow judge", None),)))
    assert odd.unknown == (
        "the optimiser lion: counted as AdamW, 8 bytes per parameter",
        "the shadow judge: its sizes are not known",
    )


def test_adapters_widen_the_pass_over_the_prompts():
    """Two tensors of 2 bytes and two of 4 side by side, where all weights have three of 2."""
    tokens, small = 16 * 256, 8 * SHAPE.hidden
    inner = SHAPE.intermediate
    assert part(ADAPTER, "activations", "generate") == tokens * (12 * inner + small)
    assert part(PLAIN, "activations", "generate") == tokens * (6 * inner + small)
    some = replace(ADAPTER, lora=Lora(16, ("q_proj",)))
    assert part(some, "activations", "generate") == tokens * (6 * inner + small)


def test_the_head_works_in_tiles():
    """TRL 1.16 never holds the logits of all tokens: 16 times the tokens, the same tile."""
    few, many = (replace(ADAPTER, cuda=True, batch=n, checkpointing=True) for n in (8, 128))
    from rlmr.memory.activations import head_passing

    wide = SHAPE.hidden * 4
    assert head_passing(many) - head_passing(few) == (128 - 8) * 768 * wide
    assert head_passing(few) - 8 * 768 * wide == 4096 * 32_768 * 2
