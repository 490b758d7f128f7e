"""Files that were made to fill the memory: small ones that unpack to gigabytes."""

import zipfile
from pathlib import Path
from typing import Any

from leap_explorer.errors import ExplorerError

_MOST = 1 << 30  # bytes; whatever unpacks to no more than that is read
_MOST_TIMES_LARGER = 100  # than the file
_ROWS = 1 << 14  # measured at once
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}  # bytes in memory


def check_size(path: Path, unpacked: int) -> None:
    """Refuse a file that unpacks to gigabytes and to many times its size.

    Raises:
        ExplorerError: names the file.
    """
    if unpacked > _MOST and unpacked > _MOST_TIMES_LARGER * path.stat().st_size:
        raise ExplorerError(f"{path} unpacks to {unpacked / 1e9:.1f} GB, far more than any file of its size.")


def check_zip(path: Path) -> None:
    """Refuse, by what its members say of themselves, a zip archive that was made to fill the memory.

    Reading a member ends where it said, so saying less does not help it. What is no archive is let through.

    Raises:
        ExplorerError: as `check_size`.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_size(path, sum(member.file_size for member in archive.infolist()))


def check_parquet(path: Path) -> None:
    """Refuse a Parquet file that was made to fill the memory, before it does.

    A value that is repeated takes no room in the file, so numbers are counted by their width, and texts of a dictionary
    measured where they stand in it.

    Raises:
        ExplorerError: as `check_size`.
    """
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [group.column(number) for group in groups for number in range(group.num_columns)]
    size = sum(max(one.total_uncompressed_size, one.num_values * _WIDTHS.get(one.physical_type, 4)) for one in columns)
    check_size(path, size)
    repeated = {one.path_in_schema for one in columns if _may_repeat(one)}
    if sum(one.num_values * one.total_uncompressed_size for one in columns if _may_repeat(one)) > _MOST:
        _check_repeated(path, sorted(repeated), size)


def _may_repeat(column: Any) -> bool:
    """Whether a column's chunk holds texts once that stand in several rows."""
    return bool(column.physical_type == "BYTE_ARRAY" and column.has_dictionary_page)


def _check_repeated(path: Path, names: list[str], size: int) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, read_dictionary=names) as file:
        for batch in file.iter_batches(_ROWS, columns=names):
            size += sum(map(_length_of_texts, batch.columns))
            check_size(path, size)


def _length_of_texts(values: Any) -> int:
    """Bytes of the texts that an Arrow array refers to, wherever in it they stand."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type):
        lengths = pc.binary_length(values.dictionary.cast(pa.large_binary()))
        return int(pc.sum(pc.take(lengths, values.indices)).as_py() or 0)
    if not pa.types.is_nested(values.type):
        return 0
    parts = values.flatten()
    return sum(map(_length_of_texts, parts if isinstance(parts, list) else [parts]))
