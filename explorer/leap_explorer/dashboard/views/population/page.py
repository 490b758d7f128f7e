"""The map of a model's latent space: colour, size, hover, areas drawn by hand, and what sets the selected apart."""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts import legend
from leap_explorer.dashboard.parts.histograms import histogram_card
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.parts.map_bytes import register_map_bytes
from leap_explorer.dashboard.parts.sample_table import register_table, table_card
from leap_explorer.dashboard.parts.selection_profile import selection_cards
from leap_explorer.dashboard.plots.color_encoding import encode_colors
from leap_explorer.dashboard.plots.population_map import (
    DEFAULT_DRAG,
    DEFAULT_LAYERS,
    DRAGS,
    LAYERS,
    chosen,
    scene,
    scene_of,
    settings,
    shown_color,
    shown_size,
)
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.scope import KEY as SCOPE
from leap_explorer.dashboard.scope import scope_rows
from leap_explorer.dashboard.state import (
    DEFAULT_COLOR,
    DEFAULT_SIZE,
    NO_SIZE,
    State,
    from_params,
    with_condition,
)
from leap_explorer.dashboard.views.population.pointed_dot import pointed_at, register_pointing
from leap_explorer.insights.filters import Condition

TITLE = "Population"

_MAPS = {"map": "Map", "pca": "PCA"}
#: Buttons over the map: what they do, what stands on them, what they are called.
_ZOOMS = (("in", "+", "Zoom in"), ("out", "\u2212", "Zoom out"), ("home", "Home", "Show the whole map"))
_WATCHED = {
    "scene": ("color", "size", "map"),
    "legend": ("color", "size"),
    "drag": ("population.drag", "population.layers"),
    "columns": ("hover", "color", "size"),
    "scope": (SCOPE,),
}


def layout(context: Context, state: State) -> Component:
    """Controls, map, what is selected, and its table."""
    data = context.active(state)
    side = html.Div(_side(context, state), id="population-side", className="stack")
    return ui.page(
        *(ui.watch(f"population-{name}", keys, state) for name, keys in _WATCHED.items()),
        html.H1(TITLE, className="unseen"),
        html.Div([_map_card(context, data, state), side], className="panes"),
        table_card(context, state),
    )


def _side(context: Context, state: State) -> list[Component]:
    """What sets the selected apart; after the first card how each column is distributed."""
    data, selected = context.active(state), context.highlighted(state)
    first, *others = selection_cards(context, state)
    counted = scope_rows(data, state) & data.is_evaluated
    if not (counted & selected).any():
        return [first, *others]
    return [first, histogram_card(data, counted, selected, state), *others]


def register(app: Dash, context: Context) -> None:
    register_map_bytes(app, context)
    _register_map(app, context)
    _register_legend(app, context)
    register_pointing(app, context)
    _register_selection(app, context)
    register_table(app, context)


# The map


def _map_card(context: Context, data: RunData, state: State) -> Component:
    color, size = shown_color(data, state), shown_size(data, state)
    columns = ui.column_options(data, list(dict.fromkeys([*data.category_columns, *data.numeric_columns])))
    numbers = [{"label": "All alike", "value": NO_SIZE}, *ui.column_options(data, data.numeric_columns)]
    hover = ui.select(
        "hover", "Also on hover", columns, list(state.hover), multi=True, clearable=True, placeholder="Nothing more"
    )
    tips = {"map": f"Near each other: {data.alike}", "pca": "The two directions of most spread"}
    tips |= {key: f"The latent space {name}" for key, name in data.spaces.items()}
    maps = [
        {"label": label, "value": name, "title": tips[name]}
        for name, label in (_MAPS | data.spaces).items()
        if f"{name}_x" in data.frame
    ]
    drags = [{"label": label, "value": name} for name, label in DRAGS.items()]
    controls = html.Div(
        [
            html.Div(ui.select("color", "Colour", columns, color, DEFAULT_COLOR), className="grow"),
            html.Div(ui.select("size", "Size", numbers, size, DEFAULT_SIZE), className="grow"),
            html.Div(hover, className="grow"),
            ui.choice("map", "Show", maps, state.projection, "map"),
            ui.choice("population.drag", "Dragging", drags, settings(dict(state.extra))["drag"], DEFAULT_DRAG),
        ],
        className="row map-controls",
    )
    return ui.card(
        data.map_title(state.projection),
        controls,
        dcc.Store(id="population-scene", data=scene(data, state)),
        dcc.Store(id="population-chosen", data=chosen(context, state)),
        _walked(data, state),
        *pointed_at(),
        html.Div(_legend(data, state), id="population-legend"),
        html.P(_map_note(data), className="faint small"),
        note=html.Span(_map_count(context, state), id="population-count"),
        class_name="map-card",
    )


def _walked(data: RunData, state: State) -> html.Div:
    """The map in a frame that the arrow keys walk, which is as high as the window lets it be."""
    title = data.map_title(state.projection)
    label = f"{title}. {data.n:,} dots. Arrow keys walk from dot to dot, Enter opens the sample, Escape ends it; "
    label += "plus and minus zoom, Home shows all."
    layers = [{"label": name, "value": key} for key, name in LAYERS.items()]
    marks = ui.choice("population.layers", "On the map", layers, settings(dict(state.extra))["layers"], DEFAULT_LAYERS)
    return html.Div(
        [
            html.Div(id="population-map", className="map-canvas", **ui.data(of=scene_of(data, state))),
            html.Div(id="population-cursor", className="map-cursor", hidden=True),
            html.Div([marks, *(_zoom_button(*one) for one in _ZOOMS)], className="map-tools"),
        ],
        id="population-frame",
        className="map",
        tabIndex="0",
        role="application",
        **ui.aria(label=label),
    )


def _zoom_button(how: str, text: str, label: str) -> html.Button:
    return html.Button(
        text, className="button", title=label, type="button", **ui.data(zoom=how), **ui.aria(label=label)
    )


def _map_note(data: RunData) -> str:
    failed = int((~data.is_evaluated).sum())
    note = "A dot is a sample; a click opens it. Draw around dots to select them, double-click to select none. Wheel "
    note += "or + and - zoom, with Shift dragging moves the map. The arrow keys walk from dot to dot."
    parts = [note, f"{failed:,} samples failed and have no place." if failed else "", data.map_note]
    return " ".join(part for part in parts if part)


def _map_count(context: Context, state: State) -> str:
    mask = context.highlighted(state)
    if mask.all():
        return f"{len(mask):,} samples"
    return f"{int(mask.sum()):,} selected"


def _legend(data: RunData, state: State) -> list[Component]:
    column, size = shown_color(data, state), shown_size(data, state)
    parts = [_color_legend(data, state, column)]
    if size != NO_SIZE:
        parts.append(html.Div(["Larger dot: higher ", data.title(size), ui.column_tip(data, size)], className="faint"))
    return [html.Div(parts, className="legend")]


def _color_legend(data: RunData, state: State, column: str) -> Component:
    color = encode_colors(data, column, state.is_dark)
    title = html.Span([data.heading(column), ui.column_tip(data, column)], className="faint")
    parts: list[Component] = [title, *legend.scale_entries(color)]
    values = data.categories(column).values if color.entries else []
    for index, name, fill in color.entries:
        if values[index] is None:
            parts.append(legend.entry(fill, name))
            continue
        conditions = with_condition(state.filter, Condition(column, "==", values[index]))
        parts.append(ui.link([legend.swatch(fill), name], "legend-entry", f"Only {name}", filter=conditions))
    return html.Div([*parts, *legend.unknown_entries(color, state.is_dark)], className="legend")


def _register_map(app: Dash, context: Context) -> None:
    app.clientside_callback(
        ClientsideFunction("population", "draw"),
        Output("population-map", "className"),  # without an output Dash would not call it at first
        Input("population-scene", "data"),
        Input("population-chosen", "data"),
        Input(ui.watched("population-drag"), "data"),
    )

    @app.callback(
        Output("population-scene", "data"),
        Input(ui.watched("population-scene"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
        prevent_initial_call=True,
    )
    def show(_changed: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        return scene(context.active(state), state)


def _register_legend(app: Dash, context: Context) -> None:
    @app.callback(
        Output("population-legend", "children"),
        Input(ui.watched("population-legend"), "data"),
        Input(ui.watched("filter"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
        prevent_initial_call=True,
    )
    def redraw_legend(_colors: Any, _filter: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        return drawn(_legend(context.active(state), state))


# What is selected


def _register_selection(app: Dash, context: Context) -> None:
    @app.callback(
        Output("population-chosen", "data"),
        Output("population-count", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        Input(ui.watched("population-scene"), "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def highlight(_filter: Any, _selection: Any, _scene: Any, params: dict[str, str]) -> Any:
        state = from_params(params)
        return chosen(context, state), _map_count(context, state)

    @app.callback(
        Output("population-side", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        Input(ui.watched("population-scope"), "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def compare(_filter: Any, _selection: Any, _scope: Any, params: dict[str, str]) -> Any:
        """Apart from the map, which need not wait for it."""
        return drawn(_side(context, from_params(params)))
