"""One sample: its words coloured by what drives each model, what is known of it, what is like it, and a box to edit."""

import logging
from functools import lru_cache
from typing import Any

import pandas as pd
from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import CORRECTNESS, WRONG, Context, RunData
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts import word_heat as heat
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.insights.status import kind_of
from leap_explorer.dashboard.views.sample import panels as panels
from leap_explorer.dashboard.views.sample import reading as reading
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation
from leap_explorer.insights.filters import Condition
from leap_explorer.population.latent import nearest_neighbours

TITLE = "Sample"

NEIGHBOURS, TELLING = 8, 10
_EXCERPT = 110
_KEPT_READINGS = 128

_NO_READER = "The texts and the models are not at hand here, so that only what the run holds is shown."
_NO_MODEL = (
    "The words have no colours, and no other text can be tried: this was made of a table of predictions, without the "
    "model that made them."
)
_NO_TEXT = "There is no text of this sample."
_TARGET_HELP = (
    "Which question the colours answer: what speaks for the class that each model predicts, for one label whatever is "
    "predicted, or what makes the loss of this sample as high as it is."
)
_DISTANCE_HELP = (
    "How far apart two samples are: the Euclidean distance in the latent space, 0 upwards; lower is more alike. It has "
    "no unit, and cannot be compared between models."
)
_TYPICAL_HELP = "The median over all samples of this run; half of them have less, half have more."

_RESET_HELP = "The sample's own text again; nothing where there is no sample"

_log = logging.getLogger(__name__)


def layout(context: Context, state: State) -> Component:
    """The page's frame; what depends on the sample is filled in by callbacks, that of each model by one of its own."""
    runs = list(context.data.values())
    return ui.page(
        ui.watch("sample-target", ("sample.target",), state),
        dcc.Store(id="sample-reading"),
        html.Div(id="sample-head"),
        *([_controls(runs, state)] if context.explainer else []),
        html.Div(
            [_panel(context, data, index) for index, data in enumerate(runs)], className="columns wide sample-panels"
        ),
        _box() if context.explainer else html.Div(id="sample-text"),
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
        return ui.guarded(_details, context, from_params(params))

    if context.explainer is None:
        app.callback(
            Output("sample-text", "children"), Input(ui.watched("sample"), "data"), PageState(ui.STATE, "data")
        )(lambda _sample, params: ui.guarded(_text, context, from_params(params)))
    else:
        app.clientside_callback(
            ClientsideFunction("sample", "read"),
            Output("sample-reading", "data"),
            Output("sample-problem", "children"),
            Input(ui.watched("sample"), "data"),
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


def _register_panel(app: Dash, context: Context, data: RunData, index: int, explain: reading.Explain) -> None:
    """A model's panel has callbacks of its own, so that no model waits for another."""

    @app.callback(
        Output(f"sample-facts-{index}", "children"),
        Input(ui.watched("sample"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_facts(_sample: Any, params: dict[str, str]) -> Any:
        return drawn(panels.facts(data, from_params(params).sample))

    @app.callback(
        Output(f"sample-map-{index}", "children"),
        Output(f"sample-panel-{index}", "hidden"),
        Input("sample-reading", "data"),
        Input(ui.watched("sample-target"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def fill_map(asked: Any, _target: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        if context.explainer is None:
            return None, not state.sample
        if not asked or asked["key"] != state.sample:
            return None, False
        return _read(context, data, state, asked["text"], explain)


def _read(context: Context, data: RunData, state: State, typed: str | None, explain: reading.Explain) -> Any:
    """A model's map, and whether its panel is of no use."""
    wanted = reading.reading_of(context, state.sample, typed)
    if wanted is None:
        return html.P(_NO_TEXT, className="faint") if state.sample else None, not state.sample
    try:
        found, note = reading.explained(explain, data, wanted, state.get("sample.target", reading.PREDICTED))
        return drawn(panels.reading_parts(data, wanted, found, note, state.is_dark)), False
    except ExplorerError as error:
        problem = str(error)
    except Exception:  # one model that fails must not take the rest of the page down; the log has the details
        _log.exception("The model of the run %s cannot read this text", data.name)
        problem = "The model could not read this text. The command's output has the details."
    return [ui.error_state(problem), panels.plain_text(wanted.text)], False


def _box_text(context: Context, asked: dict[str, Any]) -> Any:
    """The text for the box, unless it comes from there, where someone may be typing on."""
    if asked.get("is_from_box"):
        return no_update
    typed = asked["text"]
    return typed if typed is not None else heat.with_line_breaks(reading.text_of(context, asked["key"]) or "")


# The frame


def _controls(runs: list[RunData], state: State) -> Component:
    labels = panels.labels_of(runs)
    options = [
        *([{"label": "predicted class", "value": reading.PREDICTED}] if labels else []),
        *({"label": label, "value": label} for label in labels),
        {"label": "loss", "value": reading.LOSS},
    ]
    wanted = state.get("sample.target", reading.PREDICTED)
    chosen = ui.choice("sample.target", "Words are coloured by what drives", options, wanted, reading.PREDICTED)
    return html.Div([chosen, ui.help_tip(_TARGET_HELP, "Colours")], className="row center sample-controls")


def _panel(context: Context, data: RunData, index: int) -> Component:
    place = f"sample-map-{index}"
    read = html.Div(id=place, className="stack tight sample-map")
    return html.Div(
        ui.card(
            data.name,
            html.Div(id=f"sample-facts-{index}", className="stack tight"),
            _awaited(read, place, data.name) if context.explainer else read,
            note=data.run.info.get("model", {}).get("file", ""),
        ),
        id=f"sample-panel-{index}",
    )


def _awaited(read: Component, place: str, name: str) -> Component:
    """The place of what a model makes of the text, with a note while it reads."""
    return dcc.Loading(
        read,
        custom_spinner=html.P(
            f"{name} reads the text; the first time takes longest …", className="faint", role="status"
        ),
        delay_show=150,
        target_components={place: "children"},  # type: ignore[arg-type]  # any id is a key
        parent_className="sample-loading",
    )


def _box() -> Component:
    buttons = html.Div(
        [
            html.Button("Read again", id="sample-read", className="button primary", n_clicks=0),
            html.Button("Start over", id="sample-reset", className="button", n_clicks=0, title=_RESET_HELP),
            html.Span(["or press ", html.Kbd("Ctrl"), " ", html.Kbd("Enter")], className="faint small"),
            html.Div(id="sample-problem", className="bad", role="alert"),
        ],
        className="row center",
    )
    box = dcc.Textarea(
        id="sample-box", className="sample-box", value="", placeholder="Write or paste a text", spellCheck=False
    )
    hint = "Edit the text, or paste another one: every model reads it anew, here on this machine."
    label = html.Label([html.Span(hint, className="faint"), box], className="sample-label")
    return ui.card("Try another text", label, buttons, class_name="stack tight")


# What depends on the sample


def _text(context: Context, state: State) -> Component:
    """The sample's text as it was written, and why no model reads it."""
    if context.reader is None:
        return html.P(_NO_READER, className="card faint", id="sample-no-reader")
    why = html.P(_NO_MODEL, className="faint small", id="sample-no-model")
    if not state.sample:
        return html.Div(why, className="card")
    text = context.text(state.sample.partition("/")[2])
    return ui.card("Text", html.P(_NO_TEXT, className="faint") if text is None else panels.plain_text(text), why)


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


def _details(context: Context, state: State) -> Component:
    data = context.active(state)
    row = data.rows.get(state.sample)
    if row is None:
        return _telling(context, data, state)
    side = [_cluster(data, row), _insights(data, row)]
    left = html.Div([_neighbours(context, data, row), *side], className="stack")
    return html.Div([left, _metadata(data, row)], className="panes sample-panes")


def _telling(context: Context, data: RunData, state: State) -> Component:
    mask = context.highlighted(state)
    rows = reading.most_telling(data, mask, TELLING)
    if not len(rows):
        return ui.card("The most telling samples", ui.empty_state("No sample fits", "Choose fewer filters."))
    losses = [theme.number(float(data.numbers("loss")[row])) for row in rows]
    listed = _listed(context, data, [int(row) for row in rows], "Loss", losses, ui.column_tip(data, "loss"))
    subsets = sorted(set(data.frame["subset"].iloc[rows].astype(str)))
    note = f"{len(rows):,} with the highest loss of {int(mask.sum()):,}, {' and '.join(subsets)}"
    return ui.card("The most telling samples", listed, note=note)


def _listed(
    context: Context, data: RunData, rows: list[int], name: str, values: list[str], tip: Component
) -> Component:
    """Samples in a table, each a link, with a number each and how their texts begin."""
    shown = [column for column in ("ground_truth", "prediction") if column in data.columns]
    header = ["Sample", *(data.heading(column) for column in shown), html.Span([name, tip]), ""]
    body = []
    for index, row in enumerate(rows):
        sample_id = str(data.frame["id"].iloc[row])
        text = context.text(sample_id)
        link = ui.link(sample_id, "link sample-id", sample=data.keys[row])
        subset = html.Div(str(data.frame["subset"].iloc[row]), className="faint small")
        cells: list[Any] = [html.Span([link, subset]), *(_label(data, column, row) for column in shown)]
        body.append([*cells, values[index], html.Span(heat.excerpt(text or "", _EXCERPT), className="small")])
    return html.Div(ui.table(header, body, numeric=(len(shown) + 1,)), className="sample-list")


def _label(data: RunData, column: str, row: int) -> Any:
    text = ui.value_text(data, column, row)
    is_wrong = column == "prediction" and CORRECTNESS in data.frame and ui.value_text(data, CORRECTNESS, row) == WRONG
    return html.Span(f"{text} (wrong)", className="bad") if is_wrong else text


def _neighbours(context: Context, data: RunData, row: int) -> Component:
    found = nearest_neighbours(data.run.latent, row, NEIGHBOURS, "euclidean")
    title = "Nearest neighbours"
    if not found:
        return ui.card(title, ui.empty_state("No neighbours", "The sample has no place in the model's latent space."))
    distances = [theme.number(distance) for _, distance in found]
    tip = ui.help_tip(_DISTANCE_HELP, "Distance", is_left=True)
    listed = _listed(context, data, [index for index, _ in found], "Distance", distances, tip)
    return ui.card(
        title,
        html.Div(listed, id="sample-neighbours"),
        note=f"{data.name}: {data.alike}",
    )


def _cluster(data: RunData, row: int) -> Component:
    value = data.frame["cluster"].iloc[row] if "cluster" in data.frame else pd.NA
    if pd.isna(value):
        return ui.card("Cluster", html.P("The sample is in no cluster.", className="faint"))
    number = int(value)
    link = ui.link(
        data.cluster_name(number), "link", view="population", filter=(Condition("cluster", "==", number),), query=None
    )
    count = int((data.frame["cluster"] == number).sum())
    return ui.card("Cluster", html.P(link, id="sample-cluster"), note=theme.n_of(count, data.n))


def _insights(data: RunData, row: int) -> Component:
    found = reading.insights_with(data, row)
    title = "Insights that hold this sample"
    if not found:
        return ui.card(title, html.P("None.", className="faint"))
    entries = [
        html.Li(
            [
                ui.link(kind_of(one), "link", view="insights", extra={"insights.id": one.id}),
                html.Span(f" {one.severity_label} severity, {one.n_samples:,} samples. ", className="faint"),
                one.title,
            ]
        )
        for one in found
    ]
    return ui.card(title, html.Ul(entries, className="sample-insights"), note=f"{len(found)}")


def _metadata(data: RunData, row: int) -> Component:
    header = ["", "this sample", html.Span(["median", ui.help_tip(_TYPICAL_HELP, "Median", is_left=True)])]
    body = []
    for column in data.of_role("outlier_score", "metadata", "metric"):
        is_number = data.kind(column) == "number"
        typical = theme.number(float(pd.Series(data.numbers(column)).median())) if is_number else ""
        name = html.Span([data.title(column), ui.column_tip(data, column)])
        body.append([name, ui.value_text(data, column, row), typical])
    return ui.card("Metadata and metrics", ui.table(header, body, numeric=(1, 2)), note=data.name)
