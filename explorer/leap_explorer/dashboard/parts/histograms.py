"""A small histogram of each column, those first in which the selected differ most from the rest; each bar filters."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.run_data import CORRECTNESS, RunData
from leap_explorer.dashboard.state import State, with_condition
from leap_explorer.insights.filters import Condition, readable_value
from leap_explorer.insights.rows import Mask

Rows = npt.NDArray[np.intp]

_MOST_BINS = 12
_SHOWN_AT_ONCE = 8
#: A bin to scale that holds more than this makes the others nothing to see: then the scale is another.
_FULLEST = 0.6
LOGARITHMIC, EQUAL_COUNTS = "log scale", "not to scale: equal counts"

_HELP = (
    "Bars: shares of the selected samples; outlines: of the others. Those columns come first in which they differ most "
    "(half the sum of their differences, 0 to 100 %; so much would have to move to make them alike). A click on a "
    "bar filters by it, dragging over several by their range."
)


@dataclass(frozen=True)
class Bins:
    """A column in a few parts."""

    codes: npt.NDArray[np.int16]  #: [n], a sample's part; -1 where the value is not known
    names: list[str]
    conditions: list[Condition | None]  #: that choose a part's samples, and no others; None of "other values"
    scale: str = ""  #: how bins of numbers are made, where not of one width: `LOGARITHMIC` or `EQUAL_COUNTS`


@lru_cache(maxsize=256)
def bins_of(data: RunData, column: str) -> Bins:
    """The parts of a column: its categories, or at most 12 ranges of its numbers."""
    if data.kind(column) == "number":
        return _number_bins(data.numbers(column), column)
    categories = data.categories(column)
    conditions = [None if value is None else Condition(column, "==", value) for value in categories.values]
    return Bins(categories.codes, categories.names, conditions)


def _number_bins(values: npt.NDArray[np.float64], column: str) -> Bins:
    known = values[np.isfinite(values)]
    if not len(known):
        return Bins(np.full(len(values), -1, dtype=np.int16), [], [])
    places, scale = _places(known)
    filled = np.flatnonzero(np.bincount(places))
    lows, highs = np.full(filled[-1] + 1, np.inf), np.full(filled[-1] + 1, -np.inf)
    np.minimum.at(lows, places, known)
    np.maximum.at(highs, places, known)
    codes = np.full(len(values), -1, dtype=np.int16)
    codes[np.isfinite(values)] = np.searchsorted(filled, np.arange(filled[-1] + 1))[places]
    ends = [(float(lows[place]), float(highs[place])) for place in filled]
    names = [readable_value(low) if low == high else f"{low:.3g} to {high:.3g}" for low, high in ends]
    return Bins(codes, names, [Condition(column, "between", end) for end in ends], scale)


def _places(known: npt.NDArray[np.float64]) -> tuple[Rows, str]:
    """The bin of each number: of one width, or else of one ratio, unless one holds nearly all; else of equal counts."""
    places = _of_one_width(known)
    if _is_spread(places) or known.min() == known.max():
        return places, ""
    if known.min() > 0:
        places = _between(np.geomspace(known.min(), known.max(), _MOST_BINS + 1), known)
        if _is_spread(places):
            return places, LOGARITHMIC
    return _between(np.unique(np.quantile(known, np.linspace(0, 1, _MOST_BINS + 1))), known), EQUAL_COUNTS


def _of_one_width(known: npt.NDArray[np.float64]) -> Rows:
    low, high = known.min() / 2, known.max() / 2  # halves, whose distance is a number too
    share = (known / 2 - low) / (high - low or 1.0)
    return np.minimum((share * _MOST_BINS).astype(np.intp), _MOST_BINS - 1)


def _between(edges: npt.NDArray[np.float64], known: npt.NDArray[np.float64]) -> Rows:
    return np.searchsorted(edges[1:-1], known, side="right")


def _is_spread(places: Rows) -> bool:
    return bool(np.bincount(places).max() <= _FULLEST * len(places))


@dataclass(frozen=True)
class Histogram:
    """How many of the selected and of the others lie in each part of a column."""

    column: str
    bins: Bins
    selected: npt.NDArray[np.int64]  #: [parts]
    others: npt.NDArray[np.int64]  #: [parts]

    @property
    def difference(self) -> float:
        """Total variation distance between both, 0-1; 0 where either has no sample."""
        return float(np.abs(_shares(self.selected) - _shares(self.others)).sum() / 2) if self.is_compared else 0.0

    @property
    def is_compared(self) -> bool:
        """Whether there are selected samples and others."""
        return bool(self.selected.sum() and self.others.sum())


def histograms(data: RunData, counted: Mask, selected: Mask) -> list[Histogram]:
    """Of each column with two parts or more, the most different first; of the samples that count."""
    sides = np.flatnonzero(counted & selected), np.flatnonzero(counted & ~selected)
    found = [_histogram(data, column, *sides) for column in _columns(data)]
    return sorted((one for one in found if len(one.bins.names) > 1), key=lambda one: -one.difference)


def prepare_bins(data: RunData) -> None:
    """Make the bins of all columns now, so that the first histograms need not wait for them."""
    for column in _columns(data):
        bins_of(data, column)


def _columns(data: RunData) -> list[str]:
    """Those that menus offer, the label and what the model makes of it first."""
    first = data.of_role("ground_truth", "prediction", CORRECTNESS, "loss")
    offered = [*data.category_columns, *data.numeric_columns]
    return list(dict.fromkeys(one for one in [*first, *offered] if one in offered))


def _histogram(data: RunData, column: str, selected: Rows, others: Rows) -> Histogram:
    bins = bins_of(data, column)
    sides = (np.bincount(bins.codes[rows] + 1, minlength=len(bins.names) + 1)[1:] for rows in (selected, others))
    return Histogram(column, bins, *sides)


def histogram_card(data: RunData, counted: Mask, selected: Mask, state: State) -> Component:
    """The histograms, the rest of them to be opened."""
    filtered = {one.column for one in state.filter}  # which are sure to differ
    ordered = sorted(histograms(data, counted, selected), key=lambda one: one.column in filtered)
    found = [_drawn(data, one, state) for one in ordered]
    more = found[_SHOWN_AT_ONCE:]
    rest = [html.Details([html.Summary(f"{len(more)} more columns"), html.Div(more, className="histograms")])]
    title = html.Span(["Distributions", ui.help_tip(_HELP)])
    return ui.card(title, html.Div(found[:_SHOWN_AT_ONCE], className="histograms"), *(rest if more else []))


def _drawn(data: RunData, one: Histogram, state: State) -> Component:
    mine, theirs = _shares(one.selected), _shares(one.others)
    highest = max(mine.max(), theirs.max()) or 1.0
    bars = [_bar(one, part, mine[part] / highest, theirs[part] / highest, state) for part in range(len(mine))]
    notes = [f"{100 * one.difference:.0f} % differ"] if one.is_compared else []
    notes += [one.bins.scale] if one.bins.scale else []
    return html.Div(
        [
            html.Div([html.Strong(data.heading(one.column)), html.Span("; ".join(notes), className="faint small")]),
            html.Div(bars, className="histogram-bars", **ui.data(brush=one.column)),
            html.Div([html.Span(end) for end in _ends(data, one)], className="histogram-ends faint small"),
        ],
        className="histogram",
    )


def _ends(data: RunData, one: Histogram) -> list[str]:
    """The least and the most of numbers; the names of categories."""
    if data.kind(one.column) != "number":
        return [", ".join(one.bins.names)]
    first, last = one.bins.conditions[0], one.bins.conditions[-1]
    assert first is not None
    assert last is not None
    return theme.numbers([first.value[0], last.value[1]])


def _bar(one: Histogram, part: int, mine: float, theirs: float, state: State) -> Component:
    counts = f"{one.selected[part]:,} of {one.selected[part] + one.others[part]:,} selected"
    label, condition = f"{one.bins.names[part]}: {counts}", one.bins.conditions[part]
    fills = [
        html.Span(className="histogram-others", style={"height": f"{100 * theirs:.1f}%"}),
        html.Span(className="histogram-selected", style={"height": f"{100 * mine:.1f}%"}),
    ]
    if condition is None:
        return html.Span(fills, className="histogram-bar", title=label)
    link: Any = ui.link(fills, "histogram-bar", f"Only {label}", filter=with_condition(state.filter, condition))
    link.title = label
    return link


def _shares(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return counts / max(int(counts.sum()), 1)
