"""Doubtful labels, the most suspicious first: read the text, and say by keyboard whether the label is wrong."""

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import Any

import dash_ag_grid as dag
import numpy as np
import pandas as pd
from dash import ClientsideFunction, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context, RunData
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.parts.word_heat import with_line_breaks
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.labels import review as review
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.rows import TRAINING, NotApplicable

Issue = Mapping[Any, Any]  #: a row of the ranking

TITLE = "Labels"

ALL = "all"
KINDS = {"flip": "other label", "ambiguous": "either"}

_QUALITY_HELP = (
    "Label quality, 0 to 1: the probability that a model gives to the sample's own label without having learned from "
    "it; lower is more suspicious."
)
_DOUBT_HELP = (
    "Other label: the model is as sure of it as it is on average of samples that carry it (confident learning). "
    "Either: the two largest probabilities differ by less than 0.2."
)
_EXPORT_HELP = (
    "The data with your verdicts carried out, to train on: flipped labels corrected, ambiguous samples left out, all "
    "others unchanged."
)
_MOST_LABELS = 10  # whose probabilities stand beside each other; of more, the given and the suggested one
_NO_READER = "The texts are not at hand here, so that only ids, labels and your verdicts are written."

#: (action, its key, what the button says, what it does)
_BUTTONS = (
    ("flip", "F", "Flip", "The label is wrong: take the suggested one"),
    ("ambiguous", "A", "Ambiguous", "It could be either: leave the sample out of training"),
    ("fine", "K", "Fine", "Keep the label as it is"),
    ("undo", "U", "Undo", "Take the last verdict back"),
    ("previous", "↑", "Previous", "The sample above"),
    ("next", "J", "Next", "The sample below; the down arrow does the same"),
)

_THREE_DIGITS = {
    "type": "rightAligned",
    "valueFormatter": {"function": "params.value == null ? '' : d3.format('.3f')(params.value)"},
}


def layout(context: Context, state: State) -> Component:
    """Controls and the review's frame; the list and the text are filled in by callbacks."""
    data = context.active(state)
    try:
        found = review.ranking(data)
    except NotApplicable as reason:
        return ui.page(ui.empty_state("No labels can be reviewed here", f"The reason: {reason}."))
    if found.empty:
        return ui.page(ui.empty_state("No label is in doubt", "The model contradicts none of the labels it can judge."))
    kinds = [{"label": "all", "value": ALL}, *({"label": name, "value": kind} for kind, name in KINDS.items())]
    exports = html.Div(
        [
            html.Span(
                [
                    html.Button("Corrected data as CSV", id="labels-corrected", className="button", n_clicks=0),
                    ui.help_tip(_EXPORT_HELP if context.reader else _NO_READER, "Corrected data"),
                ]
            ),
            html.Button("Decisions as CSV", id="labels-decisions", className="button", n_clicks=0),
        ],
        className="row center labels-exports",
    )
    chosen = ui.choice("labels.kind", "Doubt", kinds, state.get("labels.kind", ALL), ALL)
    return ui.page(
        ui.watch("labels-list", ("labels.kind",), state),
        ui.watch("labels-at", ("labels.at",), state),
        dcc.Store(id="labels-action"),
        dcc.Store(id="labels-kept"),
        dcc.Download(id="labels-file"),
        html.H1("Which labels are wrong?", className="page-title"),
        html.Div([chosen, exports], className="row"),
        html.Div(id="labels-problem", role="alert"),
        html.Div([html.Div(id="labels-list-box", className="stack"), _frame()], className="review"),
    )


def register(app: Dash, context: Context) -> None:
    lock, newest = Lock(), dict[str, int]()

    @app.callback(
        Output("labels-list-box", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("labels-list"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_list(_filter: Any, _look: Any, params: dict[str, str]) -> Any:
        return ui.guarded(_list, context, from_params(params))

    @app.callback(
        Output("labels-review", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("labels-list"), "data"),
        Input(ui.watched("labels-at"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_review(_filter: Any, _look: Any, _at: Any, params: dict[str, str]) -> Any:
        return ui.guarded(_review, context, from_params(params))

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
        data = context.active(from_params(params))
        try:
            with lock:  # each action repeats what was not confirmed yet, so that one overtaken by a newer is dropped
                if action["number"] > newest.get(action["page"], 0):
                    review.decide(context.state_folder, data, action["verdicts"])
                    newest[action["page"]] = action["number"]
        except ExplorerError as error:
            return no_update, ui.error_state(str(error))
        return action["number"], None

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
                return dcc.send_string(review.decisions_csv(data, decisions), "label-decisions.csv"), None
            return dcc.send_string(_corrected_csv(context, data, decisions), "corrected.csv"), None
        except ExplorerError as error:
            return no_update, ui.error_state(str(error))

    app.clientside_callback(ClientsideFunction("labels", "selected"), Input("labels-list", "selectedRows"))
    app.clientside_callback(ClientsideFunction("labels", "kept"), Input("labels-kept", "data"))
    app.clientside_callback(ClientsideFunction("labels", "listed"), Input("labels-list", "rowData"))


def listed(context: Context, state: State) -> pd.DataFrame:
    """The ranking, of the samples that meet the filters and are doubted in the chosen way."""
    data = context.active(state)
    found = review.ranking(data)
    kind = state.get("labels.kind", ALL)
    chosen = context.filtered(state)[found["row"].to_numpy(dtype=np.intp)]
    return found[chosen & ((found["kind"] == kind).to_numpy() | (kind not in KINDS))]


def current(shown: pd.DataFrame, state: State, decisions: dict[str, dict[str, Any]]) -> str | None:
    """The key of the sample that is reviewed: that of the address, else the first without a verdict, else the first."""
    if state.get("labels.at") in shown.index:
        return state.get("labels.at")
    return next((key for key in shown.index if key not in decisions), next(iter(shown.index), None))


def _corrected_csv(context: Context, data: RunData, decisions: dict[str, dict[str, Any]]) -> str:
    table = review.decisions_table(data, decisions)
    if context.reader is None:
        return table[["id", "given", "verdict"]].rename(columns={"verdict": "decision"}).to_csv(index=False)
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return context.reader.label_csv([{str(name): value for name, value in row.items()} for row in rows])


def _frame() -> Component:
    """The box whose content follows the list; its buttons stay, so that they keep the focus."""
    buttons = [
        html.Button(
            [text, html.Kbd(key)],
            className="button" + (" verdict" if action in review.VERDICTS else ""),
            title=help_text,
            **_action(action),
            **ui.aria(keyshortcuts=key),
        )
        for action, key, text, help_text in _BUTTONS
    ]
    bar = html.Div(
        [html.Div(buttons[:4], className="row center"), html.Div(buttons[4:], className="row center")],
        className="review-bar",
        role="toolbar",
        **ui.aria(label="Verdict"),
    )
    note = html.Span(id="labels-progress")
    return ui.card("Review", bar, html.Div(id="labels-review", **ui.aria(live="polite")), note=note)


def _action(name: str) -> dict[str, Any]:
    """What `assets/labels.js` does on a click."""
    return {"data-labels": name}


def _progress(shown: pd.DataFrame, decisions: dict[str, dict[str, Any]]) -> list[Component]:
    done = [decisions[key]["verdict"] for key in shown.index if key in decisions]
    counts = Counter(done)
    parts = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in review.VERDICTS if counts[verdict])
    text = f"{len(done):,} of {len(shown):,} reviewed" + (f": {parts}" if parts else "")
    return [
        html.Progress(value=str(len(done)), max=str(max(len(shown), 1)), **ui.aria(hidden="true")),
        html.Span(text, id="labels-count"),
    ]


def _list(context: Context, state: State) -> Component:
    data = context.active(state)
    shown = listed(context, state)
    decisions = review.read_decisions(context.state_folder, data)
    note = theme.n_of(len(shown), data.n)
    if shown.empty:
        empty = ui.empty_state("No doubtful label here", "Choose another kind of doubt or fewer filters.")
        return ui.card("Doubtful labels", empty, note=note)
    at = current(shown, state, decisions)
    others = [other for other in context.data.values() if other is not data and set(data.labels) <= set(other.labels)]
    grid = dag.AgGrid(
        id="labels-list",
        className="grid labels-grid",
        rowData=_rows(data, others, shown, decisions),
        columnDefs=_column_definitions(others, has_subsets=shown["subset"].nunique() > 1),
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "wrapHeaderText": True,
            "autoHeaderHeight": True,
        },
        getRowId="params.data.key",
        selectedRows={"ids": [at]},
        scrollTo={"rowId": at, "rowPosition": "middle"},
        columnSize="responsiveSizeToFit",
        dashGridOptions={
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
            "suppressCellFocus": True,
            "tabToNextHeader": {"function": "leaveTable()"},
            "rowHeight": 32,
            "headerHeight": 36,
            "tooltipShowDelay": 300,
        },
    )
    left_out = review.training_left_out(data)
    notes = [
        html.P(
            f"{left_out:,} training samples are not judged, as the model has learned from their labels; evaluate with "
            "out-of-sample probabilities to judge them too.",
            className="faint small",
        )
    ]
    title = html.Span(["Doubtful labels", ui.help_tip(f"{_QUALITY_HELP} {_DOUBT_HELP}", "Doubtful labels")])
    return ui.card(title, grid, *(notes if left_out else []), note=note, class_name="stack tight")


def _column_definitions(others: list[RunData], has_subsets: bool) -> list[dict[str, Any]]:
    def column(field: str, name: str, width: int, help_text: str = "", **more: Any) -> dict[str, Any]:
        tooltip = {"headerTooltip": help_text} if help_text else {}
        return {"field": field, "headerName": name, "minWidth": width, "width": width, **tooltip, **more}

    probabilities = [
        column(
            f"given_{index}",
            f"Quality, {other.name}",
            80,
            f"The given label's probability by {other.name}, which has learned from training samples.",
            **_THREE_DIGITS,
        )
        for index, other in enumerate(others)
    ]
    return [
        column("rank", "#", 44, "Rank, 1 is the most suspicious.", type="rightAligned"),
        column("verdict", "Verdict", 88),
        column("id", "Sample", 128),
        *([column("subset", "Subset", 84)] if has_subsets else []),
        column("given", "Given", 76, "The label as the data has it."),
        column("suggested", "Suggested", 96, "The most probable other label."),
        column("quality", "Quality", 64, _QUALITY_HELP, **_THREE_DIGITS),
        *probabilities,
        column("doubt", "Doubt", 92, _DOUBT_HELP),
    ]


def _rows(
    data: RunData, others: list[RunData], shown: pd.DataFrame, decisions: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    order = {key: place for place, key in enumerate(decisions)}
    return [
        {
            "key": key,
            "rank": int(issue["rank"]),
            "verdict": decisions.get(key, {}).get("verdict", ""),
            "order": order.get(key),
            "id": str(issue["id"]),
            "subset": str(issue["subset"]),
            "given": str(issue["ground_truth"]),
            "suggested": str(issue["suggested"]),
            "quality": round(float(issue["quality"]), 3),
            "doubt": KINDS[issue["kind"]],
            **{f"given_{index}": _probability(other, key, issue["ground_truth"]) for index, other in enumerate(others)},
        }
        for key, issue in zip(shown.index, shown.to_dict("records"), strict=True)
    ]


def _probability(data: RunData, key: str, label: str) -> float | None:
    """What a run's model says of a sample, if it was asked; rounded for reading."""
    row = data.rows.get(key)
    value = data.numbers(f"probability_{label}")[row] if row is not None else np.nan
    return None if np.isnan(value) else round(float(value), 3)


def _three_digits(probability: float | None) -> str:
    return theme.NOTHING if probability is None else f"{probability:.3f}"


def _review(context: Context, state: State) -> Component:
    data = context.active(state)
    shown = listed(context, state)
    decisions = review.read_decisions(context.state_folder, data)
    at = current(shown, state, decisions)
    if at is None:
        return ui.empty_state("Nothing to review")
    issue = shown.loc[[at]].to_dict("records")[0]
    return html.Div(
        [
            html.Div(_claim(issue), className="claim row center"),
            _probabilities(context, data, at, issue),
            _text(context, str(issue["id"])),
        ],
        className="stack tight",
    )


def _claim(issue: Issue) -> list[Any]:
    key = f"{issue['subset']}/{issue['id']}"
    given, suggested = html.Strong(issue["ground_truth"]), html.Strong(issue["suggested"])
    return [
        html.Span(["The data says ", given, ", the model rather ", suggested]),
        html.Span([f"label quality {issue['quality']:.3f}", ui.help_tip(_QUALITY_HELP, "Label quality")]),
        ui.link(str(issue["id"]), label=f"Open the sample {issue['id']}", view="sample", sample=key),
    ]


def _probabilities(context: Context, data: RunData, key: str, issue: Issue) -> Component:
    labels = data.labels if len(data.labels) <= _MOST_LABELS else [issue["ground_truth"], issue["suggested"]]
    rows = []
    for other in context.data.values():
        if set(data.labels) <= set(other.labels):
            has_seen = issue["subset"] == TRAINING and key in other.rows
            values = [_three_digits(_probability(other, key, label)) for label in labels]
            note = html.Div("learned from it", className="faint small") if has_seen else None
            rows.append([html.Span([other.name, note]), *values])
    if (unseen := review.out_of_sample(data, issue)) is not None:
        rows.append(["a model that has not seen it", *(_three_digits(unseen[label]) for label in labels)])
    header = ["Probability, by model", *labels]
    return ui.table(header, rows, numeric=range(1, len(labels) + 1), id="labels-probabilities")


def _text(context: Context, sample_id: str) -> Component:
    text = context.text(sample_id)
    if text is None:
        return ui.empty_state("Text not available", "The run holds no texts, and nothing here can read them.")
    return html.Div(with_line_breaks(text), className="labels-text", tabIndex="0", id="labels-text")
