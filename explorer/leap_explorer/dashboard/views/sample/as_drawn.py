"""What the integration's visualizers draw of a sample whose words a model reads: below them, once it is asked for."""

from typing import Any

from dash import Dash, Input, Output, dcc, html
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.drawings.of_sample import is_drawn, sample_drawings
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import from_params

_TITLE = "What the platform draws of it"
_WAIT = "The integration draws the sample; the first time takes longest …"


def place(context: Context, data: RunData, index: int) -> list[Component]:
    """A fold in a model's card; nothing where no integration can be asked."""
    if not is_drawn(context, data):
        return []
    name = f"sample-drawn-{index}"
    box = dcc.Loading(
        html.Div(id=name, className="stack tight"),
        custom_spinner=html.P(_WAIT, className="faint", role="status"),
        delay_show=150,
        target_components={name: "children"},  # type: ignore[arg-type]  # any id is a key
        parent_className="sample-loading",
    )
    return [html.Details([html.Summary(_TITLE, id=f"sample-unfold-{index}", n_clicks=0), box])]


def register(app: Dash, context: Context, data: RunData, index: int) -> None:
    if not is_drawn(context, data):
        return

    @app.callback(
        Output(f"sample-drawn-{index}", "children"),
        Input(f"sample-unfold-{index}", "n_clicks"),
        Input(ui.watched("sample"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def fill(clicks: int, _sample: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        is_shown = clicks % 2 == 1 and state.sample in data.rows
        return sample_drawings(context, data, state.sample, state.is_dark) if is_shown else None
