from functools import cache

import numpy as np
import pandas as pd
import pytest

from IMDb.config import BUNDLED, load_config
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from IMDb.reviews import dataset, subsets
from IMDb.reviews.dataset import load_dataset
from IMDb.reviews.seen import write_seen
from IMDb.reviews.subsets import BORROWED_OF_LABEL, by_what_was_seen, load_subsets

SEEN = MODELS["dense"].seen_path
OWN = pd.DataFrame(
    {"text": ["A fine film", "A dull film", "Fine, again", "Dull, again"], "label": ["pos", "neg", "pos", "neg"]}
)


@pytest.fixture(scope="module", autouse=True)
def _packaged_reviews_are_read_once():
    read_once = cache(dataset.read_packaged)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "read_packaged", read_once)
        patch.setattr(subsets, "read_packaged", read_once)
        yield


@pytest.fixture(scope="module")
def trained(_packaged_reviews_are_read_once):
    """Some reviews that dense has learned from."""
    return load_dataset(settings()).query("split == 'training'").head(3)[["text"]].assign(label="neg")


def settings(data=BUNDLED, test=None):
    return load_config(model="dense", data=str(data), test=None if test is None else str(test))


def write(path, table):
    table.to_csv(path, index=False)
    return path


def counts(subsets):
    return subsets.reviews["split"].value_counts().to_dict()


def split_of(named, is_seen):
    reviews = pd.DataFrame({"split": named})
    return by_what_was_seen(reviews, np.array(is_seen, dtype=bool))["split"].tolist()


class TestByWhatWasSeen:
    def test_what_was_seen_is_training_whatever_it_is_called(self):
        named = ["training", "validation", "test", "training"]
        assert split_of(named, [1, 1, 1, 0]) == ["training", "training", "training", "validation"]

    def test_what_was_not_is_held_out_under_its_own_name(self):
        named = ["training", "validation", "test"]
        assert split_of(named, [0, 0, 0]) == ["validation", "validation", "test"]

    def test_a_test_split_alone_is_the_validation_that_the_platform_requires(self):
        assert split_of(["test", "test", "unlabeled"], [0, 0, 0]) == ["validation", "validation", "unlabeled"]

    def test_what_has_no_label_stays_unlabelled(self):
        assert split_of(["unlabeled", "training"], [1, 1]) == ["unlabeled", "training"]


class TestBundled:
    def test_as_it_was_trained(self):
        found = load_subsets(settings(), SEEN)
        pd.testing.assert_frame_equal(found.reviews, load_dataset(settings()))
        assert found.notes == ()

    def test_the_record_goes_before_the_settings(self):
        moved = settings().model_copy(update={"seed": 7, "validation_share": 0.5})
        pd.testing.assert_frame_equal(load_subsets(moved, SEEN).reviews, load_dataset(settings()))

    def test_without_a_record_the_names_are_believed(self, tmp_path):
        found = load_subsets(settings(), tmp_path / "dense.seen.npy")
        pd.testing.assert_frame_equal(found.reviews, load_dataset(settings()))
        assert found.notes[0].startswith("No dense.seen.npy says what dense has learned from")


class TestOtherPeoplesTable:
    def test_without_splits_all_of_it_is_held_out(self, tmp_path):
        path = write(tmp_path / "own.csv", OWN)
        found = load_subsets(settings(path), SEEN)
        assert counts(found) == {"training": 2 * BORROWED_OF_LABEL, "validation": 4}
        own = found.reviews[found.reviews["split"] == "validation"]
        assert own["text"].tolist() == OWN["text"].tolist()
        pd.testing.assert_frame_equal(found.own, own)
        learned, moved, borrowed, limits = found.notes
        assert learned == f"dense has learned from 0 of the 4 labelled reviews of {path}."
        assert moved == "4 of the training reviews stand under validation, as it has not learned from them."
        assert borrowed == "The platform requires training reviews: 2,000 bundled ones stand in for them."
        assert limits.startswith("What cannot be known")

    def test_borrowed_reviews_are_balanced_and_such_as_the_model_has_learned_from(self, tmp_path):
        found = load_subsets(settings(write(tmp_path / "own.csv", OWN)), SEEN).reviews
        borrowed = found[found["split"] == "training"]
        trained = load_dataset(settings()).set_index("id").loc[borrowed["id"]]
        assert (trained["split"] == "training").all()
        assert borrowed["label"].value_counts().tolist() == [BORROWED_OF_LABEL] * 2

    def test_a_test_split_alone(self, tmp_path):
        found = load_subsets(settings(write(tmp_path / "own.csv", OWN.assign(split="test"))), SEEN)
        assert counts(found) == {"training": 2000, "validation": 4}
        assert found.notes[1] == "4 of the test reviews stand under validation, as the platform requires some."

    def test_one_label_is_enough(self, tmp_path):
        assert counts(load_subsets(settings(write(tmp_path / "own.csv", OWN.iloc[[0]])), SEEN))["validation"] == 1

    def test_no_labels_at_all(self, tmp_path):
        found = load_subsets(settings(write(tmp_path / "own.csv", OWN[["text"]])), SEEN)
        assert counts(found) == {"training": 2000, "validation": 2000, "unlabeled": 4}

    def test_texts_that_the_model_has_learned_from_are_training_whatever_the_table_says(self, tmp_path, trained):
        table = pd.concat([OWN, trained]).assign(split="test")
        found = load_subsets(settings(write(tmp_path / "own.csv", table)), SEEN)
        assert counts(found) == {"training": 3, "validation": 4}
        assert "dense has learned from 3 of the 7 labelled reviews" in found.notes[0]
        assert "3 of the test reviews stand under training, as it has learned from them." in found.notes

    def test_of_the_model_that_was_trained_on_it(self, tmp_path):
        path = write(tmp_path / "own.csv", OWN.assign(split=["train", "train", "validation", "test"]))
        write_seen(tmp_path / "seen.npy", OWN["text"].iloc[:2])
        found = load_subsets(settings(path), tmp_path / "seen.npy")
        assert found.reviews["split"].tolist() == ["training", "training", "validation", "test"]

    def test_nothing_to_borrow(self, tmp_path):
        write_seen(tmp_path / "seen.npy", ["only this"])
        with pytest.raises(UserError, match=r"own\.csv: dense has learned from none of it, nor .* with --test"):
            load_subsets(settings(write(tmp_path / "own.csv", OWN)), tmp_path / "seen.npy")

    def test_rotten_tomatoes_by_name(self):
        found = load_subsets(settings("rotten_tomatoes"), SEEN)
        assert counts(found) == {"training": 2000, "validation": 8530}


class TestBeside:
    def test_stands_under_test(self, tmp_path):
        path = write(tmp_path / "own.csv", OWN.assign(split="train", label=["pos", "neg", "pos", None]))
        found = load_subsets(settings(test=path), SEEN)
        assert counts(found) == {"training": 22505, "validation": 2495, "test": 3, "unlabeled": 1}
        assert found.notes[0].startswith(f"{path}: 4 reviews stand beside the others; 0 more")

    def test_what_the_model_has_learned_from_is_left_out(self, tmp_path, trained):
        found = load_subsets(settings(test=write(tmp_path / "own.csv", pd.concat([OWN, trained]))), SEEN)
        assert counts(found)["test"] == 4
        assert "3 more, which dense has learned from, are left out." in found.notes[0]

    def test_nothing_but_that(self, tmp_path, trained):
        with pytest.raises(UserError, match="has learned from every review of"):
            load_subsets(settings(test=write(tmp_path / "own.csv", trained)), SEEN)

    def test_ids_that_both_have(self, tmp_path):
        first, second = (write(tmp_path / name, OWN) for name in ("a.csv", "b.csv"))
        found = load_subsets(settings(first, second), tmp_path / "no record")
        assert found.reviews["id"].is_unique
        assert found.reviews.loc[found.reviews["split"] == "test", "id"].tolist()[0] == "test-row-00001"
        assert "(as far as is known)" in found.notes[1]

    def test_beside_a_test_split(self, tmp_path):
        data = write(tmp_path / "a.csv", OWN.assign(split=["train", "train", "validation", "test"]))
        write_seen(tmp_path / "seen.npy", OWN["text"].iloc[:2])
        with pytest.raises(UserError, match="has a test split of its own"):
            load_subsets(settings(data, "rotten_tomatoes"), tmp_path / "seen.npy")
