from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from IMDb.config import MODELS_DIR, load_config
from IMDb.model_specs import MODELS
from IMDb.models import changed
from IMDb.models.changed import Answers, shipped_answers, what_changed
from IMDb.reviews.dataset import load_dataset

CONFIG = load_config(model="dense", data="bundled")
REVIEWS = pd.DataFrame(
    {
        "text": ["A great film.", "An awful film.", "The best of the year.", "Boring."],
        "label": pd.array([1, 0, 1, 0], dtype="Int8"),
        "split": ["validation", "validation", "validation", "training"],
    }
)


class Fixed:
    """Gives the logits of `positive` that it is told."""

    def __init__(self, positive):
        self.positive = positive

    def logits(self, texts):
        return np.array([[0.0, one] for one in self.positive[: len(texts)]], dtype=np.float32)


def test_the_shipped_model_is_asked_of_validation_reviews_that_it_has_not_learned_from():
    trained = load_dataset(CONFIG).query("split == 'training'").head(1).assign(split="validation")
    found = shipped_answers(CONFIG, pd.concat([REVIEWS, trained]))
    assert found.reviews["text"].tolist() == REVIEWS["text"].tolist()[:3]
    assert found.right.tolist() == [1, 1, 1]
    assert (found.loss < np.log(2)).all()


def test_the_same_model_changes_nothing():
    said = what_changed(CONFIG, MODELS_DIR, shipped_answers(CONFIG, REVIEWS))
    assert "on the 3 validation reviews that neither has learned from: accuracy 100.0 % -> 100.0 %, +0.0 points" in said
    assert "0 fixed and 0 broken, McNemar's exact p = 1;" in said


def test_what_was_fixed_and_broken(monkeypatch):
    reviews = pd.concat([REVIEWS.iloc[:2]] * 50)
    before = Answers.of(Fixed([1.0] * 100), reviews)  # right of each other one
    monkeypatch.setattr(changed, "load_trained", lambda config, folder: Fixed([1.0, -1.0] * 45 + [-1.0] * 10))
    said = what_changed(CONFIG, MODELS_DIR, before)
    assert "accuracy 50.0 % -> 95.0 %, +45.0 points" in said
    assert "50 fixed and 5 broken" in said


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"path": MODELS_DIR / "nowhere.h5"}, "there is no nowhere.h5 yet"),
        ({"path": MODELS_DIR / "tokenizer.json"}, "tokenizer.json cannot be loaded"),
    ],
)
def test_no_model_to_compare_with(monkeypatch, change, reason):
    monkeypatch.setitem(MODELS, "dense", replace(MODELS["dense"], **change))
    found = shipped_answers(CONFIG, REVIEWS)
    assert reason in found
    assert what_changed(CONFIG, MODELS_DIR, found).startswith("Not compared with an earlier model: ")


def test_nobody_knows_what_it_has_learned_from(monkeypatch):
    monkeypatch.setattr(changed, "read_seen", lambda path: None)
    assert shipped_answers(CONFIG, REVIEWS).startswith("nobody knows what the dense.h5")


def test_nothing_left_to_compare_on():
    assert shipped_answers(CONFIG, REVIEWS.assign(split="training")) == "it has learned from every validation review"
