"""What does not fit is refused with settings that, when they are made, fit."""

from dataclasses import replace

import pytest

from rlmr.memory import FACTS, GIB, Lora, Setup, Vllm, advice, estimate, fit, usable_bytes
from rlmr.memory.fit import remedies, vllm_bytes

SHAPE = FACTS["Qwen/Qwen2.5-7B-Instruct"]
LARGE = Setup(
    SHAPE, prompt=512, completion=4096, batch=16, accumulation=1, generated=16, autocast=True,
    lora=Lora(), weight_bytes=2,
)  # fmt: skip


def test_it_fits_or_it_does_not():
    small = replace(LARGE, batch=1, checkpointing=True)
    assert fit(small, 80 * GIB).problem == ""
    problem = fit(LARGE, 80 * GIB).problem
    assert problem.startswith("it needs ") and "74.5 of 80.0 are for tensors" in problem


def test_each_named_setting_alone_is_enough_and_a_milder_one_is_not():
    """Every remedy that the message names fits, and of its kind the one before it does not."""
    problem = fit(LARGE, 80 * GIB).problem
    assert "any one of these is enough" in problem
    room = usable_bytes(80 * GIB, cuda=True)
    said = 0
    by_kind = {}
    for words, changed in remedies(LARGE):
        by_kind.setdefault(words.split("=")[0], []).append((words, estimate(changed, 80 * GIB).peak <= room))
    for found in by_kind.values():
        named = [words for words, _ in found if words in problem.replace("enough: ", "; ").split("; ")]
        first = next((words for words, fits in found if fits), None)
        assert named == ([first] if first else []), (found, problem)
        said += len(named)
    assert said >= 2


def test_settings_that_are_enough_only_together_and_none_of_them_idle():
    """All weights of 7B on 40 GiB: LoRA and less at once; no KL term, shorter texts are not needed."""
    setup = replace(LARGE, lora=None, weight_bytes=4, reference=True)
    problem = fit(setup, 40 * GIB).problem
    _, _, said = problem.partition("these together are: ")
    assert "lora={}" in said and "grpo.activation_checkpointing=true" in said, problem
    assert "beta" not in said and "max_completion_length" not in said
    room = usable_bytes(40 * GIB, cuda=True)
    adapter = replace(setup, lora=Lora(), weight_bytes=2)
    assert estimate(replace(adapter, checkpointing=True, batch=1, accumulation=16), 0).peak < room
    assert estimate(replace(adapter, batch=1, accumulation=16), 0).peak > room < estimate(adapter, 0).peak


def test_nothing_helps_a_model_on_a_toy():
    assert "larger devices or a smaller policy" in fit(replace(LARGE, lora=None), GIB).problem


@pytest.mark.parametrize("cuda", [True, False])
def test_a_device_keeps_something_for_itself(cuda):
    assert 0 == usable_bytes(GIB, cuda) < usable_bytes(10 * GIB, cuda) < 10 * GIB


def test_vllm_needs_room_for_its_weights():
    beside = replace(LARGE, batch=1, checkpointing=True, vllm=Vllm(share=0.15))
    problem = fit(beside, 80 * GIB).problem
    needed = vllm_bytes(beside, beside.vllm)
    assert "grpo.vllm_gpu_memory_utilization to 0.25" in problem and "tensor_parallel_size" in problem
    assert 0.2 * 80 * GIB < needed <= 0.25 * 80 * GIB
    assert fit(replace(beside, vllm=Vllm(share=0.25)), 80 * GIB).problem == ""
    assert fit(replace(beside, vllm=Vllm(share=0.15, tensor_parallel=2)), 80 * GIB).problem == ""
    assert fit(replace(beside, vllm=Vllm("server")), 80 * GIB).problem == ""


def test_advice_names_a_setting_with_the_peak_that_it_leaves():
    lines = advice(LARGE, 80 * GIB)
    peak = estimate(replace(LARGE, checkpointing=True), 80 * GIB).peak / GIB
    assert lines[0].startswith(f"grpo.activation_checkpointing=true (peak {peak:.1f} instead of ")
    assert all(" instead of " in line for line in lines)
