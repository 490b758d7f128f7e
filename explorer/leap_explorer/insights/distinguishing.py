"""Which metadata set some samples apart from others."""

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.rows import Columns, Mask, metadata_columns, numbers, type_of
from leap_explorer.intervals import standardised_difference

#: Of a text column, only this many most frequent values are compared.
MOST_VALUES = 20
_FEWEST = 2


def distinguishing_metadata(
    samples: pd.DataFrame,
    inside: Mask,
    outside: Mask,
    columns: Columns,
    without: Collection[str] = (),
    limit: int = 5,
) -> list[dict[str, Any]]:
    """The metadata that differ most between two sets of samples, the largest difference first.

    Each has `column`, `value` (the value whose share is compared, None for a number or boolean), the means or shares
    `inside` and `outside`, and the `effect`: their difference in standard deviations with its 95 % interval. Metadata
    whose interval holds 0, or that are in `without`, are left out.
    """
    rows = [
        row
        for name in metadata_columns(samples, columns)
        if name not in without and (row := compare(samples[name], inside, outside, name)) is not None
    ]
    apart = [row for row in rows if row["effect"]["low"] > 0 or row["effect"]["high"] < 0]
    return sorted(apart, key=lambda row: -abs(row["effect"]["value"]))[:limit]


def compare(values: pd.Series, inside: Mask, outside: Mask, name: str) -> dict[str, Any] | None:
    """How one column differs between two sets of samples; None where one of them has fewer than two known values.

    Of a text column: the value whose share differs most.
    """
    known = values.notna().to_numpy(dtype=bool)
    inside, outside = inside & known, outside & known
    if min(inside.sum(), outside.sum()) < _FEWEST:
        return None
    if type_of(values) != "string":
        as_numbers = numbers(values)
        return _row(name, None, as_numbers[inside], as_numbers[outside])
    frequent = values[inside | outside].value_counts().index[:MOST_VALUES]
    rows = [
        _row(name, str(value), has[inside], has[outside])
        for value in frequent
        for has in [(values == value).to_numpy(dtype=np.float64, na_value=0.0)]
    ]
    finite = [row for row in rows if row is not None]
    return max(finite, key=lambda row: abs(row["effect"]["value"]), default=None)


def _row(
    name: str, value: str | None, inside: npt.NDArray[np.float64], outside: npt.NDArray[np.float64]
) -> dict[str, Any] | None:
    effect = standardised_difference(inside, outside)
    if not np.isfinite([effect.value, effect.low, effect.high]).all():
        return None
    return {
        "column": name,
        "value": value,
        "inside": float(inside.mean()),
        "outside": float(outside.mean()),
        "effect": {"value": float(effect.value), "low": float(effect.low), "high": float(effect.high)},
    }
