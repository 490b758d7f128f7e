"""One random half of the samples: sums over its slices, and their scores."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from leap_explorer.insights.rows import Mask
from leap_explorer.insights.slices.features import SMALLEST_SLICE
from leap_explorer.insights.slices.score import log_unlikelihood, skewness, standardised
from leap_explorer.insights.slices.space import WORD, Literal, Literals, Space

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Fewer samples of a half are no slice there.
LEAST = SMALLEST_SLICE // 2


@dataclass(frozen=True)
class Candidate:
    """A slice and its score on the half that found it: log unlikelihood less the cost of its conditions."""

    score: float
    literals: Literals


class Half:
    """The rows of a half with what is not yet explained of their outcome.

    - `excess`: (rows,) outcome less what is expected; `variance`: (rows,) of it, at least 1.
    """

    def __init__(self, space: Space, rows: Ints, outcome: Floats) -> None:
        self.space, self.rows = space, rows
        self.excess = standardised(outcome[rows])
        self.variance = np.ones(len(rows))
        self.skew = skewness(self.excess)
        self.ranks = [feature.ranks[rows] for feature in space.features]

    @property
    def total(self) -> float:
        """Variance of all rows."""
        return float(self.variance.sum())

    @cached_property
    def shown(self) -> sparse.csr_array:
        """Which terms each row shows."""
        return self.space.words.shown[self.rows]

    @cached_property
    def shown_as_float(self) -> sparse.csr_array:
        """`shown` as 0 and 1, float32."""
        return self.shown.astype(np.float32)

    @cached_property
    def shown_by_term(self) -> sparse.csc_array:
        """`shown`, stored by term."""
        return self.shown.tocsc()

    @cached_property
    def has_text(self) -> Mask:
        """The rows that show text."""
        return self.space.words.has_text[self.rows]

    def mask(self, literals: Literals) -> Mask:
        """The rows that meet every literal."""
        mask = np.ones(len(self.rows), dtype=bool)
        for literal in literals:
            mask &= self._mask(literal)
        return mask

    def _mask(self, literal: Literal) -> Mask:
        feature, low, high = literal
        if feature != WORD:
            return (self.ranks[feature] >= low) & (self.ranks[feature] < high)
        has = np.zeros(len(self.rows), dtype=bool)
        start, stop = self.shown_by_term.indptr[low : low + 2]
        has[self.shown_by_term.indices[start:stop]] = True
        return has if high else self.has_text & ~has

    def candidate(self, literals: Literals) -> Candidate:
        """The slice of some literals with its score; minus infinity if too few rows are in it or outside."""
        mask = self.mask(literals)
        count = int(mask.sum())
        if not LEAST <= count <= len(mask) - LEAST:
            return Candidate(-np.inf, literals)
        excess, variance = self.excess_of(literals)[mask].sum(), self.variance[mask].sum()
        unlikely = float(log_unlikelihood(excess, variance, self.total, self.skew))
        return Candidate(unlikely - self.space.cost(literals), literals)

    def excess_of(self, literals: Literals) -> Floats:
        """The excess of each row, beside what is expected of slices of these literals."""
        if self.space.expected is None or not {literal.feature for literal in literals} & self.space.alone:
            return self.excess
        return self.excess - self.space.expected[self.rows]

    def explain(self, rows: Ints | Mask) -> None:
        """Expect of these rows their own mean from now on, and as much variance as they have around it."""
        self.excess[rows] -= self.excess[rows].mean()
        self.variance[rows] = max(float(self.excess[rows].var()), 1.0)

    def refine(self, literals: Literals) -> Candidate:
        """The best slice that moving one end of one range at a time leads to, over all values."""
        best = self.candidate(literals)
        for _ in range(4):
            before = best.score
            for place, literal in enumerate(best.literals):
                if literal.feature != WORD and self.space.features[literal.feature].is_ordered:
                    best = max(best, self._moved(best.literals, place), key=lambda one: one.score)
            if best.score <= before:
                break
        return best

    def _moved(self, literals: Literals, place: int) -> Candidate:
        """The slice with both ends of one range moved to where they fit best, one after the other."""
        feature, low, high = literals[place]
        missing = self.space.features[feature].missing
        if low == missing:
            return Candidate(-np.inf, literals)
        rest = literals[:place] + literals[place + 1 :]
        within = self.mask(rest) & (self.ranks[feature] < missing)
        sums = _prefix_sums(self.ranks[feature][within], missing, self.excess[within], self.variance[within])
        known = np.concatenate([[0], np.cumsum(self.space.counts[feature][:missing])])
        starts, ends = np.arange(high), np.arange(1, missing + 1)
        low = int(starts[np.argmax(self._scores(sums, known, feature, starts, np.full(high, high)))])
        ends = ends[low:]
        high = int(ends[np.argmax(self._scores(sums, known, feature, np.full(len(ends), low), ends))])
        if high - low == missing and known[-1] == self.space.n:
            return Candidate(-np.inf, literals)
        return self.candidate((*literals[:place], Literal(feature, low, high), *literals[place + 1 :]))

    def _scores(self, sums: Floats, known: Ints, feature: int, low: Ints, high: Ints) -> Floats:
        count, excess, variance = sums[:, high] - sums[:, low]
        unlikely = log_unlikelihood(excess, np.maximum(variance, 1.0), self.total, self.skew)
        scores = unlikely - self.space.range_cost(feature, known[high] - known[low])
        return np.where(count >= LEAST, scores, -np.inf)


def _prefix_sums(ranks: npt.NDArray[np.int32], n_ranks: int, excess: Floats, variance: Floats) -> Floats:
    """(3, ranks + 1): rows, excess and variance of the ranks below each."""
    sums = np.zeros((3, n_ranks + 1))
    for row, weights in zip(sums, (None, excess, variance), strict=True):
        row[1:] = np.cumsum(np.bincount(ranks, weights, minlength=n_ranks))
    return sums
