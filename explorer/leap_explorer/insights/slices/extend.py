"""A third condition for slices of two."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.slices.best_option import best_options
from leap_explorer.insights.slices.half import LEAST, Candidate, Half
from leap_explorer.insights.slices.score import log_unlikelihood
from leap_explorer.insights.slices.space import WORD, Literal, Literals
from leap_explorer.insights.slices.tables import Tables

Rows = npt.NDArray[np.intp]


def extend(half: Half, tables: Tables, parents: Iterable[Candidate], floor: float) -> Iterator[Candidate]:
    """The best third conditions of each parent of two, one on a column and one on a word, that score above `floor`.

    As in SliceLine (Sagadeeva and Boehm 2021), a parent is passed over if even its worst rows alone would not get above
    the best score so far.
    """
    best = floor
    for parent in parents:
        best = max(best, parent.score)
        if len(parent.literals) != 2:
            continue
        rows = np.flatnonzero(half.mask(parent.literals))
        if _bound(half, rows) - half.space.cost(parent.literals) - half.space.feature_cost <= best:
            continue
        found = [*_with_feature(half, tables, parent.literals, rows, floor), *_with_word(half, parent, rows, floor)]
        best = max([best, *(one.score for one in found)])
        yield from found


def _bound(half: Half, rows: Rows) -> float:
    """The highest log unlikelihood of any part of these rows: that of those with a positive excess."""
    excess, variance = half.excess[rows], half.variance[rows]
    worst = np.argsort(-excess)[: max(int((excess > 0).sum()), LEAST)]
    return float(log_unlikelihood(excess[worst].sum(), variance[worst].sum(), half.total, half.skew))


def _with_feature(half: Half, tables: Tables, literals: Literals, rows: Rows, floor: float) -> Iterator[Candidate]:
    grid, space = tables.grids.paired, half.space
    used = [literal.feature for literal in literals if literal.feature != WORD]
    free = np.array([number for number in tables.free if all(space.may_meet(number, one) for one in used)], dtype=int)
    if not len(free):
        return
    width = grid.width + 2
    codes = (tables.codes[np.ix_(free, rows)] + width * np.arange(len(free))[:, None]).ravel()
    weights = (np.ones(len(rows)), half.excess[rows], half.variance[rows])
    sums = [np.bincount(codes, np.tile(one, len(free)), width * len(free)).reshape(-1, width) for one in weights]
    ranges = np.stack(sums) @ grid.members.T
    options, scores = best_options(ranges, space.cost(literals) + grid.costs[free], half, floor)
    at = int(scores.argmax())
    if scores[at] > floor:
        yield Candidate(float(scores[at]), (*literals, grid.literal(int(free[at]), int(options[at]))))


def _with_word(half: Half, parent: Candidate, rows: Rows, floor: float) -> Iterator[Candidate]:
    if not half.space.words.terms:
        return
    weights = np.stack([np.ones(len(rows)), half.excess[rows], half.variance[rows]]).astype(np.float32)
    has = (half.shown_as_float[rows].T @ weights.T).T
    has[:, [literal.low for literal in parent.literals if literal.feature == WORD]] = 0
    lacks = (weights * half.has_text[rows]).sum(axis=1)[:, None] - has
    cost = half.space.cost(parent.literals) + half.space.word_cost
    (term, lacked), scores = best_options(np.stack([has, lacks], axis=1), cost, half, floor)
    for position, present, score in ((term, 1, scores[0]), (lacked, 0, scores[1])):
        if score > floor:
            yield Candidate(float(score), (*parent.literals, Literal(WORD, int(position), present)))
