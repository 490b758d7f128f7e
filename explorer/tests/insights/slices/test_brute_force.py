"""The search over one and two conditions against trying every one of them."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from leap_explorer.insights.slices.features import features
from leap_explorer.insights.slices.half import Candidate, Half
from leap_explorer.insights.slices.score import standardised
from leap_explorer.insights.slices.space import WORD, Literal, Space
from leap_explorer.insights.slices.tables import Grids, Tables
from leap_explorer.insights.slices.word_index import index_words
from leap_explorer.insights.slices.word_tables import WordTables

FLOOR = -20.0


def _space(generator: np.random.Generator, rows: int = 400) -> Space:
    samples = pd.DataFrame(
        {
            "subset": "test",
            "metadata_number": np.where(generator.random(rows) < 0.1, np.nan, generator.integers(0, 9, rows)),
            "metadata_other": np.round(generator.normal(size=rows), 0),
            "metadata_kind": generator.choice(["a", "b", "c", None], rows),
        }
    )
    columns = {name: {"role": "metadata"} for name in samples.columns if name != "subset"}
    words = [
        None if generator.random() < 0.05 else list(generator.choice([f"word{number}" for number in range(12)], 3))
        for _ in range(rows)
    ]
    index = index_words([None if one is None else " ".join(one) for one in words])
    return Space(features(samples, columns), index)


def _literals(space: Space) -> list[Literal]:
    """Every literal that the definitions allow."""
    found = [Literal(WORD, term, present) for term in range(len(space.words.terms)) for present in (0, 1)]
    for number, feature in enumerate(space.features):
        ends = range(1, feature.missing + 1)
        ranges = [(low, high) for high in ends for low in range(high) if feature.is_ordered or high - low == 1]
        ranges.append((feature.missing, feature.missing + 1))
        counts = feature.counts()
        for low, high in ranges:
            if 30 <= counts[low:high].sum() < space.n:
                found.append(Literal(number, low, high))
    return found


def _brute_force(half: Half) -> float:
    """The highest score of one or two literals, each slice's mask made and added up on its own."""
    literals = _literals(half.space)
    single = [half.candidate((one,)) for one in literals]
    pairs = [half.candidate(pair) for pair in combinations(literals, 2) if _may_go_together(pair)]
    return max(one.score for one in [*single, *pairs])


def _may_go_together(pair: tuple[Literal, Literal]) -> bool:
    first, second = pair
    return first.low != second.low if first.feature == second.feature == WORD else first.feature != second.feature


def _best(half: Half) -> Candidate:
    return _best_of(*_tables(half))


def _tables(half: Half) -> tuple[Tables, WordTables]:
    grids = Grids(half.space)
    tables = Tables(half, grids)
    return tables, WordTables(half, grids, tables.free)


def _best_of(tables: Tables, words: WordTables) -> Candidate:
    return max([*tables.best(FLOOR), *words.best(FLOOR)], key=lambda one: one.score)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_of_the_tables_is_the_best_of_all(seed: int) -> None:
    generator = np.random.default_rng(seed)
    space = _space(generator)
    outcome = generator.exponential(size=space.n)
    outcome[space.mask((Literal(0, 2, 5), Literal(1, 0, 3)))] += 1.0
    half = Half(space, np.arange(space.n), standardised(outcome))
    best = _best(half)
    assert best.score == pytest.approx(_brute_force(half), rel=1e-4)
    assert half.candidate(best.literals).score == pytest.approx(best.score, rel=1e-4)


def test_after_a_slice_was_explained_the_tables_are_those_of_what_remains() -> None:
    generator = np.random.default_rng(7)
    space = _space(generator)
    outcome = generator.exponential(size=space.n)
    outcome[space.mask((Literal(0, 2, 5),))] += 2.0
    outcome[space.mask((Literal(1, 0, 3), Literal(2, 0, 1)))] += 2.0
    half = Half(space, np.arange(space.n), standardised(outcome))
    tables, words = _tables(half)
    rows = np.flatnonzero(half.mask((Literal(0, 2, 5),)))
    before = np.stack([half.excess[rows], half.variance[rows]])
    half.explain(rows)
    changes = np.stack([half.excess[rows], half.variance[rows]]) - before
    tables.update(rows, changes)
    words.update(rows, changes)
    assert _best_of(tables, words).score == pytest.approx(_brute_force(half), rel=1e-3)


def test_a_pair_of_words_is_found() -> None:
    generator = np.random.default_rng(3)
    space = _space(generator, 3_000)
    outcome = generator.exponential(size=space.n)
    one, two = (space.words.positions[word] for word in ("word1", "word2"))
    both = (Literal(WORD, min(one, two), 1), Literal(WORD, max(one, two), 1))
    outcome[space.mask(both)] += 2.0
    best = _best(Half(space, np.arange(space.n), standardised(outcome)))
    assert (space.mask(best.literals) == space.mask(both)).all()
