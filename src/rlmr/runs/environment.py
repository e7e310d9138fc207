"""What a run ran on: versions, platform, threads, the commit of this package. No secrets, no host name."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "rlmr",
    "torch",
    "trl",
    "transformers",
    "accelerate",
    "datasets",
    "tokenizers",
    "safetensors",
    "peft",
    "numpy",
)
"""Packages whose versions decide a run's numbers."""


def package_versions() -> dict[str, str | None]:
    """Installed version by package; None = not installed.

    >>> package_versions()["trl"] is not None
    True
    """
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def git_commit() -> dict[str, Any] | None:
    """Commit of the checkout this package runs from, and whether it has changes; None outside of one.

    A package installed into site-packages is in no checkout of its own, even where the folder around it is.
    """
    package = Path(__file__).resolve().parents[1]

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(package), *arguments],
                capture_output=True,
                text=True,
                timeout=10,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    if git("ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    return {"commit": git("rev-parse", "HEAD"), "changed": bool(git("status", "--porcelain", "--", "."))}


def environment(threads: int, devices: list[str]) -> dict[str, Any]:
    """What `environment.json` holds; `threads` per process, `devices` as the engine names them."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "packages": package_versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu_count": os.cpu_count(),
        "threads": threads,
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
        "devices": devices,
        "git": git_commit(),
    }
