"""The words that a run's samples show, in a file that holds no text: for each word or phrase, which samples show it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.row_groups import write_groups
from leap_explorer.unpacked import check_parquet

if TYPE_CHECKING:
    import pyarrow as pa

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

WORDS = "words.parquet"
_N = b"samples"
_TOGETHER = 1 << 24  # samples of terms that are looked at, or written, together


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
        found = [_sums(mask[self.rows[starts[0] : starts[-1]]], starts - starts[0]) for starts in self.groups()]
        return np.concatenate([np.empty(0, dtype=np.int64), *found])

    def of(self, kept: Ints) -> "ShownWords":
        """The same of some of the samples, ascending, which are numbered anew."""
        place = np.full(len(self.has_text), -1, dtype=np.int32)
        place[kept] = np.arange(len(kept), dtype=np.int32)
        rows = []
        for starts in self.groups():
            places = place[self.rows[starts[0] : starts[-1]]]
            rows.append(places[places >= 0])
        starts = np.concatenate([[0], np.cumsum(self.counts(place >= 0))])
        return ShownWords(self.terms, starts, np.concatenate([np.empty(0, dtype=np.int32), *rows]), self.has_text[kept])

    def groups(self, together: int = _TOGETHER) -> Iterator[Ints]:
        """Where the samples of each term start, and those of the last end, for some terms at a time."""
        first = 0
        while first < len(self.terms):
            last = int(np.searchsorted(self.starts, self.starts[first] + together, "right")) - 1
            last = min(max(last, first + 1), len(self.terms))
            yield self.starts[first : last + 1]
            first = last

    def lacks(self, term: str) -> Mask:
        """Which samples show text without a term; errors as of `has`."""
        return self.has_text & ~self.has(term)


def write_words(path: Path, words: ShownWords, together: int = _TOGETHER) -> None:
    """Write a table with a row a term: the term, and the distances from each of its samples to the next.

    Its last row has no term: the samples that show no text.
    """
    write_groups(
        path,
        _tables(words, together),
        compression="zstd",
        compression_level=15,
        use_dictionary=False,
        column_encoding={"term": "DELTA_BYTE_ARRAY", "gaps.list.element": "DELTA_BINARY_PACKED"},
    )


def _tables(words: ShownWords, together: int) -> "Iterator[pa.Table]":
    """Some terms at a time; with the last of them those samples that show no text."""
    silent = np.flatnonzero(~words.has_text).astype(np.int32)
    done = 0
    for starts in words.groups(together):
        terms: list[str | None] = list(words.terms[done : done + len(starts) - 1])
        done += len(terms)
        rows, ends = words.rows[starts[0] : starts[-1]], starts - starts[0]
        if done == len(words.terms):
            yield _table([*terms, None], np.append(ends, len(rows) + len(silent)), np.append(rows, silent), words)
        else:
            yield _table(terms, ends, rows, words)
    if not words.terms:
        yield _table([None], np.array([0, len(silent)]), silent, words)


def _table(terms: list[str | None], starts: Ints, rows: npt.NDArray[np.int32], words: ShownWords) -> "pa.Table":
    import pyarrow as pa

    gaps = np.diff(rows, prepend=np.int32(0))
    first = starts[:-1][starts[:-1] < starts[1:]]
    gaps[first] = rows[first]
    lists = pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(gaps, pa.int32()))
    table = pa.table({"term": pa.array(terms, pa.string()), "gaps": lists})
    return table.replace_schema_metadata({_N: str(len(words.has_text))})


def read_words(path: Path, n: int) -> ShownWords:
    """What `write_words` wrote of `n` samples.

    Raises:
        ExplorerError: the file is broken, or is of another run.
    """
    try:
        check_parquet(path)
        terms, starts, rows, count = _read(path)
    except ExplorerError:
        raise
    except Exception as error:  # pyarrow raises its own, by what is damaged
        raise ExplorerError(f"{path} cannot be read: {error}. Evaluate the model anew.") from error
    if count != n or terms[-1:] != [None] or (len(rows) and not 0 <= rows.min() <= rows.max() < n):
        raise ExplorerError(f"{path} is of another run. Evaluate the model anew.")
    has_text = np.ones(n, dtype=bool)
    has_text[rows[starts[-2] :]] = False
    return ShownWords(tuple(terms[:-1]), starts[:-1], rows[: starts[-2]], has_text)


def _read(path: Path) -> tuple[list[Any], Ints, npt.NDArray[np.int32], int]:
    """The terms, where the samples of each start, the samples, and how many of them there are, a group at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        facts = file.metadata
        count = int((file.schema_arrow.metadata or {})[_N])
        terms: list[Any] = []
        starts = [np.zeros(1, dtype=np.int64)]
        sizes = [facts.row_group(group).column(1).num_values for group in range(facts.num_row_groups)]
        rows, filled = np.empty(sum(sizes), dtype=np.int32), 0  # an empty list counts as a value too
        for group in range(facts.num_row_groups):
            table = file.read_row_group(group).combine_chunks()
            gaps = table["gaps"].chunk(0)
            of_group = gaps.offsets.to_numpy().astype(np.int64)
            values = gaps.values.to_numpy()
            rows[filled : filled + len(values)] = _summed(values, of_group)
            terms += table["term"].to_pylist()
            starts.append(of_group[1:] + filled)
            filled += len(values)
    return terms, np.concatenate(starts), rows[:filled], count


def _summed(gaps: npt.NDArray[Any], starts: Ints) -> npt.NDArray[np.int32]:
    """The samples again: sums of the distances, anew from each term's start."""
    sums = np.cumsum(gaps, dtype=np.int64)
    before = np.concatenate([[0], sums])[starts[:-1]]
    return (sums - np.repeat(before, np.diff(starts))).astype(np.int32)


def _sums(values: Mask, starts: Ints) -> Ints:
    """How many are true from each start to the next."""
    before = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    return np.asarray(before[starts[1:]] - before[starts[:-1]])
