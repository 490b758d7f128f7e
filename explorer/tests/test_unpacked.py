"""Small files that unpack to more than the memory; here the memory is a megabyte."""

import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leap_explorer import unpacked
from leap_explorer.contract.model import load_model
from leap_explorer.errors import ExplorerError
from leap_explorer.unpacked import check_parquet

MEMORY = 1 << 20
TOO_LARGE = r"unpacks to 0\.0 GB, far more than any file of its size"


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    monkeypatch.setattr(unpacked, "_MOST", MEMORY)


@pytest.mark.parametrize("name", ["config.json", "metadata.json", "model.weights.h5", "assets/words.txt"])
def test_a_zip_bomb_in_a_keras_file(tmp_path, name):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, bytes(2 * MEMORY))
    with pytest.raises(ExplorerError, match=rf"model\.keras {TOO_LARGE}"):
        load_model(path)


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["x" * 1000] * 5_000),  # once in a dictionary
        pa.array([["x" * 1000]] * 5_000),
        pa.array([7] * 200_000),
        pa.array([[0.5] * 1000] * 500),
        pa.array([None] * 400_000, pa.float64()),
    ],
    ids=["texts", "lists of texts", "numbers", "lists", "nothing"],
)
@pytest.mark.parametrize("rows", [1 << 20, 1000])
def test_what_is_repeated_takes_no_room_in_a_file_but_in_memory(tmp_path, column, rows):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"c": column}), path, compression="zstd", row_group_size=rows)
    if path.stat().st_size * 100 < MEMORY:
        with pytest.raises(ExplorerError, match=rf"t\.parquet {TOO_LARGE}"):
            check_parquet(path)


def test_what_fits_is_read_however_small_its_file(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"c": ["x" * 1000] * 500}), path)
    check_parquet(path)


def test_one_long_text_of_a_dictionary_that_is_used_once(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"c": ["x" * (MEMORY // 4), *["y"] * 100_000]}), path, compression="zstd")
    check_parquet(path)
