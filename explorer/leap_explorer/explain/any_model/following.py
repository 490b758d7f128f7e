"""Along the gradient of a Keras model, or of an ONNX encoder of tokens, from the baseline to the sample.

One input moves at a time while the others stay the sample's, so that an input's scores say what it does beside them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from leap_explorer.contract.model import KerasModel, Model, OnnxModel
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.inputs import Array, ModelInput
from leap_explorer.explain.any_model.loss_slopes import SETTINGS, loss_of_numbers
from leap_explorer.explain.any_model.question import Answer, NoGradientError, Question
from leap_explorer.explain.any_model.tokens import embeddings_by_input
from leap_explorer.explain.any_model.units import held_tokens
from leap_explorer.explain.any_model.value import Loss, Number
from leap_explorer.explain.attribution import (
    MAX_STEPS,
    STEPS,
    Differentiable,
    Floats,
    Gradient,
    gradient_times_input,
    integrated_gradients,
)

_NUMBERS_OF_A_PATH = 20_000_000  # 160 MB; of a large image fewer points are taken
_FEWEST_STEPS = 8


@dataclass(frozen=True)
class Way:
    """From where to where an input moves, [*shape, width], and the gradient at points between."""

    gradient: Gradient
    start: Floats
    end: Floats


def by_integrated_gradients(question: Question) -> Answer:
    """`attribution.integrated_gradients` of each input."""
    return _of_each_input(question, _integrate, detaches_gates=False)


def by_gradient(question: Question) -> Answer:
    """`attribution.gradient_times_input` of each input: the gradient at the sample times the way from the baseline."""
    return _of_each_input(question, _times_input, detaches_gates=False)


def by_detached_gradient(question: Question) -> Answer:
    """`by_gradient` where attention weights, scales of layer norms and gates of activations are taken for constants."""
    return _of_each_input(question, _times_input, detaches_gates=True)


def onnx_encoder(path: Path, ids_name: str, output: int, detaches_gates: bool) -> Differentiable:
    """The graph from the embeddings of one of its inputs on.

    Raises:
        ExplorerError: its gradient cannot be followed.
    """
    from leap_explorer.silent_imports import import_keras

    import_keras()  # and TensorFlow with it, without its notes on stderr
    return _onnx_encoder(path, ids_name, output, detaches_gates)


@lru_cache(maxsize=8)
def _onnx_encoder(path: Path, ids_name: str, output: int, detaches_gates: bool) -> Differentiable:
    import onnx

    from leap_explorer.explain.onnx_gradient import OnnxEncoder

    name = onnx.load(str(path)).graph.output[output].name
    return OnnxEncoder(path, ids_name, name, detaches_gates)


@lru_cache(maxsize=8)
def _keras_embedding(keras_model: Any, layer: str) -> Differentiable:
    from leap_explorer.explain.keras_gradient import KerasEmbedding

    return KerasEmbedding(keras_model, layer)


def _of_each_input(question: Question, follow: Callable[[Way], Answer], detaches_gates: bool) -> Answer:
    answers = [
        follow(_way(question, part, detaches_gates)) if part.kind in ("tokens", "numbers") else Answer(np.zeros(1))
        for part in question.inputs
    ]
    stretches = [
        np.broadcast_to(one.scores, part.values.shape).ravel()
        for part, one in zip(question.inputs, answers, strict=True)
    ]
    settings: dict[str, Any] = {"baseline": question.inputs.baseline.replace("a hidden token (mask 0)", "the token 0")}
    settings |= SETTINGS if isinstance(question.target, Loss) else {}
    for one in answers:
        settings |= one.settings
    warning = next((one.warning for one in answers if one.warning), None)
    return Answer(np.concatenate(stretches), settings, warning)


def _integrate(way: Way) -> Answer:
    most = max(_FEWEST_STEPS, _NUMBERS_OF_A_PATH // max(way.end.size, 1))
    found = integrated_gradients(way.gradient, way.start, way.end, min(STEPS, most), min(MAX_STEPS, most))
    return Answer(found.scores, {"steps": found.steps}, found.warning)


def _times_input(way: Way) -> Answer:
    return Answer(gradient_times_input(way.gradient, way.start, way.end))


def _way(question: Question, part: ModelInput, detaches_gates: bool) -> Way:
    if isinstance(question.target, Loss):
        return _way_of_loss(question, part, detaches_gates)
    return _way_of_number(question, part, question.target, detaches_gates)


def _way_of_loss(question: Question, part: ModelInput, detaches_gates: bool) -> Way:
    """By the chain rule: the gradient of each number that the loss reads, times the loss's slope there."""
    loss = loss_of_numbers(question)
    ways = [_way_of_number(question, part, number, detaches_gates) for number in loss.numbers]

    def gradient(points: Floats) -> tuple[Floats, Floats]:
        numbers, gradients = zip(*(way.gradient(points) for way in ways), strict=True)
        values, slopes = loss.values_and_slopes(np.stack(numbers, axis=1).astype(np.float64))
        return values, np.einsum("nk,kn...->n...", slopes, np.stack(gradients))

    return Way(gradient, ways[0].start, ways[0].end)


def _way_of_number(question: Question, part: ModelInput, number: Number, detaches_gates: bool) -> Way:
    if part.kind == "tokens":
        return _way_of_tokens(question, part, number, detaches_gates)
    return _way_of_numbers(question, part, number)


def _way_of_tokens(question: Question, part: ModelInput, number: Number, detaches_gates: bool) -> Way:
    """From token 0 in each place that holds one."""
    encoder, number = _encoder(question.model, part, number, detaches_gates)
    end = encoder.embed(part.values)
    start = np.where(held_tokens(part, question.inputs)[..., None], encoder.embed(np.zeros(1))[0], end)
    sample = {one.fed_as: one.values for one in question.inputs}

    def gradient(points: Floats) -> tuple[Floats, Floats]:
        return encoder.gradient(points, sample, number)

    return Way(gradient, start, end)


def _encoder(model: Model, part: ModelInput, number: Number, detaches_gates: bool) -> tuple[Differentiable, Number]:
    """The model from an input's embeddings on, and the number as it is to be asked there."""
    if isinstance(model, KerasModel):
        layer = embeddings_by_input(model.keras_model)[part.fed_as]
        return _keras_embedding(model.keras_model, layer), number
    if not isinstance(model, OnnxModel) or model.path is None:
        raise NoGradientError("The model has no file whose gradient can be followed. Explain it by occlusion.")
    return onnx_encoder(model.path, part.fed_as, number.output, detaches_gates), replace(number, output=0)


def _way_of_numbers(question: Question, part: ModelInput, number: Number) -> Way:
    if not isinstance(question.model, KerasModel):
        raise NoGradientError("Gradients from numbers are followed in Keras models only. Explain it by occlusion.")
    keras_model = question.model.keras_model
    sample = {one.fed_as: one.values for one in question.inputs}

    def gradient(points: Floats) -> tuple[Floats, Floats]:
        return keras_number_gradient(keras_model, sample, part.fed_as, points[..., 0], number)

    return Way(gradient, part.baseline[..., None].astype(np.float64), part.values[..., None].astype(np.float64))


def keras_number_gradient(
    keras_model: Any, sample: Mapping[str, Array], moving: str, points: Floats, number: Number
) -> tuple[Floats, Floats]:
    """The number [n] and its gradients [n, *shape, 1] with `points` [n, *shape] in place of one of the inputs.

    Raises:
        NoGradientError: nothing leads from the number to that input.
    """
    import tensorflow as tf

    rows = {name: tf.constant(np.repeat(one[None], len(points), axis=0)) for name, one in sample.items()}
    moved = tf.constant(points, dtype=tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(moved)
        rows[moving] = moved
        values = number.tensor_values(keras_model(moved if len(rows) == 1 else rows, training=False))
    found = tape.gradient(values, moved)
    if found is None:
        raise NoGradientError(f"No gradient leads to the input {moving}. Explain it by occlusion.")
    return values.numpy(), found.numpy()[..., None]


def can_follow(model: Model, ids: list[str], output: int) -> bool:
    """Whether the gradient of an ONNX model can be followed to all of its token inputs of these names."""
    if not isinstance(model, OnnxModel) or model.path is None or not ids:
        return False
    try:
        for name in ids:
            onnx_encoder(model.path, name, output, detaches_gates=True)
    except ExplorerError:  # it says why, and occlusion does without
        return False
    return True
