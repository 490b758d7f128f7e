"""Grad-CAM on a convolution whose channels are known."""

import numpy as np
import pytest

from leap_explorer.contract.model import KerasModel
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.grad_cam import by_grad_cam, has_grad_cam
from leap_explorer.explain.any_model.heats import answer_by
from leap_explorer.explain.any_model.methods import GRAD_CAM
from linear_models import keras_linear, question, read

keras = pytest.importorskip("keras")


@pytest.fixture(scope="module")
def model():
    """An image -> itself and its negative, as channels -> their means -> one number for each."""
    layers = [
        keras.Input((6, 6, 1), name="x0"),
        keras.layers.Conv2D(2, 1, use_bias=False, name="seen"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(2, use_bias=False),
    ]
    built = keras.Sequential(layers)
    built.set_weights([np.array([[[[1.0, -1.0]]]]), np.eye(2)])
    return KerasModel(built, "toy")


def test_the_map_is_where_the_class_is_seen(model):
    x = np.zeros((6, 6, 1), np.float32)
    x[1, 2], x[4, 4] = 1.0, -1.0
    inputs = read(model, x0=x)
    assert has_grad_cam(model, inputs)
    found = by_grad_cam(question(model, inputs, 0))
    # Each channel weighs 1 / 36 for its own class, and nothing for the other one; what is below 0 is cut
    expected = np.zeros((6, 6))
    expected[1, 2] = 1 / 36
    assert found.scores.reshape(6, 6) == pytest.approx(expected, abs=1e-6)
    assert found.settings == {"layer": "seen"}


def test_it_needs_an_image_and_a_convolution(model):
    without, _ = keras_linear((6, 6, 1))
    inputs = read(without, x0=np.zeros((6, 6, 1), np.float32))
    assert not has_grad_cam(without, inputs)
    with pytest.raises(ExplorerError, match="cannot be explained by Grad-CAM; it can by integrated gradients"):
        answer_by(question(without, inputs), 0, GRAD_CAM)
