"""CSV, TSV and Parquet files in chunks, so that memory does not grow with the file.

Rows are counted from 1, without the header and without blank lines. The first that cannot be used ends the reading, or
each is told with the reason.
"""

import csv
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from IMDb.errors import UserError

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_PARQUET = ".parquet"
_APOSTROPHE_ADDED = "apostrophe_added"
SKIPPED = "skipped"  # the column that says why a row was passed over
_NOT_UTF8 = "not UTF-8 text"
_UNDECODED = re.compile("[\udc80-\udcff]")  # bytes, as `surrogateescape` keeps them
_UNCLOSED = "unexpected end of data"
_MOST_UNPACKED = 1 << 30  # bytes of the texts of a Parquet file, which holds equal ones once
_MOST_TIMES_LARGER = 100  # than the file
_NAMELESS_INDEX = re.compile(r"__index_level_\d+__")  # what pandas calls its column in the file

csv.field_size_limit(1 << 24)  # characters; the default, 131,072, is too short for a long text


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file."""

    table: pd.DataFrame
    share_read: float  #: of the file, up to the end of these rows, 0-1
    faults: list[str | None]  #: why a row cannot be used; None of those that can


def read_chunks(path: Path, rows: int, skips: bool = False) -> Iterator[Chunk]:
    """The rows of a file with a `text` column, some at a time; every other column stays as it is.

    CSV and TSV values are the text that they are ("NA" included). A NUL, which many programs take for a text's end,
    becomes a space, in any kind of file, so that none is in what is written of it either.

    Args:
        skips: whether a row that cannot be used (its text is missing, empty or not UTF-8, or it has too few or too many
            fields) is only told in `faults`. It has as many of its fields as the header has room for.

    Raises:
        UserError: the file cannot be read, has no rows or no `text` column, or, unless it `skips`, a row cannot be
            used. It names the file and the row.
    """
    suffix = check_suffix(path)
    check_plain(path)
    first_row = 1
    try:
        for chunk in (_parquet_chunks if suffix == _PARQUET else _text_chunks)(path, rows, skips):
            table = _without_nul(chunk.table)
            check_has_text(path, table)
            faults = [known or fault for known, fault in zip(chunk.faults, text_faults(table), strict=True)]
            if not skips:
                stop_at_a_fault(path, faults, first_row)
            first_row += len(table)
            yield Chunk(table, chunk.share_read, faults)
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


def check_has_text(path: Path, table: pd.DataFrame) -> None:
    """Check that `table` has rows and a `text` column.

    Raises:
        UserError: names the file.
    """
    if "text" not in table:
        raise UserError(f"{path} has no column `text`; its columns are {', '.join(map(str, table.columns))}.")
    if table.empty:
        raise UserError(f"{path} has no rows.")


def check_has_no(path: Path, table: pd.DataFrame, *names: str) -> None:
    """Refuse a table whose columns would be written over.

    Raises:
        UserError: it has one of the columns.
    """
    for name in names:
        if name in table:
            raise UserError(f"{path} has a column `{name}` already; rename it first.")


def text_faults(table: pd.DataFrame) -> list[str | None]:
    """[n], why a row's `text` cannot be used: it is missing, empty or no text; None where it can."""
    return [_text_fault(*row) for row in zip(table["text"], table["text"].isna(), strict=True)]


def _text_fault(text: object, is_missing: bool) -> str | None:
    if not is_missing and not isinstance(text, str):
        return f"`text` holds no text but a value of type {type(text).__name__}"
    return "`text` is empty" if is_missing or not str(text).strip() else None


def stop_at_a_fault(path: Path, faults: Sequence[str | None], first_row: int = 1) -> None:
    """Raise what is wrong with the first bad row, if there is one.

    Raises:
        UserError: names the file and the row; `first_row` is the number of the first one in the file.
    """
    for row, fault in enumerate(faults, start=first_row):
        if fault is not None:
            raise UserError(f"{path}, row {row}: {fault}.")


def _parquet_chunks(path: Path, rows: int, skips: bool) -> Iterator[Chunk]:
    schema = pq.read_schema(path)
    with pq.ParquetFile(path, read_dictionary=_text_columns(schema)) as file:
        _check_header(path, schema.names)
        total = file.metadata.num_rows
        index = _range_index(schema)
        done = unpacked = 0
        for batch in file.iter_batches(rows) if total else [schema.empty_table()]:
            unpacked += _length_of_texts(batch) if total else 0
            _check_unpacked(path, unpacked)
            batch = _unfolded(batch, schema)
            faults: list[str | None] = [None] * len(batch)
            if skips:
                batch, faults = _decoded(batch)
            batch.validate(full=True)  # a text may hold bytes that are not UTF-8
            # An integer stays one, missing values or not, and a named index of pandas, such as `id`, is a column
            table = batch.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
            table = table.drop(columns=[name for name in table if _NAMELESS_INDEX.fullmatch(name)])
            if index is not None:
                table.insert(0, index.name, index[done : done + len(table)])
            done += len(table)
            yield Chunk(table, done / max(1, total), faults)


def _text_columns(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if _is_text(field.type)]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _length_of_texts(batch: Any) -> int:
    """Bytes of the texts that the rows refer to, each as often as it stands there."""
    columns = [column for column in batch.columns if pa.types.is_dictionary(column.type)]
    texts = [column for column in columns if _is_text(column.type.value_type)]
    lengths = (pc.take(pc.binary_length(one.dictionary.cast(pa.large_binary())), one.indices) for one in texts)
    return sum(pc.sum(each).as_py() or 0 for each in lengths)


def _check_unpacked(path: Path, size: int) -> None:
    if size > _MOST_UNPACKED and size > _MOST_TIMES_LARGER * path.stat().st_size:
        raise UserError(f"{path} unpacks to more than {size / 1e9:.1f} GB, far more than any table of its size.")


def _unfolded(batch: Any, schema: pa.Schema) -> Any:
    """The rows with each text where it stands, as the file's schema says."""
    for place, field in enumerate(schema):
        column = batch.column(place)
        if column.type != field.type:
            batch = batch.set_column(place, field, column.dictionary_decode().cast(field.type))
    return batch


def _decoded(batch: Any) -> tuple[Any, list[str | None]]:
    """The rows with question marks for bytes that are not UTF-8, and which rows had some."""
    faults: list[str | None] = [None] * len(batch)
    for place, field in enumerate(batch.schema):
        if not _is_text(field.type):
            continue
        texts = batch.column(place).cast(pa.large_binary()).to_pylist()
        decoded = [text if text is None else text.decode("utf-8", "replace") for text in texts]
        for row, (text, raw) in enumerate(zip(decoded, texts, strict=True)):
            if text is not None and text.encode() != raw:
                faults[row] = _NOT_UTF8
        batch = batch.set_column(place, field, pa.array(decoded, field.type))
    return batch, faults


def _range_index(schema: pa.Schema) -> pd.RangeIndex | None:
    """The named index of consecutive numbers that pandas keeps in a file's metadata alone."""
    for index in (schema.pandas_metadata or {}).get("index_columns", []):
        if isinstance(index, dict) and index["name"] is not None:
            return pd.RangeIndex(index["start"], index["stop"], index["step"], name=index["name"])
    return None


def _text_chunks(path: Path, rows: int, skips: bool) -> Iterator[Chunk]:
    """`csv` and not `pandas.read_csv`, which fills short rows and takes the first column of long ones for the index."""
    escape = "surrogateescape" if skips else "strict"
    with (
        path.open("rb") as raw,
        open(raw.fileno(), encoding="utf-8-sig", errors=escape, newline="", closefd=False) as file,
    ):
        size = max(1, path.stat().st_size)
        reader = csv.reader(file, delimiter=_SEPARATORS[path.suffix.lower()], strict=True)
        header: list[str] = []
        chunk: list[list[str]] = []
        faults: list[str | None] = []
        done = 0
        try:
            for row, fault in _fields(reader, skips):
                if not header:
                    header = row
                    _check_header(path, header)
                    continue
                done += 1
                if fault is None and len(row) != len(header):
                    fault = f"{len(row)} fields, where the header has {len(header)}"
                if fault and not skips:
                    stop_at_a_fault(path, [fault], done)
                chunk.append(row if fault is None else (row + [""] * len(header))[: len(header)])
                faults.append(fault)
                if len(chunk) == rows:
                    yield Chunk(_text_table(chunk, header), min(1.0, raw.tell() / size), faults)
                    chunk, faults = [], []
        except UnicodeDecodeError as error:
            raise UserError(f"{path}, line {_first_bad_line(path)}: {_NOT_UTF8}; save the file as UTF-8.") from error
        except csv.Error as error:
            raise UserError(f"{path}, row {done + 1} (line {reader.line_num}): {error}.") from error
    if not header:
        raise UserError(f"{path} is empty.")
    if chunk or not done:
        yield Chunk(_text_table(chunk, header), 1.0, faults)


def _fields(reader: Any, skips: bool) -> Iterator[tuple[list[str], str | None]]:
    """The header, then each row with why it cannot be used; blank lines are passed over.

    Raises:
        csv.Error: of a row, unless it `skips`; of the header, and of a quote that is never closed, in any case: what
            comes after it would be lost as one row.
    """
    has_header = False
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if not skips or not has_header or str(error) == _UNCLOSED:
                raise
            yield [], f"{error}, in line {reader.line_num}"
            continue
        if row:
            is_text = not (skips and any(_UNDECODED.search(field) for field in row))
            yield row if is_text else [_readable(field) for field in row], None if is_text else _NOT_UTF8
            has_header = True


def _readable(field: str) -> str:
    """With question marks for bytes that are not UTF-8."""
    return field.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


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
