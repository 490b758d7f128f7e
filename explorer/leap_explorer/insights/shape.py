"""The shape in which a metric goes with a column: it rises, falls, peaks, dips, or nothing stands out from chance."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.comparisons import SIGNIFICANCE, holm, welch

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Block = tuple[int, int]  #: the first and the last of neighbouring ranges
Kind = Literal["rises", "falls", "peak", "dip", "mixed", "differs", "none"]

#: Fewer samples on one side of a contrast tell too little of its variance.
FEWEST = 20
_SHUFFLES = 199
#: Of more samples, means are as good as normal, so that they need not be shuffled.
_MOST_SHUFFLED = 5_000


@dataclass(frozen=True)
class Shape:
    """How a metric's mean goes over a column's ranges, or its values.

    Of ranges it `rises`, `falls`, has one `peak` or `dip`, or is `mixed`: it goes up and down more often. Of values
    without an order it `differs`. `none`: nothing of that stands out from chance.
    """

    kind: Kind
    at: Block | None = None  #: the ranges of the peak or the dip
    between: tuple[Block, Block] | None = None  #: what differs most surely, where the mean only rises or only falls


NONE = Shape("none")


@dataclass(frozen=True)
class _Contrasts:
    """Pairs of blocks of neighbouring ranges, the first before the second."""

    low: Codes  #: [blocks], the first range of each
    high: Codes  #: [blocks], the last
    first: Codes  #: [pairs], a block
    second: Codes  #: [pairs], a later one

    def block(self, number: int) -> Block:
        """The ranges of a block."""
        return int(self.low[number]), int(self.high[number])

    def with_enough(self, counts: Floats) -> "_Contrasts":
        """The pairs with enough samples on both sides."""
        enough = self.totals(counts[None, :])[0] >= FEWEST
        kept = enough[self.first] & enough[self.second]
        return _Contrasts(self.low, self.high, self.first[kept], self.second[kept])

    def totals(self, of_ranges: Floats) -> Floats:
        """[m, blocks], sums over the blocks, of [m, ranges]."""
        running = np.concatenate([np.zeros((len(of_ranges), 1)), np.cumsum(of_ranges, axis=1)], axis=1)
        return running[:, self.high + 1] - running[:, self.low]


def ordered_shape(codes: Codes, values: Floats, seed: int = 0) -> Shape:
    """The shape of the mean over ranges that have an order.

    Every block of neighbouring ranges is compared with every later one by Welch's t. The largest |t| that chance gives
    is known from shuffling the values over the samples (max-t: Westfall & Young 1993; shuffling studentised differences
    also holds for unequal variances: Janssen 1997), so that over all comparisons together at most 5 % of unrelated
    columns get a shape. Once something stands out, what rises and what falls is told by the largest t of one sign, 5 %
    each. Beyond 5,000 samples, normal means take the shuffled ones' place. The mean

    - `rises` or `falls` where only such differences stand out;
    - has a `peak` where it is significantly higher in some block than in one before and in one after; a `dip` where it
      is lower than both (both sides are tested, as by Simonsohn 2018);
    - is `mixed` where it both rises and falls in another order.

    Args:
        codes: [n], each sample's range, 0 upwards.
        values: [n], finite.
    """
    counts = np.bincount(codes).astype(np.float64)
    contrasts = _contrasts(len(counts)).with_enough(counts)
    if not len(contrasts.first) or np.ptp(values) == 0:
        return NONE
    centred = values - values.mean()
    sums, squares = _sums(codes, centred[None, :])
    by_chance = (
        _shuffled(contrasts, codes, centred, seed)
        if len(values) <= _MOST_SHUFFLED
        else _normal(contrasts, counts, seed)
    )
    t = _welch_t(contrasts, counts, sums, squares)[0]
    return _classified(contrasts, t, by_chance)


def unordered_shape(codes: Codes, values: Floats) -> Shape:
    """Whether the mean `differs` between values without an order.

    Each value is compared with all others (Welch's t-test, Holm's correction, p < 0.05); of two values that is one
    comparison.
    """
    masks = [codes == code for code in np.unique(codes)]
    masks = masks[:1] if len(masks) == 2 else masks
    compared = [mask for mask in masks if min(mask.sum(), (~mask).sum()) >= FEWEST]
    p_values = holm([welch(values[mask], values[~mask]).p for mask in compared])
    return Shape("differs") if (p_values < SIGNIFICANCE).any() else NONE


@lru_cache(maxsize=32)
def _contrasts(count: int) -> _Contrasts:
    """All of `count` ranges."""
    low, high = np.triu_indices(count)
    first, second = np.nonzero(high[:, None] < low[None, :])
    return _Contrasts(low, high, first, second)


def _sums(codes: Codes, values: Floats) -> tuple[Floats, Floats]:
    """[m, ranges] each: sums and sums of squares over the ranges, of [m, n] values."""
    count = int(codes.max()) + 1
    sums = np.array([np.bincount(codes, row, count) for row in values])
    return sums, np.array([np.bincount(codes, row**2, count) for row in values])


def _welch_t(contrasts: _Contrasts, counts: Floats, sums: Floats, squares: Floats) -> Floats:
    """[m, pairs], the differences of the blocks' means in standard errors; above 0 the later one is higher."""
    n = np.maximum(contrasts.totals(counts[None, :]), 2)  # smaller ones are in no pair
    means = contrasts.totals(sums) / n
    squared_errors = np.maximum(contrasts.totals(squares) / n - means**2, 0) / (n - 1)
    differences = means[:, contrasts.second] - means[:, contrasts.first]
    return _ratio(differences, np.sqrt(squared_errors[:, contrasts.first] + squared_errors[:, contrasts.second]))


def _ratio(differences: Floats, errors: Floats) -> Floats:
    """Their ratio; without any spread, a difference is infinitely sure, and none is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(differences / errors, nan=0.0, posinf=np.inf, neginf=-np.inf)


def _shuffled(contrasts: _Contrasts, codes: Codes, values: Floats, seed: int) -> Floats:
    """[shuffles, pairs], t where the values do not depend on the ranges."""
    generator = np.random.default_rng(seed)
    shuffled = generator.permuted(np.tile(values, (_SHUFFLES, 1)), axis=1)
    return _welch_t(contrasts, np.bincount(codes).astype(np.float64), *_sums(codes, shuffled))


def _normal(contrasts: _Contrasts, counts: Floats, seed: int) -> Floats:
    """[draws, pairs], t where the ranges' means are normal around the same one."""
    draws = np.random.default_rng(seed).normal(size=(_SHUFFLES, len(counts))) * np.sqrt(counts)
    return _welch_t(contrasts, counts, draws, np.tile(counts, (_SHUFFLES, 1)))


def _limit(largest: Floats) -> float:
    """What the largest t exceeds by chance in 5 % of cases, given what it was in some."""
    return float(np.sort(largest)[int(np.ceil((1 - SIGNIFICANCE) * (len(largest) + 1))) - 1])


def _classified(contrasts: _Contrasts, t: Floats, by_chance: Floats) -> Shape:
    if np.abs(t).max() <= _limit(np.abs(by_chance).max(axis=1)):
        return NONE
    limits = _limit(by_chance.max(axis=1)), _limit((-by_chance).max(axis=1))
    rises, falls = t > limits[0], t < -limits[1]
    if not rises.any() or not falls.any():
        pair = int(np.abs(t).argmax())
        between = contrasts.block(contrasts.first[pair]), contrasts.block(contrasts.second[pair])
        return Shape("rises" if rises.any() else "falls", between=between)
    peak, dip = _turn(contrasts, t, *limits), _turn(contrasts, -t, *reversed(limits))
    if (peak is None) == (dip is None):
        return Shape("mixed")
    return Shape("peak", peak) if peak is not None else Shape("dip", dip)


def _turn(contrasts: _Contrasts, t: Floats, rise: float, fall: float) -> Block | None:
    """The block that is most surely higher than one before and one after it; None where none is beyond both limits."""
    into, out_of = np.full((2, len(contrasts.low)), -np.inf)
    np.maximum.at(into, contrasts.second, t)
    np.maximum.at(out_of, contrasts.first, -t)
    sure = np.where((into > rise) & (out_of > fall), np.minimum(into, out_of), -np.inf)
    return contrasts.block(int(sure.argmax())) if sure.max() > -np.inf else None
