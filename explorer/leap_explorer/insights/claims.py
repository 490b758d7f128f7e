"""Claims that somebody made of a model, such as "the loss rises with the length", tested on held-out samples."""

from dataclasses import dataclass
from math import atanh, tanh
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.rows import held_out, numbers
from leap_explorer.intervals import Estimate

_FEWEST = 10
_LEVEL = 0.95


@dataclass(frozen=True)
class Claim:
    """That the loss is the higher, the higher a column of numbers is; or the nearer it is to `near`."""

    text: str  #: as a sentence says it
    column: str
    near: float | None = None


def claimed_correlation(samples: pd.DataFrame, claim: Claim) -> tuple[Estimate, int] | None:
    """Rank correlation of what is claimed and the loss over the held-out samples, with its interval, and their number.

    Spearman's, -1 to 1: above 0 speaks for the claim, below 0 for the opposite. The interval is at 95 %, of Fisher's z
    with the standard error sqrt((1 + r^2 / 2) / (n - 3)) (Bonett and Wright 2000). None where the run lacks the column,
    fewer than ten samples have both, or one of them does not vary.
    """
    if claim.column not in samples or "loss" not in samples:
        return None
    values, losses = numbers(samples[claim.column]), numbers(samples["loss"])
    rows = held_out(samples) & np.isfinite(losses) & np.isfinite(values)
    claimed = values[rows] if claim.near is None else -np.abs(values[rows] - claim.near)
    if len(claimed) < _FEWEST or np.ptp(claimed) == 0 or np.ptp(losses[rows]) == 0:
        return None
    return spearman(claimed, losses[rows]), len(claimed)


def spearman(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> Estimate:
    """Spearman's rank correlation, ties at their mean rank, with its 95 % interval as of `claimed_correlation`."""
    correlation = float(np.clip(pd.Series(first).rank().corr(pd.Series(second).rank()), -1, 1))
    if abs(correlation) == 1:
        return Estimate(correlation, correlation, correlation)
    half = NormalDist().inv_cdf(0.5 + _LEVEL / 2) * ((1 + correlation**2 / 2) / (len(first) - 3)) ** 0.5
    return Estimate(correlation, tanh(atanh(correlation) - half), tanh(atanh(correlation) + half))


def verdict(correlation: Estimate) -> str:
    """What a correlation says of the claim."""
    if not correlation.excludes_zero:
        return "not told from chance"
    return "holds" if correlation.value > 0 else "the opposite holds"
