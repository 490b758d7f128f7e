"""How the loss, or any other number, goes with a metadata column: its means, their shape, and what they explain."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.bins import bin_of, decimals_of, quantile_edges
from leap_explorer.insights.filters import readable_value
from leap_explorer.insights.insight import plain
from leap_explorer.insights.rows import column, numbers, type_of
from leap_explorer.insights.shape import Codes, Shape, ordered_shape, unordered_shape
from leap_explorer.intervals import explained_share, mean_interval

#: Of a text column, only this many most frequent values are shown; the others explain as one.
MOST_VALUES = 50
#: Ranges of a number.
RANGES = 10

Floats = npt.NDArray[np.float64]


def metadata_profile(
    samples: pd.DataFrame, name: str, metric: str = "loss", bins: int = RANGES, edges: Floats | None = None
) -> dict[str, Any]:
    """Means of a metric over the values of a metadata column, or over at most `bins` ranges of a number.

    Samples without a finite value of either are left out (`n` are used, of `n_total`). Each of `bins` has its `label`,
    the `value` (None of a range), `low` and `high` (the smallest and largest value in it, of a number), `n`, `mean` and
    the 95 % interval of the mean, `mean_low` to `mean_high`, None of a single sample. `decimals` tell the values of a
    number apart. `explained` is the share of the metric's variance that the ranges or values explain, with its 95 %
    interval (`intervals.explained_share`; None where it is undefined). `shape` is a `Shape`: its `kind`, and the
    indices of the ranges it turns `at` or that differ most surely, `between`.

    Args:
        edges: inner edges of the ranges, where other samples decide them.

    Raises:
        ExplorerError: there is no such column, or the metric is no number.
    """
    values, metrics = _complete(samples, name, metric)
    facts: dict[str, Any] = {"column": name, "metric": metric, "n": len(metrics), "n_total": len(samples)}
    if type_of(values) == "number":
        as_numbers = numbers(values)
        codes = _ranges(as_numbers, quantile_edges(as_numbers, bins) if edges is None else edges)
        facts["decimals"] = decimals_of(as_numbers)
        rows = [
            _numeric_bin(as_numbers[codes == code], metrics[codes == code], facts["decimals"])
            for code in np.unique(codes)
        ]
    else:
        codes, facts["decimals"] = _codes(values), None
        rows = _value_bins(values, metrics)
    shape = asdict(_shape(values, codes, metrics))
    return plain({**facts, "bins": rows, "explained": _explained(codes, metrics), "shape": shape})


def metadata_ranking(samples: pd.DataFrame, columns: Iterable[str], metric: str = "loss") -> pd.DataFrame:
    """What share of a metric's variance each column explains, the largest first, and in which shape.

    Columns `column`, `n`, `explained`, `low`, `high` (95 % interval; NaN where it is undefined, and last) and `shape`
    (a `Shape.kind`). A column that is constant or unknown throughout, where the metric is known, has no row.

    Raises:
        ExplorerError: there is no such column, or the metric is no number.
    """
    rows = [
        _ranking_row(name, values, metrics)
        for name in columns
        for values, metrics in [_complete(samples, name, metric)]
        if values.nunique() > 1
    ]
    ranking = pd.DataFrame(rows, columns=["column", "n", "explained", "low", "high", "shape"])
    return ranking.sort_values("explained", ascending=False, kind="stable", ignore_index=True)


def _ranking_row(name: str, values: pd.Series, metrics: Floats) -> dict[str, Any]:
    is_number = type_of(values) == "number"
    codes = _ranges(numbers(values), quantile_edges(numbers(values), RANGES)) if is_number else _codes(values)
    share, low, high = explained_share(codes, metrics)
    kind = _shape(values, codes, metrics).kind
    return {"column": name, "n": len(metrics), "explained": share, "low": low, "high": high, "shape": kind}


def _complete(samples: pd.DataFrame, name: str, metric: str) -> tuple[pd.Series, Floats]:
    """The samples' values of the column and of the metric, where both are known and the metric is finite."""
    if type_of(column(samples, metric)) == "string":
        raise ExplorerError(f"The mean of {metric} cannot be taken: its values are strings.")
    metrics = numbers(samples[metric])
    both = np.isfinite(metrics) & column(samples, name).notna().to_numpy(dtype=bool)
    return samples[name][both], metrics[both]


def _ranges(values: Floats, edges: Floats) -> Codes:
    """Each value's range, 0 upwards, without empty ones."""
    return np.unique(bin_of(values, edges), return_inverse=True)[1]


def _codes(values: pd.Series) -> Codes:
    """Each value's number, the most frequent first; the rare ones share the last."""
    frequent = {value: code for code, value in enumerate(values.value_counts().index[:MOST_VALUES])}
    return np.array([frequent.get(value, MOST_VALUES) for value in values], dtype=np.intp)


def _explained(codes: Codes, metrics: Floats) -> dict[str, float] | None:
    share, low, high = explained_share(codes, metrics)
    return {"value": share, "low": low, "high": high} if np.isfinite(share) else None


def _shape(values: pd.Series, codes: Codes, metrics: Floats) -> Shape:
    return ordered_shape(codes, metrics) if type_of(values) == "number" else unordered_shape(codes, metrics)


def _numeric_bin(values: Floats, metrics: Floats, decimals: int) -> dict[str, Any]:
    low, high = float(values.min()), float(values.max())
    texts = dict.fromkeys(f"{value:,.{decimals}f}" for value in (low, high))
    return {"label": " to ".join(texts), "value": None, "low": low, "high": high, **_mean(metrics)}


def _value_bins(values: pd.Series, metrics: Floats) -> list[dict[str, Any]]:
    is_bool = type_of(values) == "bool"
    frequent = [bool(value) if is_bool else value for value in values.value_counts().index[:MOST_VALUES]]
    return [
        {"label": readable_value(value), "value": value, "low": None, "high": None, **_mean(metrics[has_value])}
        for value in frequent
        for has_value in [(values == value).to_numpy(dtype=bool)]
    ]


def _mean(metrics: Floats) -> dict[str, Any]:
    low, high = mean_interval(metrics)
    return {"n": len(metrics), "mean": float(metrics.mean()), "mean_low": low, "mean_high": high}
