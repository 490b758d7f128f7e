"""The page: title, choice of the run, navigation, filters, and the view that the address names."""

import logging
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any

from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, dcc, html, no_update, set_props
from dash import State as PageState
from dash.development.base_component import Component
from flask import Response
from werkzeug.exceptions import HTTPException

from leap_explorer.dashboard import search
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.collection_panel import KEPT, register_collections
from leap_explorer.dashboard.parts.collection_panel import panel as collection_panel
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.parts.thumbnail import register_thumbnails
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import COLLECTION, State, change, from_params, with_condition
from leap_explorer.dashboard.theme import n_of
from leap_explorer.dashboard.views import VIEWS, key
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import Condition, describe

TITLE = "Leap Explorer"

_PROBLEM = "problem"
_BUG = "Something went wrong while this was made. The command's output has the details."

_log = logging.getLogger(__name__)


def create_app(context: Context, prefix: str = "/") -> Dash:
    """The dashboard of a context, the first of its runs shown first.

    Args:
        prefix: what its addresses begin with, as the browser sees them.
    """
    app = Dash(
        __name__,
        requests_pathname_prefix=prefix,
        routes_pathname_prefix="/",
        title=TITLE,
        update_title="",  # a title that flickers at each update is noise to a screen reader
        assets_folder=str(Path(__file__).parent / "assets"),
        serve_locally=True,
        suppress_callback_exceptions=True,
        add_log_handler=False,
        on_error=_tell,
        enable_mcp=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.index_string = _index(app.index_string)
    app.layout = lambda: _shell(context)
    app.server.register_error_handler(Exception, _not_understood)
    _register_page(app)
    _register_views(app, context)
    _register_filters(app, context)
    register_collections(app, context)
    register_thumbnails(app, context)
    for view in VIEWS:
        view.register(app, context)
    return app


def _not_understood(error: Exception) -> Any:
    """The answer to a request that Dash can make nothing of; what fails in a callback of ours goes to `_tell`."""
    if isinstance(error, HTTPException):
        return error
    _log.debug("A request was not understood", exc_info=error)
    return Response("This is no request of the dashboard's page.\n", status=400, mimetype="text/plain")


def _index(dashs_own: str) -> str:
    """The page around the page: in English, and its scripts no footer, of which a page has one."""
    changes = {"<html>": '<html lang="en">', "<footer>": "<div>", "</footer>": "</div>"}
    return reduce(lambda text, change: text.replace(*change), changes.items(), dashs_own)


def _shell(context: Context) -> Component:
    """What stays while views come and go. It holds nothing of the state, which the page reads from its address."""
    initial = State()
    watched: Any = {"view": "children"}
    stores = [
        dcc.Store(id="boot", data=_boot(context)),
        dcc.Store(id=ui.STATE),
        dcc.Store(id=ui.CHANGE),
        dcc.Store(id="route"),
        ui.watch("filter", ("filter", "q", "run"), initial),
        ui.watch("selection", ("selection",), initial),
        ui.watch("sample", ("sample",), initial),
        ui.watch("run", ("run",), initial),
    ]
    return html.Div(
        [
            *stores,
            html.A("Skip to the content", href="#view", className="skip"),
            html.Header([html.Div(TITLE, className="brand"), _navigation(), _switches(context)], className="top"),
            _filter_bar(context),
            html.Div(id=_PROBLEM, role="alert"),
            dcc.Loading(
                html.Main(id="view", tabIndex="-1"),
                delay_show=400,
                type="dot",
                target_components=watched,
                parent_className="view-parent",
                overlay_style={"visibility": "visible", "opacity": 0.5},  # what was there stays in sight meanwhile
            ),
            html.Footer("Everything here is computed and kept on this machine.", className="foot"),
        ],
        className="shell",
    )


def _boot(context: Context) -> dict[str, Any]:
    """What the page's own functions must know: inputs that outlive a view, runs, and columns that differ among them."""
    runs = list(context.data)
    inputs = [ui.control_id("theme", "auto"), ui.control_id("q"), ui.control_id("run", runs[0])]
    return {"inputs": inputs, "runs": runs, "modelColumns": sorted(context.model_columns)}


def _navigation() -> html.Nav:
    links = [ui.link(view.TITLE, "nav-link", view=key(view)) for view in VIEWS]
    return html.Nav(links, className="nav", **ui.aria(label="Views"))


def _switches(context: Context) -> html.Div:
    names = list(context.data)
    themes = [{"label": name.capitalize(), "value": name} for name in ("auto", "light", "dark")]
    runs = [{"label": name, "value": name} for name in names]
    return html.Div(
        [
            ui.select("run", "Model", runs, names[0], default=names[0]),
            ui.choice("theme", "Colours", themes, "auto", default="auto"),
        ],
        className="switches",
    )


def _filter_bar(context: Context) -> html.Div:
    placeholder = 'Words, "phrase", OR, -not, id' if context.reader else "An id"
    search_help = search.HELP if context.reader else ""
    box = dcc.Input(
        id=ui.control_id("q"), type="search", debounce=True, placeholder=placeholder, className="input", value=""
    )
    columns = dcc.Dropdown(id="filter-column", clearable=False, maxHeight=ui.MENU_HEIGHT)
    values = dcc.Dropdown(
        id="filter-values", multi=True, className="menu", placeholder="Which values?", maxHeight=ui.MENU_HEIGHT
    )
    low = dcc.Input(id="filter-low", type="number", className="input", step="any")
    high = dcc.Input(id="filter-high", type="number", className="input", step="any")
    panel = html.Div(
        [
            html.Div([html.Span("Column", className="field-label"), columns]),
            html.Div(values, id="filter-values-box"),
            html.Div([html.Label(["From ", low]), html.Label(["to ", high])], id="filter-range-box", className="range"),
            html.P(id="filter-note", className="faint"),
            html.Button("Add filter", id="filter-add", className="button primary", n_clicks=0),
        ],
        className="popover",
    )
    return html.Div(
        [
            html.Label([html.Span("Search", className="field-label"), box], className="search", title=search_help),
            html.Details([html.Summary("Filter", className="button"), panel], id="filter-panel", className="dropdown"),
            collection_panel(),
            html.Button(
                "Undo", id="undo", className="button", disabled=True, title="Take back the last filter (Ctrl+Z)"
            ),
            html.Div(id="chips", className="chips", **ui.aria(live="polite")),
        ],
        className="filter-bar",
        role="search",
    )


def _register_page(app: Dash) -> None:
    """The page's own functions, in `assets/state.js`: they keep address, stores and inputs alike."""

    def clientside(name: str, *arguments: Any) -> None:
        app.clientside_callback(ClientsideFunction("explorer", name), *arguments)

    any_control = {"type": "control", "key": ALL, "default": ALL}
    any_plot = {"type": "brush", "name": ALL}
    any_watch = {"type": "watch", "name": MATCH}
    clientside("boot", Output(ui.STATE, "data"), Input("boot", "data"))
    clientside("change", Input(ui.CHANGE, "data"))
    clientside("brush", Input(any_plot, "clickData"))
    clientside("control", Input(any_control, "value"), PageState(any_control, "id"))
    clientside("watch", Output(any_watch, "data"), Input(ui.STATE, "data"), PageState(any_watch, "data"))
    clientside("route", Output("route", "data"), Input(ui.STATE, "data"), PageState("route", "data"))


def _register_views(app: Dash, context: Context) -> None:
    by_key = {key(view): view for view in VIEWS}

    @app.callback(Output("view", "children"), Input("route", "data"), PageState(ui.STATE, "data"))
    def show(route: dict[str, Any] | None, params: dict[str, str] | None) -> Any:
        if not route:
            return no_update
        state = from_params(params, route)
        return shown(by_key.get(state.view, VIEWS[0]), context, state)


def shown(view: ModuleType, context: Context, state: State) -> Component:
    """A view's content, or what stands in its way."""
    try:
        return drawn(view.layout(context, state))
    except ExplorerError as error:
        message = str(error)
    except Exception:  # one broken view must not take the page down; the log has the rest
        _log.exception("The view %s cannot be shown", key(view))
        message = _BUG
    return html.Div([html.H1(view.TITLE, className="unseen"), ui.error_state(message)])


def _tell(error: Exception) -> None:
    """Say above the view what kept a part of it from following the state; the state's next change takes it away."""
    if not isinstance(error, ExplorerError):
        _log.error("A part of the page cannot be shown", exc_info=error)
    set_props(_PROBLEM, {"children": ui.error_state(str(error) if isinstance(error, ExplorerError) else _BUG)})


def _register_filters(app: Dash, context: Context) -> None:
    @app.callback(
        Output("chips", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        Input(KEPT, "data"),
        PageState(ui.STATE, "data"),
    )
    def chips(_filter: Any, _selection: Any, _kept: Any, params: dict[str, str] | None) -> Any:
        return drawn(_chips(context, from_params(params)))

    @app.callback(
        Output("filter-column", "options"),
        Output("filter-column", "value"),
        Input(ui.watched("run"), "data"),
        PageState(ui.STATE, "data"),
        PageState("filter-column", "value"),
    )
    def columns(_run: Any, params: dict[str, str] | None, current: str | None) -> Any:
        data = context.active(from_params(params))
        names = list(dict.fromkeys([*data.category_columns, *data.numeric_columns]))
        return ui.column_options(data, names), current if current in names else names[0]

    @app.callback(
        Output("filter-values", "options"),
        Output("filter-values", "value"),
        Output("filter-low", "value"),
        Output("filter-high", "value"),
        Output("filter-values-box", "hidden"),
        Output("filter-range-box", "hidden"),
        Output("filter-note", "children"),
        Input("filter-column", "value"),
        PageState(ui.STATE, "data"),
    )
    def editor(column: str | None, params: dict[str, str] | None) -> Any:
        data = context.active(from_params(params))
        if not column or column not in data.columns:
            return [], [], None, None, True, True, ""
        if data.kind(column) == "number":
            return [], [], None, None, True, False, ui.column_help(data, column)
        categories = data.categories(column)
        options = [
            {"label": f"{name} ({int((categories.codes == code).sum()):,})", "value": str(code)}
            for code, name in enumerate(categories.names)
            if categories.values[code] is not None
        ]
        return options, [], None, None, False, True, ui.column_help(data, column)

    @app.callback(
        Output(ui.CHANGE, "data", allow_duplicate=True),
        Input("filter-add", "n_clicks"),
        PageState("filter-column", "value"),
        PageState("filter-values", "value"),
        PageState("filter-low", "value"),
        PageState("filter-high", "value"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def add(_clicks: int, column: str, codes: list[str] | None, low: Any, high: Any, params: Any) -> Any:
        state = from_params(params)
        condition = made_condition(context.active(state), column, codes or [], low, high)
        return no_update if condition is None else change(filter=with_condition(state.filter, condition))


def made_condition(
    data: RunData, column: str, codes: Sequence[str], low: float | None, high: float | None
) -> Condition | None:
    """The condition that the filter panel says; None if it says nothing. A range's ends may come in either order."""
    if data.kind(column) == "category":
        values = [data.categories(column).values[int(code)] for code in codes]
        if not values:
            return None
        return Condition(column, "==", values[0]) if len(values) == 1 else Condition(column, "in", tuple(values))
    if low is not None and high is not None:
        return Condition(column, "between", (min(low, high), max(low, high)))
    if low is not None:
        return Condition(column, ">=", low)
    return Condition(column, "<=", high) if high is not None else None


def _chips(context: Context, state: State) -> list[Component]:
    data = context.active(state)
    found = []
    for condition in state.filter:
        others = tuple(one for one in state.filter if one != condition)
        run = context.run_named(condition, state)
        fits = context.fits(data, condition)
        missing = " (not kept any more)" if condition.column == COLLECTION else " (not in this run)"
        text = describe((condition,)) + (f" ({run})" if run else "") + ("" if fits else missing)
        found.append(_chip(text, fits, filter=others))
    if state.query:
        problem = context.problem_of(state.query)
        note = f" is not applied. {problem}" if problem else ""
        found.append(_chip(f"Search “{state.query}”{note}", not problem, query=None))
    if state.selection:
        run = state.selection.run or data.name
        named = f" of {run}" if len(context.data) > 1 else ""
        found.append(_chip(f"area drawn on the map{named}", run in context.data, selection=None))
    if not found:
        return [html.Span(f"All {data.n:,} samples", className="count", id="count")]
    count = html.Span(n_of(int(context.highlighted(state).sum()), data.n), className="count", id="count")
    clear = ui.link("Clear all", "link", filter=None, query=None, selection=None)
    return [count, *found, clear]


def _chip(text: str, fits: bool, **changes: Any) -> html.Span:
    remove = ui.link("✕", "chip-remove", f"Remove the filter {text}", **changes)
    return html.Span([html.Span(text), remove], className="chip" if fits else "chip idle")
