"""Each metadata column: how its values are spread, and how the loss, or any other metric, goes with them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.claims import claim_cards
from leap_explorer.dashboard.parts.error_words import error_word_cards
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.plots.profile_plots import (
    MOST_POINTS,
    Group,
    bar_ends,
    category_figure,
    interval,
    mean_decimals,
    mean_ends,
    number_figure,
)
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.scope import KEY as SCOPE
from leap_explorer.dashboard.scope import scope_links, scope_phrase, scope_rows
from leap_explorer.dashboard.state import State, change, from_params, with_condition, with_conditions
from leap_explorer.dashboard.views.data.look import (
    EACH,
    RANGES,
    TOGETHER,
    Look,
    axis_of,
    column_order,
    groups_of,
    look_of,
    metric_order,
    split_columns,
)
from leap_explorer.dashboard.views.data.ranking import ranking_card
from leap_explorer.dashboard.views.data.relation import relation_in_words
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.rows import Mask

TITLE = "Data"

RANGES_HELP = (
    "Each dot is the mean of the metric over the samples of a range; the flat line is the range, the upright one the "
    "95 % interval of the mean (bootstrap). The ranges hold about as many samples each."
)
_VALUES_HELP = "Dots are means, upright lines their 95 % intervals (bootstrap)."
_FILTER_HELP = "Drag across the plot to filter by what you cover; a click on a bar or a mean filters by its samples."

_REMOVED = [*theme.GRAPH_CONFIG["modeBarButtonsToRemove"], "lasso2d"]


def layout(context: Context, state: State) -> Component:
    """Controls, and the boxes that the callbacks fill."""
    data = context.active(state)
    look = look_of(data, state)
    columns, metrics = column_order(data), metric_order(data)
    splits = [{"label": "No split", "value": TOGETHER}, *ui.column_options(data, split_columns(data))]
    shows = [{"label": "means of ranges", "value": RANGES}, {"label": "every sample", "value": EACH}]
    controls = html.Div(
        [
            ui.select("data.column", "Column", ui.column_options(data, columns), look.column, columns[0]),
            ui.select("data.metric", "Against", ui.column_options(data, metrics), look.metric, metrics[0]),
            ui.select("data.by", "Split by", splits, look.by, TOGETHER),
            ui.choice("data.show", "Show", shows, look.show, RANGES),
            html.Div(scope_links(data, state), id="data-scope"),
        ],
        className="row data-controls",
    )
    return ui.page(
        ui.watch("data-look", ("data.column", "data.metric", "data.by", "data.show", SCOPE), state),
        ui.watch("data-column", ("data.column",), state),
        ui.watch("data-order", ("data.column", "data.metric", "data.sort", SCOPE), state),
        ui.watch("data-scope", (SCOPE,), state),
        html.H1("Metadata, and what goes with them", className="page-title"),
        controls,
        html.Div([html.Div(id="data-profile", className="stack"), html.Div(id="data-ranking")], className="data-panes"),
        *claim_cards(context),
    )


def register(app: Dash, context: Context) -> None:
    which = (Input(ui.watched("filter"), "data"), Input(ui.watched("selection"), "data"))

    @app.callback(
        Output("data-profile", "children"),
        *which,
        Input(ui.watched("data-look"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def profile(_filter: Any, _selection: Any, _look: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        return ui.guarded(_profile, context, from_params(params, route))

    @app.callback(
        Output("data-ranking", "children"), *which, Input(ui.watched("data-order"), "data"), PageState(ui.STATE, "data")
    )
    def ranking(_filter: Any, _selection: Any, _order: Any, params: dict[str, str]) -> Any:
        return ui.guarded(_ranking, context, from_params(params))

    @app.callback(
        Output("data-scope", "children"), *which, Input(ui.watched("data-scope"), "data"), PageState(ui.STATE, "data")
    )
    def scope(_filter: Any, _selection: Any, _scope: Any, params: dict[str, str]) -> Any:
        state = from_params(params)
        return drawn(scope_links(context.active(state), state))

    @app.callback(
        Output(ui.CHANGE, "data", allow_duplicate=True),
        Input("data-plot", "clickData"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def click(clicked: dict[str, Any] | None, params: dict[str, str]) -> Any:
        """A dot opens its sample, a bar or a mean filters by its samples."""
        state = from_params(params)
        data, point = context.active(state), ((clicked or {}).get("points") or [{}])[0]
        key = point.get("customdata")
        if isinstance(key, str):
            return change(view="sample", sample=key) if key in data.rows else no_update
        found = marked(data, look_of(data, state), _rows(context, state), point)
        return change(filter=with_conditions(state.filter, found)) if found else no_update

    @app.callback(
        Output(ui.CHANGE, "data", allow_duplicate=True),
        Input("data-plot", "selectedData"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def filter_range(selected: dict[str, Any] | None, params: dict[str, str]) -> Any:
        state = from_params(params)
        data = context.active(state)
        condition = covered(data, look_of(data, state), _rows(context, state), selected)
        if condition is None:
            return no_update
        return change(filter=with_condition(state.filter, condition))

    # A click in the ranking changes the address; the menu follows it
    app.clientside_callback(
        ClientsideFunction("data", "followColumn"), Input(ui.watched("data-column"), "data"), prevent_initial_call=True
    )


def marked(data: RunData, look: Look, rows: Mask, point: Mapping[str, Any]) -> Filter:
    """What the samples meet that a bar or a mean of the plot stands for; nothing of a mark of another kind.

    Args:
        point: one of plotly's `clickData`, whose `curveNumber` and `pointNumber` say which mark it is.
    """
    groups = groups_of(data, look, rows, is_dark=False)
    curve, place = point.get("curveNumber"), point.get("pointNumber")
    if not isinstance(curve, int) or not isinstance(place, int) or curve >= 2 * len(groups):
        return ()
    group = groups[curve % len(groups)]
    if data.kind(look.column) == "number":
        lows_and_highs = bar_ends(groups, axis_of(data, look, rows)) if curve < len(groups) else mean_ends(group)
        found = _within(look.column, group.x, *lows_and_highs[place])
    else:
        found = (Condition(look.column, "==", _value(data, look, group.profile["bins"][place]["value"])),)
    return (*found, *_of_group(data, look, group)) if found else ()


def _within(column: str, values: npt.NDArray[np.float64], low: float, high: float) -> Filter:
    """From the lowest to the highest of the values in a bar; nothing of an empty one."""
    there = values[(values >= low) & (values < high)]
    return (Condition(column, "between", (float(there.min()), float(there.max()))),) if len(there) else ()


def _of_group(data: RunData, look: Look, group: Group) -> Filter:
    if look.by == TOGETHER:
        return ()
    values = dict(zip(data.categories(look.by).names, data.categories(look.by).values, strict=True))
    return (Condition(look.by, "==", values.get(group.name)),)


def _value(data: RunData, look: Look, shown: Any) -> Any:
    """What a filter calls a value of the plot: a cluster is a number there."""
    if data.role(look.column) != "cluster":
        return shown
    numbers = {data.cluster_name(number): number for number in data.categories(look.column).values}
    return numbers[shown]


def covered(data: RunData, look: Look, rows: Mask, selected: Mapping[str, Any] | None) -> Condition | None:
    """The condition that a box drawn on the plot stands for; None of one that covers no value.

    Args:
        selected: plotly's `selectedData`, whose `range` has the box's ends on the column's axis.
    """
    ends = sorted(((selected or {}).get("range") or {}).get("x") or [])
    if len(ends) != 2:
        return None
    if data.kind(look.column) == "category":
        return _covered_values(data, look, rows, *ends)
    axis = axis_of(data, look, rows)
    low, high = (float(value) for value in axis.values(np.array(ends, dtype=np.float64)))
    if axis.is_whole:
        low, high = float(np.ceil(low)), float(np.floor(high))
    else:
        low, high = _rounded(low, high - low), _rounded(high, high - low)
    return Condition(look.column, "between", (low, high)) if low <= high else None


def _covered_values(data: RunData, look: Look, rows: Mask, low: float, high: float) -> Condition | None:
    """Of a column without an order: its values stand at 0, 1, ..."""
    groups = groups_of(data, Look(look.column, look.metric, look.by), rows, is_dark=False)
    values = dict.fromkeys(one["value"] for group in groups for one in group.profile["bins"])
    chosen = [value for place, value in enumerate(values) if low <= place <= high]
    chosen = [_value(data, look, one) for one in chosen]
    if not chosen:
        return None
    return Condition(look.column, "==", chosen[0]) if len(chosen) == 1 else Condition(look.column, "in", tuple(chosen))


def _rounded(value: float, width: float) -> float:
    """To about a hundredth of a width, as nobody draws a box more exactly."""
    return round(value, int(2 - np.floor(np.log10(width)))) if width > 0 else value


def _rows(context: Context, state: State) -> Mask:
    return context.highlighted(state) & scope_rows(context.active(state), state)


def _note(context: Context, state: State, n: int) -> str:
    data = context.active(state)
    return theme.n_of(n, int(scope_rows(data, state).sum()), scope_phrase(data, state))


def _profile(context: Context, state: State) -> list[Component]:
    data = context.active(state)
    look = look_of(data, state)
    rows = _rows(context, state)
    column, metric = data.title(look.column), data.title(look.metric)
    groups = groups_of(data, look, rows, state.is_dark)
    n = sum(group.profile["n"] for group in groups)
    title = html.Span([f"{data.heading(look.column)} and {metric}", ui.column_tip(data, look.column)])
    note = _note(context, state, n)
    if not groups:
        text = f"None of the {scope_phrase(data, state)} that meet the filters has both {column} and {metric}."
        return [ui.card(title, ui.empty_state("No sample to show", text), note=note)]
    is_number = data.kind(look.column) == "number"
    as_points = look.show == EACH and is_number
    [whole] = groups_of(data, Look(look.column, look.metric), rows, state.is_dark)
    caption = _caption(as_points, is_number, n)
    return [
        ui.card(
            title,
            html.P(relation_in_words(whole.profile, column, metric), id="data-sentence"),
            _plot(data, look, groups, rows, state),
            html.P(f"{caption} {_FILTER_HELP}", className="faint small"),
            note=note,
        ),
        ui.card(
            html.Span([f"Mean {metric}", ui.column_tip(data, look.metric)]),
            _numbers(groups, data.heading(look.column), metric),
            note=f"{len(whole.profile['bins'])} {'ranges' if is_number else 'values'}",
        ),
        *error_word_cards(context, data, rows, state),
    ]


def _plot(data: RunData, look: Look, groups: list[Group], rows: Mask, state: State) -> html.Div:
    names = data.title(look.column), data.title(look.metric)
    figure = (
        number_figure(groups, names, look.show == EACH, state.is_dark, axis_of(data, look, rows))
        if data.kind(look.column) == "number"
        else category_figure(groups, names, state.is_dark)
    )
    config = theme.webgl_config(state.pixel_ratio) | {"modeBarButtonsToRemove": _REMOVED}
    graph = dcc.Graph(id="data-plot", figure=figure, config=config, style={"height": 480})
    return html.Div(graph, style={"height": 480})  # the page keeps the room while the plot is drawn


def _caption(as_points: bool, is_number: bool, n: int) -> str:
    if not as_points:
        return RANGES_HELP if is_number else _VALUES_HELP
    if n > MOST_POINTS:
        return f"More than {MOST_POINTS:,} samples: the colour says how many lie at a place, on a logarithmic scale."
    return "Each dot is a sample; a click opens it."


def _numbers(groups: list[Group], column: str, metric: str) -> Component:
    is_split, decimals = len(groups) > 1 or bool(groups[0].name), mean_decimals(groups)
    rows = [
        [
            *([group.name] if is_split else []),
            one["label"],
            f"{one['n']:,}",
            f"{one['mean']:,.{decimals}f}",
            interval(one, decimals),
        ]
        for group in groups
        for one in group.profile["bins"]
    ]
    header = [*(["Group"] if is_split else []), column, "Samples", f"Mean {metric}", "95 % interval"]
    return ui.table(header, rows, numeric=range(len(header) - 3, len(header)), id="data-numbers")


def _ranking(context: Context, state: State) -> Component:
    data = context.active(state)
    rows = _rows(context, state)
    return ranking_card(data, look_of(data, state), rows, _note(context, state, int(rows.sum())))
