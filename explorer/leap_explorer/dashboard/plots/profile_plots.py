"""Plots of a metadata column and of how a metric goes with it, one over the other on one axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.plots.column_axis import ColumnAxis
from leap_explorer.insights.filters import readable_value

Floats = npt.NDArray[np.float64]

#: Up to so many samples are drawn one by one; of more, how many fall on each place.
MOST_POINTS = 5_000
TO_SCALE = ColumnAxis()
MOST_BARS = 40
_CELLS = (60, 40)
_LONGEST_LABEL = 28

_UPPER, _LOWER = [0.68, 1.0], [0.0, 0.62]


@dataclass(frozen=True)
class Group:
    """Some samples of one colour."""

    name: str  #: empty where there is but one group
    color: str
    profile: dict[str, Any]  #: as `metadata_profile` makes it
    x: Floats  #: the column, of the samples where it and the metric are known; empty for a column of categories
    y: Floats  #: the metric
    keys: npt.NDArray[np.object_]  #: the samples' keys


def histogram_edges(values: Floats) -> Floats:
    """Edges of at most `MOST_BARS` bars of one width; of few whole numbers, each has its own bar."""
    if not len(values):
        return np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    if (values == np.round(values)).all():
        width = max(1, int(np.ceil((high - low + 1) / MOST_BARS)))
        return np.arange(low - 0.5, high + 0.5 + width, width)
    if low == high:
        return np.array([low - 0.5, high + 0.5])
    return np.linspace(low, high, MOST_BARS + 1)


def bar_ends(groups: Sequence[Group], axis: ColumnAxis) -> list[tuple[float, float]]:
    """Where each bar of `number_figure` begins, and where the next one does; the last one holds its end too."""
    edges = _edges(groups, axis)
    return list(pairwise([*edges[:-1].tolist(), np.nextafter(edges[-1], np.inf)]))


def mean_ends(group: Group) -> list[tuple[float, float]]:
    """As `bar_ends` of the means of a group."""
    return [(one["low"], float(np.nextafter(one["high"], np.inf))) for one in group.profile["bins"]]


def _edges(groups: Sequence[Group], axis: ColumnAxis) -> Floats:
    everything = np.concatenate([group.x for group in groups])
    return histogram_edges(everything) if axis.knots is None else axis.knots


def number_figure(
    groups: Sequence[Group], names: tuple[str, str], as_points: bool, is_dark: bool, axis: ColumnAxis = TO_SCALE
) -> dict[str, Any]:
    """Histogram of a column of numbers, and below it the metric: means of ranges, or every sample.

    Args:
        names: of the column and of the metric.
        axis: the column's.
    """
    everything, edges = np.concatenate([group.x for group in groups]), _edges(groups, axis)
    traces = [_histogram(group, edges, axis) for group in groups]
    if not as_points:
        traces += [_means(group, axis) for group in groups]
    elif len(everything) > MOST_POINTS:
        traces.append(_density(everything, np.concatenate([group.y for group in groups]), names, axis))
    else:
        traces += [_points(group, names, axis) for group in groups]
    shown = names[1] if as_points else f"mean {names[1]}"
    return {"data": traces, "layout": _layout(groups, (names[0], shown), is_dark, axis.layout(names[0]))}


def category_figure(groups: Sequence[Group], names: tuple[str, str], is_dark: bool) -> dict[str, Any]:
    """Bars of how many samples have each value, and below them the mean of the metric."""
    labels = list(dict.fromkeys(one["label"] for group in groups for one in group.profile["bins"]))
    places = {label: place for place, label in enumerate(labels)}
    axis = {
        "tickmode": "array",
        "tickvals": list(places.values()),
        "title": {"text": names[0]},
        "ticktext": [_shortened(label) for label in labels],
        "range": [-0.5, len(labels) - 0.5],
        "zeroline": False,
        "showgrid": False,
    }
    counts = [_bars(group, places) for group in groups]
    means = [_value_means(group, places, _shift(index, len(groups))) for index, group in enumerate(groups)]
    return {"data": counts + means, "layout": _layout(groups, (names[0], f"mean {names[1]}"), is_dark, axis)}


def _layout(groups: Sequence[Group], titles: tuple[str, str], is_dark: bool, axis: dict[str, Any]) -> dict[str, Any]:
    return theme.layout(
        is_dark,
        height=480,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},  # room for the plot's own buttons
        barmode="stack",
        bargap=0.06,
        hovermode="closest",
        dragmode="select",  # a range of the column, which becomes a filter
        selectdirection="h",
        newselection={"line": {"color": theme.ACCENT[is_dark], "width": 2}},
        showlegend=len(groups) > 1,
        xaxis={"anchor": "y2", **axis},
        yaxis={"title": {"text": "samples"}, "domain": _UPPER, "nticks": 4, "rangemode": "tozero"},
        yaxis2={"title": {"text": titles[1]}, "domain": _LOWER, "anchor": "x", "zeroline": False},
        uirevision="/".join(titles),
    )


def _named(group: Group, is_first: bool) -> dict[str, Any]:
    return {"name": group.name, "legendgroup": group.name, "showlegend": is_first}


def _histogram(group: Group, edges: Floats, axis: ColumnAxis) -> dict[str, Any]:
    """A bar of each range between the edges; the axis says where and how wide it stands."""
    counts = np.histogram(group.x, edges)[0]
    ranges = np.stack([edges[:-1], edges[1:]], axis=1)
    places = axis.places(edges)
    hover = "%{customdata[0]:.4g} to %{customdata[1]:.4g}: %{y:,} samples"
    return {
        "type": "bar",
        **_named(group, is_first=True),
        "x": (places[:-1] + places[1:]) / 2,
        "y": counts,
        "width": np.diff(places) * 0.94,
        "customdata": ranges,
        "marker": {"color": group.color},
        "hovertemplate": hover + _suffix(group),
    }


def _means(group: Group, axis: ColumnAxis) -> dict[str, Any]:
    bins = group.profile["bins"]
    lows, highs = (axis.places(np.array([one[end] for one in bins], dtype=np.float64)) for end in ("low", "high"))
    return {
        "type": "scatter",
        "mode": "markers",
        **_named(group, is_first=False),
        "yaxis": "y2",
        "x": (lows + highs) / 2,
        "y": [one["mean"] for one in bins],
        "error_x": {"type": "data", "array": (highs - lows) / 2, "width": 0, "thickness": 3},
        **_vertical(group),
    }


def _bars(group: Group, places: Mapping[str, int]) -> dict[str, Any]:
    bins = group.profile["bins"]
    return {
        "type": "bar",
        **_named(group, is_first=True),
        "x": [places[one["label"]] for one in bins],
        "y": [one["n"] for one in bins],
        "width": 0.7,
        "marker": {"color": group.color},
        "text": [one["label"] for one in bins],
        "textposition": "none",
        "hovertemplate": "%{text}: %{y:,} samples" + _suffix(group),
    }


def _value_means(group: Group, places: Mapping[str, int], shift: float) -> dict[str, Any]:
    bins = group.profile["bins"]
    return {
        "type": "scatter",
        "mode": "markers",
        **_named(group, is_first=False),
        "yaxis": "y2",
        "x": [places[one["label"]] + shift for one in bins],
        "y": [one["mean"] for one in bins],
        **_vertical(group),
    }


def _shift(index: int, count: int) -> float:
    """How far a group's dot stands from the middle of a value's place, which is 1 wide."""
    return 0.5 * ((index + 0.5) / count - 0.5)


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _vertical(group: Group) -> dict[str, Any]:
    """Marks with their intervals; a lone sample's mean has none."""
    bins = group.profile["bins"]
    highs = [one["mean_high"] if one["mean_high"] is not None else one["mean"] for one in bins]
    lows = [one["mean_low"] if one["mean_low"] is not None else one["mean"] for one in bins]
    return {
        "error_y": theme.error_bars([one["mean"] for one in bins], lows, highs),
        "marker": {"color": group.color, "size": 8},
        "cliponaxis": False,
        "text": [bin_in_words(one, mean_decimals([group])) for one in bins],
        "hovertemplate": "%{text}" + _suffix(group),
    }


def bin_in_words(one: dict[str, Any], decimals: int) -> str:
    """`3 to 5: mean 0.210 (0.190 to 0.240), 132 samples`."""
    return f"{one['label']}: mean {one['mean']:,.{decimals}f} ({interval(one, decimals)}), {one['n']:,} samples"


def interval(one: dict[str, Any], decimals: int) -> str:
    """The 95 % interval of a bin's mean; `—` of a single sample."""
    if one["mean_low"] is None:
        return theme.NOTHING
    return f"{one['mean_low']:,.{decimals}f} to {one['mean_high']:,.{decimals}f}"


def mean_decimals(groups: Sequence[Group]) -> int:
    """How many decimals give the largest of all means three digits that count, so that they stand in one column."""
    largest = max((abs(one["mean"]) for group in groups for one in group.profile["bins"]), default=0.0)
    return min(6, max(0, int(2 - np.floor(np.log10(largest))))) if largest else 0


def _points(group: Group, names: tuple[str, str], axis: ColumnAxis) -> dict[str, Any]:
    column, metric = names
    return {
        "type": "scattergl",
        "mode": "markers",
        **_named(group, is_first=False),
        "yaxis": "y2",
        "x": axis.places(group.x),
        "y": group.y,
        "customdata": group.keys.tolist(),
        "text": [readable_value(float(value)) for value in group.x],
        "marker": {"color": group.color, "size": 5, "opacity": 0.6},
        "hovertemplate": f"%{{customdata}}<br>{column} %{{text}}<br>{metric} %{{y:.4g}}" + _suffix(group),
    }


def _density(x: Floats, y: Floats, names: tuple[str, str], axis: ColumnAxis) -> dict[str, Any]:
    counts, x_edges, y_edges = np.histogram2d(axis.places(x), y, bins=_CELLS)
    middles = (x_edges[:-1] + x_edges[1:]) / 2
    values = [readable_value(float(value)) for value in axis.values(middles)]
    shown = np.where(counts > 0, np.log10(np.maximum(counts, 1)), np.nan).T
    most = int(np.ceil(np.log10(max(counts.max(), 10))))
    ticks = list(range(most + 1))
    column, metric = names
    place = f"{column} about %{{text}}<br>{metric} about %{{y:.4g}}"
    return {
        "type": "heatmap",
        "yaxis": "y2",
        "x": middles,
        "text": [values] * len(shown),
        "y": (y_edges[:-1] + y_edges[1:]) / 2,
        "z": shown,
        "customdata": counts.T,
        "colorscale": [[place / (len(theme.SEQUENTIAL) - 1), color] for place, color in enumerate(theme.SEQUENTIAL)],
        "colorbar": {
            "title": {"text": "samples"},
            "tickvals": ticks,
            "ticktext": [f"{10**tick:,}" for tick in ticks],
            "len": 0.6,
            "y": 0.31,
            "thickness": 12,
            "outlinewidth": 0,
        },
        "hoverongaps": False,
        "hovertemplate": place + "<br>%{customdata:,} samples<extra></extra>",
    }


def _suffix(group: Group) -> str:
    return f"<extra>{group.name}</extra>" if group.name else "<extra></extra>"
