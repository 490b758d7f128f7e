"""Sums over every slice of a word, alone, with a condition on a column, or with another word: sparse products."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.slices.best_option import best_options
from leap_explorer.insights.slices.features import WITH_WORD
from leap_explorer.insights.slices.half import LEAST, Candidate, Half
from leap_explorer.insights.slices.score import log_unlikelihood
from leap_explorer.insights.slices.space import WORD, Literal, Literals
from leap_explorer.insights.slices.tables import Floats, Floats32, Grids, Rows

#: Words that are crossed with each other, at most.
CROSSED_WORDS = 1_000
#: Of each part of a table, so many of the best slices are kept.
_KEPT = 50
_TERMS_AT_ONCE, _ROWS_AT_ONCE, _THREADS = 1_000, 20_000, 2


class WordTables:
    """Count, excess and variance of a half's rows by words.

    - `with_feature`: (3, features, terms, codes); `of_text`: (3, features, codes), the same of all rows with text.
    - `crossed`: the terms that are crossed with each other; `with_word`: (3, crossed, crossed).
    """

    def __init__(self, half: Half, grids: Grids, free: list[int]) -> None:
        self.half, self.grids, self.free = half, grids, free
        self.terms = half.shown_by_term.T.astype(np.float32)
        self.codes = grids.with_word.codes[:, half.rows].astype(np.intp)
        self.crossed = self._able()
        weights = np.stack([np.ones(len(half.rows)), half.excess])
        with_feature, of_text = self._with_feature(slice(None), weights)
        self.with_feature, self.of_text = with_feature[[0, 1, 0]], of_text[[0, 1, 0]]
        self.with_word = self._with_word(slice(None), weights)[[0, 1, 0]]

    def update(self, rows: npt.NDArray[np.intp], changes: Floats) -> None:
        """Take in how excess and variance of some rows changed, (2, rows)."""
        with_feature, of_text = self._with_feature(rows, changes)
        self.with_feature[1:] += with_feature
        self.of_text[1:] += of_text
        self.with_word[1:] += self._with_word(rows, changes)

    def best(self, floor: float) -> Iterator[Candidate]:
        """The best slices with a score above `floor`: of each word alone and with each column, and of two words."""
        yield from self._best_alone(floor)
        starts = range(0, self.terms.shape[0], _TERMS_AT_ONCE)
        tasks = [(feature, start) for feature in self.free for start in starts]
        with ThreadPoolExecutor(_THREADS) as pool:
            for found in pool.map(lambda task: self._best_with_feature(task[0], task[1], floor), tasks):
                yield from found
        for start in range(0, len(self.crossed), _TERMS_AT_ONCE):
            yield from self._best_with_word(slice(start, start + _TERMS_AT_ONCE), floor)

    def _able(self) -> npt.NDArray[np.intp]:
        """The terms of which a part could be a slice, as their worst rows alone bound it; of many the most frequent."""
        half = self.half
        worst = np.maximum(half.excess, 0)
        count = np.maximum(self.terms @ (worst > 0).astype(np.float32), LEAST)
        bound = log_unlikelihood(self.terms @ worst, count, half.total, half.skew)
        able = np.flatnonzero(bound > 2 * half.space.word_cost)
        counts = np.diff(half.shown_by_term.indptr)[able]
        return np.sort(able[np.argsort(-counts, kind="stable")[:CROSSED_WORDS]])

    def _with_feature(self, rows: Rows, weights: Floats) -> tuple[Floats32, Floats32]:
        """Sums of each of the weights (weights, rows), by terms and codes, and by codes over rows with text."""
        terms = self.terms if isinstance(rows, slice) else self.terms[:, rows]
        codes, text, width = self.codes[:, rows], self.half.has_text[rows], WITH_WORD + 2
        table = np.zeros((len(weights), len(codes), terms.shape[0], width), dtype=np.float32)
        of_text = np.zeros((len(weights), len(codes), width), dtype=np.float32)

        def fill(feature: int) -> None:
            hot = np.zeros((codes.shape[1], len(weights), width), dtype=np.float32)
            hot[np.arange(len(hot)), :, codes[feature]] = weights.T
            of_text[:, feature] = hot[text].sum(axis=0, dtype=np.float64)
            product = terms @ hot.reshape(len(hot), -1)
            table[:, feature] = product.reshape(-1, len(weights), width).transpose(1, 0, 2)

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(fill, self.free))
        return table, of_text

    def _with_word(self, rows: Rows, weights: Floats) -> Floats32:
        """Sums of each of the weights (weights, rows) over rows that show two crossed terms."""
        shown = self.half.shown[rows][:, self.crossed]
        table = np.zeros((len(weights), len(self.crossed), len(self.crossed)), dtype=np.float32)
        for start in range(0, shown.shape[0], _ROWS_AT_ONCE):
            part = shown[start : start + _ROWS_AT_ONCE].toarray().astype(np.float32)
            for one, sums in zip(weights[:, start : start + _ROWS_AT_ONCE].astype(np.float32), table, strict=True):
                sums += part.T @ (part * one[:, None])
        return table

    def _best_alone(self, floor: float) -> Iterator[Candidate]:
        half = self.half
        weights = np.stack([np.ones(len(half.rows)), half.excess, half.variance])
        has = (self.terms @ weights.T).T
        lacks = (weights * half.has_text).sum(axis=1)[:, None] - has
        for sums, present in ((has, 1), (lacks, 0)):
            _, scores = best_options(sums[:, :, None], half.space.word_cost, half, floor)
            for term in _top(scores):
                yield Candidate(float(scores[term]), (Literal(WORD, int(term), present),))

    def _best_with_feature(self, feature: int, start: int, floor: float) -> list[Candidate]:
        grid, found = self.grids.with_word, []
        has = self.with_feature[:, feature, start : start + _TERMS_AT_ONCE] @ grid.members.T
        of_text = (self.of_text[:, feature] @ grid.members.T)[:, None]
        costs = grid.costs[feature] + np.float32(self.half.space.word_cost)
        for sums, present in ((has, 1), (of_text - has, 0)):
            options, scores = best_options(sums, costs, self.half, floor)
            for term in _top(scores):
                literals = grid.literal(feature, int(options[term])), Literal(WORD, start + int(term), present)
                found.append(Candidate(float(scores[term]), literals))
        return found

    def _best_with_word(self, some: slice, floor: float) -> Iterator[Candidate]:
        cost = 2 * self.half.space.word_cost
        for sums, has_first, has_second in self._crossings(some):
            options, scores = best_options(sums, cost, self.half, floor)
            for term in _top(scores):
                first, second = self.crossed[some][term], self.crossed[options[term]]
                literals: Literals = (Literal(WORD, int(first), has_first), Literal(WORD, int(second), has_second))
                yield Candidate(float(scores[term]), literals)

    def _crossings(self, some: slice) -> Iterator[tuple[Floats32, int, int]]:
        """Sums over rows that have or lack each of two terms, and which it is; nothing where both are one."""
        half, diagonal = self.half, np.arange(len(self.crossed))
        weights = np.stack([half.has_text, half.excess * half.has_text, half.variance * half.has_text])
        of_text = weights.sum(axis=1).astype(np.float32)[:, None, None]
        one, both = self.with_word[:, diagonal, diagonal], self.with_word[:, some]
        first, second = one[:, some, None], one[:, None, :]
        itself = diagonal[some], diagonal[some]
        for sums, has_first, has_second in (
            (both.copy(), 1, 1),
            (first - both, 1, 0),
            (second - both, 0, 1),
            (of_text - first - second + both, 0, 0),
        ):
            sums[:, itself[0] - some.start, itself[1]] = 0
            yield sums, has_first, has_second


def _top(scores: Floats) -> npt.NDArray[np.intp]:
    """Where the best finite scores are, the best first; at most `_KEPT`."""
    best = np.argsort(-scores, kind="stable")[:_KEPT]
    return best[np.isfinite(scores[best])]
