import numpy as np
import pandas as pd
import pytest

from files import write_csv
from IMDb.config import load_config
from IMDb.errors import UserError
from IMDb.models import cross_validation
from IMDb.models.cross_validation import cross_validate, fold_numbers, write_out_of_sample
from IMDb.reviews.dataset import load_dataset

FOLDS, EPOCHS = 3, 2


def make_reviews(count=120):
    """Made up: what is "great" is positive, what is "dull" negative; some texts stand there twice."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 2
    texts = [
        " ".join([*generator.choice(["the", "film", "plot", "cast", "music"], 6), ("dull", "great")[label]])
        for label in labels
    ]
    texts[20:24] = texts[0:4]
    split = np.where(np.arange(count) % 4 == 3, "validation", "training")
    ids = [f"review-{i}" for i in range(count)]
    return pd.DataFrame({"id": ids, "text": texts, "label": pd.array(labels, dtype="Int8"), "split": split})


def settings():
    config = load_config()
    small = config.dense.model_copy(update={"vocab_size": 20, "max_length": 16, "phrases": 3})
    return config.model_copy(update={"dense": small, "seed": 7})


class TestFolds:
    texts = pd.Series([f"film number {i}" for i in range(400)])

    def test_each_gets_about_as_many(self):
        sizes = np.bincount(fold_numbers(self.texts, 5, 7), minlength=5)
        assert sizes.sum() == 400
        assert sizes.min() > 50
        assert len(sizes) == 5

    def test_identical_texts_are_together(self):
        texts = pd.Series(["A great  film", "a Great film", "other", "A great  film"])
        numbers = fold_numbers(texts, 7, 1)
        assert numbers[0] == numbers[1] == numbers[3]

    def test_whatever_their_order(self):
        numbers = fold_numbers(self.texts, 5, 7)
        shuffled = self.texts.sample(frac=1, random_state=0)
        np.testing.assert_array_equal(fold_numbers(shuffled, 5, 7), numbers[shuffled.index])

    def test_seeded(self):
        assert (fold_numbers(self.texts, 5, 7) != fold_numbers(self.texts, 5, 8)).any()


@pytest.fixture(scope="module")
def validated():
    """(reviews, table, what was reported)"""
    reviews, reports = make_reviews(), []
    table = cross_validate(settings(), reviews, FOLDS, EPOCHS, lambda *report: reports.append(report))
    return reviews, table, reports


@pytest.mark.slow
class TestCrossValidation:
    def test_every_training_review_once(self, validated):
        reviews, table, _ = validated
        assert table["id"].tolist() == reviews.loc[reviews["split"] == "training", "id"].tolist()
        assert sorted(table["fold"].unique()) == list(range(FOLDS))
        assert table.columns.tolist() == ["id", "fold", "probability_negative", "probability_positive"]

    def test_probabilities(self, validated):
        _, table, _ = validated
        probabilities = table[["probability_negative", "probability_positive"]].to_numpy()
        assert probabilities.dtype == np.float32
        assert ((probabilities > 0) & (probabilities < 1)).all()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)

    def test_identical_texts_are_in_one_fold(self, validated):
        reviews, table, _ = validated
        texts = reviews.set_index("id")["text"].reindex(table["id"])
        assert texts.duplicated().any()
        assert table["fold"].groupby(texts.to_numpy()).nunique().max() == 1

    def test_progress(self, validated):
        _, _, reports = validated
        batches = [batch for batch, _, _ in reports]
        assert batches == sorted(batches)
        assert batches[-1] == reports[-1][1]
        accuracies = [accuracy for _, _, accuracy in reports if accuracy is not None]
        assert len(accuracies) == FOLDS
        assert all(0 <= accuracy <= 1 for accuracy in accuracies)

    def test_a_fold_is_not_learned_from(self, validated, monkeypatch):
        """What each model is fitted on and the tokenizer reads are the reviews of the other folds."""
        reviews, table, _ = validated
        read, fitted = [], []
        real = cross_validation.fit_tokenizer
        monkeypatch.setattr(
            cross_validation,
            "fit_tokenizer",
            lambda rows, config: (read.append(set(rows["id"])), real(rows, config))[1],
        )
        monkeypatch.setattr(cross_validation.dense, "fit", lambda model, arrays, *rest: fitted.append(len(arrays[1])))
        cross_validate(settings(), reviews, FOLDS, EPOCHS)
        training = set(table["id"])
        for fold, (ids, count) in enumerate(zip(read, fitted, strict=True)):
            assert ids == training - set(table.loc[table["fold"] == fold, "id"])
            assert count == len(ids)

    def test_empty_fold(self):
        reviews = make_reviews().head(12)
        with pytest.raises(UserError, match=r"9 training reviews do not fill 20 folds; ask for fewer"):
            cross_validate(settings(), reviews, folds=20, epochs=1)


def test_file(tmp_path):
    table = pd.DataFrame({"id": ["a", "b"], "fold": np.array([0, 1], dtype=np.int8)})
    table["probability_negative"] = np.array([0.25, 0.5], dtype=np.float32)
    path = tmp_path / "new" / "dense.out_of_sample.parquet"
    write_out_of_sample(table, path)
    pd.testing.assert_frame_equal(pd.read_parquet(path), table)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.slow
class TestCommand:
    """`imdb cross-validate`, with settings as they are, on made-up reviews."""

    @pytest.fixture(autouse=True)
    def _restored_environment(self, monkeypatch):
        """`--data` sets them for the process."""
        for variable in ("IMDB_MODEL", "IMDB_DATA", "IMDB_TEST"):
            monkeypatch.setenv(variable, "")

    def reviews_file(self, path, count):
        reviews = make_reviews(count)
        return write_csv(path, {name: reviews[name] for name in ("id", "text", "label")})

    def test_file_and_output(self, imdb, tmp_path):
        data = self.reviews_file(tmp_path / "reviews.csv", 120)
        options = ("--folds", FOLDS, "--epochs", 1, "-o", tmp_path / "models")
        code, out, err = imdb("cross-validate", "--data", data, *options)
        assert code == 0, err
        (path,) = (tmp_path / "models").iterdir()
        table = pd.read_parquet(path)
        reviews = load_dataset(load_config().model_copy(update={"data": str(data)}))
        training = reviews[reviews["split"] == "training"]
        assert path.name == "dense.out_of_sample.parquet"
        assert table["id"].tolist() == training["id"].tolist()
        assert sorted(table["fold"].unique()) == list(range(FOLDS))
        accuracy = ((table["probability_positive"] > 0.5).to_numpy() == (training["label"] == 1).to_numpy()).mean()
        assert f"Out-of-sample accuracy {100 * accuracy:.1f} %" in out
        assert f"n = {len(training)}, {FOLDS} folds. Wrote {path}." in out
        folds = [line for line in err.splitlines() if line.startswith("fold ")]
        assert [line.partition(":")[0] for line in folds] == [f"fold {i + 1} of {FOLDS}" for i in range(FOLDS)]

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"review": ["a"], "label": ["pos"]}, "no column `text`"),
            ({"text": ["a", "b"]}, "no labelled training reviews"),
            ({"text": ["a", "b"], "label": ["pos", "pos"]}, "no training review is labelled negative"),
        ],
    )
    def test_bad_data(self, fails, tmp_path, columns, message):
        path = write_csv(tmp_path / "bad.csv", columns)
        assert message in fails("cross-validate", "--data", path, "-o", tmp_path / "models")
        assert not (tmp_path / "models").exists()

    def test_no_data(self, fails, tmp_path):
        assert "No data at" in fails("cross-validate", "--data", tmp_path / "gone.csv", "-o", tmp_path / "models")

    def test_fewer_reviews_than_folds(self, fails, tmp_path):
        data = self.reviews_file(tmp_path / "few.csv", 24)
        message = fails("cross-validate", "--data", data, "--folds", 20, "-o", tmp_path / "models")
        assert "training reviews do not fill 20 folds; ask for fewer." in message
        assert not (tmp_path / "models").exists()

    @pytest.mark.parametrize("option", [("--folds", 1), ("--epochs", 0)])
    def test_bad_option(self, imdb, option):
        assert imdb("cross-validate", *option)[0] == 2
