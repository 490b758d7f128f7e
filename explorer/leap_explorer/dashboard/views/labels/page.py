"""Doubtful labels, the most suspicious first: read the text, and say by keyboard whether the label is wrong."""

from collections import Counter
from functools import lru_cache
from threading import Lock
from typing import Any

import pandas as pd
from dash import ClientsideFunction, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as PageState
from dash.dcc.express import send_string
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.drawings.of_sample import is_drawn, sample_drawings
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.labels import review as review
from leap_explorer.dashboard.views.labels.ranked_list import (
    ALL,
    ALONE,
    BY,
    KINDS,
    Decisions,
    current,
    is_alone,
    kind_of,
    list_card,
    listed,
)
from leap_explorer.dashboard.views.labels.reading_panel import (
    Issue,
    claim,
    coloured_text,
    probabilities,
    text_before_it_is_read,
)
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation
from leap_explorer.insights.mislabeled import LIKELY
from leap_explorer.insights.rows import NotApplicable

TITLE = "Labels"

_KEPT_READINGS = 256

_EXPORT_HELP = (
    "The data with your verdicts carried out, to train on: changed labels corrected, ambiguous samples left out, all "
    "others unchanged."
)
_NO_READER = "The texts are unavailable, so only ids, labels and your verdicts are written."

#: (action, its key, what the button says, what it does)
_BUTTONS = (
    ("flip", "1", "Change label", "The label is wrong: take the one that the model says"),
    ("ambiguous", "2", "Ambiguous", "It could be either: leave the sample out of training"),
    ("fine", "3", "Keep label", "The label is right as it is"),
    ("undo", "U", "Undo", "Take the last verdict back"),
    ("previous", "K", "Previous", "The sample above; the up arrow does the same"),
    ("next", "J", "Next", "The sample below; the down arrow does the same"),
)

#: By verdict the word for its count.
_COUNTED = {review.FLIP: "to change", review.AMBIGUOUS: "ambiguous", review.FINE: "kept"}


def layout(context: Context, state: State) -> Component:
    """Controls and the review's frame; the list and the text are filled in by callbacks."""
    data = context.active(state)
    try:
        found = review.ranking(data, is_alone(state))
    except NotApplicable as reason:
        return ui.page(ui.empty_state("No labels can be reviewed here", f"The reason: {reason}."))
    if found.empty:
        return ui.page(ui.empty_state("No label is in doubt", "The model contradicts none of the labels it can judge."))
    return ui.page(
        ui.watch("labels-list", ("labels.kind", BY, "selection"), state),
        ui.watch("labels-at", ("labels.at",), state),
        dcc.Store(id="labels-asked"),
        dcc.Store(id="labels-action"),
        dcc.Store(id="labels-kept"),
        dcc.Download(id="labels-file"),
        html.H1("Which labels are wrong?", className="page-title"),
        html.Div([_sets(data, found, state), *_judges(data, state), _exports(context)], className="row"),
        html.Div(id="labels-problem", role="alert"),
        html.Div([html.Div(id="labels-list-box", className="stack"), _frame()], className="review"),
    )


def register(app: Dash, context: Context) -> None:
    _register_list(app, context)
    _register_reading(app, context)
    _register_verdicts(app, context)
    _register_exports(app, context)


def _register_list(app: Dash, context: Context) -> None:
    @app.callback(
        Output("labels-list-box", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("labels-list"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_list(_filter: Any, _look: Any, params: dict[str, str]) -> Any:
        return ui.guarded(list_card, context, from_params(params))

    app.clientside_callback(ClientsideFunction("labels", "selected"), Input("labels-list", "selectedRows"))
    app.clientside_callback(ClientsideFunction("labels", "kept"), Input("labels-kept", "data"))
    app.clientside_callback(ClientsideFunction("labels", "listed"), Input("labels-list", "rowData"))


def _register_reading(app: Dash, context: Context) -> None:
    @lru_cache(maxsize=_KEPT_READINGS)
    def explain(run: str, text: str, target: str) -> Explanation:
        if context.explainer is None:
            raise ExplorerError("There is no model here that could be asked, so the words have no colours.")
        return context.explainer.explain(run, text, target)

    @app.callback(
        Output("labels-claim", "children"),
        Output("labels-reading", "children"),
        Output("labels-said", "children"),
        Output("labels-asked", "data"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("labels-list"), "data"),
        Input(ui.watched("labels-at"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_review(_filter: Any, _look: Any, _at: Any, params: dict[str, str]) -> Any:
        state = from_params(params)
        try:
            at, issue = _reviewed(context, state)
        except ExplorerError as error:
            return ui.error_state(str(error)), None, None, None
        if at is None or issue is None:
            return ui.empty_state("Nothing to review"), None, None, None
        said = probabilities(context, context.active(state), at, issue)
        return (
            drawn(claim(issue)),
            drawn(text_before_it_is_read(context, context.active(state), issue)),
            drawn(said),
            at,
        )

    if context.asked is None:
        return

    @app.callback(
        Output("labels-reading", "children", allow_duplicate=True),
        Input("labels-asked", "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
        prevent_initial_call=True,
    )
    def colour(asked: str | None, params: dict[str, str], route: dict[str, Any]) -> Any:
        """Takes longer than the rest, so that it comes after it."""
        state = from_params(params, route)
        data = context.active(state)
        found = review.ranking(data, is_alone(state))
        if asked not in found.index:
            return no_update
        issue = found.loc[[asked]].to_dict("records")[0]
        if is_drawn(context, data):
            return sample_drawings(context, data, asked or "", state.is_dark)
        return drawn(coloured_text(context, data, issue, explain, state.is_dark))


def _register_verdicts(app: Dash, context: Context) -> None:
    lock, newest = Lock(), dict[str, int]()

    @app.callback(
        Output("labels-progress", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("labels-list"), "data"),
        Input("labels-kept", "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_progress(_filter: Any, _look: Any, _kept: Any, params: dict[str, str]) -> Any:
        state = from_params(params)
        try:
            decisions = review.read_decisions(context.state_folder, context.active(state))
        except ExplorerError:
            return None  # the list says so
        return drawn(_progress(listed(context, state), decisions))

    @app.callback(
        Output("labels-kept", "data"),
        Output("labels-problem", "children"),
        Input("labels-action", "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def keep(action: dict[str, Any] | None, params: dict[str, str]) -> Any:
        if not action:
            return no_update, no_update
        state = from_params(params)
        data = context.active(state)
        try:
            with lock:  # each action repeats what was not confirmed yet, so that one overtaken by a newer is dropped
                if action["number"] > newest.get(action["page"], 0):
                    review.decide(context.state_folder, data, action["verdicts"], is_alone(state))
                    newest[action["page"]] = action["number"]
        except ExplorerError as error:
            return no_update, ui.error_state(str(error))
        return action["number"], None


def _register_exports(app: Dash, context: Context) -> None:
    @app.callback(
        Output("labels-file", "data"),
        Output("labels-problem", "children", allow_duplicate=True),
        Input("labels-corrected", "n_clicks"),
        Input("labels-decisions", "n_clicks"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def export(_corrected: int, _decisions: int, params: dict[str, str]) -> Any:
        if not ctx.triggered[0]["value"]:
            return no_update, no_update
        data = context.active(from_params(params))
        try:
            decisions = review.read_decisions(context.state_folder, data)
            if ctx.triggered_id == "labels-decisions":
                return send_string(review.decisions_csv(data, decisions), "label-decisions.csv"), None
            return send_string(review.corrected_csv(context.reader, data, decisions), "corrected.csv"), None
        except ExplorerError as error:
            return no_update, ui.error_state(str(error))


def _reviewed(context: Context, state: State) -> tuple[str | None, Issue | None]:
    """The key of the sample that is reviewed, and its row of the ranking; None where there is none."""
    shown = listed(context, state)
    at = current(shown, state, review.read_decisions(context.state_folder, context.active(state)))
    return at, shown.loc[[at]].to_dict("records")[0] if at is not None else None


def _sets(data: RunData, found: pd.DataFrame, state: State) -> Component:
    """The two sets of doubts, each with its size in the whole run where it does not depend on who judges."""
    sizes = found["kind"].value_counts()
    is_fixed = not review.has_several_judges(data)
    options = [
        {"label": f"{name} ({sizes.get(kind, 0):,})" if is_fixed else name, "value": kind}
        for kind, name in KINDS.items()
    ]
    return ui.choice("labels.kind", "Labels", options, kind_of(state), LIKELY)


def _judges(data: RunData, state: State) -> list[Component]:
    """Whether the models of all open runs judge together, where several can."""
    if not review.has_several_judges(data):
        return []
    options = [{"label": "all models", "value": ALL}, {"label": f"{data.name} alone", "value": ALONE}]
    return [ui.choice(BY, "Judged by", options, ALONE if is_alone(state) else ALL, ALL)]


def _exports(context: Context) -> Component:
    corrected = html.Button("Corrected data as CSV", id="labels-corrected", className="button", n_clicks=0)
    tip = ui.help_tip(_EXPORT_HELP if context.reader else _NO_READER, "Corrected data")
    decisions = html.Button("Decisions as CSV", id="labels-decisions", className="button", n_clicks=0)
    return html.Div([html.Span([corrected, tip]), decisions], className="row center labels-exports")


def _frame() -> Component:
    """The box whose content follows the list; its buttons stay where they are, and so keep the focus."""
    buttons = [_button(*one) for one in _BUTTONS]
    bar = html.Div(
        [html.Div(buttons[:3], className="row center"), html.Div(buttons[3:], className="row center")],
        className="review-bar",
        role="toolbar",
        **ui.aria(label="Verdict"),
    )
    return ui.card(
        "Review",
        bar,
        html.Div(id="labels-progress"),
        html.Div(id="labels-claim", **ui.aria(live="polite")),
        html.Div(id="labels-reading", className="labels-reading"),
        html.Div(id="labels-said"),
        class_name="labels-review",
        id="labels-review",
    )


def _button(action: str, key: str, text: str, help_text: str) -> Component:
    """What `assets/labels.js` does on a click, and on its key."""
    named: dict[str, Any] = {"data-labels": action}
    return html.Button(
        [text, html.Kbd(key)],
        className="button" + (" verdict" if action in review.VERDICTS else ""),
        title=help_text,
        **named,
        **ui.aria(keyshortcuts=key),
    )


def _progress(shown: pd.DataFrame, decisions: Decisions) -> list[Component]:
    """All counts from the start, so that the first verdict moves nothing."""
    done = [decisions[key]["verdict"] for key in shown.index if key in decisions]
    counts = Counter(done)
    parts = ", ".join(f"{counts[verdict]:,} {word}" for verdict, word in _COUNTED.items())
    return [
        html.Progress(value=str(len(done)), max=str(max(len(shown), 1)), **ui.aria(hidden="true")),
        html.Div([html.Div(f"{len(done):,} of {len(shown):,} reviewed:"), html.Div(parts)], id="labels-count"),
    ]
