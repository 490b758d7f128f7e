"""The table of compared samples: all that are chosen, sorted on the server, fetched as it is scrolled."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import Dash, Input, Output, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.comparison.report import ALL_OUTCOMES
from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.row_table import TEXT_COLUMN, register_row_table, row_table, texts_of
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.compare.pairs import Compared, chosen, compared
from leap_explorer.precision import written

_GRID, _ROWS = "compare-grid", "compare-rows"
_NUMBER = {"type": "rightAligned", "minWidth": 108}
_HELP = (
    "Fixed first, then broken, the largest change of the loss first; a click on a header sorts all rows. A row opens "
    "the sample with what drove either model."
)


def table_card(context: Context, of: Compared) -> Component | None:
    """The table, which asks for its rows; none where nothing is right or wrong in both."""
    if of.outcomes is None:
        return None
    grid = row_table(_GRID, _columns(context, of))
    help_line = html.P(_HELP, className="faint small")
    return ui.card("Samples", grid, help_line, note=html.Span(id=_ROWS), class_name="stack tight")


def _columns(context: Context, of: Compared) -> list[dict[str, Any]]:
    base, new = of.base.name, of.new.name
    judged = {"cellRenderer": "Judged", "minWidth": 136}
    return [
        {"field": "id", "headerName": "Sample", "minWidth": 152},
        *([TEXT_COLUMN] if context.reader else []),
        {"field": "outcome", "headerName": "Outcome"},
        {"field": "ground_truth", "headerName": "Label"},
        {"field": "prediction_base", "headerName": base, "headerTooltip": f"What {base} says", **judged},
        {"field": "prediction_new", "headerName": new, "headerTooltip": f"What {new} says", **judged},
        {"field": "loss_base", "headerName": f"Loss {base}", **_NUMBER},
        {"field": "loss_new", "headerName": f"Loss {new}", **_NUMBER},
        {"field": "change", "headerName": "Change", "headerTooltip": f"Loss of {new} minus loss of {base}", **_NUMBER},
    ]


def register_table(app: Dash, context: Context) -> None:
    """The callbacks of `table_card`."""
    watched = [Input(ui.watched(name), "data") for name in ("compare-show", "filter", "selection")]
    register_row_table(app, _GRID, *watched)

    @app.callback(
        Output(_GRID, "getRowsResponse"),
        Output(_ROWS, "children"),
        Input(_GRID, "getRowsRequest"),
        PageState(ui.STATE, "data"),
    )
    def rows(request: dict[str, Any] | None, params: dict[str, str]) -> Any:
        if request is None:
            return no_update, no_update
        state = from_params(params)
        of = compared(context, state)
        found = in_order(of.chosen_samples(chosen(context, state, of)), request.get("sortModel") or [])
        page = found.iloc[request["startRow"] : request["endRow"]]
        response = {"rowData": table_rows(context, state, of, page), "rowCount": len(found)}
        return response, theme.n_of(len(found), len(of.samples))


def in_order(samples: pd.DataFrame, order: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """As the headers ask for: predictions by label and confidence; what is unknown last, ties as they were."""
    for one in reversed(order):
        if (keys := _keys(samples, one.get("colId", ""))) is not None:
            ranks = keys.sort_values(
                list(keys.columns), ascending=one.get("sort") != "desc", kind="stable", na_position="last"
            )
            samples = samples.loc[ranks.index]
    return samples


def _keys(samples: pd.DataFrame, column: str) -> pd.DataFrame | None:
    """What a column is sorted by; None of one that is none."""
    if column == "change":
        return (samples["loss_new"] - samples["loss_base"]).to_frame()
    if column == "outcome":
        return pd.DataFrame({column: samples[column].map(ALL_OUTCOMES.index)})
    if column not in samples:
        return None
    names = (column, column.replace("prediction", "confidence"))
    return samples[[name for name in dict.fromkeys(names) if name in samples]]


def table_rows(context: Context, state: State, of: Compared, page: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as the table shows them, each with the key that opens its sample."""
    keys = [of.new.keys[row] for row in of.rows[1][page.index]]
    texts = texts_of(context, state, page["id"])
    records = page.to_dict("records")
    return [{"key": key, "text": text, **_cells(row)} for key, text, row in zip(keys, texts, records, strict=True)]


def _cells(row: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {name: str(row[name]) for name in ("id", "outcome", "ground_truth")}
    said = {f"prediction_{side}": _said(row, side) for side in ("base", "new")}
    losses = {name: theme.number(float(row[name]), 3) for name in ("loss_base", "loss_new")}
    (change,) = written([row["loss_new"] - row["loss_base"]], 3, is_signed=True)
    return {**plain, **said, **losses, "change": change}


def _said(row: Mapping[Any, Any], side: str) -> list[Any]:
    """The prediction, with its probability where there is one, and whether it is right."""
    confidence = row.get(f"confidence_{side}")
    sure = f" {theme.percent(float(confidence), 0)}" if confidence is not None else ""
    prediction = row[f"prediction_{side}"]
    return [f"{prediction}{sure}", bool(prediction == row["ground_truth"])]
