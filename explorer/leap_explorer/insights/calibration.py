"""How far confidence and accuracy lie apart."""

import numpy as np
import numpy.typing as npt

from leap_explorer.intervals import Estimate

BINS = 10
_RESAMPLES = 200
_MANY = 20_000

Floats = npt.NDArray[np.float64]


def calibration_error(confidence: Floats, is_right: Floats, bins: int = BINS) -> Estimate | None:
    """Expected calibration error, 0 (best) to 1: the mean distance of accuracy and confidence over bins of equal size.

    After Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning"; equal sizes as of Nixon
    et al. 2019, "Measuring Calibration in Deep Learning". The interval is the basic bootstrap's (Davison & Hinkley
    1997, p. 29), seeded, within the bins: resampling adds distance of its own, which this kind takes off again. None
    without samples.
    """
    if not len(confidence):
        return None
    rows = bins_by_confidence(confidence, bins)
    gaps = [is_right[one] - confidence[one] for one in rows]
    error = sum(abs(float(gap.sum())) for gap in gaps) / len(confidence)
    generator = np.random.default_rng(0)
    again = np.zeros(_RESAMPLES)
    for gap in gaps:
        again += np.abs(_resampled_sums(gap, generator))
    low, high = np.quantile(again / len(confidence), [0.025, 0.975])
    return Estimate(error, float(max(0.0, 2 * error - high)), float(min(1.0, max(2 * error - low, error))))


def bins_by_confidence(confidence: Floats, bins: int = BINS) -> list[npt.NDArray[np.intp]]:
    """Rows of each of so many bins of equal size, the least confident first; fewer of fewer samples."""
    order = np.argsort(confidence, kind="stable")
    return [rows for rows in np.array_split(order, bins) if len(rows)]


def _resampled_sums(gap: Floats, generator: np.random.Generator) -> Floats:
    """Sums of samples drawn with replacement, each as long as `gap`; row by row, so that memory stays small.

    Of many they are drawn from the normal distribution that such sums have then.
    """
    if len(gap) > _MANY:
        return generator.normal(gap.sum(), gap.std() * np.sqrt(len(gap)), _RESAMPLES)
    return np.array([gap[generator.integers(0, len(gap), len(gap))].sum() for _ in range(_RESAMPLES)])


def calibration_change(
    base: tuple[Floats, Floats], new: tuple[Floats, Floats], bins: int = BINS
) -> tuple[float, float, Estimate]:
    """The expected calibration errors of two models of the same samples, and the second less the first.

    The interval is the basic bootstrap's, seeded, over samples, so that what both models share cancels out. NaN without
    samples.

    Args:
        base, new: of each model confidence and rightness, each [n], as `calibration_error` takes them.
    """
    n = len(base[0])
    if not n:
        return float("nan"), float("nan"), Estimate(float("nan"), float("nan"), float("nan"))
    sides = [(_bin_numbers(confidence, bins), is_right - confidence) for confidence, is_right in (base, new)]
    first, second = _errors(sides, np.ones(n), bins)
    value = second - first
    generator = np.random.default_rng(0)
    drawn = (np.bincount(generator.integers(0, n, n), minlength=n).astype(np.float64) for _ in range(_RESAMPLES))
    again = np.array([_errors(sides, weights, bins) for weights in drawn])
    low, high = np.quantile(again[:, 1] - again[:, 0], [0.025, 0.975])
    return first, second, Estimate(value, float(min(2 * value - high, value)), float(max(2 * value - low, value)))


def _bin_numbers(confidence: Floats, bins: int) -> npt.NDArray[np.intp]:
    numbers = np.empty(len(confidence), dtype=np.intp)
    for number, rows in enumerate(bins_by_confidence(confidence, bins)):
        numbers[rows] = number
    return numbers


def _errors(sides: list[tuple[npt.NDArray[np.intp], Floats]], weights: Floats, bins: int) -> tuple[float, float]:
    """Of samples that count so often: both models' calibration errors."""
    first, second = (
        float(np.abs(np.bincount(numbers, weights * gaps, minlength=bins)).sum()) / len(gaps) for numbers, gaps in sides
    )
    return first, second
