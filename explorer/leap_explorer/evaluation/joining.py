"""From the parts of an evaluation, a file for each chunk of samples, to the files of its run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from leap_explorer.runs.row_groups import in_groups, write_groups
from leap_explorer.runs.run import write_table, write_vectors


def join_vectors(parts: Sequence[Path], column: str, target: Path, dtype: Any) -> None:
    """Write the parts' vectors as one matrix, a part at a time."""
    counts = [pq.read_metadata(part).num_rows for part in parts]
    width = _rows(parts[0], column, counts[0]).shape[1]
    blocks = (_rows(part, column, count) for part, count in zip(parts, counts, strict=True))
    write_vectors(target, (sum(counts), width), dtype, blocks)


def _rows(part: Path, column: str, count: int) -> npt.NDArray[Any]:
    values = pq.read_table(part, columns=[column])[column].combine_chunks()
    return values.values.to_numpy(zero_copy_only=False).reshape(count, -1)


def join_lists(parts: Sequence[Path], column: str, target: Path) -> None:
    """Write the parts' lists of records as one table, each record with the row of its sample."""
    tables, start = [], 0
    for part in parts:
        lists = pq.read_table(part, columns=[column])[column].combine_chunks()
        rows = pa.array(np.asarray(lists.value_parent_indices()) + start, pa.int32())
        table = pa.Table.from_struct_array(lists.flatten())
        tables.append(table.add_column(0, "row", rows))
        start += len(lists)
    write_table(target, pa.concat_tables(tables))


def read_column(parts: Sequence[Path], column: str) -> list[Any]:
    """The parts' values of one column; None where there is none."""
    return pa.concat_tables([pq.read_table(part, columns=[column]) for part in parts])[column].to_pylist()


def join_tables(parts: Sequence[Path], names: list[str], places: Mapping[str, pa.Array], target: Path) -> None:
    """Write the parts' columns of these names, and those of `places`, as one table, a group of rows at a time."""
    tables = (pq.read_table(part, columns=names) for part in parts)
    write_groups(target, _with_columns(in_groups(tables), places))


def _with_columns(tables: Iterable[pa.Table], columns: Mapping[str, pa.Array]) -> Iterator[pa.Table]:
    start = 0
    for table in tables:
        stop = start + len(table)
        for name, column in columns.items():
            table = table.append_column(name, column[start:stop])
        yield table
        start = stop
