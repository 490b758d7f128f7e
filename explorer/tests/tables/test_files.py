import gzip
import os
import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leap_explorer.commands.runs import read_table as read_probabilities
from leap_explorer.errors import ExplorerError
from leap_explorer.tables.files import read_table, read_vectors


class TestReadTable:
    def test_csv_keeps_all_as_text(self, tmp_path):
        path = tmp_path / "t.csv"
        path.write_text('id,text,n\n007,NA,1\n"8","a ""b"", c\nd",\n\n', encoding="utf-8-sig")
        table = read_table(path)
        assert table.to_dict("list") == {"id": ["007", "8"], "text": ["NA", 'a "b", c\nd'], "n": ["1", ""]}

    def test_tsv(self, tmp_path):
        path = tmp_path / "t.TSV"
        path.write_text("a\tb\n1,5\tx\n")
        assert read_table(path).to_dict("list") == {"a": ["1,5"], "b": ["x"]}

    def test_parquet_keeps_types(self, tmp_path):
        table = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
        table.to_parquet(tmp_path / "t.parquet")
        pd.testing.assert_frame_equal(read_table(tmp_path / "t.parquet"), table)

    @pytest.mark.parametrize("length", [200_000, 50_000_000])
    def test_long_text(self, tmp_path, length):
        (tmp_path / "t.csv").write_text("text\n" + length * "a" + "\n")
        assert len(read_table(tmp_path / "t.csv")["text"][0]) == length

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("t.xlsx", b"", "unknown kind of file; give a .csv, .tsv or .parquet."),
            ("t.csv", b"a,b,a\n1,2,3\n", "has the column 'a' 2 times."),
            ("t.csv", b"a,b\n1,2\n\n3\n", "row 2: 1 fields; the header has 2."),
            ("t.csv", b"a,b\n1,2,3\n", "row 1: 3 fields; the header has 2."),
            ("t.csv", b'a,b\n1,2\n"3,4\n', "row 2: unexpected end of data, in line 3."),
            ("t.csv", b"text\ncaf\xe9\n", "is no UTF-8 text: "),
            ("t.csv", "text\na\n".encode("utf-16"), "is no UTF-8 text: "),
            ("t.csv", "text\na\n".encode("utf-16-le"), "is no UTF-8 text but has NULs, as UTF-16 does. "),
            ("t.parquet", b"no parquet", "cannot be read: "),
        ],
    )
    def test_bad_file(self, tmp_path, name, content, message):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ExplorerError) as error:
            read_table(tmp_path / name)
        assert message in str(error.value)
        assert str(error.value).startswith(str(tmp_path / name))

    def test_missing(self, tmp_path):
        with pytest.raises(ExplorerError, match=r"There is no table at .*gone\.csv\."):
            read_table(tmp_path / "gone.csv")


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices are POSIX files")
class TestNoPlainFile:
    @pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.parquet"])
    def test_a_pipe_and_an_endless_device_as_a_table(self, tmp_path, name):
        os.mkfifo(tmp_path / name)
        (tmp_path / f"zero-{name}").symlink_to("/dev/zero")
        for path in (tmp_path / name, tmp_path / f"zero-{name}"):
            for read in (read_table, read_probabilities):
                with pytest.raises(ExplorerError, match="it is no plain file, but a folder, a pipe or a device"):
                    read(path)

    def test_a_pipe_as_vectors(self, tmp_path):
        os.mkfifo(tmp_path / "v.npy")
        with pytest.raises(ExplorerError, match=r"v\.npy cannot be read: it is no plain file"):
            read_vectors(tmp_path / "v.npy")


class TestReadVectors:
    def test_array(self, tmp_path):
        np.save(tmp_path / "v.npy", np.eye(3))
        np.testing.assert_array_equal(read_vectors(tmp_path / "v.npy"), np.eye(3))

    @pytest.mark.parametrize("shape", [(10**9, 1000), (2**62, 2**62), (10**30, 2), (-1, 4), (5, 4)])
    def test_more_than_the_file_holds(self, tmp_path, shape):
        with (tmp_path / "v.npy").open("wb") as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            file.write(bytes(64))
        with pytest.raises(ExplorerError, match=r"v\.npy cannot be read: .*Only plain arrays of numbers are read"):
            read_vectors(tmp_path / "v.npy")

    def test_pickle_is_not_run(self, tmp_path):
        class Harmful:
            def __reduce__(self):
                return (tmp_path.joinpath("harm").mkdir, ())

        np.save(tmp_path / "objects.npy", np.array([Harmful()], dtype=object), allow_pickle=True)
        (tmp_path / "pickle.npy").write_bytes(pickle.dumps(Harmful()))
        for name in ("objects.npy", "pickle.npy"):
            with pytest.raises(ExplorerError, match=f"{name} cannot be read: .*Only plain arrays of numbers are read"):
                read_vectors(tmp_path / name)
        assert not (tmp_path / "harm").exists()

    def test_other_files(self, tmp_path):
        (tmp_path / "v.npy").write_bytes(b"")
        with pytest.raises(ExplorerError, match="cannot be read"):
            read_vectors(tmp_path / "v.npy")
        with pytest.raises(ExplorerError, match="There are no vectors at"):
            read_vectors(tmp_path / "gone.npy")
        with pytest.raises(ExplorerError, match=r"give the vectors as a \.npy"):
            read_vectors(tmp_path / "v.npz")


def test_a_parquet_file_that_unpacks_to_gigabytes(tmp_path):
    """2 GB of one text in a few kilobytes; it is refused before its rows are made."""
    path = tmp_path / "a.parquet"
    texts = pa.DictionaryArray.from_arrays(np.zeros(2048, dtype=np.int32), ["x" * (1 << 20)])
    pq.write_table(pa.table({"text": texts}), path, compression="zstd")
    assert path.stat().st_size < 10_000
    with pytest.raises(ExplorerError, match=r"a\.parquet unpacks to 2\.1 GB, far more than any file of its size"):
        read_table(path)
    with pytest.raises(ExplorerError, match="unpacks to"):
        read_probabilities(path)


def test_a_packed_csv_is_not_unpacked(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"id,probability_a\n1,0.5\n"))
    with pytest.raises(ExplorerError, match="cannot be read"):
        read_probabilities(path)
