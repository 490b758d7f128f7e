"""Only one process of this machine at a time."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def alone(path: Path, if_taken: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Waits until no other process works on the file or folder; one that dies, however it does, lets go.

    Its parent must exist; a hidden file of its name, ending in `.lock`, stays beside it.

    Args:
        if_taken: called before it waits.
    """
    with path.with_name(f".{path.name}.lock").open("ab") as file:
        if not _try(file):
            if_taken()
            _wait(file)
        yield


if sys.platform == "win32":
    import msvcrt

    def _try(file: IO[bytes]) -> bool:
        """Lock the file until it is closed; False where another process has it."""
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _wait(file: IO[bytes]) -> None:
        """Lock the file as soon as it is free."""
        import time

        while not _try(file):
            time.sleep(0.05)
else:
    import fcntl

    def _try(file: IO[bytes]) -> bool:
        """Lock the file until it is closed; False where another process has it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait(file: IO[bytes]) -> None:
        """Lock the file as soon as it is free."""
        fcntl.flock(file, fcntl.LOCK_EX)
