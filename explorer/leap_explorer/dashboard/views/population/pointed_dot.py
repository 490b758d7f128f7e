"""The dot under the pointer, or under the cursor that the arrow keys move: what is said of it, and its sample."""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.excerpt import excerpt, marked
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.parts.thumbnail import thumbnail
from leap_explorer.dashboard.plots.population_map import shown_color, shown_size
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, change, from_params

_EXCERPT = 220


def pointed_at() -> list[Component]:
    """What is said of the dot under the pointer, or under the cursor that the arrow keys move."""
    return [
        dcc.Store(id="population-pointed"),
        dcc.Store(id="population-clicked"),
        html.Div(id="population-tooltip", className="map-tooltip", role="tooltip", hidden=True),
        html.P(id="population-said", className="unseen", **ui.aria(live="polite")),
    ]


def register_pointing(app: Dash, context: Context) -> None:
    app.clientside_callback(
        ClientsideFunction("population", "tell"), Input("population-tooltip", "children"), prevent_initial_call=True
    )

    @app.callback(
        Output("population-tooltip", "children"),
        Output("population-said", "children"),
        Input("population-pointed", "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def tell(pointed: dict[str, Any] | None, params: dict[str, str]) -> Any:
        if pointed is None:
            return no_update, no_update
        state, row = from_params(params), int(pointed["row"])
        said = _dot_in_words(context, state, row) if pointed["is_walked"] else no_update
        return drawn(_hover_text(context, state, row)), said

    @app.callback(
        Output(ui.CHANGE, "data", allow_duplicate=True),
        Input("population-clicked", "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def open_sample(row: int | None, params: dict[str, str]) -> Any:
        if row is None:
            return no_update
        data = context.active(from_params(params))
        return change(view="sample", sample=data.key(row))


def _dot_facts(data: RunData, state: State, row: int) -> dict[str, str]:
    """What a dot's colour and size stand for, what the model says of it, and what else the user asks for."""
    usual = ["ground_truth", "prediction", "loss", shown_color(data, state), shown_size(data, state)]
    columns = [name for name in dict.fromkeys([*usual, *state.hover]) if name in data.columns]
    return {data.heading(name): ui.value_text(data, name, row) for name in columns}


def _dot_in_words(context: Context, state: State, row: int) -> str:
    data = context.active(state)
    facts = ", ".join(f"{name} {value}" for name, value in _dot_facts(data, state, row).items())
    return f"{data.frame['id'].iloc[row]}, {data.frame['subset'].iloc[row]}. {facts}."


def _hover_text(context: Context, state: State, row: int) -> Component:
    data = context.active(state)
    facts = _dot_facts(data, state, row)
    sample = data.frame.iloc[row]
    parts = [html.Strong(str(sample["id"])), html.Span(f" {sample['subset']}", className="faint"), ui.facts_list(facts)]
    text = context.text(str(sample["id"]))
    if text:
        parts.append(html.P(marked(excerpt(text, _EXCERPT, context.sought(state))), className="small"))
    return html.Div([*parts, *thumbnail(context, data, row)], className="hover-text")
