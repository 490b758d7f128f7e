"""One sample: its words coloured by what drives each model, what is known of it, what is like it, and a box to edit."""

import logging
from functools import lru_cache
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.drawings.of_sample import is_drawn, sample_drawings
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.heat_map import plain_text
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.sample import as_drawn as as_drawn
from leap_explorer.dashboard.views.sample import driven as driven
from leap_explorer.dashboard.views.sample import elements as elements
from leap_explorer.dashboard.views.sample import panels as panels
from leap_explorer.dashboard.views.sample import reading as reading
from leap_explorer.dashboard.views.sample.details import details
from leap_explorer.dashboard.views.sample.facts import facts
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation
from leap_explorer.explain.word_heat import with_line_breaks

TITLE = "Sample"

_KEPT_READINGS = 128

_NO_READER = "The texts and the models are unavailable here, so that only what the run holds is shown."
_NO_MODEL = (
    "The words have no colours, and no other text can be tried: this was made of a table of predictions, without the "
    "model that made them."
)
_NO_TEXT = "There is no text of this sample."
_NOT_TRIED = "What this model makes of your text appears here."
_UNCHANGED = "This is the sample's own text; its colours are above."
_TARGET_HELP = (
    "Which question the colours answer: what speaks for a label, the same one in every model and whatever it predicts, "
    "or what makes the loss of this sample as high as it is."
)

_RESET_HELP = "The sample's own text again; nothing where there is no sample"

_log = logging.getLogger(__name__)


def layout(context: Context, state: State) -> Component:
    """The page's frame; what depends on the sample is filled in by callbacks, that of each model by one of its own."""
    runs = list(context.data.values())
    return ui.page(
        ui.watch("sample-target", (reading.TARGET,), state),
        ui.watch("sample-text", ("sample.text",), state),
        dcc.Store(id="sample-reading"),
        elements.download(),
        html.Div(id="sample-head"),
        *([_controls(runs, state)] if context.explainer else driven.controls(context, state)),
        html.Div(
            [_panel(context, data, index) for index, data in enumerate(runs)], className="columns wide sample-panels"
        ),
        _try(runs) if context.explainer else html.Div(id="sample-text"),
        html.Div(id="sample-details"),
    )


def register(app: Dash, context: Context) -> None:
    @lru_cache(maxsize=_KEPT_READINGS)
    def explain(run: str, text: str, target: str) -> Explanation:
        assert context.explainer is not None
        return context.explainer.explain(run, text, target)

    @app.callback(
        Output("sample-head", "children"),
        Input(ui.watched("sample"), "data"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_head(_sample: Any, _filter: Any, _selection: Any, params: dict[str, str]) -> Any:
        return drawn(_head(context, from_params(params)))

    @app.callback(
        Output("sample-details", "children"),
        Input(ui.watched("sample"), "data"),
        Input(ui.watched("filter"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_details(_sample: Any, _filter: Any, params: dict[str, str]) -> Any:
        return ui.guarded(details, context, from_params(params))

    elements.register_elements(app, context)
    if context.explainer is None:
        app.callback(
            Output("sample-text", "children"), Input(ui.watched("sample"), "data"), PageState(ui.STATE, "data")
        )(lambda _sample, params: ui.guarded(_text, context, from_params(params)))
    else:
        app.clientside_callback(
            ClientsideFunction("sample", "read"),
            Output("sample-reading", "data"),
            Output("sample-problem", "children"),
            Output("sample-kept", "children"),
            Input(ui.watched("sample"), "data"),
            Input(ui.watched("sample-text"), "data"),
            Input("sample-read", "n_clicks"),
            Input("sample-reset", "n_clicks"),
            PageState("sample-box", "value"),
            PageState("sample-reading", "data"),
        )
        app.callback(Output("sample-box", "value"), Input("sample-reading", "data"), prevent_initial_call=True)(
            lambda asked: _box_text(context, asked)
        )
    for index, data in enumerate(context.data.values()):
        _register_panel(app, context, data, index, explain)
        (as_drawn.register if context.explainer else driven.register_driven)(app, context, data, index)


def _register_panel(app: Dash, context: Context, data: RunData, index: int, explain: reading.Explain) -> None:
    """A model's panel has callbacks of its own, so that no model waits for another."""

    @app.callback(
        Output(f"sample-facts-{index}", "children"),
        Input(ui.watched("sample"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_facts(_sample: Any, params: dict[str, str]) -> Any:
        return drawn(facts(data, from_params(params).sample))

    @app.callback(
        Output(f"sample-map-{index}", "children"),
        Output(f"sample-panel-{index}", "hidden"),
        Input(ui.watched("sample"), "data"),
        Input(ui.watched("sample-target"), "data"),
        Input(ui.watched("filter"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def fill_map(_sample: Any, _target: Any, _filter: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        if context.explainer is None or not state.sample:
            is_known = state.sample in data.rows and is_drawn(context, data)
            shown = sample_drawings(context, data, state.sample, state.is_dark) if is_known else None
            return shown, not state.sample
        own = reading.reading_of(context, state.sample, None)
        return html.P(_NO_TEXT, className="faint") if own is None else _read(context, data, state, own, explain), False

    if context.explainer is None:
        return

    @app.callback(
        Output(f"sample-try-{index}", "children"),
        Input("sample-reading", "data"),
        Input(ui.watched("sample-target"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def fill_try(asked: Any, _target: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        if not asked or asked["key"] != state.sample or asked["text"] is None:
            return html.P(_NOT_TRIED, className="faint")
        typed = reading.reading_of(context, state.sample, asked["text"])
        if typed is None or not typed.is_edited:
            return html.P(_UNCHANGED, className="faint", role="status")
        return _read(context, data, state, typed, explain)


def _read(context: Context, data: RunData, state: State, text: reading.Reading, explain: reading.Explain) -> Any:
    """A model's map of a text, or what stands in its way."""
    target, note = reading.target_of(context, state, text)
    sought = context.sought(state)
    try:
        found = reading.explained(explain, data, text, target)
        return drawn(panels.reading_parts(data, text, found, note, state.is_dark, sought))
    except ExplorerError as error:
        problem = str(error)
    except Exception:  # one model that fails must not take the rest of the page down; the log has the details
        _log.exception("The model of the run %s cannot read this text", data.name)
        problem = "The model could not read this text. The command's output has the details."
    return [ui.error_state(problem), drawn(plain_text(text.text, sought))]


def _box_text(context: Context, asked: dict[str, Any]) -> Any:
    """The text for the box, unless it comes from there, where someone may be typing on."""
    if asked.get("is_from_box"):
        return no_update
    typed = asked["text"]
    return typed if typed is not None else with_line_breaks(reading.text_of(context, asked["key"]) or "")


# The frame


def _controls(runs: list[RunData], state: State) -> Component:
    labels = reading.labels_of(runs)
    names = [f"{labels[0]} or {labels[1]}"] if len(labels) == 2 else labels
    values = [""] if len(labels) == 2 else labels
    options = [{"label": name, "value": value} for name, value in zip(names, values, strict=True)]
    options.append({"label": "loss", "value": reading.LOSS})
    wanted = state.get(reading.TARGET)
    known = wanted if wanted in [one["value"] for one in options] else ""
    chosen = ui.choice(reading.TARGET, "Words are coloured by what drives", options, known)
    return html.Div([chosen, ui.help_tip(_TARGET_HELP, "Colours")], className="row center sample-controls")


def _panel(context: Context, data: RunData, index: int) -> Component:
    known = html.Div(id=f"sample-facts-{index}", className="stack tight")
    model = data.run.info.get("model", {}).get("file", "")
    name = f"sample-map-{index}"
    read = _awaited(data, name) if context.explainer or is_drawn(context, data) else _place(name)
    more = (as_drawn.place if context.explainer else driven.place)(context, data, index)
    return html.Div(ui.card(data.name, known, read, *more, note=model), id=f"sample-panel-{index}")


def _place(name: str) -> Component:
    return html.Div(id=name, className="stack tight sample-map")


def _awaited(data: RunData, name: str) -> Component:
    """A box that a model fills, and what it says until then."""
    spinner = html.P(f"{data.name} opens the sample; the first time takes longest …", className="faint", role="status")
    return dcc.Loading(
        _place(name),
        custom_spinner=spinner,
        delay_show=150,
        target_components={name: "children"},  # type: ignore[arg-type]  # any id is a key
        parent_className="sample-loading",
    )


def _try(runs: list[RunData]) -> Component:
    """A box to write in, and beside it what each model makes of that."""
    results = [
        html.Div([html.H3(data.name), _awaited(data, f"sample-try-{index}")], className="sample-result")
        for index, data in enumerate(runs)
    ]
    parts = [html.Div(_box(), className="stack tight"), html.Div(results, className="sample-results")]
    return ui.card("Try another text", html.Div(parts, className="sample-try"))


def _box() -> list[Component]:
    buttons = html.Div(
        [
            html.Button("Predict", id="sample-read", className="button primary", n_clicks=0),
            html.Button("Start over", id="sample-reset", className="button", n_clicks=0, title=_RESET_HELP),
            html.Span(["or press ", html.Kbd("Ctrl"), " ", html.Kbd("Enter")], className="faint small"),
        ],
        className="row center",
    )
    box = dcc.Textarea(
        id="sample-box", className="sample-box", value="", placeholder="Write or paste a text", spellCheck=False
    )
    hint = "Edit the text, or paste another one: every model reads it anew, here on this machine."
    label = html.Label([html.Span(hint, className="faint"), box], className="sample-label")
    problem = html.Div(id="sample-problem", className="bad", role="alert")
    return [label, buttons, problem, html.Div(id="sample-kept", className="faint small", role="status")]


# What depends on the sample


def _text(context: Context, state: State) -> Component:
    """The sample's text as it was written, and why no model reads it."""
    if context.drawer is not None:
        return html.Div()  # each model's card shows what its integration draws
    if context.reader is None:
        return html.P(_NO_READER, className="card faint", id="sample-no-reader")
    why = html.P(_NO_MODEL, className="faint small", id="sample-no-model")
    if not state.sample:
        return html.Div(why, className="card")
    text = context.text(state.sample.partition("/")[2])
    return ui.card("Text", html.P(_NO_TEXT, className="faint") if text is None else plain_text(text), why)


def _head(context: Context, state: State) -> Component:
    data = context.active(state)
    row = data.rows.get(state.sample)
    if row is None:
        known = any(state.sample in other.rows for other in context.data.values())
        title = state.sample.partition("/")[2] if known else "Which sample?"
        return html.Div([html.H1(title, className="page-title"), html.P(_hint(data, state, known), className="faint")])
    place = reading.place_in(data, reading.by_loss(data, context.highlighted(state)), row)
    where = (
        f"{place.position:,} of {place.count:,} by loss, the highest first"
        if place.position
        else f"not among the {place.count:,} that are chosen above"
    )
    subset = html.Span(str(data.frame["subset"].iloc[row]), className="faint")
    return html.Div(
        [
            html.H1([str(data.frame["id"].iloc[row]), " ", subset], className="page-title"),
            html.Div(
                [
                    _step("← Previous", "sample-previous", place.previous),
                    html.Span(where, className="faint", id="sample-place"),
                    _step("Next →", "sample-next", place.next),
                    html.Span(ui.link("Show on the map", "button", view="population"), id="sample-to-map"),
                ],
                className="row center",
            ),
        ],
        className="row center sample-head",
    )


def _hint(data: RunData, state: State, is_known: bool) -> str:
    if is_known:
        return f"The run {data.name} does not hold this sample; another model's does."
    if state.sample:
        return f"There is no sample {state.sample} here. Choose one below, or on the map."
    return "Choose one below, on the map or in a table; or write a text of your own."


def _step(text: str, name: str, key: str | None) -> Component:
    shown = ui.link(text, "button", sample=key) if key else html.Span(text, className="button off")
    return html.Span(shown, id=name)
