"""Sums over every slice of one or two conditions at once: histograms, and products of them with ranges."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.rows import Mask
from leap_explorer.insights.slice_search.features import ALONE, PAIRED, WITH_WORD
from leap_explorer.insights.slice_search.half import LEAST, Candidate, Half
from leap_explorer.insights.slice_search.score import log_unlikelihood, normal_bound
from leap_explorer.insights.slice_search.space import WORD, Grid, Literal, Space, make_grid

Array = npt.NDArray[np.float32]

#: Words that are crossed with each other: the most frequent.
CROSSED_WORDS = 1_000
#: Of each table of words, so many of the best slices are kept.
_KEPT = 50
_TABLES_AT_ONCE, _TERMS_AT_ONCE, _ROWS_AT_ONCE = 4, 1_000, 20_000
_FLOOR_OF_CROSSED = 0.0
_THREADS = 2


class Grids:
    """The grids of a space, which both halves share."""

    def __init__(self, space: Space) -> None:
        self.alone, self.paired, self.with_word = (make_grid(space, width) for width in (ALONE, PAIRED, WITH_WORD))


class Tables:
    """Rows, excess and variance of a half in every cell of every table; `update` after rows were explained.

    The first axis of each array is count, excess, variance.
    """

    def __init__(self, half: Half, grids: Grids) -> None:
        self.half, self.grids, self.space = half, grids, half.space
        self.codes = {grid.width: grid.codes[:, half.rows].astype(np.intp) for grid in (grids.paired, grids.with_word)}
        self.free = [number for number in range(len(self.space.features)) if number not in self.space.alone]
        self.pairs = [pair for pair in combinations(self.free, 2) if self.space.may_meet(*pair)]
        self._terms = half.shown_by_term.T.astype(np.float32) if half.shown_by_term is not None else None
        self._fill()

    def _fill(self) -> None:
        """Sum up all rows, each of variance 1, so that a cell's variance is its count until some are explained."""
        self.distinct = 2
        weights = np.stack([np.ones(len(self.half.rows)), self.half.excess])
        self.two = self._two(slice(None), weights)[[0, 1, 0]]
        if self._terms is not None:
            self.word, self.base = (table[[0, 1, 0]] for table in self._word(slice(None), weights))
            self.crossed = self._crossed()
            self.words = self._words(slice(None), weights)[[0, 1, 0]]

    def update(self, mask: Mask, excess: npt.NDArray[np.float64], variance: npt.NDArray[np.float64]) -> None:
        """Take in what changed where `mask`, given excess and variance from before."""
        half = self.half
        changes = np.stack([half.excess[mask] - excess[mask], half.variance[mask] - variance[mask]])
        rows, self.distinct = np.flatnonzero(mask), 3
        self.two[1:] += self._two(rows, changes)
        if self._terms is not None:
            word, base = self._word(rows, changes)
            self.word[1:] += word
            self.base[1:] += base
            self.words[1:] += self._words(rows, changes)

    def _two(self, rows: npt.NDArray[np.intp] | slice, weights: npt.NDArray[np.float64]) -> Array:
        """Sums of each of the weights (weights, rows) in (weights, pairs, codes, codes)."""
        width = PAIRED + 2
        codes = self.codes[PAIRED][:, rows]
        tables = np.zeros((len(weights), len(self.pairs), width * width), dtype=np.float32)
        for number, (a, b) in enumerate(self.pairs):
            both = codes[a] * width + codes[b]
            for table, one in zip(tables, weights, strict=True):
                table[number] = np.bincount(both, one, minlength=width * width)
        return tables.reshape(len(weights), len(self.pairs), width, width)

    def _word(self, rows: npt.NDArray[np.intp] | slice, weights: npt.NDArray[np.float64]) -> tuple[Array, Array]:
        """Terms by codes (weights, features, terms, codes), and the same of all rows with text."""
        terms = self._terms if isinstance(rows, slice) else self._terms[:, rows]
        text = self.half.has_text[rows]
        width, codes = WITH_WORD + 2, self.codes[WITH_WORD][:, rows]
        n_features = len(self.space.features)
        table = np.zeros((len(weights), n_features, terms.shape[0], width), dtype=np.float32)
        base = np.zeros((len(weights), n_features, width), dtype=np.float32)

        def fill(feature: int) -> None:
            hot = np.zeros((codes.shape[1], len(weights), width), dtype=np.float32)
            hot[np.arange(codes.shape[1]), :, codes[feature]] = weights.T
            base[:, feature] = hot[text].sum(axis=0, dtype=np.float64)
            product = terms @ hot.reshape(len(hot), -1)
            table[:, feature] = product.reshape(-1, len(weights), width).transpose(1, 0, 2)

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(fill, self.free))
        return table, base

    def _words(self, rows: npt.NDArray[np.intp] | slice, weights: npt.NDArray[np.float64]) -> Array:
        """Crossed terms by crossed terms (weights, terms, terms)."""
        shown = self.half.shown[rows][:, self.crossed]
        table = np.zeros((len(weights), len(self.crossed), len(self.crossed)), dtype=np.float32)
        for start in range(0, shown.shape[0], _ROWS_AT_ONCE):
            part = shown[start : start + _ROWS_AT_ONCE].toarray().astype(np.float32)
            for one, sums in zip(weights[:, start : start + _ROWS_AT_ONCE].astype(np.float32), table, strict=True):
                sums += part.T @ (part * one[:, None])
        return table

    def _crossed(self) -> npt.NDArray[np.intp]:
        """The terms that are crossed with each other: those whose worst rows alone could make a slice, which bounds
        what any part of them can; the most frequent of them where they are many."""
        half = self.half
        worst = np.maximum(half.excess, 0)
        count = np.maximum(self._terms @ (worst > 0).astype(np.float32), LEAST)
        bound = log_unlikelihood(self._terms @ worst, count, half.total, half.skew) - 2 * self.space.word_cost
        able = np.flatnonzero(bound > _FLOOR_OF_CROSSED)
        counts = np.diff(half.shown_by_term.indptr)[able]
        return np.sort(able[np.argsort(-counts, kind="stable")[:CROSSED_WORDS]])

    def best(self, floor: float) -> list[Candidate]:
        """The best slice of every table with a score above `floor`, the best first."""
        parts = [self._best_alone(floor), self._best_of_two(floor)]
        if self._terms is not None:
            parts += [self._best_words(floor), self._best_with_words(floor), self._best_two_words(floor)]
        return sorted((one for part in parts for one in part), key=lambda one: -one.score)

    def _best_alone(self, floor: float) -> Iterator[Candidate]:
        half, grid = self.half, self.grids.alone
        for feature in range(len(self.space.features)):
            whole = (Literal(feature, 0, 1),)
            sums = _prefix_sums(grid.codes[feature][half.rows], grid.width, half, half.excess_of(whole))
            first, last = grid.first, grid.last
            rows = sums[:, None, last + 1] - sums[:, None, first]
            scores = _scores(*rows, grid.costs[feature], half, floor)[0]
            option = int(np.argmax(scores))
            if scores[option] > floor:
                yield Candidate(float(scores[option]), (grid.literal(feature, option),))

    def _best_of_two(self, floor: float) -> Iterator[Candidate]:
        chunks = [
            range(start, min(start + _TABLES_AT_ONCE, len(self.pairs)))
            for start in range(0, len(self.pairs), _TABLES_AT_ONCE)
        ]
        with ThreadPoolExecutor(_THREADS) as pool:
            for found in pool.map(lambda chunk: self._best_of_chunk(chunk, floor), chunks):
                yield from found

    def _best_of_chunk(self, chunk: range, floor: float) -> list[Candidate]:
        grid = self.grids.paired
        members = grid.members
        first, second = np.array(self.pairs[chunk.start : chunk.stop]).T
        sums = members @ self.two[: self.distinct, chunk.start : chunk.stop] @ members.T
        sums = sums[[0, 1, -1 if self.distinct == 3 else 0]]
        costs = grid.costs[first][:, :, None] + grid.costs[second][:, None, :]
        shape = (len(first), -1)
        scores = _scores(*sums.reshape(3, *shape), costs.reshape(shape), self.half, floor)
        found = []
        for number in range(len(first)):
            option = int(scores[number].argmax())
            if scores[number, option] > floor:
                a, b = divmod(option, len(members))
                literals = grid.literal(first[number], a), grid.literal(second[number], b)
                found.append(Candidate(float(scores[number, option]), literals))
        return found

    def _best_words(self, floor: float) -> Iterator[Candidate]:
        """Each word alone, present or absent."""
        half = self.half
        weights = np.stack([np.ones(len(half.rows)), half.excess, half.variance])
        has = (self._terms @ weights.T).T
        lacks = (weights * half.has_text).sum(axis=1)[:, None] - has
        for sums, present in ((has, 1), (lacks, 0)):
            scores = _scores(*sums[:, :, None], self.space.word_cost, half, floor)[:, 0]
            for term in _top(scores, floor):
                yield Candidate(float(scores[term]), (Literal(WORD, int(term), present),))

    def _best_with_words(self, floor: float) -> Iterator[Candidate]:
        tasks = [
            (feature, start)
            for feature in self.free
            for start in range(0, self._terms.shape[0], _TERMS_AT_ONCE)
        ]
        with ThreadPoolExecutor(_THREADS) as pool:
            for found in pool.map(lambda task: self._best_with_terms(*task, floor), tasks):
                yield from found

    def _best_with_terms(self, feature: int, start: int, floor: float) -> list[Candidate]:
        grid = self.grids.with_word
        members = grid.members.T
        has = self.word[:, feature, start : start + _TERMS_AT_ONCE] @ members
        everything = (self.base[:, feature] @ members)[:, None]
        found = []
        for sums, present in ((has, 1), (everything - has, 0)):
            scores = _scores(*sums, grid.costs[feature] + np.float32(self.space.word_cost), self.half, floor)
            option = scores.argmax(axis=1)
            best = scores[np.arange(len(scores)), option]
            for term in _top(best, floor):
                literals = grid.literal(feature, int(option[term])), Literal(WORD, start + int(term), present)
                found.append(Candidate(float(best[term]), literals))
        return found

    def _best_two_words(self, floor: float) -> Iterator[Candidate]:
        half, terms = self.half, self.crossed
        cost = 2 * self.space.word_cost
        one = self.words[:, np.arange(len(terms)), np.arange(len(terms))]
        text = np.array([half.has_text.sum(), half.excess[half.has_text].sum(), half.variance[half.has_text].sum()])
        for start in range(0, len(terms), _TERMS_AT_ONCE):
            part = slice(start, start + _TERMS_AT_ONCE)
            both = self.words[:, part]
            first, second = one[:, part, None], one[:, None, :]
            crossings = (
                (both, 1, 1),
                (first - both, 1, 0),
                (second - both, 0, 1),
                (text[:, None, None].astype(np.float32) - first - second + both, 0, 0),
            )
            for sums, has_first, has_second in crossings:
                scores = _scores(*sums, cost, half, floor)
                option = scores.argmax(axis=1)
                best = scores[np.arange(len(scores)), option]
                for term in _top(best, floor):
                    a, b = int(terms[start + term]), int(terms[option[term]])
                    if a != b:
                        literals = Literal(WORD, a, has_first), Literal(WORD, b, has_second)
                        yield Candidate(float(best[term]), literals)


def _prefix_sums(codes: npt.NDArray[np.integer], width: int, half: Half, excess: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    sums = np.zeros((3, width + 3))
    for row, weights in zip(sums, (None, excess, half.variance), strict=True):
        row[1:] = np.cumsum(np.bincount(codes, weights, minlength=width + 2))
    return sums


def _scores(count: Array, excess: Array, variance: Array, costs: Array | float, half: Half, floor: float) -> Array:
    """(rows, options): log unlikelihood less cost where it can be the highest of its row and lie above `floor`.

    Elsewhere minus infinity: what the normal bound puts below the score of the row's highest bound is not computed.
    """
    excess = np.where((count >= LEAST) & (count <= len(half.rows) - LEAST), excess, 0)
    variance = np.maximum(variance, 1)
    bounds = normal_bound(excess, variance, half.total) - costs
    scores = np.full_like(bounds, -np.inf)
    costs = np.broadcast_to(costs, bounds.shape)

    def compute(at: tuple[npt.NDArray[np.intp], ...]) -> None:
        scores[at] = log_unlikelihood(excess[at], variance[at], half.total, half.skew) - costs[at]

    rows = np.flatnonzero(bounds.max(axis=1) > floor)
    if len(rows):
        first = bounds[rows].argmax(axis=1)
        compute((rows, first))
        least = np.maximum(scores[rows, first], floor)
        at, option = np.nonzero(bounds[rows] > least[:, None])
        compute((rows[at], option))
    return scores


def _top(scores: npt.NDArray[np.floating], floor: float) -> npt.NDArray[np.intp]:
    """Where the best scores above `floor` are, the best first; at most `_KEPT`."""
    best = np.argsort(-scores, kind="stable")[:_KEPT]
    return best[scores[best] > floor]
