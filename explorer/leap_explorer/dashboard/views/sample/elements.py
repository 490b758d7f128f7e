"""The elements of a sample, such as its boxes: a row each, and all of the run as a file."""

from typing import Any

import numpy as np
import pandas as pd
from dash import Dash, Input, Output, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import from_params
from leap_explorer.insights.rows import Mask
from leap_explorer.precision import alike
from leap_explorer.spreadsheet import to_csv

MOST = 100  #: rows that are shown
_BUTTON, _FILE = "sample-elements-csv", "sample-elements-file"
_HELP = "All columns of the elements of the samples that are chosen above, each with the id of its sample."


def elements_card(data: RunData, row: int) -> list[Component]:
    """A card; none for a run without elements."""
    if data.run.elements is None:
        return []
    own = data.run.elements[data.run.elements["row"] == row]
    shown = own.head(MOST)
    columns = [name for name in _columns(data) if name == "id" or shown[name].notna().any()]
    cells = {name: _cells(data, name, shown[name]) for name in columns}
    header = [_heading(data, name) for name in columns]
    numeric = [place for place, name in enumerate(columns) if _facts(data)[name]["type"] in ("int", "float")]
    body = [list(one) for one in zip(*cells.values(), strict=True)]
    content = ui.table(header, body, numeric=numeric) if body else html.P("It has none.", className="faint")
    export = html.Button("Elements as CSV", id=_BUTTON, className="button", n_clicks=0)
    buttons = html.Div([export, ui.help_tip(_HELP, "Elements as CSV")], className="row center")
    note = theme.n_of(len(shown), len(own)) if len(shown) < len(own) else f"{data.name}: {len(own):,}"
    return [ui.card("Elements", html.Div(content, id="sample-elements"), buttons, note=note)]


def download() -> Component:
    """Where the file comes from; in the page's frame, whatever the sample is."""
    return dcc.Download(id=_FILE)


def register_elements(app: Dash, context: Context) -> None:
    @app.callback(
        Output(_FILE, "data"), Input(_BUTTON, "n_clicks"), PageState(ui.STATE, "data"), prevent_initial_call=True
    )
    def export(clicks: int | None, params: dict[str, str]) -> Any:
        if not clicks:  # the button has just come
            return no_update
        state = from_params(params)
        data = context.active(state)
        name = f"{data.name.replace('/', '-')}-elements.csv"
        return {"content": elements_csv(data, context.highlighted(state)), "filename": name, "type": "text/csv"}


def elements_csv(data: RunData, mask: Mask) -> str:
    """The elements of the samples of the mask, each with its sample's `sample_id` and `subset`."""
    elements = data.run.elements
    assert elements is not None
    chosen = elements[np.asarray(mask)[elements["row"]]]
    samples = data.frame.iloc[chosen["row"]]
    named = {"sample_id": samples["id"].to_numpy(), "subset": samples["subset"].to_numpy()}
    return to_csv(pd.concat([pd.DataFrame(named, index=chosen.index), chosen[_columns(data)]], axis=1))


def _facts(data: RunData) -> dict[str, dict[str, Any]]:
    return data.run.info["elements"]


def _columns(data: RunData) -> list[str]:
    assert data.run.elements is not None
    return [name for name in _facts(data) if name in data.run.elements]


def _heading(data: RunData, name: str) -> Component:
    facts = _facts(data)[name]
    title = name.removeprefix("metric_").removeprefix("metadata_").replace("_", " ")
    better = {"up": "Higher is better.", "down": "Lower is better."}.get(str(facts.get("direction")), "")
    meaning = f"{facts.get('description') or ''} {better}".strip()
    return html.Span([title, *([ui.help_tip(meaning, title)] if meaning else [])])


def _cells(data: RunData, name: str, values: pd.Series) -> list[str]:
    if _facts(data)[name]["type"] == "float":
        return alike([float(value) for value in values.astype(float)])
    return ["—" if pd.isna(value) else _word(value) for value in values]


def _word(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return str(int(value)) if isinstance(value, float | np.integer) else str(value)
