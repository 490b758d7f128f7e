"""Tables as Parquet files of groups of rows, which can be written and read one at a time."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leap_explorer.runs.atomic import written_whole

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 131_072  #: of a group


def in_groups(tables: "Iterable[pa.Table]", rows: int = ROWS) -> "Iterator[pa.Table]":
    """The tables' rows in their order, as tables of so many, but for the last; at least one table, if it is empty."""
    import pyarrow as pa

    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        while sum(map(len, held)) > rows:
            joined = pa.concat_tables(held)
            yield joined[:rows]
            held = [joined[rows:]]
    yield pa.concat_tables(held)


def write_groups(path: Path, groups: "Iterable[pa.Table]", **options: Any) -> None:
    """Write tables of one schema as one Parquet file, a group of rows each, atomically.

    Args:
        options: of pyarrow's `ParquetWriter`; by default those that make a table of numbers and names small.
    """
    import pyarrow.parquet as pq

    following = iter(groups)
    first = next(following)
    options = options or _small(first.schema)
    with written_whole(path) as temporary, pq.ParquetWriter(temporary, first.schema, **options) as writer:
        for group in chain([first], following):
            writer.write_table(group)


def _small(schema: "pa.Schema") -> dict[str, Any]:
    import pyarrow as pa

    return {
        "compression": "zstd",
        "compression_level": 9,
        "use_dictionary": [field.name for field in schema if not pa.types.is_floating(field.type)],
        "use_byte_stream_split": [field.name for field in schema if pa.types.is_floating(field.type)],
    }
