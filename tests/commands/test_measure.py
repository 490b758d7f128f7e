import json

import pytest

from files import write_csv
from IMDb.commands import measure
from IMDb.commands.options import settings
from IMDb.reviews.dataset import load_dataset

OWN = {
    "text": ["A wonderful film, one of the best.", "Awful, boring and badly acted.", "A great film.", "No label."],
    "label": ["pos", "neg", "neg", ""],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the figures go; the model files are those that are shipped."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(measure, "MODELS_DIR", folder)
    return folder


def test_both_models_and_their_mean(imdb, tmp_path, folder):
    path = write_csv(tmp_path / "own.csv", OWN)
    code, out, _ = imdb("measure", "--data", path, "--card")
    assert code == 0
    printed = " ".join(out.split())
    assert "own.csv, validation, n = 3" in printed
    assert "66.7 % (20.8-93.9)" in printed
    assert "both averaged take their sum" in printed
    (facts,) = json.loads((folder / "measured.json").read_text())["sources"].values()
    assert list(facts["models"]) == ["dense", "bert", "both"]
    assert facts["command"] == "imdb measure --data own.csv"
    assert "| own.csv, validation, n = 3 | both |" in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_nothing_that_neither_has_learned_from(imdb, tmp_path):
    trained = load_dataset(settings("dense", "bundled")).query("split == 'training'").head(2)
    path = write_csv(tmp_path / "own.csv", {"text": trained["text"].tolist(), "label": ["neg", "neg"]})
    code, out, err = imdb("measure", "--data", path)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == "Error: There is no labelled review that neither model has learned from."
