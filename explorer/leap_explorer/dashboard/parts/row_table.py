"""A table of samples that asks the server for its rows as it is scrolled and sorted; a row opens its sample."""

from collections.abc import Iterable, Sequence
from typing import Any

import dash_ag_grid as dag
from dash import ClientsideFunction, Dash, Input, Output

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts.excerpt import Part, excerpt
from leap_explorer.dashboard.state import State
from leap_explorer.errors import ExplorerError

_ROWS_AT_ONCE = 100
_EXCERPT, _SEEN = 240, 28  #: characters of a text that its cell has: more than the widest screen shows; in any case

#: The column whose cells `texts_of` gives.
TEXT_COLUMN = {
    "field": "text",
    "headerName": "Text",
    "headerTooltip": "How the text begins, or where it holds what was searched for.",
    "cellRenderer": "MarkedText",
    "sortable": False,
    "minWidth": 216,
    "width": 640,
}

_NOTHING = "No samples match. Clear filters at the top of the page."


def row_table(name: str, columns: Sequence[dict[str, Any]], row_height: int = 32) -> dag.AgGrid:
    """The table, whose rows a callback answers to `getRowsRequest`; each has a `key` that opens its sample."""
    return dag.AgGrid(
        id=name,
        className="grid",
        columnDefs=list(columns),
        defaultColDef={"sortable": True, "resizable": True, "minWidth": 96, "width": 160},
        columnSize="responsiveSizeToFit",
        rowModelType="infinite",
        getRowId="params.data.key",
        eventListeners={"cellKeyDown": ["openWithKey(params)"]},
        dashGridOptions={
            "cacheBlockSize": _ROWS_AT_ONCE,
            "maxConcurrentDatasourceRequests": 1,
            "rowHeight": row_height,
            "headerHeight": 36,
            "tabToNextCell": {"function": "leaveTable()"},
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
            "localeText": {"noRowsToShow": _NOTHING},
        },
        style={"height": 400},
    )


def register_row_table(app: Dash, name: str, *changes: Input) -> None:
    """A click opens a row's sample; after one of the changes the rows are asked for anew."""
    app.clientside_callback(
        ClientsideFunction("tables", "refresh"), Output(name, "className"), *changes, prevent_initial_call=True
    )
    app.clientside_callback(
        ClientsideFunction("tables", "open"),
        Output(name, "style"),
        Input(name, "cellClicked"),
        prevent_initial_call=True,
    )


def texts_of(context: Context, state: State, ids: Iterable[str]) -> list[list[Part]]:
    """How each text begins, or where it holds what was searched for; or why it cannot be read.

    A text is a list of parts, each with whether it was searched for.
    """
    sought = context.sought(state)
    ids = list(ids)
    try:
        return [excerpt(context.text(sample_id) or "", _EXCERPT, sought, _SEEN) for sample_id in ids]
    except ExplorerError as error:
        return [[(str(error), False)] for _ in ids]
