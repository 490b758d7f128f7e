"""How a model stands when samples are changed: each change, its strengths, the slices that suffer, and every flip."""

from typing import Any

from dash import Dash, Input, Output, dcc, html
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.robustness import content
from leap_explorer.dashboard.views.robustness.found import CHANGE, PAIR, Flip, change_shown, flips_of, found_in
from leap_explorer.runs.simulated import changes_of

TITLE = "Robustness"

_HOW = "evaluate DIR --model M --simulate typos:rate=0.05 makes a run of changed samples beside their originals."


def layout(context: Context, state: State) -> Component:
    """The choice of a change; what was found is filled in by callbacks, as it takes seconds the first time."""
    data = context.active(state)
    changes = list(changes_of(data.run.samples))
    if not changes:
        return ui.page(html.H1(TITLE, className="unseen"), _nothing(context))
    options = [{"label": "the dearest", "value": ""}, *({"label": one, "value": one} for one in changes)]
    wanted = state.get(CHANGE)
    return ui.page(
        ui.watch("robustness-change", (CHANGE,), state),
        ui.watch("robustness-pair", (CHANGE, PAIR), state),
        html.H1(f"{data.name} on changed samples", className="page-title"),
        html.Div(ui.select(CHANGE, "Change", options, wanted if wanted in changes else ""), className="row"),
        _awaited("robustness-overview"),
        html.Div(id="robustness-strengths"),
        html.Div(id="robustness-slices"),
        html.Div(id="robustness-flips"),
        _awaited("robustness-pair"),
    )


def _awaited(name: str) -> Component:
    """A place that takes a while to be filled."""
    return dcc.Loading(
        html.Div(html.P("The changes are compared ...", className="faint", role="status"), id=name),
        delay_show=300,
        type="dot",
        target_components={name: "children"},  # type: ignore[arg-type]  # any id is a key
    )


def register(app: Dash, context: Context) -> None:
    @app.callback(
        Output("robustness-overview", "children"),
        Output("robustness-strengths", "children"),
        Output("robustness-slices", "children"),
        Input(ui.watched("robustness-change"), "data"),
        Input(ui.watched("run"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def fill_change(_change: Any, _run: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        found = found_in(context.active(state))
        shown = change_shown(state, found)
        parts = content.overview(found, shown), content.suffering(shown)
        return drawn(parts[0]), content.strengths(found, state.is_dark), drawn(parts[1])

    @app.callback(
        Output("robustness-flips", "children"),
        Output("robustness-pair", "children"),
        Input(ui.watched("robustness-pair"), "data"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def fill_flips(_pair: Any, _filter: Any, _selection: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        data = context.active(state)
        one = change_shown(state, found_in(data))
        flips = flips_of(context, state, data, one)
        shown = _shown(state, flips)
        beside = content.pair(context, data, one, shown, state.is_dark) if shown else html.Div()
        return drawn(content.flips(one, flips, shown)), beside


def _shown(state: State, flips: list[Flip]) -> Flip | None:
    """The flip that the address names, else the first."""
    named = [one for one in flips if one.source == state.get(PAIR)]
    return next(iter([*named, *flips]), None)


def _nothing(context: Context) -> Component:
    others = [name for name, data in context.data.items() if changes_of(data.run.samples)]
    links = [html.P(ui.link(f"Open {name}", "button", run=name)) for name in others]
    return ui.card(TITLE, ui.empty_state("This run has no changed samples", _HOW), *links)
