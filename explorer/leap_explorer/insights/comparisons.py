"""Comparing samples with the rest: differences of means with their intervals, corrected for how many were made."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.intervals import Estimate, wilson_interval
from leap_explorer.student import quantile, two_sided_p

Floats = npt.NDArray[np.float64]

#: Corrected p-values below it count as significant.
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Difference:
    """Mean inside less mean outside, with its interval (of this comparison alone, 95 %) and two-sided p-value."""

    inside: float
    outside: float
    value: float
    low: float
    high: float
    p: float

    @property
    def estimate(self) -> Estimate:
        """The difference with its interval."""
        return Estimate(self.value, self.low, self.high)


def welch(inside: Floats, outside: Floats, level: float = 0.95) -> Difference:
    """Difference of two means by the t-test for unequal variances (Welch 1947).

    Fewer than two values on a side, or infinite ones, tell nothing: p is 1 and the interval NaN. Without any spread, p
    is 0 or 1.
    """
    if not len(inside) or not len(outside):
        return Difference(np.nan, np.nan, np.nan, np.nan, np.nan, 1.0)
    means = float(inside.mean()), float(outside.mean())
    if not np.isfinite(means).all():
        return Difference(*means, np.nan, np.nan, np.nan, 1.0)
    value = means[0] - means[1]
    if len(inside) < 2 or len(outside) < 2:
        return Difference(*means, value, np.nan, np.nan, 1.0)
    parts = inside.var(ddof=1) / len(inside), outside.var(ddof=1) / len(outside)
    error = float(np.sqrt(sum(parts)))
    if error == 0.0:
        return Difference(*means, value, value, value, 1.0 if value == 0.0 else 0.0)
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (len(inside) - 1) + parts[1] ** 2 / (len(outside) - 1))
    half, p = quantile(float(freedom), level), two_sided_p(float(value / error), float(freedom))
    return Difference(*means, value, value - half * error, value + half * error, p)


def mean_bounds(values: Floats, level: float) -> tuple[float, float]:
    """The interval of a mean that holds for few and skewed values too.

    Of values that are all 0 or 1 it is Wilson's, else Student's: of losses, which are skewed to the right, it excludes
    a lower mean too seldom rather than too often. Fewer than two values tell nothing: -inf, inf.
    """
    n = len(values)
    if n and np.isin(values, (0.0, 1.0)).all():
        return wilson_interval(int(values.sum()), n, level)
    if n < 2:
        return -np.inf, np.inf
    mean, half = float(values.mean()), quantile(n - 1, level) * float(values.std(ddof=1)) / n**0.5
    return mean - half, mean + half


def difference_evidence(difference: Difference) -> dict[str, Any]:
    """Both mean losses and their difference with its 95 % interval (Welch's, of this comparison alone)."""
    return {
        "loss_inside": difference.inside,
        "loss_outside": difference.outside,
        "difference": difference.estimate.to_dict(),
    }


def holm(p_values: npt.ArrayLike) -> Floats:
    """p-values corrected for all comparisons made together (Holm 1979); NaN counts as 1."""
    p = np.nan_to_num(np.asarray(p_values, dtype=np.float64), nan=1.0)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
