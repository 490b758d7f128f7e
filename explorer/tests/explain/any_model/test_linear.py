"""Of a linear model each method gives weight x (value - baseline), whatever the model reads."""

import numpy as np
import pytest

from leap_explorer.explain.any_model.methods import DETACHED_GRADIENT, methods_of
from leap_explorer.explain.attribution import GRADIENT_TIMES_INPUT, INTEGRATED_GRADIENTS, OCCLUSION
from linear_models import keras_linear, keras_tokens, onnx_linear, onnx_tokens, question, read

KERAS_METHODS = [INTEGRATED_GRADIENTS, GRADIENT_TIMES_INPUT, OCCLUSION]
SHAPES = {"vector": (5,), "curve": (9, 2), "image": (6, 7, 1), "channels": (4, 4, 3)}
IDS = np.array([3, 7, 3, 9, 0, 0])


def sample(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def answer(model, inputs, method, index=1):
    """The scores of each input."""
    return inputs.split(methods_of(model, inputs)[method](question(model, inputs, index)).scores)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("method", KERAS_METHODS)
def test_numbers_in_keras(kind, method):
    shape = SHAPES[kind]
    model, (weights,) = keras_linear(shape)
    x, mean = sample(shape), sample(shape[-1:], 1)
    (scores,) = answer(model, read(model, {"x0": mean}, x0=x), method)
    expected = weights[..., 1] * (x - mean)
    if method == OCCLUSION and kind == "channels":  # a pixel's channels go together, and share its score
        expected = np.broadcast_to(expected.mean(axis=-1, keepdims=True), shape)
    assert scores == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("kind", SHAPES)
def test_numbers_in_onnx(kind, tmp_path):
    shape = SHAPES[kind]
    model, (weights,) = onnx_linear(tmp_path / "model.onnx", shape)
    x = sample(shape)
    inputs = read(model, x0=x)
    assert list(methods_of(model, inputs)) == [OCCLUSION]
    (scores,) = answer(model, inputs, OCCLUSION, index=0)
    expected = weights[..., 0] * x
    if kind == "channels":
        expected = np.broadcast_to(expected.mean(axis=-1, keepdims=True), shape)
    assert scores == pytest.approx(expected, abs=1e-4)


def test_channels_first_go_together(tmp_path):
    model, (weights,) = onnx_linear(tmp_path / "model.onnx", (3, 4, 4))
    x, mean = sample((3, 4, 4)), sample((3,), 1)
    (scores,) = answer(model, read(model, {"x0": mean}, {"x0": 1}, x0=x), OCCLUSION)
    expected = (weights[..., 1] * (x - mean[:, None, None])).mean(axis=0, keepdims=True)
    assert scores == pytest.approx(np.broadcast_to(expected, x.shape), abs=1e-4)


def test_patches_of_a_large_image_sum_up(tmp_path):
    model, (weights,) = onnx_linear(tmp_path / "model.onnx", (28, 28, 1))
    x = sample((28, 28, 1))
    (scores,) = answer(model, read(model, x0=x), OCCLUSION)
    patches = (weights[..., 1] * x).reshape(14, 2, 14, 2).sum(axis=(1, 3))
    assert scores.reshape(14, 2, 14, 2).sum(axis=(1, 3)) == pytest.approx(patches, abs=1e-4)


@pytest.mark.parametrize("method", KERAS_METHODS)
def test_two_inputs(method):
    model, weights = keras_linear((4, 4, 1), (3,))
    x = {"x0": sample((4, 4, 1)), "x1": sample((3,), 1)}
    found = answer(model, read(model, **x), method)
    for scores, weight, values in zip(found, weights, x.values(), strict=True):
        assert scores == pytest.approx(weight[..., 1] * values, abs=1e-4)


@pytest.mark.parametrize("method", KERAS_METHODS)
def test_tokens_in_keras(method):
    model, given = keras_tokens()
    (scores,) = answer(model, read(model, tokens=IDS.astype(np.float32)), method)
    expected = np.where(IDS > 0, given[IDS, 1] - given[0, 1], 0)
    assert scores == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("method", [DETACHED_GRADIENT, GRADIENT_TIMES_INPUT, OCCLUSION])
def test_tokens_in_onnx(method, tmp_path):
    model, given = onnx_tokens(tmp_path / "model.onnx")
    inputs = read(model, input_ids=IDS, attention_mask=(IDS > 0).astype(np.int64))
    of_ids, of_mask = answer(model, inputs, method)
    nothing = 0 if method == OCCLUSION else given[0, 1]  # a token that the mask hides gives nothing
    assert of_ids == pytest.approx(np.where(IDS > 0, given[IDS, 1] - nothing, 0), abs=1e-5)
    assert not of_mask.any()


def test_an_unknown_operation_leaves_occlusion(tmp_path):
    model, _ = onnx_tokens(tmp_path / "model.onnx", "Softsign")
    inputs = read(model, input_ids=IDS, attention_mask=(IDS > 0).astype(np.int64))
    assert list(methods_of(model, inputs)) == [OCCLUSION]
