"""The panel of collections in the bar over every view: keep what is selected; use, change or export what is kept."""

from hashlib import sha256
from typing import Any

import numpy as np
from dash import ALL, ClientsideFunction, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import collected
from leap_explorer.dashboard.collected import Collection
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.state import COLLECTION, State, from_params, with_condition
from leap_explorer.dashboard.theme import n_of
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import Condition

KEPT = "collections-kept"  #: a store that changes whenever a collection does

_ADD, _TAKE, _CSV, _JSON, _FORGET = "add", "take", "csv", "json", "forget"
_BUTTONS = {
    _ADD: ("Add selected", "Add the selected samples to {}"),
    _TAKE: ("Take selected out", "Take the selected samples out of {}"),
    _CSV: ("CSV", "Export {} as CSV"),
    _JSON: ("JSON", "Export {} as JSON"),
    _FORGET: ("Delete", "Delete {}; its samples stay"),
}


def panel() -> Component:
    """The button and what drops down from it; the callbacks fill it."""
    name = dcc.Input(id="collection-name", className="input", maxLength=collected.LONGEST_NAME, value="")
    note = dcc.Textarea(id="collection-note", className="input", maxLength=collected.LONGEST_NOTE, value="", rows=2)
    content = html.Div(
        [
            html.Div(id="collections-selected", className="faint"),
            html.Label(["Name ", name]),
            html.Label(["Note ", note]),
            html.Button("Keep the selected", id="collection-keep", className="button primary", n_clicks=0),
            html.Div(id="collections-problem", role="alert"),
            html.Ul(id="collections-list", className="collections"),
        ],
        className="popover",
    )
    stores = [dcc.Store(id=KEPT, data=0), dcc.Download(id="collections-file")]
    summary = html.Summary("Collections", className="button")
    return html.Details([summary, content, *stores], id="collections-panel", className="dropdown")


def register_collections(app: Dash, context: Context) -> None:
    """The panel's callbacks."""
    app.clientside_callback(ClientsideFunction("explorer", "collected"), Input(KEPT, "data"))

    @app.callback(
        Output("collections-list", "children"),
        Output("collections-selected", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        Input(KEPT, "data"),
        PageState(ui.STATE, "data"),
    )
    def fill(_filter: Any, _selection: Any, _kept: Any, params: dict[str, str] | None) -> Any:
        state = from_params(params)
        mask = context.highlighted(state)
        try:
            return drawn(entries(context, state)), n_of(int(mask.sum()), len(mask), "samples are selected")
        except ExplorerError as error:
            return ui.error_state(str(error)), None

    @app.callback(
        Output(KEPT, "data"),
        Output("collections-problem", "children"),
        Output("collection-name", "value"),
        Output("collection-note", "value"),
        Input("collection-keep", "n_clicks"),
        PageState("collection-name", "value"),
        PageState("collection-note", "value"),
        PageState(KEPT, "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def keep(_clicks: int, name: str | None, note: str | None, count: int, params: dict[str, str]) -> Any:
        state = from_params(params)
        data, mask = context.active(state), context.highlighted(state)
        try:
            collected.keep(context.state_folder, name or "", note or "", data, mask)
        except ExplorerError as error:
            return no_update, ui.error_state(str(error)), no_update, no_update
        return count + 1, None, "", ""

    @app.callback(
        Output(KEPT, "data", allow_duplicate=True),
        Output("collections-problem", "children", allow_duplicate=True),
        Output("collections-file", "data"),
        Input({"type": "collection", "do": ALL, "of": ALL}, "n_clicks"),
        PageState(KEPT, "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def use(clicks: list[int], count: int, params: dict[str, str]) -> Any:
        asked = ctx.triggered_id
        if not asked or not any(clicks):
            return no_update, no_update, no_update
        try:
            file = _done(context, from_params(params), asked["do"], asked["of"])
        except ExplorerError as error:
            return no_update, ui.error_state(str(error)), no_update
        return (count + 1, None, no_update) if file is None else (no_update, None, file)


def _done(context: Context, state: State, what: str, of: str) -> dict[str, str] | None:
    """Do what a button of a collection says; the file to download, if it is an export.

    Raises:
        ExplorerError: the collection is gone, or cannot be written.
    """
    one = next((each for each in collected.collections(context.state_folder).values() if _id(each) == of), None)
    if one is None:
        raise ExplorerError("That collection is there no more.")
    data, mask = context.active(state), context.highlighted(state)
    if what == _CSV:
        return {"content": collected.as_csv(data, one), "filename": f"{_file_name(one)}.csv", "type": "text/csv"}
    if what == _JSON:
        return {"content": collected.as_json(one), "filename": f"{_file_name(one)}.json", "type": "application/json"}
    if what == _FORGET:
        collected.forget(context.state_folder, one.name)
    else:
        change = collected.merge if what == _ADD else collected.subtract
        change(context.state_folder, one.name, collected.ids(data, mask))
    return None


def entries(context: Context, state: State) -> list[Component]:
    """A line a collection: its name, which filters by it, how many samples it has, its note, and its buttons."""
    data = context.active(state)
    return [
        _entry(one, int(np.count_nonzero(collected.rows_of(data, one))), state)
        for one in collected.collections(context.state_folder).values()
    ]


def _entry(one: Collection, here: int, state: State) -> Component:
    size = f"{one.n:,} samples" if here == one.n else f"{here:,} of {one.n:,} samples are here"
    only, without = (
        with_condition(state.filter, Condition(COLLECTION, operator, one.name)) for operator in ("==", "!=")
    )
    buttons = [
        html.Button(
            text,
            id={"type": "collection", "do": do, "of": _id(one)},
            className="button small",
            n_clicks=0,
            **ui.aria(label=label.format(one.name)),
        )
        for do, (text, label) in _BUTTONS.items()
    ]
    return html.Li(
        [
            html.Div(
                [
                    ui.link(one.name, "link", f"Only {one.name}", filter=only),
                    html.Span(size, className="faint small"),
                    ui.link("Leave out", "link small", f"Leave out {one.name}", filter=without),
                ],
                className="collection-head",
            ),
            *([html.P(one.note, className="collection-note")] if one.note else []),
            html.Div(buttons, className="collection-buttons"),
        ]
    )


def _id(one: Collection) -> str:
    """What stands for a name in the page's ids, which cannot hold every sign."""
    return sha256(one.name.encode()).hexdigest()[:16]


def _file_name(one: Collection) -> str:
    """Letters, digits and hyphens of the name, as far as it has any."""
    words = "".join(sign if sign.isalnum() else " " for sign in one.name).split()
    return "-".join(["collection", *words])
