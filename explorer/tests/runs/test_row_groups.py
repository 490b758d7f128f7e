import pyarrow as pa
import pyarrow.parquet as pq

from leap_explorer.runs.row_groups import in_groups, write_groups
from leap_explorer.runs.run import write_table


def parts():
    return [pa.table({"a": list(range(start, start + 5)), "b": [0.5] * 5}) for start in range(0, 25, 5)]


def test_groups_hold_as_many_rows_as_they_may_and_keep_their_order(tmp_path):
    write_groups(tmp_path / "t.parquet", in_groups(parts(), rows=12))
    file = pq.ParquetFile(tmp_path / "t.parquet")
    assert [file.metadata.row_group(number).num_rows for number in range(3)] == [12, 12, 1]
    assert file.read_row_group(1)["a"].to_pylist() == list(range(12, 24))
    assert file.read()["a"].to_pylist() == list(range(25))


def test_what_fits_one_group_is_written_as_one(tmp_path):
    write_groups(tmp_path / "t.parquet", in_groups(parts(), rows=25))
    write_table(tmp_path / "whole.parquet", pa.concat_tables(parts()))
    assert pq.read_metadata(tmp_path / "t.parquet").num_row_groups == 1
    assert (tmp_path / "t.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_a_table_without_rows(tmp_path):
    write_table(tmp_path / "t.parquet", parts()[0][:0])
    assert pq.read_table(tmp_path / "t.parquet").schema.names == ["a", "b"]
