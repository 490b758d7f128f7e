"""Sums over every slice of one or two conditions on columns: histograms of one column, and of two together."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.slices.best_option import best_options
from leap_explorer.insights.slices.features import ALONE, PAIRED, WITH_WORD
from leap_explorer.insights.slices.half import Candidate, Half
from leap_explorer.insights.slices.space import Literal, Space, make_grid

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp] | slice

_TABLES_AT_ONCE, _THREADS = 4, 2


class Grids:
    """The grids of a space, which both halves share."""

    def __init__(self, space: Space) -> None:
        self.alone, self.paired, self.with_word = (make_grid(space, width) for width in (ALONE, PAIRED, WITH_WORD))


class Tables:
    """Count, excess and variance of a half's rows in every cell of every table of two columns.

    - `free`: the features that may stand beside others; `pairs`: those of them that are crossed.
    - `two`: (3, pairs, codes, codes).
    """

    def __init__(self, half: Half, grids: Grids) -> None:
        self.half, self.grids, self.space = half, grids, half.space
        self.free = [number for number in range(len(self.space.features)) if number not in self.space.alone]
        self.pairs = [pair for pair in combinations(self.free, 2) if self.space.may_meet(*pair)]
        self.codes = grids.paired.codes[:, half.rows].astype(np.intp)
        self.distinct = 2  # a cell's variance is its count until some rows are explained
        self.two = self._two(slice(None), np.stack([np.ones(len(half.rows)), half.excess]))[[0, 1, 0]]

    def update(self, rows: npt.NDArray[np.intp], changes: Floats) -> None:
        """Take in how excess and variance of some rows changed, (2, rows)."""
        self.distinct = 3
        self.two[1:] += self._two(rows, changes)

    def best(self, floor: float) -> Iterator[Candidate]:
        """The best slice of every table with a score above `floor`."""
        yield from self._best_alone(floor)
        starts = range(0, len(self.pairs), _TABLES_AT_ONCE)
        with ThreadPoolExecutor(_THREADS) as pool:
            for found in pool.map(lambda start: self._best_of_two(start, floor), starts):
                yield from found

    def _two(self, rows: Rows, weights: Floats) -> Floats32:
        """Sums of each of the weights (weights, rows) in (weights, pairs, codes, codes)."""
        width = PAIRED + 2
        codes = self.codes[:, rows]
        tables = np.zeros((len(weights), len(self.pairs), width * width), dtype=np.float32)
        for number, (a, b) in enumerate(self.pairs):
            both = codes[a] * width + codes[b]
            for table, one in zip(tables, weights, strict=True):
                table[number] = np.bincount(both, one, minlength=width * width)
        return tables.reshape(len(weights), len(self.pairs), width, width)

    def _best_alone(self, floor: float) -> Iterator[Candidate]:
        grid = self.grids.alone
        for feature in range(len(self.space.features)):
            sums = self._prefix_sums(feature)
            ranges = sums[:, None, grid.last + 1] - sums[:, None, grid.first]
            (option,), (score,) = best_options(ranges, grid.costs[feature], self.half, floor)
            if score > floor:
                yield Candidate(float(score), (grid.literal(feature, int(option)),))

    def _prefix_sums(self, feature: int) -> Floats:
        """(3, codes + 1): count, excess and variance of the codes below each."""
        half, grid = self.half, self.grids.alone
        excess = half.excess_of((Literal(feature, 0, 1),))
        codes = grid.codes[feature][half.rows]
        sums = np.zeros((3, grid.width + 3))
        for row, weights in zip(sums, (None, excess, half.variance), strict=True):
            row[1:] = np.cumsum(np.bincount(codes, weights, minlength=grid.width + 2))
        return sums

    def _best_of_two(self, start: int, floor: float) -> list[Candidate]:
        """The best slices of some tables, from `start` on."""
        grid, some = self.grids.paired, slice(start, start + _TABLES_AT_ONCE)
        first, second = np.array(self.pairs[some]).T
        sums = grid.members @ self.two[: self.distinct, some] @ grid.members.T
        costs = grid.costs[first][:, :, None] + grid.costs[second][:, None, :]
        sums = sums[[0, 1, self.distinct % 2 * 2]].reshape(3, len(first), -1)
        options, scores = best_options(sums, costs.reshape(len(first), -1), self.half, floor)
        found = []
        for a, b, option, score in zip(first, second, options, scores, strict=True):
            if score > floor:
                of_first, of_second = divmod(int(option), len(grid.members))
                literals = grid.literal(int(a), of_first), grid.literal(int(b), of_second)
                found.append(Candidate(float(score), literals))
        return found
