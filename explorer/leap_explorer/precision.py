"""Numbers that stand together, such as a column or an interval, with the same number of decimals."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

NOTHING = "—"  #: where there is no value to show
_DIGITS, _MOST_DECIMALS = 3, 6


def alike(values: Sequence[float | None], is_signed: bool = False) -> list[str]:
    """Numbers with the same decimals, thousands grouped; a dash where unknown.

    The largest has three significant digits: 0.00534 and 0.0352 are 0.0053 and 0.0352, 3.86 and 3.9 are 3.86 and 3.90.
    """
    known = _known(values)
    return written(values, _decimals(known, float(known.max(initial=0.0))), is_signed)


def column_decimals(values: Sequence[float] | npt.NDArray[np.float64]) -> int:
    """How many decimals, 0-6, a long column needs: its third quartile has three digits then, whatever its outliers."""
    known = _known(values)
    return _decimals(known, float(np.quantile(known, 0.75)) or float(known.max())) if len(known) else 0


def written(values: Sequence[float | None], places: int, is_signed: bool = False) -> list[str]:
    """Numbers with so many decimals, thousands grouped; a dash where unknown."""
    return [_written(value, places, "+" if is_signed else "") for value in values]


def _known(values: Sequence[float | None] | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The sizes of the numbers that are known and finite."""
    sizes = np.abs(np.asarray(values, dtype=np.float64))  # None becomes NaN
    return sizes[np.isfinite(sizes)]


def _decimals(sizes: npt.NDArray[np.float64], reference: float) -> int:
    if (sizes == np.trunc(sizes)).all():
        return 0
    return min(max(_DIGITS - 1 - math.floor(math.log10(reference)), 0), _MOST_DECIMALS)


def _written(value: float | None, places: int, sign: str) -> str:
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:{sign},.{places}f}"
