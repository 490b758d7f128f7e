"""Files that are there whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leap_explorer.errors import ExplorerError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to; it becomes `path` when the block ends, and is removed if the block fails.

    Raises:
        ExplorerError: the file cannot be written, as on a full disk; what was there before is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        check_replaceable(path)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise ExplorerError(f"{path} cannot be written: {_reason(error)}.") from error
    finally:
        if os.path.lexists(temporary):
            temporary.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, its line ends as they are; errors as of `written_whole`."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def check_replaceable(path: Path) -> None:
    """Make sure that a file may take the path's place: a device or a pipe is not replaced by one.

    Raises:
        ExplorerError: there is something else than a file.
    """
    if path.is_dir():
        raise ExplorerError(f"{path} is a folder. Name a file in it, or elsewhere.")
    if path.exists() and not path.is_file():
        raise ExplorerError(f"{path} is no plain file, and is not replaced by one. Name another.")


def _reason(error: OSError) -> str:
    """In the system's words; Arrow has some of its own around them."""
    return os.strerror(error.errno) if error.errno else str(error)
