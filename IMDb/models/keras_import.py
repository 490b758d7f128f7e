"""Keras with TensorFlow, without the notes that TensorFlow prints on stderr at import and that no setting silences."""

import os
import sys
import tempfile
import threading
from types import ModuleType

_LOCK = threading.Lock()  # of two threads that each held stderr back, one would put back what the other had put there


def import_keras() -> ModuleType:
    """Import and return `keras`; what the import writes to stderr is shown only if it fails."""
    with _LOCK:
        if "keras" in sys.modules:
            return sys.modules["keras"]
        return _import_quietly()


def _import_quietly() -> ModuleType:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            import keras
            import tensorflow as tf

            tf.config.list_physical_devices()  # looks for a GPU, and complains where there is none
        except BaseException:
            notes.seek(0)
            os.write(stderr, notes.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
    return keras
