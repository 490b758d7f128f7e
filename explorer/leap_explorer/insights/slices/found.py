"""A slice that was found, and all that is told of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.filters import Filter, describe
from leap_explorer.insights.log_odds import WordOdds
from leap_explorer.insights.rows import Mask
from leap_explorer.intervals import mean_interval, wilson_interval

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A share or mean with its 95 % interval, over `n` samples; NaN where it is undefined."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Description:
    """Another description of nearly the same samples, and their Jaccard index (0-1, shared among all of both)."""

    conditions: Filter
    jaccard: float


@dataclass(frozen=True)
class FoundSlice:
    """Held-out samples on which the model does worse, found on one half of them and confirmed on the other.

    - `conditions`: what they have in common; together with what is held out, they select `rows`.
    - `rows`: (samples,) mask over all samples given; `n`: how many they are.
    - `errors`, `outcome`: error rate (None for what is no classifier) and mean outcome, inside and outside the slice,
      with 95 % intervals, of the half that confirmed it, whose outcomes took no part in choosing it.
    - `excess_share`: share of that half's total outcome that would vanish were the slice as the rest on average, 0-1.
    - `p`: of the confirming half, one-sided, corrected (Bonferroni) for all slices that were put to that test.
    - `similar`: other descriptions of nearly the same samples, the nearest first.
    - `distinguishing`, `words`: metadata and words that set the samples apart from the others.
    - `judged`: (samples,) mask of the half that confirmed the slice.
    """

    conditions: Filter
    rows: Mask
    n: int
    errors: tuple[Estimate, Estimate] | None
    outcome: tuple[Estimate, Estimate]
    excess_share: float
    p: float
    similar: tuple[Description, ...]
    distinguishing: tuple[dict[str, Any], ...]
    words: tuple[WordOdds, ...]
    judged: Mask

    def __str__(self) -> str:
        rate = f", error rate {self.errors[0].value:.1%} against {self.errors[1].value:.1%}" if self.errors else ""
        return f"{describe(self.conditions)} (n = {self.n:,}{rate}, p = {self.p:.2g})"


def share_of(wrong: Floats) -> Estimate:
    """The share of ones among 0 and 1 (NaN is unknown), with Wilson's interval."""
    known = wrong[~np.isnan(wrong)]
    if not len(known):
        return Estimate(np.nan, np.nan, np.nan, 0)
    return Estimate(float(known.mean()), *wilson_interval(int(known.sum()), len(known)), len(known))


def mean_of(values: Floats) -> Estimate:
    """The mean of the known values, with its interval."""
    known = values[np.isfinite(values)]
    value = float(known.mean()) if len(known) else np.nan
    return Estimate(value, *mean_interval(known), len(known))
