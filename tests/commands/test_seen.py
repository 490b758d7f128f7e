from dataclasses import replace

import pytest

from files import write_csv
from IMDb.commands import seen
from IMDb.model_specs import MODELS
from IMDb.reviews.seen import are_seen, read_seen

TEXTS = [f"film number {number}" for number in range(40)]


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """A model in a folder of its own."""
    moved = replace(MODELS["bert"], path=tmp_path / "models" / "bert.onnx")
    monkeypatch.setattr(seen, "MODELS", {"bert": moved})
    return moved


def test_the_training_split_of_the_data_is_noted(imdb, tmp_path, spec):
    splits = ["train"] * 30 + ["validation"] * 10
    path = write_csv(tmp_path / "own.csv", {"text": TEXTS, "label": ["pos", "neg"] * 20, "split": splits})
    code, out, _ = imdb("seen", "bert", "--data", path)
    assert code == 0
    assert out == f"bert has learned from 30 reviews.\nWrote {spec.seen_path}.\n"
    assert are_seen(TEXTS, read_seen(spec.seen_path)).tolist() == [True] * 30 + [False] * 10


def test_the_shipped_records_are_what_it_writes(imdb, spec):
    assert imdb("seen", "bert")[0] == 0
    assert spec.seen_path.read_bytes() == MODELS["bert"].seen_path.read_bytes()
