"""Whether a run fits its devices, and if not, which setting to lower and to what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rlmr.memory.estimate import GIB, Estimate, estimate
from rlmr.memory.setup import Lora, Setup, Vllm

RESERVED, FRAGMENTS = int(1.5 * GIB), 0.05
"""What a GPU has no room for tensors in: the CUDA context, the libraries' workspaces and the communication's
buffers, and a share of it that lies in pieces too small. A judgement, not a measurement."""

INTERPRETER = int(1.5 * GIB)
"""What a process takes on a CPU beside tensors: a training's environment imported (1.45 GB)."""

VLLM_WORK = 2 * GIB
"""What vLLM needs beside weights and cache: its activations and CUDA graphs. A judgement."""

STEP = 64
"""Tokens by which a length is lowered."""

Variant = tuple[str, Setup]
"""A change in words, and what comes of it."""

Change = Callable[[Setup], Iterator[Variant]]
"""Gives the variants of one change, from the mildest on."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A run beside the device that it is meant for."""

    estimate: Estimate
    """What it takes."""
    capacity: int
    """Bytes of the device."""
    usable: int
    """Of them for tensors."""
    problem: str = ""
    """Why it cannot run, with what to lower; empty = it fits."""


def usable_bytes(capacity: int, cuda: bool) -> int:
    """How much of a device's memory tensors can have.

    >>> round(usable_bytes(80 * GIB, cuda=True) / GIB, 1)
    74.5
    """
    return max(0, capacity - (int(RESERVED + FRAGMENTS * capacity) if cuda else INTERPRETER))


def fit(setup: Setup, capacity: int) -> Fit:
    """Compare `setup` with devices of `capacity` bytes."""
    found = estimate(setup, capacity)
    usable = usable_bytes(capacity, setup.cuda)
    problem = _too_large(setup, found, capacity, usable) or _vllm_too_small(setup, capacity)
    return Fit(found, capacity, usable, problem)


def _too_large(setup: Setup, found: Estimate, capacity: int, usable: int) -> str:
    if found.peak <= usable:
        return ""
    needs = (
        f"it needs {found.peak / GIB:.1f} GiB on each device to {found.busiest}, and {usable / GIB:.1f} of "
        f"{capacity / GIB:.1f} are for tensors"
    )
    alone = [words for words, changed in remedies(setup) if _fits(changed, capacity)]
    first_of_each = list({words.split("=")[0]: words for words in reversed(alone)}.values())[::-1]
    if first_of_each:
        return f"{needs}; any one of these is enough: {'; '.join(first_of_each)}"
    together = _together(setup, capacity)
    if together:
        return f"{needs}; no setting alone is enough, these together are: {'; '.join(together)}"
    return f"{needs}; no settings known here are enough: take larger devices or a smaller policy"


def _fits(setup: Setup, capacity: int) -> bool:
    return estimate(setup, capacity).peak <= usable_bytes(capacity, setup.cuda)


def advice(setup: Setup, capacity: int) -> list[str]:
    """What lowers the peak: of each change the mildest that does, with the peak that it leaves."""
    peak, lines = estimate(setup, capacity).peak, []
    for change in CHANGES:
        for words, changed in change(setup):
            lower = estimate(changed, capacity).peak
            if lower < peak:
                lines.append(f"{words} (peak {lower / GIB:.1f} instead of {peak / GIB:.1f} GiB)")
                break
    return lines


def remedies(setup: Setup) -> Iterator[Variant]:
    """Single changes that lower the peak, each from the mildest on; in words, as on the command line."""
    for change in CHANGES:
        yield from change(setup)


def _smaller_batch(setup: Setup) -> Iterator[Variant]:
    batch, accumulation = setup.batch, setup.accumulation
    while batch > 1:
        factor = 2 if batch % 2 == 0 else batch
        batch, accumulation = batch // factor, accumulation * factor
        words = f"grpo.per_device_train_batch_size={batch} grpo.gradient_accumulation_steps={accumulation}"
        yield words, replace(setup, batch=batch, accumulation=accumulation)


def _checkpointing(setup: Setup) -> Iterator[Variant]:
    if not setup.checkpointing:
        yield "grpo.activation_checkpointing=true", replace(setup, checkpointing=True)


def _sixteen_bits(setup: Setup) -> Iterator[Variant]:
    if setup.weight_bytes == 4 and setup.lora is not None:
        words = "grpo.model_init_kwargs.dtype=bfloat16"
        yield words, replace(setup, weight_bytes=2, autocast=True)


def _vllm(setup: Setup) -> Iterator[Variant]:
    vllm = setup.vllm
    if vllm is None or vllm.mode == "server":
        return
    if not vllm.sleeps:
        yield "grpo.vllm_enable_sleep_mode=true", replace(setup, vllm=replace(vllm, sleeps=True))
    for percent in range(int(vllm.share * 100 - 1) // 5 * 5, 0, -5):
        words = f"grpo.vllm_gpu_memory_utilization={percent / 100:g}"
        yield words, replace(setup, vllm=replace(vllm, share=percent / 100))


def _no_reference(setup: Setup) -> Iterator[Variant]:
    if setup.reference and setup.lora is None:
        yield "grpo.beta=0", replace(setup, reference=False)


def _shorter(setup: Setup) -> Iterator[Variant]:
    for length in range((setup.completion - 1) // STEP * STEP, 0, -STEP):
        yield f"grpo.max_completion_length={length}", replace(setup, completion=length)


def _fewer_texts(setup: Setup) -> Iterator[Variant]:
    accumulation = setup.accumulation
    while setup.vllm is None and accumulation > 1:
        accumulation //= 2
        fewer = replace(
            setup,
            accumulation=accumulation,
            generated=max(1, setup.generated * accumulation // setup.accumulation),
        )
        yield f"grpo.gradient_accumulation_steps={accumulation}", fewer


def _shards(setup: Setup) -> Iterator[Variant]:
    if setup.devices > 1 and setup.sharding == "none":
        yield "hardware.sharding=fsdp2", replace(setup, sharding="fsdp2")


def _lora(setup: Setup) -> Iterator[Variant]:
    if setup.lora is None:
        words = "lora={} grpo.model_init_kwargs.dtype=bfloat16"
        yield words, replace(setup, lora=Lora(), weight_bytes=2, autocast=True)


def _more_devices(setup: Setup) -> Iterator[Variant]:
    devices = setup.devices
    for _ in range(6):
        devices *= 2
        words = f"hardware: {devices} devices in all with sharding=fsdp2"
        yield (
            words,
            replace(setup, devices=devices, sharding="zero3" if setup.sharding == "zero3" else "fsdp2"),
        )


CHANGES: Sequence[Change] = (
    _checkpointing,
    _smaller_batch,
    _sixteen_bits,
    _vllm,
    _no_reference,
    _shards,
    _shorter,
    _fewer_texts,
    _lora,
    _more_devices,
)
"""What can be changed, from what costs least."""


def _together(setup: Setup, capacity: int) -> list[str]:
    """Changes that are enough together, none of them stronger than it must be; none = not enough.

    Each is first made as strong as it can be, until they are enough; then each is made milder or left out, as
    far as that goes, what costs most first.
    """
    levels: dict[Change, int] = {}
    for change in CHANGES:
        peaks = [estimate(one, capacity).peak for _, one in change(_applied(setup, levels)[1])]
        if not peaks:
            continue
        levels[change] = peaks.index(min(peaks))
        if _fits(_applied(setup, levels)[1], capacity):
            break
    else:
        return []
    for change in reversed(levels):
        for level in range(-1, levels[change]):
            if _fits(_applied(setup, levels | {change: level})[1], capacity):
                levels[change] = level
                break
    return _applied(setup, levels)[0]


def _applied(setup: Setup, levels: Mapping[Change, int]) -> tuple[list[str], Setup]:
    """A setup after changes, each by the number of its variant (-1 = not made), and the changes in words."""
    said = []
    for change, level in levels.items():
        variants = list(change(setup))
        if 0 <= level < len(variants):
            words, setup = variants[level]
            said.append(words)
    return said, setup


def _vllm_too_small(setup: Setup, capacity: int) -> str:
    """What vLLM's share has no room for: its weights, its own work, and the cache of one text."""
    vllm = setup.vllm
    if vllm is None or vllm.mode == "server":
        return ""
    needed = vllm_bytes(setup, vllm)
    if needed <= vllm.share * capacity:
        return ""
    share = -(-needed * 20 // capacity) / 20
    what = (
        f"vLLM needs {needed / GIB:.1f} GiB of each device (weights over {vllm.tensor_parallel} of them, the "
        f"cache of one text), and has {vllm.share * capacity / GIB:.1f}"
    )
    remedy = "raise grpo.vllm_tensor_parallel_size"
    if share < 1:
        remedy += f", or grpo.vllm_gpu_memory_utilization to {share:g}"
    return f"{what}: {remedy}"


def vllm_bytes(setup: Setup, vllm: Vllm) -> int:
    """The least that vLLM can run with on one device, in 16 bits."""
    tokens = vllm.length or setup.length
    cache = 2 * setup.shape.layers * setup.shape.keys * 2 * tokens
    return (2 * setup.shape.parameters + cache) // vllm.tensor_parallel + VLLM_WORK
