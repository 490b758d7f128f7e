"""The table of the selected samples: sorted on the server, fetched as it is scrolled, and its exports."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.row_table import TEXT_COLUMN, register_row_table, row_table, texts_of
from leap_explorer.dashboard.parts.thumbnail import address, shows_pictures
from leap_explorer.dashboard.plots.population_map import shown_color, shown_size
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.insights.rows import Mask
from leap_explorer.precision import column_decimals, written
from leap_explorer.spreadsheet import to_csv

_PICTURE_COLUMN = {
    "field": "picture",
    "headerName": "Picture",
    "cellRenderer": "Thumbnail",
    "sortable": False,
    "width": 80,
    "suppressSizeToFit": True,
}


def table_card(context: Context, state: State) -> Component:
    """The table, which asks for its rows as it is scrolled, and the buttons that export all of them."""
    row_height = 56 if shows_pictures(context, context.active(state)) else 32
    grid = row_table("population-table", _column_definitions(context, state), row_height)
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


def _column_definitions(context: Context, state: State) -> list[dict[str, Any]]:
    data = context.active(state)
    columns = [
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
    more = [_PICTURE_COLUMN] if shows_pictures(context, data) else []
    more += [TEXT_COLUMN] if context.reader else []
    return [columns[0], *more, *columns[1:]]


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
        response = {"rowData": table_rows(context, state, page), "rowCount": len(ordered)}
        return response, theme.n_of(len(ordered), data.n)

    @app.callback(
        Output("population-table", "columnDefs"),
        Input(ui.watched("population-columns"), "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def columns(_changed: Any, params: dict[str, str]) -> Any:
        return _column_definitions(context, from_params(params))

    changes = (Input(ui.watched("filter"), "data"), Input(ui.watched("selection"), "data"))
    register_row_table(app, "population-table", *changes, Input("population-table", "columnDefs"))

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
        return {"content": to_csv(chosen), "filename": f"{stem}-samples.csv", "type": "text/csv"}


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


def table_rows(context: Context, state: State, rows: npt.NDArray[np.intp]) -> list[dict[str, Any]]:
    """Rows as the table shows them: the key that opens the sample, its columns, numbers of one column alike, its text.

    A text is a list of parts, each with whether it was searched for.
    """
    data = context.active(state)
    columns: dict[str, list[Any]] = {name: _cells(data, name, rows) for name in _table_columns(data, state)}
    ids = data.frame["id"].iloc[rows].astype(str)
    columns |= {"key": [data.key(int(row)) for row in rows], "text": texts_of(context, state, ids)}
    if shows_pictures(context, data):
        columns["picture"] = [address(data, int(row)) for row in rows]
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


@lru_cache(maxsize=256)
def _decimals(data: RunData, column: str) -> int:
    return column_decimals(data.numbers(column))


def _cells(data: RunData, column: str, rows: npt.NDArray[np.intp]) -> list[str]:
    """A column's values, numbers with as many decimals as all of the run's need together."""
    if data.kind(column) != "number":
        return [ui.value_text(data, column, int(row)) for row in rows]
    values = data.numbers(column)
    return written(values[rows].tolist(), _decimals(data, column))
