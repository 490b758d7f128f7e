"""What a condition can be about: each column as ranks of its values, and ranges of ranks as literals."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.filters import Condition
from leap_explorer.insights.rows import Columns, Mask, is_the_label, metadata_columns, numbers, type_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Fewer samples are no slice.
SMALLEST_SLICE = 30
#: Ranges of a number: searched alone, with another column, with a word.
ALONE, PAIRED, WITH_WORD = 250, 20, 12
#: Values of one category that are searched together; more of them are searched in turn.
MOST_VALUES = PAIRED


@dataclass(frozen=True)
class Feature:
    """A column of the held-out samples, its values sorted and numbered.

    - `values`: the distinct values, ascending; of a category those that enough samples have.
    - `ranks`: (samples,) the position of each sample's value; `len(values)` where it is missing, one more where it is
      a value that too few samples have.
    - `is_ordered`: whether ranges of it are conditions (a number), or single values only.
    """

    column: str
    values: npt.NDArray[Any]
    ranks: npt.NDArray[np.int32]
    is_ordered: bool

    @property
    def missing(self) -> int:
        """The rank of a missing value."""
        return len(self.values)

    def counts(self) -> Ints:
        """Samples of each rank, with those of a missing value and of rare values at the end."""
        return np.bincount(self.ranks, minlength=self.missing + 2)

    def condition(self, low: int, high: int) -> Condition:
        """The condition that selects the samples whose rank is at least `low` and below `high`."""
        if low == self.missing:
            return Condition(self.column, "==", None)
        if not self.is_ordered or high - low == 1:
            return Condition(self.column, "==", _plain(self.values[low]))
        if (low, high) == (0, self.missing):
            return Condition(self.column, "!=", None)
        lower = _edge(self.values, low)
        upper = _edge(self.values, high)
        if low == 0:
            return Condition(self.column, "<", upper)
        if high == self.missing:
            return Condition(self.column, ">=", lower)
        return Condition(self.column, "between", (lower, _last_below(self.values, high)))


def features(samples: pd.DataFrame, columns: Columns) -> list[Feature]:
    """The features of held-out samples: metadata, clusters, ground truth and prediction that divide them.

    Left out: metadata that are the label by another name, and columns that only number or name the samples.
    """
    clusters = [name for name, facts in columns.items() if facts.get("role") in ("cluster", "topic")]
    names = ["ground_truth", "prediction", *clusters, *metadata_columns(samples, columns)]
    kept = [name for name in dict.fromkeys(names) if name in samples.columns and not _is_left_out(samples, name)]
    return [feature for name in kept for feature in _features_of(samples[name], name, columns)]


def numbers_the_samples(values: pd.Series) -> bool:
    """Whether a column only numbers the samples: whole numbers none of which repeats, though chance would repeat some.

    Of n numbers drawn from D at random, n^2 / 2D pairs are equal on average (the birthday problem); from 10 of them on,
    that none is equal is no chance (e^-10).
    """
    known = numbers(values[values.notna()])
    if len(known) < 2 or not np.isfinite(known).all() or (known != np.round(known)).any():
        return False
    span = float(np.ptp(known)) + 1
    return len(np.unique(known)) == len(known) and len(known) ** 2 / (2 * span) > 10


def bin_starts(counts: Ints, most: int) -> Ints:
    """The first of the ranks in each of at most `most` ranges with about as many samples, given the samples by rank.

    A rank with twice the samples that a range should have is a range of its own; the others share the rest.
    """
    if len(counts) <= most:
        return np.arange(len(counts))
    heavy = counts * most >= 2 * counts.sum()
    light = np.where(heavy, 0, counts)
    ranges = max(most - 2 * int(heavy.sum()), 1)
    place = (np.cumsum(light) - light) * ranges // max(int(light.sum()), 1)
    starts = (np.diff(place, prepend=-1) != 0) | heavy | np.concatenate([[False], heavy[:-1]])
    return np.flatnonzero(starts)


def _is_left_out(samples: pd.DataFrame, name: str) -> bool:
    if name == "ground_truth":
        return type_of(samples[name]) == "number"
    if name == "prediction":
        return type_of(samples[name]) == "number"
    if is_the_label(samples, name):
        return True
    if type_of(samples[name]) != "number":
        return False
    subsets = samples[name].groupby(samples["subset"].astype(str).to_numpy())
    return all(numbers_the_samples(values) for _, values in subsets)


def _features_of(values: pd.Series, name: str, columns: Columns) -> Iterator[Feature]:
    is_category = type_of(values) != "number" or columns.get(name, {}).get("role") == "cluster" or name == "cluster"
    for feature in _categories(values, name) if is_category else (_number(values, name),):
        counts = feature.counts()
        if (counts[: feature.missing + 1] > 0).sum() + (counts[-1] > 0) > 1:
            yield feature


def _number(values: pd.Series, name: str) -> Feature:
    as_numbers = numbers(values)
    known = ~np.isnan(as_numbers)
    distinct, inverse = np.unique(as_numbers[known], return_inverse=True)
    ranks = np.full(len(values), len(distinct), dtype=np.int32)
    ranks[known] = inverse
    return Feature(name, distinct, ranks, is_ordered=True)


def _categories(values: pd.Series, name: str) -> Iterator[Feature]:
    """The frequent values of a category, in features of at most `MOST_VALUES`."""
    counts = values.dropna().value_counts()
    frequent = counts.index[counts.to_numpy() >= SMALLEST_SLICE]
    for start in range(0, max(len(frequent), 1), MOST_VALUES):
        part = list(frequent[start : start + MOST_VALUES])
        codes = pd.Index(part).get_indexer(values)
        is_missing = values.isna().to_numpy(dtype=bool)
        ranks = np.where(is_missing, len(part), np.where(codes < 0, len(part) + 1, codes)).astype(np.int32)
        yield Feature(name, np.array(part, dtype=object), ranks, is_ordered=False)


def _edge(values: npt.NDArray[Any], rank: int) -> float:
    """The number with the fewest digits that lies above the value before this rank, and not above its own."""
    if rank == 0 or rank >= len(values):
        return float(values[min(rank, len(values) - 1)])
    return _shortest(float(values[rank - 1]), float(values[rank]))


def _last_below(values: npt.NDArray[Any], rank: int) -> float:
    """The number with the fewest digits that is at least the value before this rank, and below the rank's own."""
    if rank >= len(values):
        return float(values[-1])
    return -_shortest(-float(values[rank]), -float(values[rank - 1]))


def _shortest(above: float, most: float) -> float:
    """The number with the fewest significant digits in (above, most]; `most` itself where it is not finite."""
    if not np.isfinite([above, most]).all():
        return most if np.isfinite(most) else float(np.nextafter(above, np.inf))
    for digits in range(1, 17):
        scale = 10.0 ** (digits - 1 - np.floor(np.log10(max(abs(above), abs(most)))))
        candidate = np.floor(most * scale) / scale
        if above < candidate <= most:
            return float(candidate)
    return most


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return bool(plain) if isinstance(plain, bool) else plain


def mask_of(feature: Feature, low: int, high: int) -> Mask:
    """The samples whose rank is at least `low` and below `high`."""
    return (feature.ranks >= low) & (feature.ranks < high)
