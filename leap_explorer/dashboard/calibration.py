"""How far a classifier's confidence can be believed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_explorer.intervals import wilson_interval
from leap_explorer.summary import Estimate

BINS = 10
_RESAMPLES = 200

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """Samples of about the same confidence."""

    count: int
    confidence: float  #: mean probability of the predicted label, 0-1
    accuracy: float  #: share of right predictions, 0-1
    low: float  #: of the accuracy's 95 % Wilson interval
    high: float


def reliability(confidence: Floats, is_right: Floats, bins: int = BINS) -> list[Bin]:
    """The samples in bins of equal size by confidence, the lowest first; fewer bins if there are fewer samples.

    Args:
        confidence: [n], probability of the predicted label.
        is_right: [n], 1 where the prediction is right, 0 where it is wrong.
    """
    found = []
    for rows in _bins(confidence, bins):
        right = int(is_right[rows].sum())
        low, high = wilson_interval(right, len(rows))
        found.append(Bin(len(rows), float(confidence[rows].mean()), right / len(rows), low, high))
    return found


def calibration_error(confidence: Floats, is_right: Floats, bins: int = BINS) -> Estimate | None:
    """Expected calibration error, 0 (best) to 1: the mean distance of accuracy and confidence over bins of equal size.

    After Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning"; equal sizes as of Nixon
    et al. 2019, "Measuring Calibration in Deep Learning". The interval is the basic bootstrap's (Davison & Hinkley
    1997, p. 29), seeded, within the bins: resampling adds distance of its own, which this kind takes off again. None
    without samples.
    """
    if not len(confidence):
        return None
    rows = _bins(confidence, bins)
    gaps = [is_right[one] - confidence[one] for one in rows]
    error = sum(abs(float(gap.sum())) for gap in gaps) / len(confidence)
    generator = np.random.default_rng(0)
    again = np.zeros(_RESAMPLES)
    for gap in gaps:
        again += np.abs(_resampled_sums(gap, generator))
    low, high = np.quantile(again / len(confidence), [0.025, 0.975])
    return Estimate(error, float(max(0.0, 2 * error - high)), float(min(1.0, max(2 * error - low, error))))


def _bins(confidence: Floats, bins: int) -> list[npt.NDArray[np.intp]]:
    order = np.argsort(confidence, kind="stable")
    return [rows for rows in np.array_split(order, bins) if len(rows)]


def _resampled_sums(gap: Floats, generator: np.random.Generator) -> Floats:
    """Sums of samples drawn with replacement, each as long as `gap`; row by row, so that memory stays small."""
    return np.array([gap[generator.integers(0, len(gap), len(gap))].sum() for _ in range(_RESAMPLES)])
