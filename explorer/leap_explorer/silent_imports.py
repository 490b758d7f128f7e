"""Imports without the notes that a library writes to stderr, and that no setting silences."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from leap_explorer.extras import require

_LOCK = threading.RLock()  # of two threads that each held stderr back, one would put back what the other had put there


@contextmanager
def held_back_stderr() -> Iterator[None]:
    """Show what is written to stderr within only if an exception leaves the block; native code's is held back too."""
    with _LOCK:
        yield from _held_back()


def _held_back() -> Iterator[None]:
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(stderr, notes.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def import_keras() -> ModuleType:
    """Keras on TensorFlow.

    Raises:
        ExplorerError: one of them is not installed.
    """
    with _LOCK:
        return sys.modules["keras"] if "keras" in sys.modules else _import_keras()


def _import_keras() -> ModuleType:
    require("A Keras model", "keras")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with held_back_stderr():
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices()  # looks for a GPU, and complains where there is none
    return keras


def import_umap() -> ModuleType:
    """`umap`, which imports TensorFlow where it is installed."""
    with held_back_stderr():
        import umap
    return umap
