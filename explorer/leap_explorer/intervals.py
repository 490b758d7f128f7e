"""How sure a number is: confidence intervals of a share, a mean, a ratio, a difference and an explained variance."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

_BOOTSTRAP_LIMIT = 1_000
_BLOCK = 1_000_000  # draws held at a time
_FEWEST_FREE = 10  # samples beyond one a group, for a variance within the groups
_UNKNOWN = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval (where not said otherwise); NaN where it is undefined."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0

    def text(self, percent: bool = False) -> str:
        """`91.7 % (90.6-92.7)`, or `0.227 (0.211-0.243)`, `0.1 (-0.2 to 0.4)`; without an interval, the value alone."""
        value = f"{self.value:.1%}".replace("%", " %") if percent else f"{self.value:.3f}"
        if not np.isfinite([self.low, self.high]).all():
            return value
        dash = " to " if self.low < 0 else "-"
        low, high = (f"{100 * end:.1f}" if percent else f"{end:.3f}" for end in (self.low, self.high))
        ends = f"{low}{dash}{high}"
        return f"{value} ({ends})"

    def to_dict(self) -> dict[str, float]:
        """As JSON: `value`, `low`, `high`."""
        return {"value": self.value, "low": self.low, "high": self.high}


def wilson_interval(successes: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a share `successes / count`, within 0-1 (Wilson 1927).

    Raises:
        ValueError: `count` is not positive or `successes` is not within 0 and `count`.
    """
    if not 0 <= successes <= count or count == 0:
        raise ValueError(f"{successes} of {count} is no share")
    z = _normal_quantile(level)
    share = successes / count
    centre = share + z**2 / (2 * count)
    half = z * (share * (1 - share) / count + z**2 / (4 * count**2)) ** 0.5
    scale = 1 + z**2 / count
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def mean_interval(
    values: npt.ArrayLike, level: float = 0.95, resamples: int = 1_000, seed: int = 0
) -> tuple[float, float]:
    """Confidence interval of the mean of the finite values; NaN, NaN with fewer than two of them.

    Up to 1,000 values it is the percentile bootstrap (Efron 1979), seeded. Above, mean -+ z standard errors: the mean's
    skewness is that of the values / sqrt(n), so that both agree, and the bootstrap's time would grow with n.
    """
    finite = _finite(values)
    if len(finite) < 2:
        return _UNKNOWN
    if len(finite) > _BOOTSTRAP_LIMIT:
        half = _normal_quantile(level) * finite.std(ddof=1) / len(finite) ** 0.5
        return float(finite.mean() - half), float(finite.mean() + half)
    tail = (1 - level) / 2
    low, high = np.quantile(_resampled_means(finite, resamples, seed), [tail, 1 - tail])
    return float(low), float(high)


def ratio_interval(
    above: npt.NDArray[np.float64],
    below: npt.NDArray[np.float64],
    level: float = 0.95,
    resamples: int = 1_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Confidence interval of the sum of `above` [n] over that of `below` [n], 0 or more; NaN, NaN with fewer than two.

    Up to 1,000 pairs it is the percentile bootstrap over pairs (Efron 1979), seeded. Above, ratio -+ z standard errors
    of the linearised ratio, sum (above - ratio below)^2 / (sum below)^2 (Cochran 1977, 6.4).
    """
    n = len(above)
    if n < 2:
        return _UNKNOWN
    if n > _BOOTSTRAP_LIMIT:
        ratio = above.sum() / below.sum()
        half = _normal_quantile(level) * float(((above - ratio * below) ** 2).sum() ** 0.5 / below.sum())
        return float(ratio - half), float(ratio + half)
    drawn = np.random.default_rng(seed).integers(0, n, (resamples, n))
    sums = above[drawn].sum(axis=1), below[drawn].sum(axis=1)
    ratios = (sums[0] / np.where(sums[1] > 0, sums[1], np.nan))[sums[1] > 0]
    tail = (1 - level) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return float(low), float(high)


def standardised_difference(inside: npt.ArrayLike, outside: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """Cohen's d: (mean inside - mean outside) / pooled standard deviation; above 0 where the inside is higher.

    The interval is the large-sample one of Hedges & Olkin (1985, p. 86): its variance is
    (n1 + n2) / (n1 n2) + d^2 / (2 (n1 + n2)). Values that are not finite are left out; with fewer than two on a side
    all is NaN. Two different constants have no spread within: d is then in standard deviations of both sides
    together, so that it stays finite; two equal constants have d = 0.
    """
    first, second = _finite(inside), _finite(outside)
    n1, n2 = len(first), len(second)
    if min(n1, n2) < 2:
        return Estimate(*_UNKNOWN, float("nan"))
    both = np.concatenate([first, second])
    rounding = 1e-12 * np.abs(both).max()  # the mean of equal numbers differs from them in the last digits
    pooled = (((n1 - 1) * first.var(ddof=1) + (n2 - 1) * second.var(ddof=1)) / (n1 + n2 - 2)) ** 0.5
    spread = pooled if pooled > rounding else both.std(ddof=1)
    d = float((first.mean() - second.mean()) / spread) if spread > rounding else 0.0
    half = _normal_quantile(level) * ((n1 + n2) / (n1 * n2) + d**2 / (2 * (n1 + n2))) ** 0.5
    return Estimate(d, d - half, d + half)


def explained_share(
    groups: npt.NDArray[np.integer], values: npt.NDArray[np.float64], level: float = 0.95
) -> tuple[float, float, float]:
    """Share of the variance of `values` that the means of the groups explain, with its interval: (share, low, high).

    It is R^2 adjusted for the number of groups, 1 - (1 - R^2) (n - 1) / (n - groups) (Ezekiel 1930): 1 where the group
    tells all, around 0 where it tells nothing, below 0 by chance. The interval is the share -+ z standard errors of
    R^2, those of its linear approximation in each sample: ((y - mean)^2 (1 - R^2) - (y - group's mean)^2) / variance;
    it needs neither normal values nor equal variances. All is NaN where nothing varies, with fewer than two groups, and
    with fewer than ten samples more than groups.

    Args:
        groups: [n], the number of each sample's group, 0 upwards.
        values: [n], finite.
    """
    counts = np.bincount(groups, minlength=1)
    n, used = len(values), int(np.count_nonzero(counts))
    if used < 2 or n < used + _FEWEST_FREE or np.ptp(values) == 0:
        return float("nan"), *_UNKNOWN
    means = np.bincount(groups, values) / np.maximum(counts, 1)
    total, within = (values - values.mean()) ** 2, (values - means[groups]) ** 2
    explained = 1 - within.sum() / total.sum()
    adjusted = 1 - (1 - explained) * (n - 1) / (n - used)
    half = _normal_quantile(level) * float(np.std(total * (1 - explained) - within) / total.mean()) / n**0.5
    return float(adjusted), float(adjusted - half), float(adjusted + half)


def _normal_quantile(level: float) -> float:
    """How many standard errors a two-sided interval of this level reaches to each side."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def _finite(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    return array[np.isfinite(array)]


def _resampled_means(values: npt.NDArray[np.float64], resamples: int, seed: int) -> npt.NDArray[np.float64]:
    """Means of `resamples` samples drawn with replacement, each as long as `values`; in blocks of bounded memory."""
    generator = np.random.default_rng(seed)
    rows = max(1, _BLOCK // len(values))
    sizes = [min(rows, resamples - start) for start in range(0, resamples, rows)]
    return np.concatenate(
        [values[generator.integers(0, len(values), (size, len(values)))].mean(axis=1) for size in sizes]
    )
