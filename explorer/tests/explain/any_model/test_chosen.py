import hashlib

import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.chosen import choice_path, read_choice, write_choice


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"weights")
    write_choice(path, hashlib.sha256(b"weights").hexdigest(), "occlusion")
    return path


def test_it_holds_for_that_very_file(model):
    assert read_choice(model) == "occlusion"
    model.write_bytes(b"other weights")
    assert read_choice(model) is None


def test_without_a_file_there_is_none(tmp_path):
    assert read_choice(None) is None
    assert read_choice(tmp_path / "model.onnx") is None


def test_what_is_damaged_is_said(model):
    choice_path(model).write_text("{}")
    with pytest.raises(ExplorerError, match=r"model.heatmap.json is damaged. Make it anew"):
        read_choice(model)
