"""Whether a run has what it was asked to run with: processes, GPUs to shard over, vLLM."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping

import torch
from trl import GRPOConfig

RANKS = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
"""How launchers say how many processes they start."""


class LaunchError(ValueError):
    """A run that would silently be another than it was asked to be; the message says what to do."""


def check_launch(environment: Mapping[str, str] = os.environ, gpu: bool | None = None) -> None:
    """Raise LaunchError where `accelerate launch` would silently do less than it was asked for.

    Without a GPU it starts one process whatever `--num_processes` says (accelerate 1.15, `simple_launcher`:
    it leaves the address of a meeting point for several, and nobody is told a rank), and with an FSDP
    configuration it runs plain data parallelism.

    Args:
        environment: of this process.
        gpu: whether there is one; None = look.

    >>> check_launch({"ACCELERATE_USE_CPU": "True", "MASTER_PORT": "1"})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    rlmr.engines.launch.LaunchError: accelerate launch was asked for several processes and started one, ...
    >>> check_launch({"ACCELERATE_USE_CPU": "True"}, gpu=False)
    """
    one = "ACCELERATE_USE_CPU" in environment  # only its launcher of one process says this
    if one and "MASTER_PORT" in environment and not any(name in environment for name in RANKS):
        raise LaunchError(
            "accelerate launch was asked for several processes and started one, as it does where it sees no "
            "GPU; use torchrun --standalone --nproc_per_node N (or unset MASTER_PORT if one process is meant)"
        )
    gpu = torch.cuda.is_available() if gpu is None else gpu
    if environment.get("ACCELERATE_USE_FSDP", "").lower() == "true" and not gpu:
        raise LaunchError(
            "the accelerate configuration asks for FSDP, but without a GPU accelerate shards nothing and "
            "runs plain data parallelism; use torchrun --standalone --nproc_per_node N for that"
        )


def check_generation(config: GRPOConfig, gpu: bool | None = None) -> None:
    """Raise LaunchError where the settings sample with something that this machine cannot.

    Only for a run that begins here: a dry run may be for another machine.
    """
    gpu = torch.cuda.is_available() if gpu is None else gpu
    if config.use_transformers_continuous_batching and not gpu:
        raise LaunchError(
            "grpo.use_transformers_continuous_batching needs a GPU: on a CPU it is slower, and turns float32 "
            "weights into bfloat16 for good; leave it out"
        )
    if not config.use_vllm:
        return
    processes, parallel = config.world_size, config.vllm_tensor_parallel_size
    if config.vllm_mode == "colocate" and processes % parallel:
        raise LaunchError(
            f"grpo.vllm_tensor_parallel_size ({parallel}) must divide the number of processes ({processes}); "
            "start more of them (accelerate launch) or lower it"
        )
    if not gpu:
        raise LaunchError(
            f"grpo.use_vllm ({config.vllm_mode} mode) needs a GPU: TRL hands the weights over by CUDA; set "
            "it to false to sample with transformers"
        )
    if importlib.util.find_spec("vllm") is None:
        raise LaunchError(
            "grpo.use_vllm: vLLM is not installed; pip install 'trl[vllm]', or set grpo.use_vllm to false"
        )
