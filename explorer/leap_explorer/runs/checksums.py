"""Checksums of a run's files, by which one that is no longer what was written is told."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from leap_explorer.errors import ExplorerError
from leap_explorer.file_hash import sha256_of

FILES = "files"  #: where `run.json` keeps them


def checksums(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The SHA-256 of files in a folder, by name."""
    return {name: sha256_of(folder / name) for name in sorted(names)}


def as_written(path: Path, info: Mapping[str, Any]) -> Path:
    """The path of a run's file, which has the checksum that `info`, of `run.json`, says, if it says any.

    Raises:
        ExplorerError: the file was changed or damaged.
    """
    expected = (info.get(FILES) or {}).get(path.name)
    if expected and path.is_file() and sha256_of(path) != expected:
        raise ExplorerError(f"{path} is damaged: it is not what was written there. Evaluate the model anew.")
    return path
