"""How the loss, or any other number, goes with a metadata column."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.bins import bin_of, quantile_edges
from leap_explorer.insights.filters import readable_value
from leap_explorer.insights.insight import plain
from leap_explorer.insights.rows import column, numbers, type_of
from leap_explorer.intervals import mean_interval, spearman_interval

#: Of a text column, only this many most frequent values are shown.
MOST_VALUES = 50

Floats = npt.NDArray[np.float64]


def metadata_profile(samples: pd.DataFrame, name: str, metric: str = "loss", bins: int = 10) -> dict[str, Any]:
    """Means of a metric over the values of a metadata column, or over at most `bins` ranges of a number.

    Samples without a value of either are left out (`n` are used, of `n_total`). Each of `bins` has its `label`, `low`
    and `high` (the smallest and largest value in it, of a number), `n`, `mean` and the 95 % bootstrap interval of the
    mean, `mean_low` to `mean_high`. `spearman` is the rank correlation of a number or boolean, -1 to 1, with its 95 %
    interval; None for text, fewer than four samples and where one of both is constant. The interval of a single
    sample's mean is None.

    Raises:
        ExplorerError: there is no such column, or the metric is no number.
    """
    values, metrics = _complete(samples, name, metric)
    numeric = type_of(values) == "number"
    return plain(
        {
            "column": name,
            "metric": metric,
            "n": len(metrics),
            "n_total": len(samples),
            "bins": _numeric_bins(values, metrics, bins) if numeric else _value_bins(values, metrics),
            "spearman": _spearman(values, metrics),
        }
    )


def metadata_ranking(samples: pd.DataFrame, columns: Iterable[str], metric: str = "loss") -> pd.DataFrame:
    """The Spearman correlation of each numeric or boolean column with a metric, the strongest first.

    Columns `column`, `n`, `rho`, `low`, `high` (95 % interval). Text columns come last, with NaN. A column that is
    constant or unknown throughout, where the metric is known, has no row.

    Raises:
        ExplorerError: there is no such column, or the metric is no number.
    """
    rows = []
    for name in columns:
        values, metrics = _complete(samples, name, metric)
        if values.nunique() > 1:
            found = _spearman(values, metrics) or {"value": np.nan, "low": np.nan, "high": np.nan}
            rho = {"rho": found["value"], "low": found["low"], "high": found["high"]}
            rows.append({"column": name, "n": len(metrics), **rho})
    ranking = pd.DataFrame(rows, columns=["column", "n", "rho", "low", "high"])
    return ranking.sort_values("rho", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def _complete(samples: pd.DataFrame, name: str, metric: str) -> tuple[pd.Series, Floats]:
    """The samples' values of the column and of the metric, where both are known."""
    if type_of(column(samples, metric)) == "string":
        raise ExplorerError(f"The mean of {metric} cannot be taken: its values are strings.")
    metrics = numbers(samples[metric])
    both = ~np.isnan(metrics) & column(samples, name).notna().to_numpy(dtype=bool)
    return samples[name][both], metrics[both]


def _numeric_bins(values: pd.Series, metrics: Floats, bins: int) -> list[dict[str, Any]]:
    as_numbers = numbers(values)
    edges = quantile_edges(as_numbers, bins)
    index = bin_of(as_numbers, edges)
    return [_numeric_bin(as_numbers[index == number], metrics[index == number]) for number in np.unique(index)]


def _numeric_bin(values: Floats, metrics: Floats) -> dict[str, Any]:
    low, high = float(values.min()), float(values.max())
    label = readable_value(low) if low == high else f"{readable_value(low)} to {readable_value(high)}"
    return {"label": label, "low": low, "high": high, **_mean(metrics)}


def _value_bins(values: pd.Series, metrics: Floats) -> list[dict[str, Any]]:
    frequent = values.value_counts().index[:MOST_VALUES]
    masks = {value: (values == value).to_numpy(dtype=bool) for value in frequent}
    shown = {value: readable_value(bool(value) if type_of(values) == "bool" else value) for value in frequent}
    return [{"label": shown[value], "low": None, "high": None, **_mean(metrics[masks[value]])} for value in frequent]


def _mean(metrics: Floats) -> dict[str, Any]:
    low, high = mean_interval(metrics)
    return {"n": len(metrics), "mean": float(metrics.mean()), "mean_low": low, "mean_high": high}


def _spearman(values: pd.Series, metrics: Floats) -> dict[str, float] | None:
    if type_of(values) == "string" or not len(values):
        return None
    rho, low, high = spearman_interval(numbers(values), metrics)
    return {"value": rho, "low": low, "high": high} if np.isfinite(rho) else None
