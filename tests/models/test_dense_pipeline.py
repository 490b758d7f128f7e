import json
import shutil

import numpy as np
import pandas as pd
import pytest

from full_disk import full_disk  # noqa: F401 - a fixture
from IMDb.config import load_config
from IMDb.errors import UserError
from IMDb.models import dense
from IMDb.models.dense_pipeline import Reporter, train_dense
from IMDb.reviews.seen import write_seen
from IMDb.text.tokenizers import WordTokenizer
from leap_explorer.silent_imports import import_keras

FILES = ["dense.h5", "dense.history.json", "dense.seen.npy", "tokenizer.json"]
EPOCHS = 2


def make_reviews(count=160):
    """Made up: what is "great" is positive, what is "dull" negative."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 2
    texts = [
        " ".join([*generator.choice(["the", "film", "plot", "cast"], 6), ("dull", "great")[label]]) for label in labels
    ]
    split = np.where(np.arange(count) < count * 3 // 4, "training", "validation")
    split[-4:] = "test"
    return pd.DataFrame({"text": texts, "label": pd.array(labels, dtype="Int8"), "split": split})


def settings(seed=7):
    config = load_config()
    small = config.dense.model_copy(update={"vocab_size": 20, "max_length": 16, "phrases": 3})
    return config.model_copy(update={"dense": small, "seed": seed})


def weights(folder):
    return import_keras().models.load_model(folder / "dense.h5", compile=False).get_weights()


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(folder, history, weights after each epoch, epochs reported, batches reported)"""
    folder = tmp_path_factory.mktemp("trained")
    epochs, batches = [], []
    reporter = Reporter(lambda *batch: batches.append(batch), lambda *epoch: epochs.append(epoch))
    history = train_dense(settings(), make_reviews(), folder, EPOCHS, reporter)
    return folder, history, epochs, batches


def test_files(trained):
    folder, history, _, _ = trained
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert json.loads((folder / "dense.history.json").read_text(encoding="utf-8")) == history
    tokenizer = WordTokenizer.load(folder / "tokenizer.json")
    assert tokenizer.max_length == 16
    assert weights(folder)[0].shape[0] == len(tokenizer.vocab)


def test_the_tokenizer_knows_the_training_split_only(tmp_path):
    reviews = make_reviews()
    held_out = reviews["split"] != "training"
    reviews.loc[held_out, "text"] = reviews.loc[held_out, "text"] + " epilogue"
    train_dense(settings(), reviews, tmp_path, 1, Reporter())
    vocab = WordTokenizer.load(tmp_path / "tokenizer.json").vocab
    assert "great" in vocab
    assert "epilogue" not in vocab


def test_history(trained):
    _, history, epochs, _ = trained
    assert {"data", "reviews", "seed", "hardware", "seconds", "versions", "recipe", "shipped_epoch", "epochs"} <= set(
        history
    )
    assert history["reviews"] == {"training": 120, "validation": 36}
    assert history["seed"] == 7
    assert [entry["epoch"] for entry in history["epochs"]] == [1, 2]
    for entry in history["epochs"]:
        assert set(entry) == {
            "epoch",
            "training_loss",
            "training_accuracy",
            "validation_loss",
            "validation_accuracy",
        }
        assert all(np.isfinite(value) for value in entry.values())
    assert [entry for entry, _ in epochs] == history["epochs"]


def test_batches_are_reported(trained):
    batches = trained[3]
    total = EPOCHS * -(-120 // dense.BATCH_SIZE)
    assert batches == [(number, total) for number in range(1, total + 1)]


def test_both_splits_are_measured_with_dropout_off(trained):
    folder, history, _, _ = trained
    tokenizer = WordTokenizer.load(folder / "tokenizer.json")
    model = import_keras().models.load_model(folder / "dense.h5", compile=False)
    reviews = make_reviews()
    shipped = next(entry for entry in history["epochs"] if entry["epoch"] == history["shipped_epoch"])
    for split in ("training", "validation"):
        rows = reviews[reviews["split"] == split]
        logits = model.predict(dense.input_matrix(rows["text"].tolist(), tokenizer), verbose=0).astype(np.float64)
        labels = rows["label"].to_numpy(dtype=int)
        losses = np.logaddexp(logits[:, 0], logits[:, 1]) - logits[np.arange(len(labels)), labels]
        assert shipped[f"{split}_loss"] == pytest.approx(losses.mean(), abs=1e-5)
        assert shipped[f"{split}_accuracy"] == pytest.approx((logits.argmax(axis=1) == labels).mean(), abs=1e-6)


def test_the_same_seed_gives_the_same_weights(trained, tmp_path):
    train_dense(settings(), make_reviews(), tmp_path / "again", EPOCHS, Reporter())
    train_dense(settings(seed=8), make_reviews(), tmp_path / "other", EPOCHS, Reporter())
    assert same(weights(trained[0]), weights(tmp_path / "again"))
    assert not same(weights(trained[0]), weights(tmp_path / "other"))


def test_it_learns(trained):
    _, history, _, _ = trained
    first, last = history["epochs"]
    assert last["training_loss"] < first["training_loss"]


@pytest.mark.parametrize("best", [1, 2, 3])
def test_the_epoch_of_the_lowest_validation_loss_is_shipped(tmp_path, monkeypatch, best):
    """Whatever the losses really are: epoch `best` is given the lowest."""
    real_train, after_epoch = dense.train, {}

    def train(model, *arguments):
        lowest = np.inf
        for entry, _ in real_train(model, *arguments):
            after_epoch[entry["epoch"]] = model.get_weights()
            entry["validation_loss"] = float(abs(entry["epoch"] - best))
            is_best = entry["validation_loss"] < lowest
            lowest = min(lowest, entry["validation_loss"])
            yield entry, is_best

    monkeypatch.setattr(dense, "train", train)
    history = train_dense(settings(), make_reviews(), tmp_path, 3, Reporter())
    assert history["shipped_epoch"] == best
    for epoch, expected in after_epoch.items():
        assert same(weights(tmp_path), expected) == (epoch == best)


def test_train_says_which_epoch_is_best(trained):
    _, history, epochs, _ = trained
    losses = [entry["validation_loss"] for entry in history["epochs"]]
    assert [is_best for _, is_best in epochs] == [True, losses[1] < losses[0]]


@pytest.mark.parametrize("when", ["on_batch", "on_epoch"])
def test_an_interruption_leaves_the_old_files(tmp_path, when):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    for name in FILES:
        (tmp_path / name).write_text("old")
    with pytest.raises(KeyboardInterrupt):
        train_dense(settings(), make_reviews(), tmp_path, EPOCHS, Reporter(**{when: interrupt}))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(FILES, "old")


@pytest.mark.slow
def test_a_full_disk(full_disk, trained):  # noqa: F811
    """At whichever file it fills up: the file is named, and those of the training before stay whole."""
    folder, fill = full_disk
    for name in FILES:
        shutil.copy(trained[0] / name, folder)
    old = {name: (folder / name).read_bytes() for name in FILES}
    fill(4096)
    with pytest.raises(UserError, match=rf"{folder}/dense\.h5 cannot be written: No space left on device"):
        train_dense(settings(seed=8), make_reviews(), folder, 1, Reporter(lambda *_: None, lambda *_: None))
    with pytest.raises(UserError, match=rf"{folder}/dense\.seen\.npy cannot be written: "):
        write_seen(folder / "dense.seen.npy", map(str, range(5000)))
    (folder / "filling").unlink()
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == old
