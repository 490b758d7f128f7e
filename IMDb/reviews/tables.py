"""CSV, TSV and Parquet files in chunks, so that memory does not grow with the file.

Rows are counted from 1, without the header and without blank lines.
"""

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from IMDb.errors import UserError

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_PARQUET = ".parquet"
_APOSTROPHE_ADDED = "apostrophe_added"
_NAMELESS_INDEX = re.compile(r"__index_level_\d+__")  # what pandas calls its column in the file

csv.field_size_limit(1 << 24)  # characters; the default, 131,072, is too short for a long text


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file."""

    table: pd.DataFrame
    share_read: float  #: of the file, up to the end of these rows, 0-1


def read_chunks(path: Path, rows: int) -> Iterator[Chunk]:
    """The rows of a file with a `text` column, some at a time; every other column stays as it is.

    CSV and TSV values are the text that they are ("NA" included). A NUL, which many programs take for a text's end,
    becomes a space, in any kind of file, so that none is in what is written of it either.

    Raises:
        UserError: the file cannot be read, has no rows or no `text` column, or a row's text is missing or empty. It
            names the file and the row.
    """
    suffix = check_suffix(path)
    check_plain(path)
    first_row = 1
    try:
        for chunk in _parquet_chunks(path, rows) if suffix == _PARQUET else _text_chunks(path, rows):
            table = _without_nul(chunk.table)
            check_text(path, table, first_row)
            first_row += len(table)
            yield Chunk(table, chunk.share_read)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UserError(f"{path} cannot be read: {str(error).strip()}") from error


def _without_nul(table: pd.DataFrame) -> pd.DataFrame:
    clean = table.copy(deep=False)
    for name in table:
        if pd.api.types.is_string_dtype(table[name]):
            clean[name] = table[name].str.replace("\0", " ", regex=False)
    return clean


def without_added_apostrophes(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it was before `leap_explorer.spreadsheet` kept its cells from being formulas.

    It says itself where: in the rows with `yes` as `apostrophe_added` each text that begins with one loses it.
    """
    if _APOSTROPHE_ADDED not in table:
        return table
    has_added = table[_APOSTROPHE_ADDED] == "yes"
    texts = table.drop(columns=_APOSTROPHE_ADDED)
    return texts.where(~has_added, texts.map(lambda cell: cell.removeprefix("'") if isinstance(cell, str) else cell))


def check_plain(path: Path) -> None:
    """Refuse what has no end or no content of its own, before anything waits for it or fills the memory.

    Raises:
        UserError: it is a folder, a pipe or a device.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path} cannot be read: it is no plain file, but a folder, a pipe or a device.")


def check_suffix(path: Path) -> str:
    """The file's suffix in lower case.

    Raises:
        UserError: it is of no kind that can be read and written here.
    """
    suffix = path.suffix.lower()
    if suffix not in (*_SEPARATORS, _PARQUET):
        raise UserError(f"{path}: unknown kind of file; give a .csv, .tsv or .parquet.")
    return suffix


def check_text(path: Path, table: pd.DataFrame, first_row: int = 1) -> None:
    """Check that `table` has rows and a `text` column that is a text, and not an empty one, in each of them.

    Raises:
        UserError: names the file and the row; `first_row` is the number of the table's first row in the file.
    """
    if "text" not in table:
        raise UserError(f"{path} has no column `text`; its columns are {', '.join(map(str, table.columns))}.")
    if table.empty:
        raise UserError(f"{path} has no rows.")
    texts = table["text"]
    for row, (text, is_missing) in enumerate(zip(texts, texts.isna(), strict=True), start=first_row):
        if not is_missing and not isinstance(text, str):
            raise UserError(f"{path}, row {row}: `text` holds no text but a value of type {type(text).__name__}.")
        if is_missing or not text.strip():
            raise UserError(f"{path}, row {row}: `text` is empty.")


def _parquet_chunks(path: Path, rows: int) -> Iterator[Chunk]:
    with pq.ParquetFile(path) as file:
        _check_header(path, file.schema_arrow.names)
        total = file.metadata.num_rows
        index = _range_index(file.schema_arrow)
        done = 0
        for batch in file.iter_batches(rows) if total else [file.schema_arrow.empty_table()]:
            batch.validate(full=True)  # a text may hold bytes that are not UTF-8
            # An integer stays one, missing values or not, and a named index of pandas, such as `id`, is a column
            table = batch.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
            table = table.drop(columns=[name for name in table if _NAMELESS_INDEX.fullmatch(name)])
            if index is not None:
                table.insert(0, index.name, index[done : done + len(table)])
            done += len(table)
            yield Chunk(table, done / max(1, total))


def _range_index(schema: pa.Schema) -> pd.RangeIndex | None:
    """The named index of consecutive numbers that pandas keeps in a file's metadata alone."""
    for index in (schema.pandas_metadata or {}).get("index_columns", []):
        if isinstance(index, dict) and index["name"] is not None:
            return pd.RangeIndex(index["start"], index["stop"], index["step"], name=index["name"])
    return None


def _text_chunks(path: Path, rows: int) -> Iterator[Chunk]:
    """`csv` and not `pandas.read_csv`, which fills short rows and takes the first column of long ones for the index."""
    with path.open("rb") as raw, open(raw.fileno(), encoding="utf-8-sig", newline="", closefd=False) as file:
        size = max(1, path.stat().st_size)
        reader = csv.reader(file, delimiter=_SEPARATORS[path.suffix.lower()], strict=True)
        header: list[str] = []
        chunk: list[list[str]] = []
        done = 0
        try:
            for row in reader:
                if not row:
                    continue
                if not header:
                    header = row
                    _check_header(path, header)
                    continue
                done += 1
                if len(row) != len(header):
                    raise UserError(f"{path}, row {done}: {len(row)} fields, where the header has {len(header)}.")
                chunk.append(row)
                if len(chunk) == rows:
                    yield Chunk(_text_table(chunk, header), min(1.0, raw.tell() / size))
                    chunk = []
        except UnicodeDecodeError as error:
            raise UserError(f"{path}, line {_first_bad_line(path)}: not UTF-8 text; save the file as UTF-8.") from error
        except csv.Error as error:
            raise UserError(f"{path}, row {done + 1} (line {reader.line_num}): {error}.") from error
    if not header:
        raise UserError(f"{path} is empty.")
    if chunk or not done:
        yield Chunk(_text_table(chunk, header), 1.0)


def _text_table(rows: list[list[str]], header: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=header, dtype=str)


def _check_header(path: Path, names: list[str]) -> None:
    for name in names:
        if "\0" in name:
            raise UserError(f"{path}, line 1: not UTF-8 text but NULs, as in UTF-16; save the file as UTF-8.")
        if name and names.count(name) > 1:
            raise UserError(f"{path} has the column `{name}` {names.count(name)} times.")


def _first_bad_line(path: Path) -> int:
    """The number of the first line, from 1, that is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    raise AssertionError(f"{path} is UTF-8 throughout")


class TableWriter:
    """Writes a CSV, TSV or Parquet file chunk by chunk; it appears under its name only when all of it is written.

    Use as a context manager: leaving it with an error, or by Ctrl-C, removes what was written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._suffix = check_suffix(path)
        self._temporary = path.with_name(f".{os.getpid()}.{path.name}")
        self._parquet: pq.ParquetWriter | None = None
        self._is_first = True

    def write(self, table: pd.DataFrame) -> None:
        """Append the rows of `table`, whose columns are those of the first one.

        Raises:
            UserError: the file cannot be written.
        """
        try:
            if self._suffix == _PARQUET:
                self._write_parquet(table)
            else:
                self._write_text(table)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise self._unwritable(error) from error
        self._is_first = False

    def _write_parquet(self, table: pd.DataFrame) -> None:
        schema = self._parquet.schema if self._parquet else None
        content = pa.Table.from_pandas(table, schema=schema, preserve_index=False)
        # Without the names that pandas gives to Arrow types: it cannot read back those of lists and decimals
        content = content.replace_schema_metadata(None)
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._temporary, content.schema)
        self._parquet.write_table(content)

    def _write_text(self, table: pd.DataFrame) -> None:
        content = self._as_text(table, csv.QUOTE_MINIMAL)
        if "\r" in content:  # which Python < 3.13 leaves without quotes, so that it would read as a line's end
            content = self._as_text(table, csv.QUOTE_ALL)
        with self._temporary.open("w" if self._is_first else "a", encoding="utf-8", newline="") as file:
            file.write(content)

    def _as_text(self, table: pd.DataFrame, quoting: Literal[0, 1]) -> str:
        separator = _SEPARATORS[self._suffix]
        return table.to_csv(sep=separator, header=self._is_first, index=False, lineterminator="\n", quoting=quoting)

    def _unwritable(self, error: Exception) -> UserError:
        return UserError(f"{self._path} cannot be written: {str(error).strip()}")

    def __enter__(self) -> Self:
        if not self._path.parent.is_dir():
            raise UserError(f"There is no folder {self._path.parent} to write {self._path.name} into.")
        if self._path.is_dir():
            raise UserError(f"{self._path} is a folder; give the name of a file to write.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._parquet is not None:
                self._parquet.close()
            if error is None and not self._is_first:
                self._temporary.replace(self._path)
        except OSError as problem:
            raise self._unwritable(problem) from problem
        finally:
            self._temporary.unlink(missing_ok=True)
