"""The search on one half: the most unlikely slice, then the most unlikely beside it, and so on."""

import numpy as np

from leap_explorer.insights.slice_search.extend import extend
from leap_explorer.insights.slice_search.half import Candidate, Half
from leap_explorer.insights.slice_search.tables import Grids, Tables
from leap_explorer.insights.slice_search.word_tables import WordTables

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
    tables = Tables(half, grids)
    words = WordTables(half, grids, tables.free) if half.space.words.terms else None
    found: list[Candidate] = []
    while len(found) < MOST_SLICES and sum(one.score < _DOUBTFUL for one in found) < _MOST_DOUBTFUL:
        best = _best(half, tables, words)
        if best is None or best.score < _LEAST_SCORE:
            break
        found.append(best)
        rows = np.flatnonzero(half.mask(best.literals))
        before = np.stack([half.excess[rows], half.variance[rows]])
        half.explain(rows)
        changes = np.stack([half.excess[rows], half.variance[rows]]) - before
        tables.update(rows, changes)
        if words is not None:
            words.update(rows, changes)
    return found


def _best(half: Half, tables: Tables, words: WordTables | None) -> Candidate | None:
    """The best slice of up to three conditions."""
    pool = [*tables.best(_FLOOR), *(words.best(_FLOOR) if words is not None else ())]
    pool = _sorted(pool)
    refined = [half.refine(one.literals) for one in pool[:_REFINED]]
    longer = _sorted([*extend(half, tables, _sorted([*refined, *pool[_REFINED:_EXTENDED]]), _FLOOR)])
    refined += [half.refine(one.literals) for one in longer[: _REFINED // 2]]
    return max(refined, key=lambda one: one.score, default=None)


def _sorted(candidates: list[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda one: -one.score)
