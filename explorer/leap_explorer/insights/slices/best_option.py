"""The best of many slices whose sums are known."""

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.slices.half import LEAST, Half
from leap_explorer.insights.slices.score import log_unlikelihood, normal_bound

Array = npt.NDArray[np.floating]


def best_options(
    sums: Array, costs: Array | float, half: Half, floor: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """The best option of each row of slices, and its score: minus infinity where none lies above `floor`.

    `sums` is (3, rows, options): count, excess and variance of each slice; `costs` broadcasts to (rows, options). The
    score is that of a `Candidate`. Of each row, the option with the highest normal bound is scored first, and then only
    those whose bound lies above that score.
    """
    count, excess, variance = sums
    excess = np.where((count >= LEAST) & (count <= len(half.rows) - LEAST), excess, 0)
    variance = np.maximum(variance, 1)
    bounds = normal_bound(excess, variance, half.total) - costs
    costs = np.broadcast_to(costs, bounds.shape)
    option, best = bounds.argmax(axis=1), np.full(len(bounds), -np.inf)

    def scores(rows: npt.NDArray[np.intp], options: npt.NDArray[np.intp]) -> Array:
        at = rows, options
        return log_unlikelihood(excess[at], variance[at], half.total, half.skew) - costs[at]

    rows = np.flatnonzero(bounds[np.arange(len(bounds)), option] > floor)
    best[rows] = scores(rows, option[rows])
    at, others = np.nonzero(bounds[rows] > np.maximum(best[rows], floor)[:, None])
    for row, other, score in zip(rows[at], others, scores(rows[at], others), strict=True):
        if score > best[row]:
            option[row], best[row] = other, score
    best[best <= floor] = -np.inf
    return option, best
