"""What the user decides, kept on disk as JSON, so that it outlives the page and the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.alone import alone
from leap_explorer.runs.run import write_json
from leap_explorer.runs.strict_json import read_json

#: The page's server answers in threads; two of them must not write over each other.
_LOCK = Lock()


def read_kept(path: Path) -> dict[str, Any]:
    """What is kept in a file; nothing where there is none yet.

    Raises:
        ExplorerError: the file holds something else.
    """
    try:
        content = read_json(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ExplorerError(f"{path} cannot be read ({error}). Mend it, or move it away to start anew.") from error
    if not isinstance(content, dict):
        raise ExplorerError(f"{path} holds no decisions. Mend it, or move it away to start anew.")
    return content


@contextmanager
def changing(path: Path) -> Iterator[dict[str, Any]]:
    """What is kept in a file, to be changed in place; it is written whole, or not at all, when the block ends.

    Raises:
        ExplorerError: the file holds something else, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _LOCK, alone(path):
            content = read_kept(path)
            yield content
            write_json(path, content)
    except OSError as error:
        raise ExplorerError(f"{path} cannot be written: {error.strerror}. Nothing was kept.") from error
