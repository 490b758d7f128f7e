"""The small dense network: a vector for each word or phrase, averaged over the review.

Input -> Embedding -> Dropout -> Dense -> GlobalAveragePooling1D -> Dropout -> Dense(2)
"""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from IMDb.config import LABELS
from IMDb.errors import UserError
from IMDb.text.tokenizers import WordTokenizer
from leap_explorer.silent_imports import import_keras

if TYPE_CHECKING:
    import keras

EMBEDDING_WIDTH = 32
HIDDEN_UNITS = 16
# Vectors for 28,000 words and phrases learn 22,500 reviews by heart within a few epochs. Dropping whole words, rather
# than single features of them, makes the network find its evidence in more than a handful of them.
WORD_DROPOUT = 0.5
DROPOUT = 0.5
LEARNING_RATE = 1e-3
# Reviews of one film share its names, so accuracy on the held-out reviews still rises while the network learns films
# rather than judgements. A rate that shrinks with each epoch keeps it from going on with that.
RATE_DECAY = 0.83
BATCH_SIZE = 64
EPOCHS = 20
EVALUATION_BATCH = 512

Entry = dict[str, float]
Arrays = tuple[npt.NDArray[Any], npt.NDArray[Any]]  #: ids [n, length] and labels [n]


def recipe() -> dict[str, float]:
    """What decides the result besides the data, the seed and the tokenizer."""
    return {
        "embedding_width": EMBEDDING_WIDTH,
        "hidden_units": HIDDEN_UNITS,
        "word_dropout": WORD_DROPOUT,
        "dropout": DROPOUT,
        "learning_rate": LEARNING_RATE,
        "rate_decay": RATE_DECAY,
        "batch_size": BATCH_SIZE,
    }


def build(vocab_size: int, max_length: int) -> "keras.Model":
    """The untrained network: token ids [batch, max_length] float32 -> logits [batch, 2].

    The input is float32 since that is what the platform feeds; ids are exact in it. `mask_zero` keeps padding out of
    the average, so a short review is not diluted.
    """
    keras = import_keras()

    ids = keras.Input((max_length,), dtype="float32", name="tokens")
    x = keras.layers.Embedding(vocab_size, EMBEDDING_WIDTH, mask_zero=True, name="embedding")(
        ids
    )  # [batch, length, 32]
    x = keras.layers.Dropout(WORD_DROPOUT, noise_shape=(None, max_length, 1), name="word_dropout")(x)
    x = keras.layers.Dense(HIDDEN_UNITS, activation="relu", name="hidden")(x)  # [batch, length, 16]
    x = keras.layers.GlobalAveragePooling1D(name="average")(x)  # [batch, 16]
    x = keras.layers.Dropout(DROPOUT, name="average_dropout")(x)
    logits = keras.layers.Dense(len(LABELS), name="logits")(x)  # [batch, 2]
    return keras.Model(ids, logits, name="dense")


def input_matrix(texts: Sequence[str], tokenizer: WordTokenizer) -> npt.NDArray[np.float32]:
    """[n, max_length] float32, padded ids."""
    matrix = np.empty((len(texts), tokenizer.max_length), dtype=np.float32)
    for index, text in enumerate(texts):
        matrix[index] = tokenizer.encode(text).padded(tokenizer.max_length, tokenizer.pad_id)
    return matrix


def train(
    model: "keras.Model",
    training: Arrays,
    validation: Arrays,
    epochs: int = EPOCHS,
    report: Callable[[int, int], None] = lambda epoch, batch: None,
) -> Iterator[tuple[Entry, bool]]:
    """Train epoch by epoch; after each give its history entry and whether its validation loss is the lowest so far.

    Losses are mean cross-entropies in nats. Both splits are measured at the epoch's end with dropout off.
    `report(epoch, batch)`, both counted from 1, is called after every batch.
    """
    best = np.inf
    for epoch in _epochs(model, training, epochs, report):
        entry: Entry = {"epoch": epoch}
        for name, split in (("training", training), ("validation", validation)):
            scores = model.evaluate(*split, batch_size=EVALUATION_BATCH, verbose=0, return_dict=True)
            entry |= {f"{name}_loss": scores["loss"], f"{name}_accuracy": scores["accuracy"]}
        is_best = entry["validation_loss"] < best
        best = min(best, entry["validation_loss"])
        yield entry, is_best


def fit(
    model: "keras.Model",
    training: Arrays,
    epochs: int = EPOCHS,
    report: Callable[[int, int], None] = lambda epoch, batch: None,
) -> None:
    """Train for all epochs, as `train` does, measuring nothing."""
    for _ in _epochs(model, training, epochs, report):
        pass


def _epochs(model: "keras.Model", training: Arrays, epochs: int, report: Callable[[int, int], None]) -> Iterator[int]:
    """Train; after each epoch give its number, from 1."""
    keras = import_keras()

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss, metrics=["accuracy"])
    for epoch in range(1, epochs + 1):
        model.optimizer.learning_rate = LEARNING_RATE * RATE_DECAY ** (epoch - 1)
        on_batch = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs, epoch=epoch: report(epoch, batch + 1)
        )
        model.fit(*training, batch_size=BATCH_SIZE, epochs=1, shuffle=True, verbose=0, callbacks=[on_batch])
        yield epoch


_H5_OVERHEAD = 1 << 20  # bytes, more than a model's file has beside its weights


def save(model: "keras.Model", path: Path) -> None:
    """Write the `.h5` file, atomically, in the form that the platform's importer (Keras 2.12) and Keras 3 both read.

    Raises:
        UserError: the file cannot be written, as on a full disk; what was there stays.
    """
    import h5py

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        temporary.write_bytes(bytes(4 * model.count_params() + _H5_OVERHEAD))  # HDF5 on a full disk ends the process
        with _no_advice():
            model.save(temporary, include_optimizer=False)
        with h5py.File(temporary, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            file.attrs["model_config"] = json.dumps(to_keras_2(config))
            file.attrs["keras_version"] = "2.12.0"
            if "training_config" in file.attrs:
                del file.attrs["training_config"]
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


_KERAS_3_ONLY = frozenset({"optional", "quantization_config", "input_axes", "output_axes", "registered_name", "module"})


def to_keras_2(node: Any) -> Any:
    """A Keras 3 `model_config` in the form that Keras 2 wrote, for a functional model whose layers have one input.

    Data type policies become their names, `batch_shape` becomes `batch_input_shape`, what Keras 2 does not know is
    left out, and a layer's inbound node becomes `[[layer, node, tensor, {}]]`. Keras 3 writes the padding mask as an
    operation of its own, `not_equal`; Keras 2 derives it from the embedding's `mask_zero`, so it is left out.
    """
    if isinstance(node, list):
        return [to_keras_2(item) for item in node if not _is_mask(item)]
    if not isinstance(node, dict):
        return node
    if node.get("class_name") == "DTypePolicy":
        return node["config"]["name"]
    renamed = {("batch_input_shape" if key == "batch_shape" else key): value for key, value in node.items()}
    return {
        key: _inbound_nodes(value) if key == "inbound_nodes" else to_keras_2(value)
        for key, value in renamed.items()
        if key not in _KERAS_3_ONLY
    }


@contextmanager
def _no_advice() -> Iterator[None]:
    """Without Keras's advice to use its own format, which the platform does not import."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _is_mask(node: Any) -> bool:
    return isinstance(node, dict) and node.get("class_name") == "NotEqual"


def _inbound_nodes(nodes: list[dict[str, Any]]) -> list[list[list[Any]]]:
    converted = []
    for node in nodes:
        (tensor,) = node["args"]
        layer, node_index, tensor_index = tensor["config"]["keras_history"]
        converted.append([[layer, node_index, tensor_index, {}]])
    return converted
