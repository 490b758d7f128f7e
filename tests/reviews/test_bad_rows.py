"""One empty or unreadable row among many: all stops at it, or it is passed over, counted and told."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from files import write_csv
from IMDb.errors import UserError
from IMDb.models.prediction import Tally, predict_file
from IMDb.reviews.dataset import read_table
from IMDb.reviews.tables import read_chunks

#: Lines of a CSV, what is wrong with them, and what is left of the text.
BAD_LINES = {
    b",1": ("`text` is empty", ""),
    b'" ",1': ("`text` is empty", " "),
    b"caf\xe9 film,1": ("not UTF-8 text", "caf\ufffd film"),
    b"alone": ("1 fields, where the header has 2", "alone"),
    b"a,1,more": ("3 fields, where the header has 2", "a"),
    b'"a"b,1': ("',' expected after '\"', in line 3", ""),
    b"x" * 17_000_000 + b",1": ("field larger than field limit (16777216), in line 3", ""),
}


class Even:
    """Answers every text alike."""

    def logits(self, texts):
        return np.zeros((len(texts), 2), dtype=np.float32)


@pytest.mark.parametrize("bad", BAD_LINES, ids=[fault[:12] for fault, _ in BAD_LINES.values()])
def test_a_bad_line_of_a_csv(tmp_path, bad):
    fault, left = BAD_LINES[bad]
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\ngood,1\n" + bad + b"\nfine,0\n")
    with pytest.raises(UserError, match=r"a\.csv"):
        list(read_chunks(path, 2))
    chunks = list(read_chunks(path, 2, skips=True))
    assert [row for chunk in chunks for row in chunk.table["text"]] == ["good", left, "fine"]
    assert [one for chunk in chunks for one in chunk.faults] == [None, fault, None]


@pytest.mark.parametrize("content", [b'text,label\na,1\n"b,0\nc,0\n', "text,label\na,1\n".encode("utf-16")])
def test_what_would_lose_all_that_follows_is_refused(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"unexpected end of data|UTF-16"):
        list(read_chunks(path, 2, skips=True))


def test_parquet(tmp_path):
    offsets, data = np.array([0, 4, 6, 6, 10], dtype=np.int32), b"good\xff\xfefine"
    text = pa.Array.from_buffers(pa.string(), 4, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    pq.write_table(pa.table({"text": text, "n": [1, 2, 3, 4]}), tmp_path / "a.parquet")
    (chunk,) = read_chunks(tmp_path / "a.parquet", 10, skips=True)
    assert chunk.table["text"].tolist() == ["good", "\ufffd\ufffd", "", "fine"]
    assert chunk.faults == [None, "not UTF-8 text", "`text` is empty", None]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_predictions_say_why_a_row_has_none(tmp_path, suffix):
    """In chunks without a bad row too, so that the column is there from the first."""
    source = write_csv(tmp_path / "a.csv", {"text": [*["a film"] * 3000, "", "fine"], "label": [*["pos"] * 3002]})
    target = tmp_path / f"out{suffix}"
    with pytest.raises(UserError, match="row 3001: `text` is empty"):
        predict_file(source, target, Even())
    assert not target.exists()
    tally = Tally(None)
    assert predict_file(source, target, Even(), on_rows=tally.add, bad_rows="skip") == 3002
    table = pd.read_csv(target) if suffix == ".csv" else pd.read_parquet(target)
    assert table["skipped"].dropna().to_dict() == {3000: "`text` is empty"}
    assert table["prediction"].isna().sum() == table["positive"].isna().sum() == 1
    assert table["negative"].dropna().eq(0.5).all()
    assert (tally.skipped, tally.labelled) == (1, 3001)


def test_predictions_of_bad_rows_alone(tmp_path):
    source = write_csv(tmp_path / "a.csv", {"text": ["", " "], "n": [1, 2]})
    assert predict_file(source, tmp_path / "out.csv", Even(), bad_rows="skip") == 2
    assert pd.read_csv(tmp_path / "out.csv")["prediction"].isna().all()


def test_a_column_of_that_name_is_not_written_over(tmp_path):
    source = write_csv(tmp_path / "a.csv", {"text": ["a", ""], "skipped": ["x", "y"]})
    with pytest.raises(UserError, match="has a column `skipped` already; rename it first"):
        predict_file(source, tmp_path / "out.csv", Even(), bad_rows="skip")
    with pytest.raises(UserError, match="has a column `skipped` already; rename it first"):
        read_table(source, lambda path, rows: None)


def test_reviews(tmp_path):
    rows = {
        "text": ["good", "", "dull", "weak", "warm", "odd", "bland"],
        "label": ["pos", "neg", "maybe", "neg", "pos", "neg", "neg"],
        "id": ["a", "a", "b", "c", "c", "", "d"],
        "rating": ["9", "1", "1", "2", "8", "3", "11"],
    }
    told = []
    reviews = read_table(write_csv(tmp_path / "a.csv", rows), lambda path, rows: told.append((path, rows)))
    assert reviews["id"].tolist() == ["a", "c"]
    assert reviews["label"].tolist() == [1, 0]
    assert reviews.index.tolist() == [0, 1]
    ((path, skipped),) = told
    assert path == tmp_path / "a.csv"
    assert skipped["text"].tolist() == ["", "dull", "warm", "odd", "bland"]
    assert skipped["skipped"].tolist() == [
        "row 2: `text` is empty",
        "row 3: label 'maybe' is unknown; use 0, 1, neg, pos, negative or positive",
        "row 5: id 'c' stands in row 4 already",
        "row 6: `id` is empty or longer than 256 characters",
        "row 7: rating '11' is not a whole number from 1 to 10",
    ]


def test_nothing_but_bad_rows(tmp_path):
    path = write_csv(tmp_path / "a.csv", {"text": ["", "a"], "label": ["0", "?"]})
    with pytest.raises(UserError, match=r"a\.csv, row 1: `text` is empty\."):
        read_table(path, lambda path, rows: None)


def test_all_is_well(tmp_path):
    read_table(write_csv(tmp_path / "a.csv", {"text": ["a"], "label": ["0"]}), pytest.fail)
