"""Which samples of a subset are evaluated, where not all are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from leap_explorer.evaluation.encode import SampleKey
from leap_explorer.runs.held_out import ADDITIONAL
from leap_explorer.runs.simulated import source_of


def draw(ids: Sequence[Any], labels: Callable[[], Sequence[Any]], count: int | None, seed: int) -> list[Any]:
    """`count` of the ids, in their order, as evenly over the labels as they allow; all if there are no more."""
    if count is None or count >= len(ids):
        return list(ids)
    generator = np.random.default_rng(seed)
    by_label: dict[Any, list[int]] = {}
    for position, label in enumerate(labels()):
        by_label.setdefault(label, []).append(position)
    piles = [
        list(generator.permutation(positions)) for _, positions in sorted(by_label.items(), key=lambda x: str(x[0]))
    ]
    drawn: list[int] = []
    while len(drawn) < count:
        for pile in piles:
            if pile and len(drawn) < count:
                drawn.append(int(pile.pop()))
    return [ids[position] for position in sorted(drawn)]


def of_simulations(subsets: Mapping[str, Sequence[Any]]) -> list[SampleKey]:
    """The simulated samples, after those that they are made of, as far as their ids say so."""
    sources = {one: source_of(str(one)) for one in subsets.get(ADDITIONAL, ())}
    made = [one for one, source in sources.items() if source is not None]
    wanted = set(sources.values())
    kept = [
        (subset, one) for subset, ids in subsets.items() if subset != ADDITIONAL for one in ids if str(one) in wanted
    ]
    return [*kept, *((ADDITIONAL, one) for one in made)]
