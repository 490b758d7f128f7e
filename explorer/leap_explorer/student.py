"""Student's t and the binomial distribution, so that viewing a run does without scipy; tests hold them against it."""

import math
from statistics import NormalDist

_TINY = 1e-300
_MOST_STEPS = 10_000
_MOST_NEWTON = 50
_SMALL_FREEDOM = 3.0  # below, the series that the quantile starts from is too far off


def two_sided_p(t: float, freedom: float) -> float:
    """The probability of a t at least as far from 0, 0-1: the incomplete beta function I_x(v/2, 1/2), x = v/(v+t^2)."""
    if math.isnan(t) or math.isnan(freedom):
        return math.nan
    if math.isinf(t):
        return 0.0
    if t == 0:
        return 1.0
    rest = t * t / (freedom + t * t)
    return _beta(freedom / 2, 0.5, -math.log1p(t * t / freedom), math.log(rest))


def sign_test_p(first: int, second: int) -> float:
    """The exact two-sided p, 0-1, of so many events on one side and on the other where both are equally likely.

    It is twice the probability of as few, or fewer, as on the rarer side: the binomial distribution of one half is the
    incomplete beta function I_1/2(n - k, k + 1).
    """
    few, many = sorted((first, second))
    half = -math.log(2)
    return min(1.0, 2 * _beta(many, few + 1, half, half)) if many else 1.0


def quantile(freedom: float, level: float = 0.95) -> float:
    """The t that a two-sided interval of this level reaches to: of 95 %, the one that 97.5 % lie below."""
    if math.isnan(freedom):
        return math.nan
    z = NormalDist().inv_cdf(0.5 + level / 2)
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    if freedom < _SMALL_FREEDOM:
        return _bisected(freedom, 1 - level)
    for _ in range(_MOST_NEWTON):  # the slope of the two-sided probability is twice the density
        step = (two_sided_p(t, freedom) - (1 - level)) / (2 * _density(t, freedom))
        t += step
        if abs(step) < 1e-12 * t:
            break
    return t


def _beta(a: float, b: float, log_x: float, log_rest: float) -> float:
    """The regularised incomplete beta function I_x(a, b), of the logarithms of x and 1 - x."""
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * log_x + b * log_rest)
    x = math.exp(log_x)
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, math.exp(log_rest)) / b


def _density(t: float, freedom: float) -> float:
    log = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    return math.exp(log - (freedom + 1) / 2 * math.log1p(t * t / freedom))


def _bisected(freedom: float, p: float) -> float:
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > p:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided_p(middle, freedom) > p else (low, middle)
    return (low + high) / 2


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8), by Lentz's method."""
    c, d = 1.0, 1 / _off_zero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _MOST_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for part in (even, odd):
            d, c = 1 / _off_zero(1 + part * d), _off_zero(1 + part / c)
            found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return found


def _off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
