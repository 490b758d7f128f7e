"""Gradients of a Keras model from its word embeddings on. Import it where it is needed: it loads TensorFlow."""

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.attribution import Array, Floats, Inputs
from leap_explorer.explain.explained import Explained


class KerasEmbedding:
    """A Keras model, to be started from any point of the space of its word embeddings.

    The model is run on the sample's own ids all along a path, and only what the embedding layer returns is replaced. So
    everything that it derives from the ids, such as the mask of an embedding with `mask_zero` or of a `not_equal`,
    stays the sample's: padding never enters an average, and at words the mask does not switch off where the path
    passes the embedding of PAD. Padding itself does not move along the path and gets the score 0.
    """

    settings: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, model: keras.Model, layer_name: str | None = None) -> None:
        """
        Raises:
            ExplorerError: the model has no embedding layer, or none of that name.
        """
        self._model = model
        self._layer = embedding_layer(model, layer_name)
        self._stand_in = threading.local()  # a page predicts in one thread while it explains in another
        look_up = self._layer.call

        def call(*args: Any, **kwargs: Any) -> Any:
            points = getattr(self._stand_in, "points", None)
            if points is None:
                return look_up(*args, **kwargs)
            self._stand_in.uses += 1
            return points

        self._layer.call = call

    def embed(self, ids: Array) -> Floats:
        return np.asarray(self._layer(np.asarray(ids)))

    def gradient(self, points: Floats, inputs: Inputs, target: Explained) -> tuple[Floats, Floats]:
        rows = {name: np.repeat(values[None], len(points), axis=0) for name, values in inputs.items()}
        tensor = tf.convert_to_tensor(points, dtype=self._layer.compute_dtype)
        self._stand_in.points, self._stand_in.uses = tensor, 0
        try:
            with tf.GradientTape() as tape:
                tape.watch(tensor)
                outputs = self._model(next(iter(rows.values())) if len(rows) == 1 else rows, training=False)
                values = target.tensor_values(outputs)
        finally:
            self._stand_in.points = None
        if self._stand_in.uses != 1:
            raise ExplorerError(
                f"The model reads its embedding layer {self._layer.name!r} {self._stand_in.uses} times; gradients can "
                "be followed only where it does so once. Explain it by occlusion."
            )
        return values.numpy(), tape.gradient(values, tensor).numpy()


def embedding_layer(model: keras.Model, name: str | None = None) -> keras.layers.Embedding:
    """The embedding layer of that name, or the one with the largest table: positions and segments have small ones.

    Raises:
        ExplorerError: there is none.
    """
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Embedding)]
    named = [layer for layer in layers if name is None or layer.name == name]
    if not named:
        names = ", ".join(layer.name for layer in layers)
        raise ExplorerError(
            f"The model has no embedding layer{f' named {name!r} (it has {names})' if layers else ''}, where the "
            "gradient methods start. Explain it by occlusion."
        )
    return max(named, key=lambda layer: layer.input_dim)
