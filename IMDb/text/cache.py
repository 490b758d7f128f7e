"""A cache on disk for what is slow to compute of a text: one SQLite file, safe with several processes at once."""

import hashlib
import json
import logging
import os
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


def cache_folder() -> Path:
    """`IMDB_CACHE_DIR`, or `imdb-tensorleap` in the user's cache folder (without a home, the temporary one)."""
    if os.environ.get("IMDB_CACHE_DIR"):
        return Path(os.environ["IMDB_CACHE_DIR"]).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        return Path(base).expanduser() / "imdb-tensorleap"
    except RuntimeError:  # this user has no home, as in some containers
        return Path(tempfile.gettempdir()) / "imdb-tensorleap"


class TextCache:
    """JSON-able values by text.

    `version` names all that the value depends on besides the text (code, settings, library versions); each version has
    its own file. Where the folder cannot be written (a read-only machine) values are computed each time, and one
    warning says so.
    """

    def __init__(self, name: str, version: str, folder: Path | None = None) -> None:
        digest = hashlib.sha256(version.encode()).hexdigest()[:12]
        self.path = (folder or cache_folder()) / f"{name}-{digest}.sqlite"
        self._connection: sqlite3.Connection | None = None
        self._broken = False
        with _LOCK:
            _CACHES.add(self)

    def get_or_compute(self, text: str, compute: Callable[[], Any]) -> Any:
        """The stored value of `text`, else that of `compute()`, which is stored."""
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        row = self._execute("SELECT value FROM cache WHERE key = ?", key)
        if row is not None:
            return json.loads(row[0])
        value = compute()
        self._execute("INSERT OR REPLACE INTO cache VALUES (?, ?)", key, json.dumps(value))
        return value

    def _execute(self, statement: str, *values: bytes | str) -> tuple[str] | None:
        """The statement's first row; None without one, and always once the cache has failed."""
        with _LOCK:
            if self._broken:
                return None
            try:
                if self._connection is None:
                    self._connection = self._open()
                return self._connection.execute(statement, values).fetchone()
            except (OSError, sqlite3.Error) as error:
                self._broken = True
                logger.warning("The cache %s cannot be used (%s); going on without it, more slowly.", self.path, error)
                return None

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=30.0, isolation_level=None, check_same_thread=False)
        try:
            _set_up(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        """Close the file; the next look-up opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _set_up(connection: sqlite3.Connection, attempts: int = 100) -> None:
    """Make the file a cache, unless it is one already.

    Where several processes create it at once, SQLite turns all but one away without waiting (the change to a
    write-ahead log heeds no time-out), so try again.
    """
    for attempt in range(1, attempts + 1):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or attempt == attempts:
                raise
            time.sleep(0.02)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE IF NOT EXISTS cache (key BLOB PRIMARY KEY, value TEXT) WITHOUT ROWID")


# A connection must not cross a fork: parent and child would each believe that they hold its locks

_LOCK = threading.Lock()  # of every cache's connection, which the process's threads share
_CACHES: weakref.WeakSet[TextCache] = weakref.WeakSet()


def _before_fork() -> None:
    _LOCK.acquire()
    for text_cache in _CACHES:
        text_cache._close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)
