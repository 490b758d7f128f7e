"""The literals that a search combines: ranges of each feature on a grid, and words."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.filters import Condition
from leap_explorer.insights.rows import Mask
from leap_explorer.insights.slices.features import SMALLEST_SLICE, Feature, bin_starts, mask_of
from leap_explorer.insights.slices.word_index import WordIndex

Ints = npt.NDArray[np.int64]
Floats32 = npt.NDArray[np.float32]

#: Stands for a feature in the literal of a word.
WORD = -1
#: What fitting the ends of a range gains on noise, in nats: on made-up tables without any weakness, the best slices of
#: one, two and three ranges then score alike, around 1.
_FITTED_ENDS = 2.5


class Literal(NamedTuple):
    """One condition: feature number and its ranks from `low` to below `high`; or WORD, the term, 1 has or 0 lacks."""

    feature: int
    low: int
    high: int


Literals = tuple[Literal, ...]


@dataclass(frozen=True)
class Space:
    """All literals over some samples.

    - `alone`: features that are searched alone only; `apart`: those of which a slice has one at most.
    - `expected`: (samples,) what slices of the features in `alone` have in excess where nothing is wrong with them.
    """

    features: list[Feature]
    words: WordIndex
    alone: frozenset[int] = frozenset()
    apart: frozenset[int] = frozenset()
    expected: npt.NDArray[np.float64] | None = None

    def may_meet(self, first: int, second: int) -> bool:
        """Whether conditions on two features may be in one slice."""
        if {first, second} & self.alone or {first, second} <= self.apart:
            return False
        return self.features[first].column != self.features[second].column

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.words)

    @cached_property
    def feature_cost(self) -> float:
        """log of the number of features, with the words as one of them: what naming one costs."""
        return float(np.log(len(self.features) + bool(self.words.terms)))

    @cached_property
    def word_cost(self) -> float:
        """What naming a word and whether it is there costs, in nats."""
        return self.feature_cost + float(np.log(2 * max(len(self.words.terms), 1)))

    def range_cost(self, feature: int, count: npt.NDArray[np.integer] | int) -> npt.NDArray[np.float64]:
        """What naming a range with `count` samples costs, in nats.

        About n / count ranges of that size are apart from each other, so that many chances there are to be misled, and
        fitting both ends to the samples costs some more.
        """
        one = self.features[feature]
        if not one.is_ordered:
            return np.full(np.shape(count), self.feature_cost + np.log(one.missing + 1))
        return self.feature_cost + _FITTED_ENDS + np.log(self.n / np.maximum(count, 1))

    def cost(self, literals: Literals) -> float:
        """What naming all conditions of a slice costs, in nats: the log of how many such slices there are."""
        return sum(self._cost(literal) for literal in literals)

    def _cost(self, literal: Literal) -> float:
        if literal.feature == WORD:
            return self.word_cost
        count = int(self.counts[literal.feature][literal.low : literal.high].sum())
        return float(self.range_cost(literal.feature, count))

    @cached_property
    def counts(self) -> list[Ints]:
        """Samples by rank, for each feature."""
        return [feature.counts() for feature in self.features]

    def column(self, literal: Literal) -> str:
        """The column that a literal is about."""
        return "words" if literal.feature == WORD else self.features[literal.feature].column

    def mask(self, literals: Literals) -> Mask:
        """The samples that meet every literal."""
        mask = np.ones(self.n, dtype=bool)
        for feature, low, high in literals:
            if feature != WORD:
                mask &= mask_of(self.features[feature], low, high)
            else:
                term = self.words.terms[low]
                mask &= self.words.has(term) if high else self.words.lacks(term)
        return mask

    def condition(self, literal: Literal) -> Condition:
        """The condition that selects the same samples as a literal."""
        feature, low, high = literal
        if feature == WORD:
            return Condition("words", "has" if high else "lacks", self.words.terms[low])
        return self.features[feature].condition(low, high)


@dataclass(frozen=True)
class Grid:
    """Every feature cut into at most `width` codes, and all ranges of codes as options.

    - `codes`: (features, samples); `width` is a missing value, `width + 1` a rare one.
    - `first`, `last`: (options,) the codes that an option reaches from and to.
    - `costs`: (features, options) nats; infinite where a feature has no such option.
    - `lows`, `highs`: (features, options), the ranks that an option stands for.
    """

    width: int
    codes: npt.NDArray[np.uint16]
    first: Ints
    last: Ints
    costs: Floats32
    lows: Ints
    highs: Ints

    @cached_property
    def members(self) -> Floats32:
        """(options, width + 2), 1 where an option holds a code."""
        code = np.arange(self.width + 2)
        return ((code >= self.first[:, None]) & (code <= self.last[:, None])).astype(np.float32)

    def literal(self, feature: int, option: int) -> Literal:
        """The literal of an option of a feature."""
        return Literal(feature, int(self.lows[feature, option]), int(self.highs[feature, option]))


def make_grid(space: Space, width: int) -> Grid:
    """The grid of a space."""
    first, last = np.triu_indices(width)
    first, last = np.append(first, width), np.append(last, width)  # the last option is the missing value
    parts = [_grid_of(space, number, width, first, last) for number in range(len(space.features))]
    codes, costs, lows, highs = (np.stack(part) for part in zip(*parts, strict=True))
    return Grid(width, codes, first, last, costs, lows, highs)


def _grid_of(
    space: Space, number: int, width: int, first: Ints, last: Ints
) -> tuple[npt.NDArray[np.uint16], Floats32, Ints, Ints]:
    """Codes of the samples, and cost, lowest rank and end of each option, for one feature."""
    feature, counts = space.features[number], space.counts[number]
    missing = feature.missing
    starts = bin_starts(counts[:missing], width)
    used = len(starts)
    of_rank = np.append(np.searchsorted(starts, np.arange(missing), side="right") - 1, [width, width + 1])
    edges = np.append(starts, missing)
    is_missing = first == width
    lows = np.where(is_missing, missing, edges[np.minimum(first, used)])
    highs = np.where(is_missing, missing + 1, edges[np.minimum(last + 1, used)])
    below = np.concatenate([[0], np.cumsum(counts)])
    count = below[highs] - below[lows]
    exists = is_missing | (last < used)
    if not feature.is_ordered:
        exists &= first == last
    enough = (count >= SMALLEST_SLICE) & (count < space.n)
    costs = np.where(exists & enough, space.range_cost(number, count), np.inf)
    return of_rank[feature.ranks].astype(np.uint16), costs.astype(np.float32), lows, highs
