"""Grad-CAM: where in an image the last convolution sees what speaks for a number."""

from typing import Any

import numpy as np

from leap_explorer.contract.model import KerasModel, Model
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.inputs import Array, Inputs
from leap_explorer.explain.any_model.question import Answer, NoGradientError, Question
from leap_explorer.explain.any_model.value import Number


def has_grad_cam(model: Model, inputs: Inputs) -> bool:
    """Whether there is one input, an image, and a two-dimensional convolution that sees it."""
    is_image = len(inputs.parts) == 1 and inputs.parts[0].values.ndim == 3
    return is_image and isinstance(model, KerasModel) and last_convolution(model.keras_model) is not None


def by_grad_cam(question: Question) -> Answer:
    """The map of the last convolution, 0 and up, enlarged to the image and spread evenly over its channels."""
    if not isinstance(question.target, Number) or not isinstance(question.model, KerasModel):
        raise NoGradientError("Grad-CAM explains a number that a Keras model gives. Explain the loss by occlusion.")
    (part,) = question.inputs
    layer = last_convolution(question.model.keras_model)
    if layer is None:
        raise ExplorerError("The model has no two-dimensional convolution, which Grad-CAM starts from.")
    found = grad_cam(question.model.keras_model, layer, part.values, question.target)
    axis = part.channel_axis % 3
    size = tuple(length for i, length in enumerate(part.values.shape) if i != axis)
    enlarged = np.expand_dims(_resized(found, size), axis) / part.values.shape[axis]
    return Answer(np.broadcast_to(enlarged, part.values.shape).ravel(), {"layer": layer.name})


def last_convolution(keras_model: Any) -> Any:
    """The last layer with a map of [h, w, channels] that is a convolution, or a model with one; None without any."""
    import keras

    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
    for layer in reversed(keras_model.layers):
        within = layer._flatten_layers() if hasattr(layer, "_flatten_layers") else [layer]
        if any(isinstance(one, kinds) for one in within) and len(layer.output.shape) == 4:
            return layer
    return None


def grad_cam(keras_model: Any, layer: Any, image: Array, number: Number) -> Array:
    """[h, w] of the layer, 0 and up. Formula: Selvaraju et al. 2017, "Grad-CAM", equations 1 and 2."""
    import keras
    import tensorflow as tf

    with_map = keras.Model(keras_model.inputs, [layer.output, *keras_model.outputs])
    with tf.GradientTape() as tape:
        seen, *outputs = with_map([image[None]], training=False)
        values = number.tensor_values(outputs)
    gradient = tape.gradient(values, seen)
    if gradient is None:
        raise NoGradientError(f"No gradient leads to the layer {layer.name}. Explain it by occlusion.")
    channels = 0 if getattr(layer, "data_format", None) == "channels_first" else -1
    maps, slopes = (np.moveaxis(one.numpy()[0], channels, -1) for one in (seen, gradient))
    return np.maximum(maps @ slopes.mean(axis=(0, 1)), 0.0)


def _resized(found: Array, size: tuple[int, ...]) -> Array:
    import tensorflow as tf

    return tf.image.resize(found[..., None], size).numpy()[..., 0]
