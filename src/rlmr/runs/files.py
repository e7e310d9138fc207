"""Small file primitives of the run record: whole files or nothing, and JSON without NaN."""

from __future__ import annotations

import errno
import gzip
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rlmr.data import to_object

SECRET_KEY = re.compile(
    r"(^|_)(api_?key|password|secret|credentials?|authorization)$|^(hub_|push_to_hub_|hf_)?token$"
)
"""Names of settings whose values never reach a record."""

SECRET_VALUE = re.compile(r"\b(hf_[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{16,})|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
"""Values that look like an access token, or a name and password in an address, whatever the setting."""

REDACTED = "***"


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: NaN and infinities become None, paths strings, tuples lists.

    >>> plain({"kl": float("nan"), "at": (1, float("inf"))})
    {'kl': None, 'at': [1, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    return value


def redact(value: Any) -> Any:
    """`value` with every secret replaced by '***', at any depth.

    >>> redact({"model_init_kwargs": {"token": "abc"}, "eos_token": "</s>"})
    {'model_init_kwargs': {'token': '***'}, 'eos_token': '</s>'}
    """
    if isinstance(value, Mapping):
        return {
            key: REDACTED if SECRET_KEY.search(str(key).lower()) and item is not None else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return SECRET_VALUE.sub(REDACTED, value) if isinstance(value, str) else value


def dumps(value: Any) -> str:
    """`value` as one line of strict JSON.

    >>> dumps({"a": float("inf")})
    '{"a": null}'
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)  # most values need no `plain`
    except (TypeError, ValueError):
        return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Raises OSError (a full disk, say) after removing what it had begun.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        begun.write_bytes(content)
        begun.replace(path)
    except OSError:
        begun.unlink(missing_ok=True)
        raise


def fields(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The values of nested mappings under their dotted names; lists are values.

    >>> dict(fields({"a": 1, "b": {"c": [2], "d": {}}}))
    {'a': 1, 'b.c': [2], 'b.d': {}}
    """
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from fields(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=2)
    write_whole(path, (text + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """The mapping that a JSON file holds; empty where there is none. Raises DataError for a damaged one."""
    return to_object(path, 1, path.read_bytes()) if path.is_file() else {}


def write_lines_gz(path: Path, values: Iterable[Any]) -> None:
    """Write one JSON line per value, gzipped, whole; the same values give the same bytes."""
    lines = "".join(dumps(value) + "\n" for value in values)
    write_whole(path, gzip.compress(lines.encode(), compresslevel=6, mtime=0))


def append_line(path: Path, value: Any) -> None:
    """Append one JSON line; where the disk refuses it, the file keeps the length it had."""
    line = (dumps(value) + "\n").encode()
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError:
            file.truncate(before)
            raise


def read_lines(path: Path) -> list[Any]:
    """The values of a JSON-lines file, gzipped or not; a torn last line is left out.

    A missing file gives an empty list: a run that has not reached its first step has no metrics.
    """
    if not path.exists():
        return []
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    whole, _, _torn = raw.rpartition(b"\n")
    return [json.loads(line) for line in whole.decode().split("\n") if line]
