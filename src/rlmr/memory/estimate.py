"""How much memory a run takes on each of its devices, phase by phase, before anything is loaded.

A step samples (generate), grades (score), computes gradients (learn) and steps (update). What stays through
all of them is counted once in each: weights, optimiser state, reference and reward model, vLLM's share. The
peak of a run is its largest phase from the second step on, when the optimiser has its state.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rlmr.memory.activations import (
    HEAD_COLUMNS,
    HEAD_TOKENS,
    generation,
    head_passing,
    head_saved,
    head_tokens,
    layer_input,
    passing,
    saved_by_layer,
)
from rlmr.memory.setup import STATE_BYTES, UNKNOWN_STATE_BYTES, Setup

GIB = 1 << 30

PHASES = ("generate", "score", "learn", "update")
"""Of one step, in order."""

SLEEPING = GIB
"""What a sleeping vLLM keeps: its CUDA graphs and buffers. A judgement, not a measurement."""

LIVE = 1_000_000_000
"""Parameters that ZeRO-3 gathers at once at most, `stage3_max_live_parameters`, by its default."""

FORWARD_TILES = 3
"""Copies of the head's tile in 4 bytes that the forward pass makes on a CPU."""

Parts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes on one device."""

    phases: dict[str, Parts]
    """Phase -> part -> bytes."""
    unknown: tuple[str, ...] = field(default=())
    """What could not be counted, in words; the true peak is above `peak` by it."""

    def total(self, phase: str) -> int:
        """Bytes of a phase."""
        return sum(self.phases[phase].values())

    @property
    def busiest(self) -> str:
        """The phase that takes most."""
        return max(self.phases, key=self.total)

    @property
    def peak(self) -> int:
        """Bytes of that phase."""
        return self.total(self.busiest)


def estimate(setup: Setup, capacity: int = 0) -> Estimate:
    """What `setup` takes on each device, whose memory is `capacity` bytes (which only vLLM's share needs).

    >>> from rlmr.memory.shape import FACTS
    >>> small = Setup(FACTS["Qwen/Qwen2.5-0.5B-Instruct"], prompt=128, completion=384, batch=8, generated=8)
    >>> estimate(small).busiest
    'learn'
    """
    stays, unknown = _stays(setup, capacity)
    phases = {
        "generate": stays | _generate(setup),
        "score": stays | _score(setup),
        "learn": stays | _learn(setup),
        "update": stays | _update(setup),
    }
    if setup.vllm is not None and setup.vllm.mode == "colocate" and setup.vllm.sleeps:
        for phase in ("score", "learn", "update"):
            phases[phase]["vLLM"] = min(SLEEPING, phases[phase]["vLLM"])
    return Estimate({name: {k: v for k, v in phases[name].items() if v} for name in PHASES}, unknown)


def _stays(setup: Setup, capacity: int) -> tuple[Parts, tuple[str, ...]]:
    """What a device holds all the time, and what of it is unknown."""
    shape, unknown = setup.shape, []
    base = shape.parameters * setup.stored_bytes // setup.parts
    adapters = setup.trained * setup.trained_bytes // setup.parts if setup.lora else 0
    parts = {"weights": base + adapters}
    state = STATE_BYTES.get(setup.optimizer)
    if state is None:
        state = UNKNOWN_STATE_BYTES
        unknown.append(f"the optimiser {setup.optimizer}: counted as AdamW, {state} bytes per parameter")
    if setup.sharding == "zero3" and setup.trained_bytes == 2:
        state += 4  # the weights once more, in 4 bytes
    elif setup.trained_bytes == 2 and state == UNKNOWN_STATE_BYTES:
        state //= 2
    parts["optimiser"] = setup.trained * state // setup.parts
    if setup.reference and setup.lora is None:
        parts["reference model"] = shape.parameters * setup.weight_bytes // setup.parts
    if setup.devices > 1 and setup.sharding == "none":
        parts["gradient buckets"] = setup.trained * setup.trained_bytes  # DDP's, beside the gradients
    for judge in setup.judges:
        if judge.shape is None:
            unknown.append(f"the {judge.name}: its sizes are not known")
        else:
            parts[judge.name] = judge.shape.parameters * judge.value_bytes
    if setup.vllm is not None and setup.vllm.mode == "colocate":
        parts["vLLM"] = int(setup.vllm.share * capacity)
    return parts, tuple(unknown)


def _generate(setup: Setup) -> Parts:
    if setup.vllm is not None:
        return {}
    sampled = generation(setup)
    gathered = 0
    if setup.sharding == "zero3":  # TRL gathers the whole model, `ds3_gather_for_generation`
        gathered = setup.shape.parameters * setup.stored_bytes
    elif setup.sharding == "fsdp2":
        gathered = _gathered(setup)
    mixed = setup.casts and setup.lora is None
    copies = _copies(setup, forward=True) + 2 * setup.shape.table if mixed else 0
    return {
        "KV cache": sampled["cache"],
        "activations": sampled["passing"],
        "16-bit copies": copies,
        "gathered weights": gathered,
    }


def _score(setup: Setup) -> Parts:
    """A forward pass alone keeps nothing; the middle of a layer is its peak. One judge works at a time."""
    passes = [0]
    for judge in setup.judges:
        if judge.shape is not None:
            shape, size = judge.shape, judge.value_bytes
            width = 3 * size * shape.intermediate + (2 * size + 4) * shape.hidden
            passes.append(judge.tokens * width)
    return {"activations": max(passes)}


def _learn(setup: Setup) -> Parts:
    """The largest of four moments of a forward and backward pass."""
    shape, tokens = setup.shape, setup.tokens
    gradients = setup.trained * setup.trained_bytes // setup.parts
    before = gradients if setup.accumulation > 1 else 0
    one_layer = tokens * saved_by_layer(setup)
    kept = shape.layers * (tokens * layer_input(setup) if setup.checkpointing else one_layer)
    again = one_layer if setup.checkpointing else 0
    head_gradient = 0 if setup.lora else shape.table * (4 + (2 if setup.trained_bytes == 2 else 0))
    gathered = _gathered(setup)
    rows = min(head_tokens(setup), HEAD_TOKENS)
    forward_tile = rows * HEAD_COLUMNS * setup.compute_bytes + (
        0 if setup.cuda else FORWARD_TILES * 4 * rows * min(HEAD_COLUMNS, shape.vocab)
    )
    passes = tokens * passing(setup) + _matrix_gradient(setup)
    table_gradient = setup.trained_bytes * shape.table * (shape.tied or before > 0) * (setup.lora is None)
    common = {"gathered weights": gathered}
    copies = _copies(setup, forward=False)
    moments = [
        {
            "gradients": before,
            "activations": kept + head_saved(setup),
            "log-probabilities": forward_tile,
            "16-bit copies": _copies(setup, forward=True),
        },
        {
            "gradients": before + head_gradient,
            "activations": kept + head_saved(setup),
            "log-probabilities": head_passing(setup),
            "16-bit copies": copies,
        },
        {
            "gradients": before or (0 if setup.lora else shape.table * setup.trained_bytes // setup.parts),
            "activations": kept + again + passes,
            "16-bit copies": copies,
        },
        {
            "gradients": gradients + table_gradient,
            "activations": one_layer + passes,
            "16-bit copies": copies,
        },
    ]
    return common | max(moments, key=lambda parts: sum(parts.values()))


def _update(setup: Setup) -> Parts:
    trained = setup.trained * setup.trained_bytes // setup.parts
    loops = setup.cuda and setup.optimizer == "adamw_torch"  # PyTorch's loop over all parameters at once
    return {"gradients": trained, "activations": trained if loops else 0}


def _matrix_gradient(setup: Setup) -> int:
    """The gradient of one matrix before it is added to what is there, with its copy in 4 bytes."""
    if setup.lora is not None:
        return 0
    largest = max(inputs * outputs for inputs, outputs in setup.shape.matrices.values())
    return largest * (setup.compute_bytes + (setup.trained_bytes if setup.casts else 0))


def _copies(setup: Setup, *, forward: bool) -> int:
    """16-bit copies of weights of 4 bytes that autocast makes of the layers' linear maps.

    The backward pass needs them all, unless layers are computed again one by one. Of trained weights autocast
    keeps them to the end of the forward pass in any case.
    """
    if not setup.casts:
        return 0
    layers = 1 if setup.checkpointing and (setup.lora is not None or not forward) else setup.shape.layers
    return 2 * layers * setup.shape.layer_linear


def _gathered(setup: Setup) -> int:
    """Whole weights of which a device holds a part: of the layers at work, and of embedding and head.

    FSDP2 has two layers at hand, the gradients of two, and embedding and head; TRL gathers the head once more
    to compute log-probabilities, in the bytes in which it is kept. ZeRO-3 limits what it gathers.
    """
    shape = setup.shape
    if setup.sharding == "none":
        return 0
    if setup.sharding == "zero3":
        return 2 * setup.compute_bytes * min(LIVE, shape.parameters)
    work = 2 * 2 * setup.compute_bytes * shape.layer
    ends = setup.compute_bytes * (shape.table + shape.head)
    return work + ends + setup.stored_bytes * shape.table
