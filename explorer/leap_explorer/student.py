"""Student's t distribution, so that viewing a run does without scipy; tests hold it against scipy's."""

import math

_TINY = 1e-300
_MOST_STEPS = 10_000
_SMALL_FREEDOM = 3.0  # below, the series that the quantile starts from is too far off


def two_sided_p(t: float, freedom: float) -> float:
    """The probability of a t at least as far from 0, 0-1: the incomplete beta function I_x(v/2, 1/2), x = v/(v+t^2)."""
    if math.isnan(t) or math.isnan(freedom):
        return math.nan
    if math.isinf(t):
        return 0.0
    if t == 0:
        return 1.0
    a, b = freedom / 2, 0.5
    x, rest = freedom / (freedom + t * t), t * t / (freedom + t * t)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front - a * math.log1p(t * t / freedom) + b * math.log(rest))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, rest) / b


def quantile(freedom: float) -> float:
    """The t that a share of 97.5 % lies below."""
    if math.isnan(freedom):
        return math.nan
    z = 1.959963984540054
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    if freedom < _SMALL_FREEDOM:
        return _bisected(freedom)
    for _ in range(4):  # Newton's steps; the slope of the two-sided probability is twice the density
        t += (two_sided_p(t, freedom) - 0.05) / (2 * _density(t, freedom))
    return t


def _density(t: float, freedom: float) -> float:
    log = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    return math.exp(log - (freedom + 1) / 2 * math.log1p(t * t / freedom))


def _bisected(freedom: float) -> float:
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > 0.05:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided_p(middle, freedom) > 0.05 else (low, middle)
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
