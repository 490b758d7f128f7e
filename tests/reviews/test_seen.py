import numpy as np
import pytest

from IMDb.config import BUNDLED, load_config
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from IMDb.reviews.dataset import load_dataset
from IMDb.reviews.seen import are_seen, read_seen, text_keys, write_seen


def test_texts_that_differ_in_case_and_spaces_alone_have_one_key():
    first, second, third = text_keys(["A dull\n film", " a DULL film ", "a dull film."])
    assert first == second != third


def test_what_was_written_is_read_and_recognised(tmp_path):
    path = tmp_path / "new" / "model.seen.npy"
    write_seen(path, ["One film", "another film", "one  film"])
    keys = read_seen(path)
    assert keys.dtype == np.uint64
    assert keys.tolist() == sorted(set(text_keys(["One film", "another film"])))
    assert list(path.parent.iterdir()) == [path]
    assert are_seen(["ANOTHER film", "a third", "one film"], keys).tolist() == [True, False, True]


def test_a_model_that_has_learned_from_nothing_has_seen_nothing(tmp_path):
    write_seen(tmp_path / "m.npy", [])
    assert are_seen(["a", "b"], read_seen(tmp_path / "m.npy")).tolist() == [False, False]


def test_no_record(tmp_path):
    assert read_seen(tmp_path / "absent.npy") is None


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY\x01"])
def test_damaged(tmp_path, content):
    path = tmp_path / "m.npy"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"m\.npy cannot be read .*imdb seen"):
        read_seen(path)


@pytest.mark.parametrize("shape", [(10**12,), (10**30,), (9,)])
def test_more_than_the_file_holds(tmp_path, shape):
    with (tmp_path / "m.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<u8", "fortran_order": False, "shape": shape})
        file.write(bytes(64))
    with pytest.raises(UserError, match=r"m\.npy cannot be read .*imdb seen"):
        read_seen(tmp_path / "m.npy")


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((2, 2), dtype=np.uint64)])
def test_something_else(tmp_path, array):
    np.save(tmp_path / "m.npy", array)
    with pytest.raises(UserError, match=r"m\.npy holds no hashes"):
        read_seen(tmp_path / "m.npy")


@pytest.mark.parametrize("name", MODELS)
def test_the_shipped_records_are_of_the_bundled_training_split_and_small(name):
    path = MODELS[name].seen_path
    assert path.stat().st_size < 1_000_000
    reviews = load_dataset(load_config().model_copy(update={"data": BUNDLED}))
    training = reviews.loc[reviews["split"] == "training", "text"]
    assert read_seen(path).tolist() == np.unique(text_keys(training)).tolist()
