"""How much memory tensors really take: the truth that the estimate is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch.profiler import ProfilerActivity, profile


def held_bytes(modules: Iterable[torch.nn.Module]) -> int:
    """Bytes of the parameters and buffers of modules; what they share counts once."""
    storages = {}
    for module in modules:
        for tensor in (*module.parameters(), *module.buffers()):
            storage = tensor.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


def peak_of(work: Callable[[], object], held: int, device: str) -> int:
    """The most bytes that tensors take on `device` while `work` runs; `held` of them are there before it.

    On a GPU PyTorch's allocator counts them, `held` among them. On a CPU the profiler is told of every
    allocation and every release by PyTorch's allocator, so memory of the interpreter, of libraries and of the
    operating system's books is left out, and a tensor that comes and goes inside an operation is not.
    """
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        work()
        return int(torch.cuda.max_memory_allocated())
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        work()
    results = recorded.profiler.kineto_results if recorded.profiler is not None else None
    if results is None:
        raise RuntimeError("the profiler recorded nothing; PyTorch was built without Kineto")
    changes = [(e.start_ns(), e.nbytes()) for e in results.events() if e.name() == "[memory]"]
    live = peak = 0
    for _, change in sorted(changes, key=lambda event: event[0]):
        live += change
        peak = max(peak, live)
    return held + peak
