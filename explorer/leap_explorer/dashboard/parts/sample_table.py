"""The table of the selected samples: sorted on the server, fetched as it is scrolled, and its exports."""

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag
import numpy as np
import numpy.typing as npt
from dash import ClientsideFunction, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context, RunData
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.plots.population_map import shown_color, shown_size
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.insights.rows import Mask

_ROWS_AT_ONCE = 100


def table_card(data: RunData, state: State) -> Component:
    """The table, which asks for its rows as it is scrolled, and the buttons that export all of them."""

    grid = dag.AgGrid(
        id="population-table",
        className="grid",
        columnDefs=_column_definitions(data, state),
        defaultColDef={"sortable": True, "resizable": True, "minWidth": 96, "flex": 1},
        rowModelType="infinite",
        getRowId="params.data.key",
        eventListeners={"cellKeyDown": ["openWithKey(params)"]},
        dashGridOptions={
            "cacheBlockSize": _ROWS_AT_ONCE,
            "maxConcurrentDatasourceRequests": 1,
            "rowHeight": 32,
            "headerHeight": 36,
            "tabToNextCell": {"function": "leaveTable()"},
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
        },
        style={"height": 400},
    )
    buttons = html.Div(
        [
            html.Button("Export as CSV", id="population-csv", className="button", n_clicks=0),
            html.Button("Export ids", id="population-ids", className="button", n_clicks=0),
            dcc.Download(id="population-download"),
            html.Span("All columns of the samples above; a row opens with a click or Enter.", className="faint small"),
        ],
        className="row center",
    )
    note = html.Span(id="population-rows")
    return ui.card("Samples", grid, buttons, note=note, class_name="stack tight")


def _table_columns(data: RunData, state: State) -> list[str]:
    usual = ["id", "subset", "ground_truth", "prediction", "loss", "cluster", *data.of_role("outlier_score")]
    chosen = [shown_color(data, state), shown_size(data, state), *state.hover]
    return [name for name in dict.fromkeys([*usual, *chosen]) if name in data.columns]


def _column_definitions(data: RunData, state: State) -> list[dict[str, Any]]:
    return [
        {
            "field": name,
            "headerName": data.heading(name),
            "headerTooltip": ui.column_help(data, name),
            "type": "rightAligned" if data.kind(name) == "number" else None,
            **({"sort": "desc"} if name == "loss" else {}),
            **({"minWidth": 152} if name in ("id", "cluster") else {}),
        }
        for name in _table_columns(data, state)
    ]


def register_table(app: Dash, context: Context) -> None:
    """The callbacks of `table_card`."""

    @app.callback(
        Output("population-table", "getRowsResponse"),
        Output("population-rows", "children"),
        Input("population-table", "getRowsRequest"),
        PageState(ui.STATE, "data"),
    )
    def rows(request: dict[str, Any] | None, params: dict[str, str]) -> Any:
        if request is None:
            return no_update, no_update
        state = from_params(params)
        data = context.active(state)
        ordered = sorted_rows(data, context.highlighted(state), request.get("sortModel") or [])
        page = ordered[request["startRow"] : request["endRow"]]
        response = {"rowData": table_rows(data, page, _table_columns(data, state)), "rowCount": len(ordered)}
        return response, theme.n_of(len(ordered), data.n)

    @app.callback(
        Output("population-table", "columnDefs"),
        Input(ui.watched("population-columns"), "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def columns(_changed: Any, params: dict[str, str]) -> Any:
        state = from_params(params)
        return _column_definitions(context.active(state), state)

    app.clientside_callback(
        ClientsideFunction("population", "refresh"),
        Output("population-table", "className"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        Input("population-table", "columnDefs"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("population", "open"),
        Output("population-table", "style"),
        Input("population-table", "cellClicked"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("population-download", "data"),
        Input("population-csv", "n_clicks"),
        Input("population-ids", "n_clicks"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def export(_csv: int, _ids: int, params: dict[str, str]) -> Any:
        state = from_params(params)
        data = context.active(state)
        chosen = data.frame[context.highlighted(state)]
        stem = data.name.replace("/", "-")
        if ctx.triggered_id == "population-ids":
            ids = "".join(f"{sample_id}\n" for sample_id in chosen["id"])
            return {"content": ids, "filename": f"{stem}-ids.txt", "type": "text/plain"}
        return {"content": chosen.to_csv(index=False), "filename": f"{stem}-samples.csv", "type": "text/csv"}


def sorted_rows(data: RunData, mask: Mask, order: Sequence[dict[str, str]]) -> npt.NDArray[np.intp]:
    """Rows of the mask in the order that the table's headers ask for; unknown values last, ties in the run's order."""
    rows = np.flatnonzero(mask)
    for one in reversed(order):
        column = one.get("colId", "")
        if column in data.columns:
            values = data.frame[column].iloc[rows].reset_index(drop=True)
            ranks = values.sort_values(ascending=one.get("sort") != "desc", kind="stable", na_position="last").index
            rows = rows[ranks.to_numpy()]
    return rows


def table_rows(data: RunData, rows: npt.NDArray[np.intp], columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows as the table shows them, each with the key that opens its sample."""
    return [{"key": data.keys[row], **{name: ui.value_text(data, name, int(row)) for name in columns}} for row in rows]
