"""Keras with TensorFlow, without the notes that TensorFlow prints on stderr at import and that no setting silences."""

import os
import sys
import tempfile
from types import ModuleType


def import_keras() -> ModuleType:
    """Import and return `keras`; what the import writes to stderr is shown only if it fails."""
    if "keras" in sys.modules:
        return sys.modules["keras"]
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
