"""Each way of writing, on a disk that is full: the message names the file, and the old one stays whole."""

import re
import subprocess

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from full_disk import full_disk  # noqa: F401 - a fixture
from leap_explorer.dashboard.user_state import changing, read_kept
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.checks import Check
from leap_explorer.insights.export import write_checks, write_csvs
from leap_explorer.runs.run import check_target, write_json, write_table, write_vectors
from leap_explorer.runs.words import ShownWords, write_words

PAGES = 40_000  # bytes, more than the 8 kB that are left

ANY = np.random.default_rng(0).bytes(PAGES)
WORDS = ShownWords(
    tuple(f"{ANY[i : i + 8].hex()}" for i in range(0, PAGES, 8)),
    np.arange(PAGES // 8 + 1),
    np.zeros(PAGES // 8, dtype=np.int32),
    np.ones(1, dtype=bool),
)


def decide(path):
    with changing(path) as kept:
        kept["a"] = ANY.hex()


WRITERS = {
    "run.json": lambda path: write_json(path, {"a": ANY.hex()}),
    "samples.parquet": lambda path: write_table(path, pa.table({"a": np.frombuffer(ANY, dtype=np.int64)})),
    "latent.npy": lambda path: write_vectors(
        path, (PAGES // 8, 1), np.float64, [np.frombuffer(ANY, np.int64)[:, None]]
    ),
    "words.parquet": lambda path: write_words(path, WORDS),
    "checks.json": lambda path: write_checks([Check(ANY.hex(), (), None, "count", ">=", 1)], path),
    "insights.csv": lambda path: write_csvs([], pd.DataFrame(), path.parent),
    "labels.json": decide,
}


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "insights.csv"])
def test_a_full_disk(full_disk, name):  # noqa: F811
    folder, fill = full_disk
    path = folder / name
    path.write_text('{"old": 1}')
    fill(8192)
    with pytest.raises(ExplorerError, match=rf"{re.escape(str(path))} cannot be written: No space left on device"):
        WRITERS[name](path)
    assert path.read_text() == '{"old": 1}'
    assert {one.name for one in folder.iterdir()} <= {name, "filling", f".{name}.lock"}


def test_a_disk_that_is_read_only(full_disk):  # noqa: F811
    folder, _ = full_disk
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    with pytest.raises(ExplorerError, match=r"run\.json cannot be written: Read-only file system"):
        write_json(folder / "run.json", {})
    with pytest.raises(ExplorerError, match=r"No run can be written to .*/new/run: Read-only file system"):
        check_target(folder / "new" / "run")


def test_no_byte_of_room(full_disk):  # noqa: F811
    folder, fill = full_disk
    fill(0)
    for name in ("insights.csv", "run.json"):
        with pytest.raises(ExplorerError, match=f"{name} cannot be written: No space left on device"):
            WRITERS[name](folder / name)
    assert [one.name for one in folder.iterdir()] == ["filling"]


def test_decisions_are_read_after_it(full_disk):  # noqa: F811
    folder, fill = full_disk
    with changing(folder / "labels.json") as kept:
        kept["first"] = "flip"
    fill(0)
    with pytest.raises(ExplorerError, match=r"labels\.json cannot be written"):
        decide(folder / "labels.json")
    assert read_kept(folder / "labels.json") == {"first": "flip"}
