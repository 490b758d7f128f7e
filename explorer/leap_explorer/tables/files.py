"""Files that hold a table or vectors."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.spreadsheet import unquoted
from leap_explorer.unpacked import check_parquet

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_PARQUET = ".parquet"
_ESCAPE = "surrogateescape"  # keeps bytes that are no UTF-8
_UNDECODED = re.compile("[\udc80-\udcff]")  # such bytes
_UNCLOSED = "unexpected end of data"  # of a quote that is never closed, after which all would be lost as one row
_LONGEST_FIELD = 100_000_000  # characters; csv refuses more than 131,072 unless told otherwise


def read_table(path: Path, faults: dict[int, str] | None = None) -> pd.DataFrame:
    """A CSV, TSV or Parquet file. All that a CSV or TSV holds is text, so that "007" and "NA" stay what they are.

    Apostrophes that `leap_explorer.spreadsheet` has added are taken off again.

    Args:
        faults: gets, by the rows' places from 0, why a row of a CSV or TSV cannot be used (its fields are too many or
            too few, are not quoted rightly or no UTF-8), and nothing is raised of it. Such a row has as many of its
            fields as the header has room for. A quote that is never closed is refused all the same.

    Raises:
        ExplorerError: it is missing, of another kind, damaged, no UTF-8, or has a column twice.
    """
    suffix = path.suffix.lower()
    if suffix not in (*_SEPARATORS, _PARQUET):
        raise ExplorerError(f"{path}: unknown kind of file; give a .csv, .tsv or .parquet.")
    check_plain(path, "There is no table at")
    return _read_parquet(path) if suffix == _PARQUET else unquoted(_read_text(path, _SEPARATORS[suffix], faults))


def read_vectors(path: Path) -> npt.NDArray[Any]:
    """The array in a `.npy` file, memory-mapped: one that says it is larger than its file takes no memory.

    Pickled objects, which could run code, are refused.

    Raises:
        ExplorerError: it is missing, of another kind, or damaged.
    """
    if path.suffix.lower() != ".npy":
        raise ExplorerError(f"{path}: unknown kind of file; give the vectors as a .npy, written by `numpy.save`.")
    check_plain(path, "There are no vectors at")
    try:
        with np.errstate(over="ignore"):  # of the size that the file says it has
            return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError, OverflowError) as error:
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
        check_parquet(path)
        return pd.read_parquet(path)
    except ExplorerError:
        raise
    except Exception as error:  # pyarrow raises its own, by what is damaged
        raise ExplorerError(f"{path} cannot be read: {error}") from error


def _read_text(path: Path, separator: str, faults: dict[int, str] | None) -> pd.DataFrame:
    """By `csv` and not `pandas.read_csv`, which fills short rows, renames double columns and takes words for NaN."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="", errors="strict" if faults is None else _ESCAPE) as file:
            rows = _rows(path, csv.reader(file, delimiter=separator, strict=True), faults)
            header = next(rows, [])
            return pd.DataFrame(list(rows), columns=header, dtype=object)
    except UnicodeDecodeError as error:
        raise ExplorerError(f"{path} is no UTF-8 text: {error.reason}. Save it as UTF-8.") from error
    finally:
        csv.field_size_limit(before)


def _rows(path: Path, reader: Any, faults: dict[int, str] | None) -> Iterator[list[str]]:
    """The header, then the rows; empty lines are passed over. Fills in `faults`, or raises at the first."""
    header: list[str] = []
    row = 0
    for fields, fault in _fields(reader):
        if not header and fault is None:
            header = fields
            _check_header(path, header)
            yield header
            continue
        row += 1
        if fault is None and len(fields) != len(header):
            fault = f"{len(fields)} fields; the header has {len(header)}"
        if fault is not None and (faults is None or not header or _UNCLOSED in fault):
            raise ExplorerError(f"{path}, row {row}: {fault}.")
        if fault is not None and faults is not None:
            faults[row - 1] = fault
            fields = (fields + [""] * len(header))[: len(header)]
        yield fields


def _fields(reader: Any) -> Iterator[tuple[list[str], str | None]]:
    """The fields of each line that is not empty, and what is wrong with it."""
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield [], f"{error}, in line {reader.line_num}"
            continue
        if any(_UNDECODED.search(field) for field in fields):
            yield [field.encode("utf-8", _ESCAPE).decode("utf-8", "replace") for field in fields], "no UTF-8 text"
        elif fields:
            yield fields, None


def _check_header(path: Path, names: list[str]) -> None:
    for name in names:
        if "\0" in name:
            raise ExplorerError(f"{path} is no UTF-8 text but has NULs, as UTF-16 does. Save it as UTF-8.")
        if names.count(name) > 1:
            raise ExplorerError(f"{path} has the column {name!r} {names.count(name)} times.")
