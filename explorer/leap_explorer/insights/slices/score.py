"""How unlikely it is that chance puts so much loss into a slice."""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Floats = npt.NDArray[np.float64]

#: Of a loss, the highest hundredth counts as much as its lowest: one sample alone makes no slice.
_CLIPPED_SHARE = 0.99
#: Below it, skewness makes no difference to the bound, and dividing by it would.
_LEAST_SKEW = 1e-3


def standardised(values: Floats) -> Floats:
    """The values less their mean, in standard deviations; all 0 where they are constant. Unknown ones (NaN) are 0."""
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) == 0:
        return np.zeros(len(values))
    return np.where(known, (values - values[known].mean()) / values[known].std(), 0.0)


def search_outcome(outcome: Floats, errors: Floats | None) -> Floats:
    """What the search adds up for each sample: mean 0, standard deviation 1, higher is worse.

    The outcome is clipped at its 99th percentile. Of a classifier's loss, the errors (0 or 1, NaN unknown) are added in
    equal parts: a confident error then counts more than a narrow one, and a wrong prediction however small its loss.
    """
    clipped = np.minimum(outcome, np.nanquantile(outcome, _CLIPPED_SHARE))
    parts = standardised(clipped if np.nanmax(clipped) > np.nanmin(clipped) else outcome)
    return standardised(parts + standardised(errors)) if errors is not None else parts


def skewness(values: Floats) -> float:
    """Third central moment over variance, of standardised values; at least a small positive number."""
    return max(float((values**3).mean()), _LEAST_SKEW)


def log_unlikelihood(
    excess: npt.NDArray[np.floating], variance: npt.NDArray[np.floating], total: float, skew: float
) -> npt.NDArray[np.floating]:
    """-log of a bound on the probability that a slice's outcomes add up to `excess` or more by chance; 0 below 0.

    Bennett's inequality (1962), V / b^2 h(b E / V) with h(u) = (1 + u) log(1 + u) - u, where V is the slice's variance
    and b = `skew`: normal where b E / V is small, Poisson's tail for rare errors. Taking a slice from `total` leaves
    the rest less varied, which divides V by 1 - V / total.
    """
    excess = np.maximum(excess, 0)
    relative = skew * excess / variance
    bound = variance / skew**2 * ((1 + relative) * np.log1p(relative) - relative)
    bound /= np.maximum(1 - variance / total, 1e-6)
    return np.asarray(bound)


def normal_bound(
    excess: npt.NDArray[np.floating], variance: npt.NDArray[np.floating], total: float
) -> npt.NDArray[np.floating]:
    """An upper bound of `log_unlikelihood`, which it reaches without skew: E^2 / 2V."""
    bound = np.maximum(excess, 0)
    bound *= bound
    bound /= np.maximum(variance * (2 - (2 / total) * variance), 1e-6)
    return np.asarray(bound)


def tail_probability(inside: Floats, everything: Floats) -> float:
    """The probability that as many values drawn from `everything` without replacement add up to as much as `inside`.

    The saddlepoint approximation of Lugannani and Rice (1980) from the values' own distribution, so that neither skew
    nor heavy tails mislead it; finite numbers are allowed for in the variance. 1 where the sum is not above average.
    """
    n, share = len(inside), len(inside) / len(everything)
    centred = everything - everything.mean()
    mean = float(inside.mean() - everything.mean())
    if mean <= 0 or share >= 1:
        return 1.0
    tilt = _tilt(centred, mean)
    log_mean, variance = _tilted(centred, tilt)[0], _tilted(centred, tilt)[2]
    size = n / (1 - share)
    r = np.sqrt(max(2 * size * (tilt * mean - log_mean), 0.0))
    u = tilt * np.sqrt(size * variance)
    if r < 1e-3 or u <= 0:
        return 0.5 if r < 1e-3 else float(np.exp(-(r**2) / 2))
    p = ndtr(-r) + np.exp(-(r**2) / 2) / np.sqrt(2 * np.pi) * (1 / u - 1 / r)
    return float(np.clip(p, 0.0, 1.0))


def _tilt(values: Floats, mean: float) -> float:
    """The exponential tilt under which the values' mean is `mean`, by bisection; bounded where they do not reach it."""
    low, high = 0.0, 50.0 / max(float(values.std()), 1e-12)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _tilted(values, middle)[1] < mean else (low, middle)
    return high


def _tilted(values: Floats, tilt: float) -> tuple[float, float, float]:
    """log of the mean of exp(tilt x), and mean and variance under that tilt."""
    exponent = tilt * values
    top = exponent.max()
    weights = np.exp(exponent - top)
    total = weights.sum()
    mean = float((weights * values).sum() / total)
    return float(top + np.log(total / len(values))), mean, float((weights * (values - mean) ** 2).sum() / total)
