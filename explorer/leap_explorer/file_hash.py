"""SHA-256 of a file's content."""

import hashlib
from functools import lru_cache
from pathlib import Path


def sha256_of(path: Path) -> str:
    """The digest in hexadecimal, read in pieces, and anew only once the file's size or time has changed.

    Raises:
        OSError: the file cannot be read.
    """
    state = path.stat()
    return _sha256(path.absolute(), state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=32)
def _sha256(path: Path, _size: int, _time: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
