"""What holds for any table: it is read back as it was written."""

import pandas as pd
from hypothesis import strategies as st

from IMDb.reviews.tables import TableWriter, read_chunks
from properties import EXAMPLES, holds, texts

#: A file's bytes are UTF-8, which has no lone surrogates; a NUL is read as a space.
CELLS = texts(4).map(lambda text: "".join(sign for sign in text if sign != "\0" and not "\ud800" <= sign <= "\udfff"))
ROWS = st.lists(st.tuples(CELLS.filter(str.strip), CELLS), min_size=1, max_size=3)


def through(path, table, chunk_rows):
    with TableWriter(path) as writer:
        for start in range(0, len(table), chunk_rows):
            writer.write(table.iloc[start : start + chunk_rows])
    return pd.concat([chunk.table for chunk in read_chunks(path, chunk_rows)], ignore_index=True)


@EXAMPLES
def test_a_table_is_read_as_it_was_written(examples, tmp_path):
    def check(rows, chunk_rows, suffix):
        table = pd.DataFrame(rows, columns=["text", "note"], dtype=object)
        found = through(tmp_path / f"table{suffix}", table, chunk_rows)
        assert found.astype(str).to_numpy().tolist() == table.to_numpy().tolist()

    holds(examples, check, ROWS, st.integers(1, 4), st.sampled_from([".csv", ".tsv", ".parquet"]))
