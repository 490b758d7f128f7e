"""Two models beside each other: what the active run fixes and breaks of another, on both maps, by words, one by one."""

from dataclasses import replace
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, Patch, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.comparison.report import ALL_OUTCOMES
from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.plots.outcome_map import dots_of, drawn_area, outcome_map, selected_dots
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.compare import content
from leap_explorer.dashboard.views.compare.pairs import (
    BASE,
    CHANGED,
    EVERY,
    SHOW,
    base_of,
    chosen,
    compared,
)
from leap_explorer.dashboard.views.compare.table import register_table, table_card
from leap_explorer.errors import ExplorerError
from leap_explorer.spreadsheet import to_csv

TITLE = "Compare"

_SIDES = ("base", "new")
_REMOVED = [*theme.GRAPH_CONFIG["modeBarButtonsToRemove"], "pan2d", "lasso2d", "select2d", "zoom2d"]
_HINT = (
    "A dot is a sample that both runs hold out; a click opens it. Draw around dots on one map: the other one shows the "
    "same samples. Double-click to select none."
)


def layout(context: Context, state: State) -> Component:
    """Controls and places; callbacks fill them."""
    if len(context.data) < 2:
        alone = ui.empty_state("There is only one run", "Open a second one beside it: explore RUN OTHER_RUN.")
        return ui.page(html.H1(TITLE, className="unseen"), ui.card(TITLE, alone))
    return ui.page(
        ui.watch("compare-base", (BASE,), state),
        ui.watch("compare-show", (SHOW,), state),
        dcc.Download(id="compare-file"),
        html.H1(id="compare-title", className="page-title"),
        html.Div(id="compare-controls"),
        html.Div(id="compare-summary"),
        _maps(state),
        html.Div(id="compare-words"),
        html.Div(id="compare-table"),
        html.Div(html.Button("Export as CSV", id="compare-csv", className="button", n_clicks=0), className="row"),
        html.Div(id="compare-slices"),
    )


def register(app: Dash, context: Context) -> None:
    if len(context.data) < 2:
        return
    _register_found(app, context)
    _register_chosen(app, context)
    register_table(app, context)
    for side in _SIDES:
        app.clientside_callback(
            ClientsideFunction("compare", "select"),
            Output(f"compare-map-{side}", "id"),
            Input(f"compare-map-{side}", "selectedData"),
            PageState(f"compare-run-{side}", "children"),
            prevent_initial_call=True,
        )
        app.clientside_callback(
            ClientsideFunction("compare", "open"),
            Output(f"compare-map-{side}", "className"),
            Input(f"compare-map-{side}", "clickData"),
            prevent_initial_call=True,
        )


def _register_found(app: Dash, context: Context) -> None:
    """What depends on the two runs alone."""
    found_by = [
        Input(ui.watched("compare-base"), "data"),
        Input(ui.watched("run"), "data"),
        PageState(ui.STATE, "data"),
    ]

    @app.callback(
        Output("compare-title", "children"),
        Output("compare-controls", "children"),
        Output("compare-run-base", "children"),
        Output("compare-run-new", "children"),
        *found_by,
    )
    def head(_base: Any, _run: Any, params: dict[str, str]) -> Any:
        state = from_params(params)
        base, new = base_of(context, state), context.active(state)
        return f"{new.name} compared with {base.name}", _controls(context, state, base, new), base.name, new.name

    @app.callback(
        Output("compare-summary", "children"),
        Output("compare-table", "children"),
        Output("compare-slices", "children"),
        *found_by,
    )
    def tell(_base: Any, _run: Any, params: dict[str, str]) -> Any:
        try:
            of = compared(context, from_params(params))
        except ExplorerError as error:
            return ui.error_state(str(error)), None, None
        return drawn(content.summary(of)), table_card(context, of), drawn(content.slices(of))

    @app.callback(
        Output("compare-map-base", "figure"),
        Output("compare-map-new", "figure"),
        *found_by,
        PageState("route", "data"),
    )
    def draw(_base: Any, _run: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        return _figures(context, from_params(params, route))


def _register_chosen(app: Dash, context: Context) -> None:
    """What depends on which samples are chosen, too."""
    chosen_by = [
        Input(ui.watched("compare-base"), "data"),
        Input(ui.watched("compare-show"), "data"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    ]

    @app.callback(
        Output("compare-map-base", "figure", allow_duplicate=True),
        Output("compare-map-new", "figure", allow_duplicate=True),
        *chosen_by[1:],
        prevent_initial_call=True,
    )
    def highlight(_show: Any, _filter: Any, _selection: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        return _patches(context, from_params(params, route))

    for name, make in (("counts", content.counts), ("words", content.words)):
        app.callback(Output(f"compare-{name}", "children"), *chosen_by)(_filled(context, make))

    @app.callback(
        Output("compare-file", "data"),
        Input("compare-csv", "n_clicks"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def export(clicks: int, params: dict[str, str]) -> Any:
        if not clicks:
            return no_update
        state = from_params(params)
        of = compared(context, state)
        if of.outcomes is None:
            return no_update
        table = to_csv(of.chosen_samples(chosen(context, state, of)))
        return {"content": table, "filename": "compared-samples.csv", "type": "text/csv"}


def _filled(context: Context, make: Any) -> Any:
    """A callback that fills a card; what keeps the runs from being compared is said above."""

    def fill(_base: Any, _show: Any, _filter: Any, _selection: Any, params: Any, route: Any) -> Any:
        state = from_params(params, route)
        try:
            return drawn(make(context, state, compared(context, state)))
        except ExplorerError:
            return None

    return fill


def _controls(context: Context, state: State, base: RunData, new: RunData) -> Component:
    others = [{"label": name, "value": name} for name, data in context.data.items() if data is not new]
    named = {CHANGED: "fixed and broken", **{one: one for one in ALL_OUTCOMES}, EVERY: "all"}
    shown = [{"label": label, "value": value} for value, label in named.items()]
    value = state.get(SHOW, CHANGED) if state.get(SHOW, CHANGED) in named else CHANGED
    swap = ui.link("Swap the two", "button", run=base.name, extra={BASE: new.name})
    return html.Div(
        [
            ui.select(BASE, "Compared with", others, base.name, others[0]["value"]),
            ui.choice(SHOW, "Show", shown, value, CHANGED),
            swap,
        ],
        className="row",
    )


def _maps(state: State) -> Component:
    maps = [html.Div([html.H3(id=f"compare-run-{side}"), _map(side, state)]) for side in _SIDES]
    return ui.card(
        "On both maps",
        html.Div(id="compare-counts"),
        html.Div(maps, className="columns"),
        html.P(_HINT, className="faint small"),
    )


def _map(side: str, state: State) -> Component:
    graph = dcc.Graph(
        id=f"compare-map-{side}",
        figure={"data": [{} for _ in ALL_OUTCOMES], "layout": {}},  # what is chosen may be known before the dots are
        config=theme.webgl_config(state.pixel_ratio)
        | {"scrollZoom": True, "displayModeBar": True, "doubleClick": "reset", "modeBarButtonsToRemove": _REMOVED},
        style={"height": "100%"},
    )
    return html.Div(graph, className="compare-map")


def _figures(context: Context, state: State) -> tuple[Any, Any]:
    try:
        of = compared(context, state)
    except ExplorerError:
        return no_update, no_update
    if of.outcomes is None:
        return {"data": [], "layout": theme.template(state.is_dark)["layout"]}, no_update
    dots, mask = dots_of(of.outcomes), chosen(context, state, of)
    keys = [of.new.keys[row] for row in of.rows[1]]
    sides = zip((of.base, of.new), of.rows, strict=True)
    first, second = (outcome_map(data, rows, dots, keys, mask, _seen(context, state, data)) for data, rows in sides)
    return first, second


def _seen(context: Context, state: State, data: RunData) -> State:
    """The state, with the drawn area as a page of this run has it."""
    return replace(state, projection="map", selection=context.selection_for(state, data))


def _patches(context: Context, state: State) -> tuple[Any, Any]:
    """Other dots dimmed, and the drawn area outlined, on both maps."""
    try:
        of = compared(context, state)
    except ExplorerError:
        return no_update, no_update
    if of.outcomes is None:
        return no_update, no_update
    selected = selected_dots(dots_of(of.outcomes), chosen(context, state, of))
    first, second = (_patch(selected, data, _seen(context, state, data)) for data in (of.base, of.new))
    return first, second


def _patch(selected: list[list[int]], data: RunData, state: State) -> Patch:
    figure = Patch()
    for place, points in enumerate(selected):
        figure["data"][place]["selectedpoints"] = points
    figure["layout"]["shapes"] = drawn_area(data, state)
    figure["layout"]["selections"] = []
    return figure
