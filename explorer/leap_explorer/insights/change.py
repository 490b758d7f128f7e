"""How much a share or a mean changed, with an interval and a p-value: of the same samples, and of different ones."""

from dataclasses import dataclass
from math import nan, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.comparisons import welch
from leap_explorer.intervals import Estimate
from leap_explorer.student import quantile, sign_test_p, two_sided_p

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """A second mean less a first one; above 0 where the second is higher. NaN where it is undefined."""

    base: float
    new: float
    estimate: Estimate  #: the difference with its interval
    p: float  #: two-sided, of this comparison alone; 1 where nothing can be told

    @property
    def value(self) -> float:
        return self.estimate.value

    def to_dict(self) -> dict[str, float]:
        """As JSON: `base`, `new`, `value`, `low`, `high`, `p`."""
        return {"base": self.base, "new": self.new, **self.estimate.to_dict(), "p": self.p}


NOTHING = Change(nan, nan, Estimate(nan, nan, nan), 1.0)


def paired_mean(base: Floats, new: Floats, level: float = 0.95) -> Change:
    """Of a number of the same samples: the t-test of their differences."""
    differences = new - base
    n = len(differences)
    if n == 0:
        return NOTHING
    means, value = (float(base.mean()), float(new.mean())), float(differences.mean())
    if n == 1:
        return Change(*means, Estimate(value, nan, nan), 1.0)
    error = float(differences.std(ddof=1)) / sqrt(n)
    if error == 0.0:
        return Change(*means, Estimate(value, value, value), 1.0 if value == 0.0 else 0.0)
    half = quantile(n - 1, level) * error
    return Change(*means, Estimate(value, value - half, value + half), two_sided_p(value / error, n - 1))


def paired_share(base: Floats, new: Floats, level: float = 0.95) -> Change:
    """Of a share of the same samples, each 0 or 1: p is McNemar's exact one.

    The interval is that of Agresti & Min (2005, "Simple improved confidence intervals for comparing matched
    proportions"), which adds half a sample to each of the four outcomes: it has a width where no sample changed.
    """
    n = len(base)
    if n == 0:
        return NOTHING
    up, down = int(((new == 1) & (base == 0)).sum()), int(((new == 0) & (base == 1)).sum())
    centre = (up - down) / (n + 2)
    spread = sqrt(max((up + down + 1) - (up - down) ** 2 / (n + 2), 0.0)) / (n + 2)
    value = (up - down) / n
    return Change(float(base.mean()), float(new.mean()), _within(value, centre, spread, level), sign_test_p(up, down))


def unpaired_mean(base: Floats, new: Floats, level: float = 0.95) -> Change:
    """Of a number of different samples: Welch's t-test."""
    found = welch(new, base, level)
    return Change(found.outside, found.inside, found.estimate, found.p)


def unpaired_share(base: Floats, new: Floats, level: float = 0.95) -> Change:
    """Of a share of different samples, each 0 or 1; p is that of the z-test with a pooled share.

    The interval is that of Agresti & Caffo (2000, "Simple and effective confidence intervals for proportions and
    differences of proportions"), which adds one sample of either outcome to each side.
    """
    if not len(base) or not len(new):
        return NOTHING
    shares = [(float(values.sum()) + 1) / (len(values) + 2) for values in (base, new)]
    sizes = [len(values) + 2 for values in (base, new)]
    spread = sqrt(sum(share * (1 - share) / size for share, size in zip(shares, sizes, strict=True)))
    means = float(base.mean()), float(new.mean())
    estimate = _within(means[1] - means[0], shares[1] - shares[0], spread, level)
    return Change(*means, estimate, _pooled_p(base, new))


def _within(value: float, centre: float, spread: float, level: float) -> Estimate:
    """The interval around `centre` that holds `value`, within -1 and 1."""
    half = NormalDist().inv_cdf(0.5 + level / 2) * spread
    return Estimate(value, max(-1.0, min(centre - half, value)), min(1.0, max(centre + half, value)))


def _pooled_p(base: Floats, new: Floats) -> float:
    pooled = float((base.sum() + new.sum()) / (len(base) + len(new)))
    error = sqrt(pooled * (1 - pooled) * (1 / len(base) + 1 / len(new)))
    return 2 * NormalDist().cdf(-abs(float(new.mean() - base.mean())) / error) if error else 1.0
