"""Where a column's values stand on a plot's axis: to scale, or in bands of one width where a few values are far out."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.filters import readable_value

Floats = npt.NDArray[np.float64]

#: Where one range would fill more of the axis than this, and than two of its bands, the ranges stand in bands.
WIDEST = 0.4


@dataclass(frozen=True)
class ColumnAxis:
    """An axis to scale, or of bands: then a place is the number of bands below a value, with its share of its band."""

    knots: Floats | None = None  #: [bands + 1], the bands' ends, ascending; None: to scale
    is_whole: bool = False  #: whether the values are whole numbers

    def places(self, values: Floats) -> Floats:
        """Where the values stand."""
        return values if self.knots is None else np.interp(values, self.knots, np.arange(len(self.knots)))

    def values(self, places: Floats) -> Floats:
        """What stands at the places; beyond a band axis's ends, its ends."""
        return places if self.knots is None else np.interp(places, np.arange(len(self.knots)), self.knots)

    def layout(self, title: str) -> dict[str, Any]:
        """Plotly's settings of the axis; its title says that it is not to scale."""
        if self.knots is None:
            return {"title": {"text": title}, "zeroline": False}
        places, labels = self._ticks()
        return {
            "title": {"text": f"{title}<br>bands of equal width, not to scale"},
            "zeroline": False,
            "showgrid": False,
            "tickmode": "array",
            "tickvals": places.tolist(),
            "ticktext": labels,
            "range": [0, len(self.knots) - 1],
        }

    def _ticks(self) -> tuple[Floats, list[str]]:
        """At the bands' ends; of whole numbers in their middles, with the first and last number of each."""
        assert self.knots is not None
        if not self.is_whole:
            return np.arange(len(self.knots), dtype=np.float64), [f"{knot:.3g}" for knot in self.knots]
        ends = [(readable_value(low + 0.5), readable_value(high - 0.5)) for low, high in _pairs(self.knots)]
        labels = [low if low == high else f"{low}-{high}" for low, high in ends]
        return np.arange(len(labels), dtype=np.float64) + 0.5, labels


def column_axis(values: Floats, edges: Floats) -> ColumnAxis:
    """The axis of a column whose ranges have these inner edges."""
    is_whole = bool(len(values)) and bool((values == np.round(values)).all())
    if not len(values) or not len(edges):
        return ColumnAxis(None, is_whole)
    half = 0.5 if is_whole else 0.0
    low, high = float(values.min()), float(values.max())
    knots = np.array([low - half, *(edges - half), max(high + half, float(edges[-1]) + 1e-3 * (high - low))])
    is_skewed = np.diff(knots).max() > max(WIDEST, 2 / (len(knots) - 1)) * (knots[-1] - knots[0])
    return ColumnAxis(knots if is_skewed else None, is_whole)


def _pairs(knots: Floats) -> list[tuple[float, float]]:
    return [(float(low), float(high)) for low, high in pairwise(knots)]
