"""Threads of one process, set in one place and before torch is imported (OpenMP reads them once)."""

from __future__ import annotations

import os
import sys

MOST_THREADS = 8
"""Threads that one process takes by itself; more have to be asked for."""


def cores() -> int:
    """CPU cores that this process may use (its affinity, where the system tells)."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def choose(available: int, processes: int = 1) -> int:
    """Threads for each of `processes` processes of a run on one machine with `available` cores.

    >>> choose(2), choose(64), choose(64, processes=16), choose(2, processes=4)
    (2, 8, 4, 1)
    """
    return max(1, min(available // max(1, processes), MOST_THREADS))


def configure(threads: int | None = None) -> int:
    """Set the threads of this process and quiet its libraries; gives the number of threads.

    `threads` wins, then OMP_NUM_THREADS, then `choose`. OpenMP's idle threads sleep instead of spinning:
    two jobs on one machine do not burn each other's time. Hugging Face's telemetry is switched off.
    Everything goes through the environment, so that child processes inherit it.
    """
    asked = threads or int(os.environ.get("OMP_NUM_THREADS", "0") or 0)
    number = asked or choose(cores(), int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    os.environ["OMP_NUM_THREADS"] = str(number)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(number)
    return number
