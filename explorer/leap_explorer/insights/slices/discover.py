"""The search on one half: the most unlikely slice, then the most unlikely beside it, and so on."""

import numpy as np

from leap_explorer.insights.slices.extend import extend
from leap_explorer.insights.slices.half import Candidate, Half
from leap_explorer.insights.slices.space import WORD
from leap_explorer.insights.slices.tables import Grids, Tables
from leap_explorer.insights.slices.word_tables import WordTables

#: Slices that one half may propose.
MOST_SLICES = 20
#: Slices of one and two conditions that are refined, and that are extended by a third.
_REFINED, _EXTENDED = 40, 150
#: Scores above which slices are looked at; below the second, chance alone comes as far.
_FLOOR, _DOUBTFUL = -6.0, 4.0
#: Of the doubtful, so many of each kind are put to the test.
_DOUBTFUL_OF_A_KIND = 2


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
        if not best or best[0].score < _DOUBTFUL:
            return [*found, *_doubtful(best)]
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
    return _sorted([*refined, *rest])


def _doubtful(candidates: list[Candidate]) -> list[Candidate]:
    """The best few of each kind (how many conditions on columns, and on words), each on columns of its own."""
    kept: dict[tuple[int, int], dict[tuple[int, ...], Candidate]] = {}
    for one in candidates:
        on_words = sum(literal.feature == WORD for literal in one.literals)
        of_kind = kept.setdefault((len(one.literals), on_words), {})
        about = tuple(literal.low if literal.feature == WORD else literal.feature for literal in one.literals)
        if len(of_kind) < _DOUBTFUL_OF_A_KIND:
            of_kind.setdefault(about, one)
    return _sorted([one for of_kind in kept.values() for one in of_kind.values()])


def _sorted(candidates: list[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda one: -one.score)
