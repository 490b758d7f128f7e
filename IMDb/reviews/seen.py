"""Which texts a model has learned from: hashes of its training texts, kept beside its weights.

The name of a split in somebody's table says nothing of that.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from IMDb.errors import UserError
from IMDb.reviews.dataset import text_hash

Keys = npt.NDArray[np.uint64]

_KEY_DIGITS = 16  # hexadecimal, 8 bytes: two of 100,000 texts share one with a probability of 3e-10
_REMEDY = "Write it anew with `imdb train`, or `imdb seen` for a model that is trained already."


def text_keys(texts: Iterable[str]) -> Keys:
    """[n], a number for each text, the same for texts that differ in case and spaces only."""
    return np.array([int(text_hash(text, seed=0)[:_KEY_DIGITS], 16) for text in texts], dtype=np.uint64)


def write_seen(path: Path, texts: Iterable[str]) -> None:
    """Write the sorted keys of a model's training texts, 8 bytes each, atomically.

    Raises:
        UserError: the file cannot be written; what was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        np.save(temporary, np.unique(text_keys(texts)))
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def read_seen(path: Path) -> Keys | None:
    """The keys of a model's training texts; None where there is no record of them.

    Raises:
        UserError: the file is damaged.
    """
    if not path.exists():
        return None
    try:
        keys = np.load(path, mmap_mode="r")  # takes no memory of what a file only says that it has
    except (OSError, ValueError, EOFError, OverflowError) as error:
        raise UserError(f"{path} cannot be read ({error}). {_REMEDY}") from error
    if keys.dtype != np.uint64 or keys.ndim != 1:
        raise UserError(f"{path} holds no hashes of texts. {_REMEDY}")
    return keys


def are_seen(texts: Iterable[str], seen: Keys) -> npt.NDArray[np.bool_]:
    """[n], whether each text is one of those that the model has learned from."""
    return np.isin(text_keys(texts), seen)
