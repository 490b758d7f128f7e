import csv
import decimal
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from IMDb.config import ROOT
from IMDb.errors import UserError
from IMDb.reviews.tables import TableWriter, read_chunks

#: Values that a reader or a writer in a hurry changes.
AWKWARD = {
    "text": [
        "plain",
        "two\nlines",
        'a "quoted" word',
        "a, comma\tand a tab",
        "carriage\rreturn",
        "naïve 🎬",
        "NA",
        "\r\n.",
    ],
    "id": ["007", "1e5", "", "NA", "null", "True", " spaced ", "1.0"],
    "stars": ["3", "", "10", "1", "2", "3", "4", "5"],
}


def read(path, rows=2):
    """The whole file through `read_chunks`."""
    return pd.concat([chunk.table for chunk in read_chunks(path, rows)], ignore_index=True)


def write(path, *tables):
    with TableWriter(path) as writer:
        for table in tables:
            writer.write(table)
    return path


def write_rows(path, columns):
    """A CSV or TSV by the standard library's writer, every field quoted."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",", quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def error_of(path, rows=2):
    """The message of the one UserError."""
    with pytest.raises(UserError) as raised:
        read(path, rows)
    return str(raised.value)


@pytest.fixture
def csv_file(tmp_path):
    """Writes its argument, text or bytes, into a CSV."""

    def make(content, name="reviews.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


class TestReadChunks:
    @pytest.mark.parametrize("suffix", [".csv", ".tsv", ".CSV"])
    def test_text_values_stay_as_they_are(self, tmp_path, suffix):
        table = read(write_rows(tmp_path / f"reviews{suffix}", AWKWARD))
        assert table.to_dict("list") == AWKWARD

    @pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
    @pytest.mark.parametrize("rows", [1, 3, 4, 100])
    def test_chunks(self, tmp_path, suffix, rows):
        path = write(tmp_path / f"reviews{suffix}", pd.DataFrame({"text": [f"text {i}" for i in range(8)]}))
        chunks = list(read_chunks(path, rows))
        assert [len(chunk.table) for chunk in chunks] == [min(rows, 8 - start) for start in range(0, 8, rows)]
        assert [list(chunk.table.index) for chunk in chunks] == [list(range(len(chunk.table))) for chunk in chunks]
        assert pd.concat([chunk.table for chunk in chunks])["text"].tolist() == [f"text {i}" for i in range(8)]

    @pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
    def test_share_read_grows_to_one(self, tmp_path, suffix):
        path = write(tmp_path / f"reviews{suffix}", pd.DataFrame({"text": ["some words of a review"] * 5000}))
        shares = [chunk.share_read for chunk in read_chunks(path, 1000)]
        assert shares == sorted(shares)
        assert shares[0] < 0.5
        assert shares[-1] == 1.0

    @pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
    def test_a_nul_is_a_space(self, tmp_path, suffix):
        source, target = tmp_path / f"source{suffix}", tmp_path / f"target{suffix}"
        table = pd.DataFrame({"text": ["good\0bad", "fine"], "id": ["a\0", "b"], "stars": [1, 2]})
        write(source, table)
        write(target, read(source))
        assert pd.concat([read(target)]).astype(str).to_dict("list") == {
            "text": ["good bad", "fine"],
            "id": ["a ", "b"],
            "stars": ["1", "2"],
        }
        assert b"good\0bad" in source.read_bytes()
        assert b"good\0bad" not in target.read_bytes()

    def test_byte_order_mark_blank_lines_and_line_ends(self, csv_file):
        assert read(csv_file(b"\xef\xbb\xbftext,id\r\n\r\nfine,1\r\n\r\n\r\nbad,2")).to_dict("list") == {
            "text": ["fine", "bad"],
            "id": ["1", "2"],
        }

    def test_a_text_of_any_length(self, csv_file):
        assert read(csv_file("text\n" + "word " * 100_000 + "\n"))["text"].str.len().tolist() == [500_000]

    def test_parquet_types(self, tmp_path):
        columns = {
            "text": pa.array(["a", "b", "c"]),
            "stars": pa.array([1, None, 2**53 + 1], pa.int64()),
            "tags": pa.array([["x"], None, []]),
            "kind": pa.array(["u", "v", "u"]).dictionary_encode(),
        }
        pq.write_table(pa.table(columns), tmp_path / "reviews.parquet")
        chunks = [chunk.table for chunk in read_chunks(tmp_path / "reviews.parquet", 2)]
        assert [str(chunk["stars"].dtype) for chunk in chunks] == ["int64[pyarrow]"] * 2
        assert pd.concat(chunks)["stars"].tolist() == [1, pd.NA, 2**53 + 1]

    def test_parquet_named_index_is_a_column(self, tmp_path):
        table = pd.DataFrame({"text": list("abc"), "id": [7, 8, 9], "film": list("xyz")})
        for index in ("id", "film", ["id", "film"]):
            table.set_index(index).to_parquet(tmp_path / "reviews.parquet")
            found = read(tmp_path / "reviews.parquet")
            assert sorted(found.columns) == ["film", "id", "text"]
            assert found[["text", "id", "film"]].to_dict("list") == table.to_dict("list")

    def test_parquet_nameless_index_is_dropped(self, tmp_path):
        pd.DataFrame({"text": list("abc")}, index=[5, 7, 9]).to_parquet(tmp_path / "reviews.parquet")
        assert read(tmp_path / "reviews.parquet").columns.tolist() == ["text"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is empty."),
            (b"\n\n", "is empty."),
            (b"text,id\n", "has no rows."),
            (b"review,id\na,1\n", "has no column `text`; its columns are review, id."),
            (b"text,id,text\na,1,b\n", "has the column `text` 2 times."),
            (b"text,id\na,1\nb,2\nc,3\nd\n", ", row 4: 1 fields, where the header has 2."),
            (b"text,id\na,1\nb,2\nc,3,4\n", ", row 3: 3 fields, where the header has 2."),
            (b'text\na\nb\n\nc\n" "\n', ", row 4: `text` is empty."),
            (b'text\na\n"two\nlines"\n""\n', ", row 3: `text` is empty."),
            (b'text\na\n"two\nlines"\n\xff\n', ", line 5: not UTF-8 text; save the file as UTF-8."),
            ("text\nfine\n".encode("utf-16"), ", line 1: not UTF-8 text"),
            ("text\nfine\n".encode("utf-16-le"), ", line 1: not UTF-8 text but NULs, as in UTF-16"),
            (b"text\n" + b"a" * 50_000_000, ", row 1 (line 2): field larger than field limit (16777216)."),
            (b'text\na\nb\n"never closed\n', ", row 3 (line 4): unexpected end of data."),
            (b'text\na\n"closed"twice\n', ", row 2 (line 3): ',' expected after '\"'."),
        ],
    )
    def test_bad_text_files(self, csv_file, content, message):
        path = csv_file(content)
        found = error_of(path)
        assert found.startswith(str(path))
        assert message in found

    def test_rows_before_a_bad_one_are_given(self, csv_file):
        chunks = read_chunks(csv_file('text\na\nb\nc\n" "\n'), 2)
        assert next(chunks).table["text"].tolist() == ["a", "b"]
        with pytest.raises(UserError, match="row 4"):
            next(chunks)

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"text": pa.array(["a", "b", None])}, ", row 3: `text` is empty."),
            ({"text": pa.array(["a", "b", "c", ""])}, ", row 4: `text` is empty."),
            ({"text": pa.array([1, 2])}, ", row 1: `text` holds no text but a value of type int."),
            ({"text": pa.array([], pa.string())}, "has no rows."),
            ({"review": pa.array(["a"])}, "has no column `text`; its columns are review."),
        ],
    )
    def test_bad_parquet(self, tmp_path, columns, message):
        pq.write_table(pa.table(columns), tmp_path / "reviews.parquet")
        assert (
            error_of(tmp_path / "reviews.parquet")
            == f"{tmp_path / 'reviews.parquet'}{'' if message[0] == ',' else ' '}{message}"
        )

    def test_parquet_with_a_column_twice(self, tmp_path):
        pq.write_table(pa.table([pa.array(["a"]), pa.array(["b"])], ["text", "text"]), tmp_path / "reviews.parquet")
        assert "has the column `text` 2 times" in error_of(tmp_path / "reviews.parquet")

    def test_parquet_that_is_not_utf8(self, tmp_path):
        texts = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])
        pq.write_table(pa.table({"text": texts}), tmp_path / "reviews.parquet")
        assert "Invalid UTF8 sequence" in error_of(tmp_path / "reviews.parquet")

    @pytest.mark.parametrize("keep", [0, 10, -20])
    def test_damaged_parquet(self, tmp_path, keep):
        path = write(tmp_path / "reviews.parquet", pd.DataFrame({"text": ["a"] * 1000}))
        path.write_bytes(path.read_bytes()[:keep])
        assert error_of(path).startswith(f"{path} cannot be read: ")

    def test_a_parquet_file_that_unpacks_to_gigabytes(self, tmp_path):
        texts = pa.DictionaryArray.from_arrays(np.zeros(2048, dtype=np.int32), ["x" * (1 << 20)])
        path = tmp_path / "reviews.parquet"
        pq.write_table(pa.table({"text": texts}), path, compression="zstd", store_schema=False)
        assert path.stat().st_size < 10_000
        assert "unpacks to more than 2.1 GB, far more than any table of its size" in error_of(path, 10_000)

    @pytest.mark.parametrize("name", ["missing.csv", "missing.parquet", "folder.csv", "folder.parquet"])
    def test_no_file(self, tmp_path, name):
        if name.startswith("folder"):
            (tmp_path / name).mkdir()
        assert error_of(tmp_path / name).startswith(f"{tmp_path / name} cannot be read: ")

    @pytest.mark.parametrize("name", ["reviews.xlsx", "reviews", "reviews.csv.gz"])
    def test_unknown_kind(self, tmp_path, name):
        assert error_of(tmp_path / name).endswith("unknown kind of file; give a .csv, .tsv or .parquet.")


class TestTableWriter:
    @pytest.mark.parametrize("suffix", [".csv", ".tsv"])
    def test_text_round_trip(self, tmp_path, suffix):
        source = write_rows(tmp_path / f"source{suffix}", AWKWARD)
        target = write(tmp_path / f"target{suffix}", *(chunk.table for chunk in read_chunks(source, 3)))
        assert read(target).to_dict("list") == AWKWARD
        with target.open(encoding="utf-8", newline="") as file:  # and by a reader that is not ours
            rows = list(csv.reader(file, delimiter="\t" if suffix == ".tsv" else ","))
        assert rows == [list(AWKWARD), *(list(row) for row in zip(*AWKWARD.values(), strict=True))]

    def test_fields_are_quoted_only_where_needed(self, tmp_path):
        path = write(tmp_path / "t.csv", pd.DataFrame({"text": ["a", "b, c"], "n": [1, 2]}))
        assert path.read_bytes() == b'text,n\na,1\n"b, c",2\n'

    def test_parquet_types_are_kept(self, tmp_path):
        table = pa.table(
            {
                "text": pa.array(["a", "b", "c"]),
                "stars": pa.array([1, None, 2**53 + 1], pa.int64()),
                "small": pa.array([None, None, 3], pa.int8()),
                "seen": pa.array([True, None, False]),
                "score": pa.array([0.5, None, 2.0], pa.float32()),
                "day": pa.array([0, 1, None], pa.date32()),
                "at": pa.array([0, 1, None], pa.timestamp("us", "UTC")),
                "price": pa.array([decimal.Decimal("1.50"), None, None], pa.decimal128(9, 2)),
                "tags": pa.array([["x"], None, []]),
                "kind": pa.array(["u", "v", "u"]).dictionary_encode(),
                "nothing": pa.nulls(3),
            }
        )
        pq.write_table(table, tmp_path / "source.parquet")
        target = write(tmp_path / "t.parquet", *(chunk.table for chunk in read_chunks(tmp_path / "source.parquet", 2)))
        assert pq.read_schema(target).equals(table.schema)
        assert pq.read_table(target).to_pylist() == table.to_pylist()
        assert pd.read_parquet(target)["stars"].tolist()[0] == 1  # pandas reads the types that Arrow alone has

    def test_parquet_to_csv(self, tmp_path):
        columns = {"text": ["a", "b\nb"], "stars": pa.array([1, None], pa.int64()), "seen": [True, False]}
        pq.write_table(pa.table(columns), tmp_path / "source.parquet")
        target = write(tmp_path / "t.csv", *(chunk.table for chunk in read_chunks(tmp_path / "source.parquet", 1)))
        assert target.read_bytes() == b'text,stars,seen\na,1,True\n"b\nb",,False\n'

    def test_csv_to_parquet(self, tmp_path):
        source = write_rows(tmp_path / "source.csv", AWKWARD)
        target = write(tmp_path / "t.parquet", *(chunk.table for chunk in read_chunks(source, 3)))
        assert pq.read_table(target).to_pydict() == AWKWARD

    @pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, UserError])
    @pytest.mark.parametrize("existing", [None, b"as it was"])
    def test_nothing_is_left_of_an_interrupted_file(self, tmp_path, suffix, error, existing):
        path = tmp_path / f"t{suffix}"
        if existing:
            path.write_bytes(existing)
        with pytest.raises(error):
            self.write_and_raise(path, error)
        assert [file.read_bytes() for file in tmp_path.iterdir()] == [existing] * bool(existing)

    @staticmethod
    def write_and_raise(path, error):
        before = len(list(path.parent.iterdir()))
        with TableWriter(path) as writer:
            writer.write(pd.DataFrame({"text": ["a"]}))
            assert len(list(path.parent.iterdir())) == before + 1
            raise error

    @pytest.mark.parametrize("suffix", [".csv", ".parquet"])
    def test_the_file_appears_at_the_end_and_replaces_the_old_one(self, tmp_path, suffix):
        path = tmp_path / f"t{suffix}"
        path.write_bytes(b"old")
        with TableWriter(path) as writer:
            writer.write(pd.DataFrame({"text": ["new"]}))
            assert path.read_bytes() == b"old"
        assert read(path)["text"].tolist() == ["new"]
        assert list(tmp_path.iterdir()) == [path]

    def test_without_rows_there_is_no_file(self, tmp_path):
        with TableWriter(tmp_path / "t.csv"):
            pass
        assert not list(tmp_path.iterdir())

    def test_missing_folder(self, tmp_path):
        with pytest.raises(UserError, match=r"There is no folder .*nowhere to write t\.csv into"):
            write(tmp_path / "nowhere" / "t.csv", pd.DataFrame({"text": ["a"]}))

    def test_a_folder_of_that_name(self, tmp_path):
        (tmp_path / "t.csv").mkdir()
        with pytest.raises(UserError, match=r"t\.csv is a folder"):
            write(tmp_path / "t.csv", pd.DataFrame({"text": ["a"]}))
        assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]

    @pytest.mark.parametrize("suffix", [".csv", ".parquet"])
    def test_a_full_disk(self, tmp_path, monkeypatch, suffix):
        def fail(*arguments, **options):
            raise OSError("No space left on device")

        monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
        monkeypatch.setattr(pq.ParquetWriter, "write_table", fail)
        with pytest.raises(UserError, match=rf"t{suffix} cannot be written: No space left on device"):
            write(tmp_path / f"t{suffix}", pd.DataFrame({"text": ["a"]}))
        assert not list(tmp_path.iterdir())

    def test_columns_that_parquet_cannot_hold(self, tmp_path):
        with pytest.raises(UserError, match="cannot be written: Duplicate column names"):
            write(tmp_path / "t.parquet", pd.DataFrame([["a", "b", "c"]], columns=["text", "", ""]))
        assert not list(tmp_path.iterdir())

    def test_unknown_kind(self, tmp_path):
        with pytest.raises(UserError, match="unknown kind of file"):
            TableWriter(tmp_path / "t.xlsx")


STREAM = """
import resource, sys
from pathlib import Path
import numpy as np
from IMDb.models.prediction import predict_file

class Coin:
    def logits(self, texts):
        return np.zeros((len(texts), 2), np.float32)

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

folder = Path(sys.argv[1])
kinds = sys.argv[2:]
for kind in kinds:
    predict_file(folder / "small.csv", folder / f"small.out.{kind}", Coin())
before = peak_mb()
for kind in kinds:
    print(predict_file(folder / "large.csv", folder / f"large.out.{kind}", Coin()), peak_mb() - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path):
    row = "a review of some length, " * 16 + "the end"
    for name, count in (("small", 5_000), ("large", 200_000)):
        lines = (f'{number},"{row}"\n' for number in range(count))
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8") as file:
            file.write("id,text\n")
            file.writelines(lines)
    size_mb = (tmp_path / "large.csv").stat().st_size / 2**20
    assert size_mb > 75
    process = subprocess.run(
        [sys.executable, "-c", STREAM, str(tmp_path), "csv", "parquet"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    for line in process.stdout.splitlines():
        count, growth_mb = line.split()
        assert int(count) == 200_000
        assert float(growth_mb) < 25
    assert len(process.stdout.splitlines()) == 2
    assert pq.read_metadata(tmp_path / "large.out.parquet").num_rows == 200_000
