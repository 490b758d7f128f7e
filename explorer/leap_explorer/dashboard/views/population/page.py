"""The map of a model's latent space: colour, size, hover, areas drawn by hand, and what sets the selected apart."""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, Patch, dcc, html
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts import legend
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.parts.sample_table import register_table, table_card
from leap_explorer.dashboard.parts.selection_profile import selection_cards
from leap_explorer.dashboard.plots.color_encoding import encode_colors
from leap_explorer.dashboard.plots.population_map import (
    DEFAULT_DRAG,
    DRAGS,
    dot_colors,
    dot_places,
    dot_sizes,
    drag_mode,
    map_figure,
    opened,
    outline,
    selected_points,
    shown_color,
    shown_size,
)
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.scope import KEY as SCOPE
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
#: The choice of what dragging does stands above the map, in words.
_REMOVED = [*theme.GRAPH_CONFIG["modeBarButtonsToRemove"], "pan2d", "lasso2d", "select2d", "zoom2d"]
_WATCHED = {
    "color": ("color",),
    "size": ("size",),
    "map": ("map",),
    "drag": ("population.drag",),
    "columns": ("hover", "color", "size"),
    "scope": (SCOPE,),
}


def layout(context: Context, state: State) -> Component:
    """Controls, map, what is selected, and its table."""
    data = context.active(state)
    side = html.Div(selection_cards(context, state), id="population-side", className="stack")
    return ui.page(
        *(ui.watch(f"population-{name}", keys, state) for name, keys in _WATCHED.items()),
        html.H1(TITLE, className="unseen"),
        html.Div([_map_card(context, data, state), side], className="panes"),
        table_card(context, state),
    )


def register(app: Dash, context: Context) -> None:
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
            ui.choice("population.drag", "Dragging", drags, drag_mode(state), DEFAULT_DRAG),
        ],
        className="row map-controls",
    )
    graph = dcc.Graph(
        id="population-map",
        figure=map_figure(context, data, state),
        config=theme.webgl_config(state.pixel_ratio)
        | {"scrollZoom": True, "displayModeBar": True, "doubleClick": "reset", "modeBarButtonsToRemove": _REMOVED},
        style={"position": "absolute", "inset": 0},  # Dash writes a height of its own into the style, and not each time
        clear_on_unhover=True,
    )
    legend = html.Div(_legend(data, state), id="population-legend")
    return ui.card(
        data.map_title(state.projection),
        controls,
        _walked(graph, data, state.projection),
        *pointed_at(),
        legend,
        html.P(_map_note(data), className="faint small"),
        note=html.Span(_map_count(context, state), id="population-count"),
        class_name="map-card",
    )


def _walked(graph: dcc.Graph, data: RunData, projection: str) -> html.Div:
    """The map in a frame that the arrow keys walk, which is as high as the window lets it be."""
    title = data.map_title(projection)
    label = f"{title}. {data.n:,} dots. Arrow keys walk from dot to dot, Enter opens the sample, Escape ends it."
    cursor = html.Div(id="population-cursor", className="map-cursor", hidden=True)
    return html.Div(
        [graph, cursor],
        id="population-frame",
        className="map",
        tabIndex="0",
        role="application",
        **ui.aria(label=label),
    )


def _map_note(data: RunData) -> str:
    failed = int((~data.is_evaluated).sum())
    note = "A dot is a sample; a click opens it. Draw around dots to select them, double-click to select none. The "
    note += "arrow keys walk from dot to dot."
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
    def on(name: str, *others: Any) -> Any:
        """A callback that patches the map when a part of the state changes."""
        return app.callback(
            Output("population-map", "figure", allow_duplicate=True),
            *others,
            Input(ui.watched(f"population-{name}"), "data"),
            PageState(ui.STATE, "data"),
            PageState("route", "data"),
            prevent_initial_call=True,
        )

    @on("color")
    def recolor(_changed: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        data = context.active(state)
        figure = Patch()
        encoding = encode_colors(data, shown_color(data, state), state.is_dark)
        figure["data"][0]["marker"]["color"] = dot_colors(encoding)
        return figure

    @on("size")
    def resize(_changed: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        figure = Patch()
        figure["data"][0]["marker"]["size"] = dot_sizes(context.active(state), state)
        return figure

    @on("map")
    def move(_changed: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        data = context.active(state)
        figure = Patch()
        figure["data"][0]["x"], figure["data"][0]["y"] = dot_places(data, state)
        figure["data"][1] = opened(data, state)
        figure["layout"]["shapes"] = outline(data, state)
        figure["layout"]["selections"] = []
        figure["layout"]["uirevision"] = state.projection
        return figure

    @on("drag")
    def drag(_changed: Any, params: dict[str, str], _route: Any) -> Any:
        figure = Patch()
        figure["layout"]["dragmode"] = drag_mode(from_params(params))
        return figure


def _register_legend(app: Dash, context: Context) -> None:
    @app.callback(
        Output("population-legend", "children"),
        Input(ui.watched("population-color"), "data"),
        Input(ui.watched("population-size"), "data"),
        Input(ui.watched("filter"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
        prevent_initial_call=True,
    )
    def redraw_legend(_color: Any, _size: Any, _filter: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        return drawn(_legend(context.active(state), state))


# What is selected


def _register_selection(app: Dash, context: Context) -> None:
    app.clientside_callback(
        ClientsideFunction("population", "select"),
        Output("population-map", "id"),
        Input("population-map", "selectedData"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("population-map", "figure", allow_duplicate=True),
        Output("population-count", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
        prevent_initial_call=True,
    )
    def highlight(_filter: Any, _selection: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        figure = Patch()
        figure["data"][0]["selectedpoints"] = selected_points(context.highlighted(state))
        figure["layout"]["shapes"] = outline(context.active(state), state)
        figure["layout"]["selections"] = []
        return figure, _map_count(context, state)

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
        return drawn(selection_cards(context, from_params(params)))
