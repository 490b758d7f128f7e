"""The toys, each evaluated once a session: opening an integration and its model takes seconds."""

import pytest

from gallery_toy import write_gallery
from interrupts import interruptible  # noqa: F401 (a fixture)
from offline import offline  # noqa: F401 (a fixture)
from toys import evaluate_toy, write_image_toy, write_keras_toy, write_onnx_toy


@pytest.fixture(scope="session")
def onnx_toy(tmp_path_factory):
    return evaluate_toy(write_onnx_toy, tmp_path_factory.mktemp("onnx"), "--projection", "pca")


@pytest.fixture(scope="session")
def keras_toy(tmp_path_factory):
    return evaluate_toy(write_keras_toy, tmp_path_factory.mktemp("keras"), "--projection", "pca")


@pytest.fixture(scope="session")
def image_toy(tmp_path_factory):
    return evaluate_toy(write_image_toy, tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="session")
def gallery(tmp_path_factory):
    """A visualizer of every kind."""
    return evaluate_toy(write_gallery, tmp_path_factory.mktemp("gallery"), "--projection", "pca")
