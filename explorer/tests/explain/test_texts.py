import csv
import io

import pandas as pd
import pytest

from dashboard_data import made_data
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Reader, TextReader
from leap_explorer.explain.texts import RunTexts, texts_of
from leap_explorer.runs.run import Run


def made_run(folder, texts=None):
    """The run of `made_frame`, with these texts by id."""
    folder.mkdir()
    run = Run(folder, made_data().run.info)
    vars(run)["samples"] = made_data().run.samples
    if texts is not None:
        pd.DataFrame({"id": list(texts), "text": list(texts.values())}).to_parquet(folder / "texts.parquet")
    return run


@pytest.fixture
def reader(tmp_path):
    return texts_of([made_run(tmp_path / "run", {"a1": 'Straße, "x"', "b2": "", "c3": "strasse"})])


def test_it_reads_and_explains_nothing(reader):
    assert isinstance(reader, TextReader)
    assert not isinstance(reader, Reader)


def test_text(reader):
    assert reader.text("a1") == 'Straße, "x"'
    assert reader.text("b2") == ""
    assert reader.text("gone") is None


def test_label_csv(reader):
    decisions = [
        {"id": "a1", "verdict": "flip", "label": "yes"},
        {"id": "b2", "verdict": "ambiguous", "label": None},
        {"id": "c3", "verdict": "fine", "label": "no"},
    ]
    rows = list(csv.reader(io.StringIO(reader.label_csv(decisions))))
    assert rows == [
        ["id", "text", "label", "subset"],
        ["a1", 'Straße, "x"', "yes", "training"],
        ["c3", "strasse", "no", "test"],
        ["d4", "", "no", "test"],
    ]


def test_runs_without_texts(tmp_path):
    assert texts_of([made_run(tmp_path / "run")]) is None
    assert made_run(tmp_path / "other").texts == {}


def test_two_runs(tmp_path):
    first = made_run(tmp_path / "first", {"a1": "one", "b2": "two"})
    second = made_run(tmp_path / "second", {"b2": "two", "c3": "three"})
    assert RunTexts([first, second, made_run(tmp_path / "third")]).text("c3") == "three"
    other = made_run(tmp_path / "other", {"b2": "another"})
    with pytest.raises(ExplorerError, match="other has another text under the id b2"):
        texts_of([first, other])


def test_damaged(tmp_path):
    run = made_run(tmp_path / "run")
    (tmp_path / "run" / "texts.parquet").write_text("no parquet")
    with pytest.raises(ExplorerError, match=r"texts\.parquet cannot be read"):
        texts_of([run])
