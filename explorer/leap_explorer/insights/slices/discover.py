"""The search on one half: the most unlikely slice, then the most unlikely beside it, and so on."""

import numpy as np

from leap_explorer.insights.slices.confirm import SURE
from leap_explorer.insights.slices.extend import extend
from leap_explorer.insights.slices.half import Candidate, Half
from leap_explorer.insights.slices.space import WORD
from leap_explorer.insights.slices.tables import Grids, Tables
from leap_explorer.insights.slices.word_tables import WordTables

#: Slices that one half may propose.
MOST_SLICES = 20
#: Slices of one and two conditions that are refined, and that are extended by a third.
_REFINED, _EXTENDED = 40, 150
#: Scores above which slices are looked at.
_FLOOR = -6.0
#: So many of those that chance might have made are put to the test.
_MOST_DOUBTFUL = 150


def discover(half: Half, grids: Grids) -> list[Candidate]:
    """The slices of a half that chance makes least likely, each beside those before it; the half is explained by them.

    Of one and two conditions all are compared, on the grids; then the best are refined over all values, and extended
    by a third condition. The last ones are those that chance might have made: the best few of each kind.
    """
    tables = Tables(half, grids)
    words = WordTables(half, grids, tables.free) if half.space.words.terms else None
    found: list[Candidate] = []
    while len(found) < MOST_SLICES:
        best = _best(half, tables, words)
        if not best or best[0].score < SURE:
            return [*found, *_doubtful(half, best)]
        found.append(best[0])
        rows = np.flatnonzero(half.mask(best[0].literals))
        before = np.stack([half.excess[rows], half.variance[rows]])
        half.explain(rows)
        changes = np.stack([half.excess[rows], half.variance[rows]]) - before
        tables.update(rows, changes)
        if words is not None:
            words.update(rows, changes)
    return found


def _best(half: Half, tables: Tables, words: WordTables | None) -> list[Candidate]:
    """The best slices of up to three conditions, the best first."""
    pool = _sorted([*tables.best(_FLOOR), *(words.best(_FLOOR) if words is not None else ())])
    refined = [half.refine(one.literals) for one in pool[:_REFINED]]
    rest = pool[_REFINED:_EXTENDED]
    longer = _sorted([*extend(half, tables, _sorted([*refined, *rest]), _FLOOR)])
    refined += [half.refine(one.literals) for one in longer[: _REFINED // 2]]
    return _sorted([*refined, *rest, *longer[_REFINED // 2 :]])


def _doubtful(half: Half, candidates: list[Candidate]) -> list[Candidate]:
    """The best slices, each of them on other columns and words, over all values."""
    kept: dict[frozenset[tuple[int, int]], Candidate] = {}
    for one in candidates:
        about = ((literal.feature, literal.low if literal.feature == WORD else 0) for literal in one.literals)
        kept.setdefault(frozenset(about), one)
    return _sorted([half.refine(one.literals) for one in list(kept.values())[:_MOST_DOUBTFUL]])


def _sorted(candidates: list[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda one: -one.score)
