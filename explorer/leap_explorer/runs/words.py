"""The words that a run's samples show, in a file that holds no text: for each word or phrase, which samples show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.atomic import written_whole

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

WORDS = "words.parquet"
_N = b"samples"


@dataclass(frozen=True)
class ShownWords:
    """For each term the samples that show it; their words' order and whatever is in no term are not kept.

    - `terms`: lower-case words, and phrases of two words with a space between.
    - `starts`: (terms + 1,), where the samples of each term start in `rows`, which are ascending within a term.
    - `has_text`: (samples,), False where nothing shows text; such a sample neither has nor lacks a word.
    """

    terms: tuple[str, ...]
    starts: Ints
    rows: npt.NDArray[np.int32]
    has_text: Mask

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The number of each term."""
        return {term: position for position, term in enumerate(self.terms)}

    def has(self, term: str) -> Mask:
        """Which samples show a term, whatever its case.

        Raises:
            ExplorerError: the term is in no vocabulary, being too rare or too frequent.
        """
        position = self.positions.get(term.lower())
        if position is None:
            raise ExplorerError(f"The run's words do not hold {term!r}: too few or too many samples show it.")
        mask = np.zeros(len(self.has_text), dtype=bool)
        mask[self.rows[self.starts[position] : self.starts[position + 1]]] = True
        return mask

    def counts(self, mask: Mask) -> Ints:
        """(terms,), how many of the marked samples show each term."""
        before = np.concatenate([[0], np.cumsum(mask[self.rows], dtype=np.int64)])
        return np.asarray(before[self.starts[1:]] - before[self.starts[:-1]])

    def lacks(self, term: str) -> Mask:
        """Which samples show text without a term; errors as of `has`."""
        return self.has_text & ~self.has(term)


def write_words(path: Path, words: ShownWords) -> None:
    """Write a table with a row a term: the term, and the distances from each of its samples to the next.

    Its last row has no term: the samples that show no text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    silent = np.flatnonzero(~words.has_text).astype(np.int32)
    starts = np.concatenate([words.starts, [words.starts[-1] + len(silent)]])
    rows = np.concatenate([words.rows, silent])
    gaps = np.diff(rows, prepend=np.int32(0))
    first = starts[:-1][starts[:-1] < starts[1:]]
    gaps[first] = rows[first]
    table = pa.table(
        {
            "term": pa.array([*words.terms, None], pa.string()),
            "gaps": pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(gaps, pa.int32())),
        }
    ).replace_schema_metadata({_N: str(len(words.has_text))})
    with written_whole(path) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=15,
            use_dictionary=False,
            column_encoding={"term": "DELTA_BYTE_ARRAY", "gaps.list.element": "DELTA_BINARY_PACKED"},
        )


def read_words(path: Path, n: int) -> ShownWords:
    """What `write_words` wrote of `n` samples.

    Raises:
        ExplorerError: the file is broken, or is of another run.
    """
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path).combine_chunks()
        terms, gaps = table["term"].to_pylist(), table["gaps"].chunk(0)
        count = int((table.schema.metadata or {})[_N])
        starts = gaps.offsets.to_numpy().astype(np.int64)
        rows = _summed(gaps.values.to_numpy(), starts)
    except Exception as error:  # pyarrow raises its own, by what is damaged
        raise ExplorerError(f"{path} cannot be read: {error}. Evaluate the model anew.") from error
    if count != n or terms[-1:] != [None] or (len(rows) and not 0 <= rows.min() <= rows.max() < n):
        raise ExplorerError(f"{path} is of another run. Evaluate the model anew.")
    has_text = np.ones(n, dtype=bool)
    has_text[rows[starts[-2] :]] = False
    return ShownWords(tuple(terms[:-1]), starts[:-1], rows[: starts[-2]], has_text)


def _summed(gaps: npt.NDArray[Any], starts: Ints) -> npt.NDArray[np.int32]:
    """The samples again: sums of the distances, anew from each term's start."""
    sums = np.cumsum(gaps, dtype=np.int64)
    before = np.concatenate([[0], sums])[starts[:-1]]
    return (sums - np.repeat(before, np.diff(starts))).astype(np.int32)
