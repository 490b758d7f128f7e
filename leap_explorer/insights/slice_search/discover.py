"""The search on one half: the most unlikely slice, then the most unlikely beside it, and so on."""

from collections.abc import Iterable, Iterator

import numpy as np

from leap_explorer.insights.slice_search.half import Candidate, Half
from leap_explorer.insights.slice_search.score import log_unlikelihood, normal_bound
from leap_explorer.insights.slice_search.space import WORD, Literal, Literals
from leap_explorer.insights.slice_search.tables import LEAST, Grids, Tables

#: Slices that one half may propose.
MOST_SLICES = 20
#: Slices of one and two conditions that are refined, and that are extended by a third.
_REFINED, _EXTENDED = 40, 150
#: Scores above which slices are proposed, and looked at further.
_LEAST_SCORE, _FLOOR = -1.0, -6.0
#: Below this score a proposal is doubtful: chance alone comes as far. So many are put to the test.
_DOUBTFUL, _MOST_DOUBTFUL = 4.0, 3


def discover(half: Half, grids: Grids) -> list[Candidate]:
    """The slices of a half that chance makes least likely, each beside those before it; the half is explained by them.

    Of one and two conditions all are compared, on the grids; then the best are refined over all values, and extended
    by a third condition.
    """
    tables, found = Tables(half, grids), []
    while len(found) < MOST_SLICES and sum(one.score < _DOUBTFUL for one in found) < _MOST_DOUBTFUL:
        best = _best(half, tables, grids)
        if best is None or best.score < _LEAST_SCORE:
            break
        found.append(best)
        mask, excess, variance = half.mask(best.literals), half.excess.copy(), half.variance.copy()
        half.explain(mask)
        tables.update(mask, excess, variance)
    return found


def _best(half: Half, tables: Tables, grids: Grids) -> Candidate | None:
    pool = tables.best(_FLOOR)
    refined = [half.refine(one.literals) for one in pool[:_REFINED]]
    best = max(refined, key=lambda one: one.score, default=None)
    parents = sorted([*refined, *pool[_REFINED:_EXTENDED]], key=lambda one: -one.score)
    longer = sorted(_extend(half, tables, grids, parents), key=lambda one: -one.score)[: _REFINED // 2]
    refined = [half.refine(one.literals) for one in longer]
    return max([*refined, *([best] if best else [])], key=lambda one: one.score, default=None)


def _extend(half: Half, tables: Tables, grids: Grids, parents: Iterable[Candidate]) -> Iterator[Candidate]:
    """The best third condition of each parent that can get above the best score so far by its bound."""
    best = -np.inf
    for parent in parents:
        best = max(best, parent.score)
        if len(parent.literals) != 2 or not tables.free:
            continue
        rows = np.flatnonzero(half.mask(parent.literals))
        cost = half.space.cost(parent.literals)
        if _bound(half, rows) - cost - half.space.feature_cost <= max(best, _LEAST_SCORE):
            continue
        for child in (_with_feature(half, tables, grids, parent.literals, rows), _with_word(half, parent.literals, rows)):
            if child is not None:
                yield child
                best = max(best, child.score)


def _bound(half: Half, rows: np.ndarray) -> float:
    """The highest log unlikelihood of any part of these rows: that of those with a positive excess."""
    excess, variance = half.excess[rows], half.variance[rows]
    worst = excess > 0
    if worst.sum() < LEAST:
        worst = np.argsort(-excess)[:LEAST]
    return float(log_unlikelihood(excess[worst].sum(), variance[worst].sum(), half.total, half.skew))


def _with_feature(half: Half, tables: Tables, grids: Grids, literals: Literals, rows: np.ndarray) -> Candidate | None:
    grid, space = grids.paired, half.space
    used = [literal.feature for literal in literals if literal.feature != WORD]
    free = [number for number in tables.free if all(space.may_meet(number, one) for one in used)]
    if not free:
        return None
    width = grid.width + 2
    codes = (tables.codes[grid.width][np.ix_(free, rows)] + width * np.arange(len(free))[:, None]).ravel()
    weights = (np.ones(len(rows)), half.excess[rows], half.variance[rows])
    sums = [np.bincount(codes, np.tile(one, len(free)), width * len(free)).reshape(-1, width) for one in weights]
    count, excess, variance = (one @ grid.members.T for one in sums)
    return _best_option(half, count, excess, variance, space.cost(literals) + grid.costs[free], literals, lambda at: grid.literal(free[at[0]], int(at[1])))


def _with_word(half: Half, literals: Literals, rows: np.ndarray) -> Candidate | None:
    if half.shown is None:
        return None
    weights = np.stack([np.ones(len(rows)), half.excess[rows], half.variance[rows]]).astype(np.float32)
    has = (half.shown_as_float[rows].T @ weights.T).T
    lacks = (weights * half.has_text[rows]).sum(axis=1)[:, None] - has
    count, excess, variance = np.stack([lacks, has], axis=1)
    for literal in literals:
        if literal.feature == WORD:
            excess[:, literal.low] = 0
    cost = half.space.cost(literals) + half.space.word_cost
    return _best_option(half, count, excess, variance, cost, literals, lambda at: Literal(WORD, int(at[1]), int(at[0])))


def _best_option(half, count, excess, variance, costs, literals, literal_at) -> Candidate | None:  # type: ignore
    variance = np.maximum(variance, 1)
    excess = np.where(count >= LEAST, excess, 0)
    scores = log_unlikelihood(excess, variance, half.total, half.skew) - costs
    at = np.unravel_index(np.argmax(scores), scores.shape)
    if not scores[at] > _FLOOR:
        return None
    return Candidate(float(scores[at]), (*literals, literal_at(at)))
