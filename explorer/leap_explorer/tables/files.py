"""Files that hold a table or vectors."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.spreadsheet import unquoted

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_PARQUET = ".parquet"
_MOST_UNPACKED = 1 << 30  # bytes, of a Parquet file that unpacks to many times its size
_MOST_TIMES_LARGER = 100
_LONGEST_FIELD = 100_000_000  # characters; csv refuses more than 131,072 unless told otherwise


def read_table(path: Path) -> pd.DataFrame:
    """A CSV, TSV or Parquet file. All that a CSV or TSV holds is text, so that "007" and "NA" stay what they are.

    Apostrophes that `leap_explorer.spreadsheet` has added are taken off again.

    Raises:
        ExplorerError: it is missing, of another kind, damaged, no UTF-8, or has a column twice.
    """
    suffix = path.suffix.lower()
    if suffix not in (*_SEPARATORS, _PARQUET):
        raise ExplorerError(f"{path}: unknown kind of file; give a .csv, .tsv or .parquet.")
    check_plain(path, "There is no table at")
    return _read_parquet(path) if suffix == _PARQUET else unquoted(_read_text(path, _SEPARATORS[suffix]))


def read_vectors(path: Path) -> npt.NDArray[Any]:
    """The array in a `.npy` file. Pickled objects, which could run code, are refused.

    Raises:
        ExplorerError: it is missing, of another kind, or damaged.
    """
    if path.suffix.lower() != ".npy":
        raise ExplorerError(f"{path}: unknown kind of file; give the vectors as a .npy, written by `numpy.save`.")
    check_plain(path, "There are no vectors at")
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ExplorerError(f"{path} cannot be read: {error} Only plain arrays of numbers are read.") from error


def check_plain(path: Path, absent: str) -> None:
    """Refuse, before anything waits for it or fills the memory, what has no end or no content of its own.

    Args:
        absent: how the message begins where nothing is there.

    Raises:
        ExplorerError: it is missing, or a folder, a pipe or a device.
    """
    if not path.exists():
        raise ExplorerError(f"{absent} {path}.")
    if not path.is_file():
        raise ExplorerError(f"{path} cannot be read: it is no plain file, but a folder, a pipe or a device.")


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    try:
        _check_header(path, pq.read_schema(path).names)
        _check_unpacked(path, pq.read_metadata(path))
        return pd.read_parquet(path)
    except ExplorerError:
        raise
    except Exception as error:  # pyarrow raises its own, by what is damaged
        raise ExplorerError(f"{path} cannot be read: {error}") from error


def _check_unpacked(path: Path, metadata: Any) -> None:
    """Refuse, by what the file says of itself, one that was made to fill the memory."""
    size = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if size > _MOST_UNPACKED and size > _MOST_TIMES_LARGER * path.stat().st_size:
        raise ExplorerError(f"{path} unpacks to {size / 1e9:.1f} GB, far more than any table of its size.")


def _read_text(path: Path, separator: str) -> pd.DataFrame:
    """By `csv` and not `pandas.read_csv`, which fills short rows, renames double columns and takes words for NaN."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _rows(path, csv.reader(file, delimiter=separator, strict=True))
            header = next(rows, [])
            return pd.DataFrame(list(rows), columns=header, dtype=object)
    except UnicodeDecodeError as error:
        raise ExplorerError(f"{path} is no UTF-8 text: {error.reason}. Save it as UTF-8.") from error
    finally:
        csv.field_size_limit(before)


def _rows(path: Path, reader: Any) -> Iterator[list[str]]:
    """The header, then the rows; empty lines are passed over."""
    header: list[str] = []
    row = 0
    try:
        for fields in reader:
            if not fields:
                continue
            if not header:
                header = fields
                _check_header(path, header)
            else:
                row += 1
                if len(fields) != len(header):
                    raise ExplorerError(f"{path}, row {row}: {len(fields)} fields; the header has {len(header)}.")
            yield fields
    except csv.Error as error:
        raise ExplorerError(f"{path}, row {row + 1} (line {reader.line_num}): {error}.") from error


def _check_header(path: Path, names: list[str]) -> None:
    for name in names:
        if "\0" in name:
            raise ExplorerError(f"{path} is no UTF-8 text but has NULs, as UTF-16 does. Save it as UTF-8.")
        if names.count(name) > 1:
            raise ExplorerError(f"{path} has the column {name!r} {names.count(name)} times.")
