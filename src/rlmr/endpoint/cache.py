"""Accepted replies on disk: one SQLite file, content-addressed, for several processes at once."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rlmr.endpoint.messages import Reply
from rlmr.endpoint.settings import EndpointError

VERSION = 1
"""Of the table; a file with another version is refused."""

WAIT_S = 5.0
"""Seconds to wait for another process's write; they take milliseconds."""

CHUNK = 500
"""Keys per SELECT."""

_TABLE = """
CREATE TABLE IF NOT EXISTS replies (
    key BLOB PRIMARY KEY, text TEXT NOT NULL, finish TEXT NOT NULL, tokens_in INTEGER, tokens_out INTEGER,
    stored REAL NOT NULL
)
"""
"""With row ids: texts are appended, and only the keys' index is written in random order (twice as fast)."""

log = logging.getLogger(__name__)


class Cache:
    """Replies by the SHA-256 of what was asked. Use from one thread; other processes have their own.

    In WAL mode each reply is its own transaction: a process that is killed loses nothing that it had stored.
    Raises EndpointError where the file cannot be opened, is no SQLite file, or has another version.

    >>> cache = Cache(Path(":memory:"))
    >>> cache.put(b"k", Reply("yes", tokens_in=3))
    >>> next(cache.get([b"k", b"other"]))[b"k"].text
    'yes'
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._warned = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=WAIT_S, isolation_level=None, check_same_thread=False, cached_statements=16
            )
            self._use_wal()
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise EndpointError(f"endpoint.cache: {path}: {error}") from None

    def _use_wal(self) -> None:
        """Switch a new file to WAL; SQLite's own waiting does not cover two processes that do so at once."""
        ends = time.monotonic() + WAIT_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                    raise
            time.sleep(0.01)

    def _prepare(self) -> None:
        """Make the table in a new file; refuse another version."""
        self._db.execute("BEGIN IMMEDIATE")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._db.execute(_TABLE)
            self._db.execute(f"PRAGMA user_version={VERSION}")
        self._db.execute("COMMIT")
        if version not in (0, VERSION):
            self._db.close()
            raise EndpointError(
                f"endpoint.cache: {self.path} has version {version}; this one reads {VERSION}"
            )

    def get(self, keys: Sequence[bytes]) -> Iterator[dict[bytes, Reply]]:
        """What is known of `keys`, in as many parts as the read takes."""
        for at in range(0, len(keys), CHUNK):
            part = keys[at : at + CHUNK]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, text, tokens_in, tokens_out, finish FROM replies WHERE key IN ({marks})"
            try:
                rows = self._db.execute(query, part).fetchall()
            except sqlite3.Error as error:
                raise EndpointError(f"endpoint.cache: {self.path}: {error}") from None
            yield {
                key: Reply(text, cached=True, tokens_in=tokens_in, tokens_out=tokens_out, finish=finish)
                for key, text, tokens_in, tokens_out, finish in rows
            }

    def put(self, key: bytes, reply: Reply) -> None:
        """Store a reply; durable when this returns. A disk that refuses it costs the entry, not the reply."""
        row = (key, reply.text, reply.finish, reply.tokens_in, reply.tokens_out, time.time())
        try:
            self._db.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            if not self._warned:
                log.warning("replies are not cached: %s: %s", self.path, error)
            self._warned = True

    def close(self) -> None:
        """Close the file."""
        self._db.close()
