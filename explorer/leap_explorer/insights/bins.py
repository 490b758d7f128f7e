"""Ranges of a number, each with about as many samples."""

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.filters import Condition, Filter

Floats = npt.NDArray[np.float64]


def quantile_edges(values: Floats, count: int) -> Floats:
    """The inner edges of at most `count` ranges, ascending; none where the values are constant or all unknown.

    An edge belongs to the range above it. Ties make ranges equal, which are then one; where whole ranges hold the
    lowest value only (often a 0), it is a range of its own. Edges of numbers that are not all whole are rounded to
    about a hundredth of the values' spread, so that they can be read.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.empty(0)
    edges = np.quantile(finite, np.arange(1, count) / count, method="higher")
    if not (finite == np.round(finite)).all():
        edges = np.round(edges, decimals_of(finite))
    lowest, above_lowest = finite.min(), finite[finite > finite.min()]
    if len(above_lowest) and (edges <= lowest).any():
        edges = np.append(edges, above_lowest.min())
    return np.unique(edges[(edges > lowest) & (edges <= finite.max())])


def decimals_of(values: Floats) -> int:
    """How many decimals tell values apart to about a hundredth of their spread; 0 of whole numbers."""
    finite = values[np.isfinite(values)]
    if not len(finite) or (finite == np.round(finite)).all():
        return 0
    spread = np.subtract(*np.quantile(finite, [0.95, 0.05])) or np.ptp(finite) or abs(float(finite[0]))
    return max(0, int(2 - np.floor(np.log10(spread))))


def bin_of(values: Floats, edges: Floats) -> npt.NDArray[np.intp]:
    """The range of each value, 0 to len(edges); -1 for NaN."""
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))


def bin_filter(column: str, edges: Floats, index: int) -> Filter:
    """The conditions that select range `index` of a column."""
    from_here = () if index == 0 else (Condition(column, ">=", float(edges[index - 1])),)
    to_here = () if index == len(edges) else (Condition(column, "<", float(edges[index])),)
    return from_here + to_here


def bin_name(edges: Floats, index: int) -> str:
    """`low`, `middle-2`, `high`, ...: the range's place among the others."""
    return "low" if index == 0 else "high" if index == len(edges) else f"middle-{index + 1}"
