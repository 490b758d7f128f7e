"""Which metadata set some samples apart from others."""

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.rows import Columns, Mask, is_the_label, metadata_columns, numbers, type_of
from leap_explorer.intervals import standardised_difference

#: Of a text column, only this many most frequent values are compared.
MOST_VALUES = 20
#: Columns whose rank correlation reaches this say the same twice, as a text's words and its tokens do.
SAME = 0.9
_FEWEST = 2
_MOST_RANKED = 25_000
_TELL_THE_LABEL = {"ground_truth", "prediction", "correctness"}


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


def defined_by(samples: pd.DataFrame, columns: Columns, asked: Collection[str]) -> set[str]:
    """The columns that a filter on the columns `asked` decides, so that a comparison by them would find the filter.

    Those are `asked` themselves, metadata that are the label by another name where a label is asked for, and those
    whose Spearman correlation with a number asked for is at least 0.9; of more than 25,000 samples in so many of them.
    """
    drawn = samples.iloc[np.linspace(0, len(samples) - 1, _MOST_RANKED).astype(int)]
    ranked = drawn if len(samples) > _MOST_RANKED else samples
    found = set(asked)
    of_numbers = [name for name in asked if name in samples.columns and type_of(samples[name]) != "string"]
    for name in metadata_columns(samples, columns):
        repeats_label = bool(_TELL_THE_LABEL & found) and is_the_label(samples, name)
        if repeats_label or any(_says_the_same(ranked[name], ranked[other]) for other in of_numbers):
            found.add(name)
    return found


def _says_the_same(values: pd.Series, others: pd.Series) -> bool:
    if type_of(values) == "string":
        return False
    first, second = (pd.Series(numbers(one)) for one in (values, others))
    both = first.notna() & second.notna()
    if first[both].nunique() < 2 or second[both].nunique() < 2:
        return False
    return bool(abs(first[both].rank().corr(second[both].rank())) >= SAME)


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
