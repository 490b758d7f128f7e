"""How sure a measured share is."""

from statistics import NormalDist


def wilson_interval(successes: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a share `successes / count`, within 0-1 (Wilson 1927).

    Raises:
        ValueError: `count` is not positive or `successes` is not within 0 and `count`.
    """
    if not 0 <= successes <= count or count == 0:
        raise ValueError(f"{successes} of {count} is no share")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = successes / count
    centre = share + z**2 / (2 * count)
    half = z * (share * (1 - share) / count + z**2 / (4 * count**2)) ** 0.5
    scale = 1 + z**2 / count
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
