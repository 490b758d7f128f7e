"""What drove a model on a sample of any integration: heat-maps on what its visualizers draw."""

from typing import Any, Final, Literal

from dash import Dash, Input, Output, dcc, html
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.drawings.draw import draw
from leap_explorer.dashboard.drawings.of_sample import is_drawn
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.sample import reading as reading
from leap_explorer.dashboard.views.sample.panels import method_note
from leap_explorer.errors import ExplorerError
from leap_explorer.samples.drawings import HeatDrawings

_PREDICTION = "prediction"  # the aim of a model that gives one number
_LOSS: Final = "loss"
_MOST_AIMS = 1000
_HELP = (
    "What of the sample raised (orange) or lowered (blue) the number that is chosen: a label's raw output, a predicted "
    "number, or the loss of this sample. The heat-map goes through the integration's own heatmap_function, as on the "
    "platform."
)
_COLOURS = "Orange raised it, blue lowered it; the strongest of a sample has the strongest colour."


def aims_of(data: RunData) -> list[str]:
    """What of a run's model can be explained, by name: its labels, its numbers, and the loss."""
    kind = data.run.task.kind
    named = list(data.run.task.labels) if kind in ("single-label", "binary", "multi-label", "vector-regression") else []
    return [*(named or ([_PREDICTION] if kind == "regression" else []))[:_MOST_AIMS], _LOSS]


def controls(context: Context, state: State) -> list[Component]:
    """The choice of what is explained, for the runs whose integration can be asked."""
    runs = _drawn_runs(context)
    if not runs:
        return []
    names = dict.fromkeys(name for data in runs for name in aims_of(data))
    options = [{"label": "nothing", "value": ""}, *({"label": name, "value": name} for name in names)]
    wanted = state.get(reading.TARGET)
    choice = ui.select(reading.TARGET, "Show what drove", options, wanted if wanted in names else "")
    return [html.Div([choice, ui.help_tip(_HELP, "What drove it")], className="row center sample-controls")]


def place(context: Context, data: RunData, index: int) -> list[Component]:
    """The box in a model's card, and what it says until it is filled."""
    if not is_drawn(context, data):
        return []
    name = f"sample-driven-{index}"
    spinner = html.P(f"{data.name} is asked what drove it; this may take seconds ...", className="faint", role="status")
    return [
        dcc.Loading(
            html.Div(id=name, className="stack tight"),
            custom_spinner=spinner,
            delay_show=150,
            target_components={name: "children"},  # type: ignore[arg-type]  # any id is a key
            parent_className="sample-driven",
        )
    ]


def register_driven(app: Dash, context: Context, data: RunData, index: int) -> None:
    if not is_drawn(context, data):
        return

    @app.callback(
        Output(f"sample-driven-{index}", "children"),
        Input(ui.watched("sample"), "data"),
        Input(ui.watched("sample-target"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def fill(_sample: Any, _target: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        return _driven(context, data, from_params(params, route))


def _drawn_runs(context: Context) -> list[RunData]:
    return [data for data in context.data.values() if is_drawn(context, data)]


def _driven(context: Context, data: RunData, state: State) -> Any:
    name = state.get(reading.TARGET)
    if not name or state.sample not in data.rows:
        return None
    return driven_by(context, data, state.sample, name, state.is_dark)


def driven_by(context: Context, data: RunData, key: str, name: str, is_dark: bool) -> Any:
    """What drove a label, a number or the loss of a sample, of a run whose integration can be asked."""
    if name not in aims_of(data):
        return html.P(f"This model has no {name}.", className="faint")
    assert context.drawer is not None
    subset, _, sample_id = key.partition("/")
    try:
        found = context.drawer.heats(data.run, subset, sample_id, _aim(data, name))
    except ExplorerError as error:
        return ui.error_state(str(error))
    note = method_note(found.method, found.settings, data.run.faithfulness)
    if found.warning:
        return drawn([ui.error_state(found.warning), note])
    shown = [one for one in found.drawings if one.content is not None]
    figures = html.Div(draw(shown, is_dark), className="drawings")
    parts = [html.H3(f"What drove {name}"), html.P(_COLOURS, className="faint small"), figures]
    return drawn([*parts, *_without(found), note])


def _without(found: HeatDrawings) -> list[Component]:
    """The visualizers on which no heat-map can be laid, each with the reason."""
    others = [one for one in found.drawings if one.content is None]
    if not others:
        return []
    reasons = html.Ul([html.Li(f"{one.name}: {one.problem}") for one in others])
    return [html.Details([html.Summary(f"No heat-map on {', '.join(one.name for one in others)}"), reasons])]


def _aim(data: RunData, name: str) -> int | Literal["loss"]:
    if name == _LOSS and _LOSS not in data.run.task.labels:
        return _LOSS
    return 0 if name == _PREDICTION and not data.run.task.labels else list(data.run.task.labels).index(name)
