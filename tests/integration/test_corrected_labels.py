"""From verdicts on labels to a model trained on the corrected data, by way of the file that the dashboard exports."""

import json

import pytest

from IMDb.commands.options import settings
from IMDb.config import LABELS, load_config
from IMDb.explain.reader import ReviewTexts
from IMDb.reviews.dataset import load_dataset

pytestmark = pytest.mark.slow

REVIEWS_OF_A_KIND = 60


@pytest.fixture
def reader(tmp_path):
    """Some of the shipped reviews, with quotes, line breaks and whatever else is in them."""
    reviews = load_dataset(load_config().model_copy(update={"data": "bundled"}))
    some = reviews.groupby(["split", "label"], observed=True).head(REVIEWS_OF_A_KIND)
    path = tmp_path / "some.csv"
    some.assign(label=some["label"].map(dict(enumerate(LABELS)))).to_csv(path, index=False)
    return ReviewTexts(load_config().model_copy(update={"data": str(path)}))


def test_the_exported_file_trains_a_model(reader, tmp_path, imdb):
    before = reader.reviews.table
    training = before[before["split"] == "training"]
    flipped, ambiguous, fine = training["id"].iloc[:3]
    label = before.set_index("id").loc[flipped, "label"]
    decisions = [
        {"id": flipped, "verdict": "flip", "label": LABELS[1 - label]},
        {"id": ambiguous, "verdict": "ambiguous", "label": None},
        {"id": fine, "verdict": "fine", "label": LABELS[label]},
    ]
    path = tmp_path / "corrected.csv"
    path.write_text(reader.label_csv(decisions), encoding="utf-8", newline="")

    after = load_dataset(settings("dense", str(path))).set_index("id")
    assert after.loc[flipped, "label"] == 1 - label
    assert ambiguous not in after.index
    unchanged = before.set_index("id").drop([flipped, ambiguous])
    assert (after.loc[unchanged.index, ["text", "label", "split"]] == unchanged[["text", "label", "split"]]).all(
        axis=None
    )

    folder = tmp_path / "model"
    code, out, err = imdb("train", "dense", "--data", path, "--epochs", 1, "-o", folder)
    assert code == 0, err
    assert "validation" in out.lower()
    history = json.loads((folder / "dense.history.json").read_text(encoding="utf-8"))
    assert len(history["epochs"]) == 1
    assert (folder / "dense.h5").exists()
