"""All that is told of a confirmed slice: its effect, other descriptions of it, what sets it apart."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.distinguishing import distinguishing_metadata
from leap_explorer.insights.log_odds import WordOdds, distinctive
from leap_explorer.insights.rows import Columns, Mask
from leap_explorer.insights.severity import removable
from leap_explorer.insights.slices.confirm import Confirmed
from leap_explorer.insights.slices.found import Description, FoundSlice, mean_of, share_of
from leap_explorer.insights.slices.space import WORD, Literal, Literals, Space

Floats = npt.NDArray[np.float64]

#: Other descriptions are told from this Jaccard index on, and so many of them.
_LEAST_ALIKE, _MOST_DESCRIPTIONS, _MOST_WORDS = 0.6, 3, 8


def tell(
    held: pd.DataFrame, columns: Columns, space: Space, one: Confirmed, values: Floats, errors: Floats | None
) -> FoundSlice:
    """A confirmed slice of the held-out samples, with its effect on the half that confirmed it."""
    mask = space.mask(one.literals)
    inside = np.zeros(len(mask), dtype=bool)
    inside[one.rows] = mask[one.rows]
    outside = np.zeros(len(mask), dtype=bool)
    outside[one.rows] = ~mask[one.rows]
    named = [space.column(literal) for literal in one.literals]
    return FoundSlice(
        conditions=tuple(map(space.condition, one.literals)),
        rows=mask,
        n=int(mask.sum()),
        errors=(share_of(errors[inside]), share_of(errors[outside])) if errors is not None else None,
        outcome=(mean_of(values[inside]), mean_of(values[outside])),
        excess_share=removable(values, inside, inside | outside).value,
        p=one.p,
        similar=tuple(similar(space, one.literals)),
        distinguishing=tuple(distinguishing_metadata(held, mask, ~mask, columns, without=named)),
        words=tuple(_words(space, mask)),
        judged=inside | outside,
    )


def similar(space: Space, literals: Literals) -> list[Description]:
    """Other descriptions of nearly the same samples: one condition replaced by that of another column or word."""
    target = space.mask(literals)
    found: dict[tuple[int, int], tuple[float, Literals]] = {}
    for place in range(len(literals)):
        rest = literals[:place] + literals[place + 1 :]
        base = space.mask(rest)
        used = {space.column(literal) for literal in literals}
        numbers = [number for number in range(len(space.features)) if _may_join(space, number, rest)]
        nearest = [_nearest_range(space, number, base, target) for number in numbers]
        nearest = [pair for pair in nearest if space.column(pair[1]) not in used]
        if space.words.terms:
            nearest.append(_nearest_word(space, base, target, literals))
        for jaccard, literal in nearest:
            key = (literal.feature, literal.low if literal.feature == WORD else 0)
            if jaccard >= _LEAST_ALIKE and (key not in found or found[key][0] < jaccard):
                found[key] = (jaccard, (*rest, literal))
    best = sorted(found.values(), key=lambda pair: -pair[0])[:_MOST_DESCRIPTIONS]
    return [Description(tuple(map(space.condition, one)), jaccard) for jaccard, one in best]


def _may_join(space: Space, number: int, rest: Literals) -> bool:
    """Whether a condition on a feature may stand beside those of the rest."""
    others = [literal.feature for literal in rest if literal.feature != WORD]
    return number not in space.alone if rest and not others else all(space.may_meet(number, one) for one in others)


def _nearest_range(space: Space, number: int, base: Mask, target: Mask) -> tuple[float, Literal]:
    """The range or value of a feature that selects, within `base`, the samples most like the target, with the index."""
    feature = space.features[number]
    shared = np.bincount(feature.ranks[target], minlength=feature.missing + 2)[: feature.missing + 1]
    chosen = np.bincount(feature.ranks[base], minlength=feature.missing + 2)[: feature.missing + 1]
    size = int(target.sum())
    single = shared / np.maximum(size + chosen - shared, 1)
    rank = int(np.argmax(single))
    best = float(single[rank]), Literal(number, rank, rank + 1)
    if not feature.is_ordered:
        return best
    low, high = _nearest_ends(shared[:-1], chosen[:-1], size)
    inside, chosen_inside = int(shared[low:high].sum()), int(chosen[low:high].sum())
    jaccard = inside / max(size + chosen_inside - inside, 1)
    return max(best, (jaccard, Literal(number, low, high)))


def _nearest_ends(shared: npt.NDArray[np.integer], chosen: npt.NDArray[np.integer], size: int) -> tuple[int, int]:
    """The range of ranks with the highest Jaccard index, moving one end at a time from the whole range."""
    hit, taken = (np.concatenate([[0], np.cumsum(counts)]) for counts in (shared, chosen))
    low, high = 0, len(shared)

    def jaccard(starts: npt.NDArray[np.intp] | int, ends: npt.NDArray[np.intp] | int) -> Floats:
        both = hit[ends] - hit[starts]
        return np.asarray(both / (size + taken[ends] - taken[starts] - both))

    for _ in range(3):
        low = int(jaccard(np.arange(high), high).argmax())
        high = low + 1 + int(jaccard(low, np.arange(low + 1, len(shared) + 1)).argmax())
    return low, high


def _nearest_word(space: Space, base: Mask, target: Mask, literals: Literals) -> tuple[float, Literal]:
    """The word whose presence selects, within `base`, the samples most like the target."""
    shown = space.words.shown
    shared = np.asarray(shown[np.flatnonzero(target)].sum(axis=0)).ravel()
    chosen = np.asarray(shown[np.flatnonzero(base)].sum(axis=0)).ravel()
    jaccard = shared / np.maximum(target.sum() + chosen - shared, 1)
    for literal in literals:
        if literal.feature == WORD:
            jaccard[literal.low] = 0
    term = int(np.argmax(jaccard))
    return float(jaccard[term]), Literal(WORD, term, 1)


def _words(space: Space, mask: Mask) -> list[WordOdds]:
    shown = space.words.shown
    inside = np.asarray(shown[np.flatnonzero(mask)].sum(axis=0)).ravel()
    everything = np.diff(space.words.by_term.indptr)
    return distinctive(space.words.terms, inside, everything - inside, most=_MOST_WORDS)
