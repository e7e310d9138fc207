"""What decides how much memory a run takes: model, settings, devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlmr.memory.shape import Shape

Sharding = Literal["none", "fsdp2", "zero3"]
"""How several devices hold one model: each all of it (none), or a part (FSDP2, DeepSpeed ZeRO-3)."""

ALL_LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The linear maps of a layer."""

STATE_BYTES = {
    "adamw_torch": 8,
    "adamw_torch_fused": 8,
    "adamw_apex_fused": 8,
    "adamw_8bit": 2,
    "adamw_bnb_8bit": 2,
    "paged_adamw_8bit": 2,
    "adafactor": 0,
    "sgd": 0,
}
"""Bytes that an optimiser remembers of each trained parameter of 4 bytes, by transformers' names; of bfloat16
ones PyTorch's AdamW remembers half. Adafactor keeps a row and a column of each matrix: next to nothing.
"""

UNKNOWN_STATE_BYTES = 8
"""What is assumed of an optimiser that is not in the table."""


@dataclass(frozen=True, slots=True)
class Lora:
    """Adapters beside frozen weights."""

    rank: int = 16
    """Their inner width, `r`."""
    targets: tuple[str, ...] = ALL_LINEAR
    """The linear maps that have one."""
    dropout: float = 0.0
    """Of their inputs."""

    def parameters(self, shape: Shape) -> int:
        """Trained parameters of a model with them.

        >>> from rlmr.memory.shape import FACTS
        >>> Lora(16).parameters(FACTS["Qwen/Qwen2.5-7B-Instruct"])
        40370176
        """
        matrices = [shape.matrices[name] for name in self.targets]
        return shape.layers * self.rank * sum(inputs + outputs for inputs, outputs in matrices)


@dataclass(frozen=True, slots=True)
class Vllm:
    """vLLM as TRL runs it."""

    mode: Literal["server", "colocate"] = "colocate"
    """On devices of its own, or on the training's."""
    share: float = 0.3
    """Share of a device's memory that it takes for itself, `vllm_gpu_memory_utilization`."""
    sleeps: bool = False
    """It gives its memory back while the policy learns, `vllm_enable_sleep_mode`."""
    tensor_parallel: int = 1
    """Devices that hold one copy of its weights."""
    length: int | None = None
    """Tokens of the longest text that it must have room for, `vllm_max_model_length`; None = the
    run's."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A model that scores or verifies on the training's devices, one copy on each."""

    name: str
    """What the recipe calls it: reward model, shadow judge, …"""
    shape: Shape | None
    """None = not understood; then what it takes is unknown."""
    value_bytes: int = 2
    """Of one weight."""
    tokens: int = 0
    """Of one forward pass."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One run, as one device sees it."""

    shape: Shape
    """The policy's."""
    prompt: int
    """Tokens of the longest prompt."""
    completion: int
    """Tokens of the longest completion."""
    batch: int
    """Texts of one forward and backward pass on one device."""
    accumulation: int = 1
    """Passes of one optimiser step."""
    generated: int = 0
    """Texts that one device samples at once, without vLLM."""
    weight_bytes: int = 4
    """Of one weight as it is loaded: 4, or 2 for bfloat16 and float16."""
    autocast: bool = False
    """Mixed precision: maps compute in 16 bits."""
    checkpointing: bool = False
    """Activation (gradient) checkpointing: each layer keeps its input alone and is computed twice."""
    reference: bool = False
    """The loss has a KL term, `beta` > 0."""
    lora: Lora | None = None
    """None = every weight is trained."""
    optimizer: str = "adamw_torch_fused"
    """transformers' name."""
    attention: str = "sdpa"
    """transformers' name: sdpa, flash_attention_2, …"""
    vllm: Vllm | None = None
    """None = transformers generates."""
    judges: tuple[Judge, ...] = ()
    """Models beside the policy on these devices."""
    sharding: Sharding = "none"
    """How the devices hold the model."""
    devices: int = 1
    """Devices that train, of all nodes."""
    cuda: bool = True
    """GPUs; otherwise CPUs, where memory is what tensors take and nothing else."""

    @property
    def length(self) -> int:
        """Tokens of the longest text with its prompt."""
        return self.prompt + self.completion

    @property
    def tokens(self) -> int:
        """Tokens of one pass."""
        return self.batch * self.length

    @property
    def compute_bytes(self) -> int:
        """Of what a linear map gives."""
        return 2 if self.autocast else self.weight_bytes

    @property
    def stream_bytes(self) -> int:
        """Of one number of the hidden state between layers: FSDP2 and ZeRO-3 hand 16 bits to every layer."""
        return self.compute_bytes if self.sharding != "none" else self.weight_bytes

    @property
    def casts(self) -> bool:
        """Weights and hidden states of 4 bytes are copied to 2 before they are used."""
        return self.compute_bytes < self.stream_bytes

    @property
    def trained(self) -> int:
        """Trained parameters."""
        return self.shape.parameters if self.lora is None else self.lora.parameters(self.shape)

    @property
    def trained_bytes(self) -> int:
        """Of one trained weight.

        PEFT keeps adapters in 4 bytes beside weights of 2, TRL turns that off under ZeRO-3, and accelerate
        turns what FSDP2 trains into 4 bytes when precision is mixed.
        """
        if self.sharding == "zero3":
            return 2 if self.autocast else self.weight_bytes
        if self.lora is not None or (self.sharding == "fsdp2" and self.autocast):
            return 4
        return self.weight_bytes

    @property
    def stored_bytes(self) -> int:
        """Of one weight that is kept on the devices."""
        return self.trained_bytes if self.lora is None else self.weight_bytes

    @property
    def parts(self) -> int:
        """How many devices share one copy of the model."""
        return 1 if self.sharding == "none" else self.devices
