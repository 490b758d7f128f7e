"""What was found about a model, ranked: the evidence, the samples, a test, and what the user thinks of it."""

from typing import Any

import pandas as pd
from dash import ALL, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as PageState
from dash.dcc.express import send_string
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context, RunData
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.insights import status as review
from leap_explorer.dashboard.views.insights.evidence import (
    INTERVAL_HELP,
    effect_in_words,
    evidence_in_words,
    side_value,
    sides,
)
from leap_explorer.errors import ExplorerError
from leap_explorer.insights import Insight, describe, run_check
from leap_explorer.insights.filters import readable, select

TITLE = "Insights"

#: Of an insight's samples only so many are listed; the map has them all.
MOST_ROWS = 50

SEVERITY_HELP = (
    "Severity, 0 to 1; lower is better. It is a share, such as that of the held-out loss which would vanish were these "
    "samples as good as the average, or that of the labels in doubt. High from 0.1, medium from 0.02."
)
_EFFECT_HELP = (
    "How far the two means lie apart, in standard deviations (Cohen's d), with its 95 % interval. Below 0.2 hardly "
    "any, below 0.5 small, below 0.8 medium."
)
_TEST_HELP = (
    "A bound that a later model must keep, to be checked by the command `check`. It is set where this model stands, "
    "with room for chance."
)
_TESTS_HELP = (
    "The tests of all insights that are not archived, in a file for `check RUN --insights FILE`. It says whether "
    "another model keeps the bounds."
)


def layout(context: Context, state: State) -> Component:
    """Controls and exports; the list and the open insight are filled in by callbacks."""
    data = context.active(state)
    kinds = sorted({review.kind_of(one) for one in review.insights_of(data)})
    kind_options = [{"label": "all kinds", "value": review.ALL}, *({"label": kind, "value": kind} for kind in kinds)]
    named = {review.CURRENT: "all but archived", review.ALL: "all"}
    statuses = [
        {"label": named.get(name, name), "value": name} for name in (review.CURRENT, *review.STATUSES, review.ALL)
    ]
    controls = html.Div(
        [
            ui.select("insights.kind", "Kind", kind_options, state.get("insights.kind", review.ALL), review.ALL),
            ui.select(
                "insights.status", "Status", statuses, state.get("insights.status", review.CURRENT), review.CURRENT
            ),
            html.Div(
                [
                    html.Button("Insights as CSV", id="insights-csv", className="button", n_clicks=0),
                    html.Span(
                        [
                            html.Button("Tests as JSON", id="insights-tests", className="button", n_clicks=0),
                            ui.help_tip(_TESTS_HELP, "Tests"),
                        ]
                    ),
                ],
                className="row center insights-exports",
            ),
        ],
        className="row",
    )
    return ui.page(
        ui.watch("insights-list", ("insights.id", "insights.kind", "insights.status"), state),
        ui.watch("insights-detail", ("insights.id",), state),
        dcc.Store(id="insights-kept", data=0),
        dcc.Download(id="insights-file"),
        html.H1(f"What was found about {data.name}", className="page-title"),
        controls,
        html.Div(id="insights-problem", role="alert"),
        html.Div([html.Div(id="insights-list", className="stack"), html.Div(id="insights-detail")], className="found"),
    )


def register(app: Dash, context: Context) -> None:
    @app.callback(
        Output("insights-list", "children"),
        Input(ui.watched("insights-list"), "data"),
        Input("insights-kept", "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_list(_look: Any, _kept: Any, params: dict[str, str]) -> Any:
        return ui.guarded(_list, context, from_params(params))

    @app.callback(
        Output("insights-detail", "children"),
        Input(ui.watched("insights-detail"), "data"),
        Input(ui.watched("filter"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_detail(_look: Any, _filter: Any, params: dict[str, str]) -> Any:
        return ui.guarded(_detail, context, from_params(params))

    @app.callback(
        Output("insights-kept", "data"),
        Output("insights-problem", "children"),
        Input({"type": "insights-status", "insight": ALL}, "value"),
        PageState("insights-kept", "data"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def keep(values: list[str], count: int, params: dict[str, str]) -> Any:
        if not ctx.triggered_id or not values:
            return no_update, no_update
        run, insight = context.active(from_params(params)).run, ctx.triggered_id["insight"]
        try:
            if review.read_statuses(context.state_folder, run).get(insight, review.OPEN) == values[0]:
                return no_update, no_update
            review.set_status(context.state_folder, run, insight, values[0])
        except ExplorerError as error:
            return no_update, ui.error_state(str(error))
        return count + 1, None

    @app.callback(
        Output("insights-file", "data"),
        Input("insights-csv", "n_clicks"),
        Input("insights-tests", "n_clicks"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def export(_csv: int, _tests: int, params: dict[str, str]) -> Any:
        if not ctx.triggered[0]["value"]:
            return no_update
        data = context.active(from_params(params))
        insights, statuses = review.insights_of(data), review.read_statuses(context.state_folder, data.run)
        name = data.name.replace("/", "-")
        if ctx.triggered_id == "insights-csv":
            return send_string(review.insights_csv(insights, statuses), f"insights-{name}.csv")
        current = review.chosen(insights, statuses, review.ALL, review.CURRENT)
        return send_string(review.tests_json(current), f"tests-{name}.json")


def opened(data: RunData, state: State, listed: list[Insight]) -> Insight | None:
    """The insight that the address names, else the first of those listed, else none."""
    named = [one for one in review.insights_of(data) if one.id == state.get("insights.id")]
    return next(iter([*named, *listed]), None)


def _listed(context: Context, state: State, statuses: dict[str, str]) -> list[Insight]:
    kind, status = state.get("insights.kind", review.ALL), state.get("insights.status", review.CURRENT)
    return review.chosen(review.insights_of(context.active(state)), statuses, kind, status)


def _list(context: Context, state: State) -> Component:
    data = context.active(state)
    statuses = review.read_statuses(context.state_folder, data.run)
    every, listed = review.insights_of(data), _listed(context, state, statuses)
    shown = opened(data, state, listed)
    rows = [_entry(one, statuses.get(one.id, review.OPEN), one is shown) for one in listed]
    if rows:
        content: Component = html.Ol(rows, className="insight-list")
    elif every:
        content = ui.empty_state("No insight of this kind and status", "Choose another kind or status.")
    else:
        content = ui.empty_state("Nothing was found", "No group of samples stands out in this run.")
    title = html.Span(["Ranked by severity", ui.help_tip(SEVERITY_HELP, "Severity")])
    found = ui.card(title, content, note=theme.n_of(len(listed), len(every), "insights"), class_name="insight-card")
    return html.Div([found, *_skipped(data)], className="stack")


def _entry(insight: Insight, status: str, is_shown: bool) -> html.Li:
    facts = f"{review.kind_of(insight)} · {theme.n_of(insight.n_samples, insight.n_total)}"
    content = [
        html.Span([severity_mark(insight), status_mark(status)], className="top-line"),
        html.Span(insight.title, className="insight-title"),
        html.Span(facts, className="faint small"),
    ]
    link = ui.link(content, "insight-entry", extra={"insights.id": insight.id})
    return html.Li(link, className="shown" if is_shown else "", **ui.aria(current="true" if is_shown else "false"))


def severity_mark(insight: Insight) -> html.Span:
    """How severe it is, in a word and as a number."""
    label = insight.severity_label
    return html.Span([label, html.Span(f"{insight.severity:.2f}", className="mono")], className=f"severity {label}")


def status_mark(status: str) -> html.Span:
    """What the user thinks of it, in a word."""
    return html.Span(status, className=f"status {status.replace(' ', '-')}")


def _skipped(data: RunData) -> list[Component]:
    if not data.run.skipped_insights:
        return []
    facts = {kind.replace("_", " "): reason for kind, reason in data.run.skipped_insights.items()}
    return [ui.card("Not looked for", ui.facts_list(facts))]


def _detail(context: Context, state: State) -> Component:
    data = context.active(state)
    statuses = review.read_statuses(context.state_folder, data.run)
    insight = opened(data, state, _listed(context, state, statuses))
    if insight is None:
        return html.Div()
    kind = html.Span(review.kind_of(insight), className="faint")
    return html.Div(
        [
            ui.card(
                insight.title,
                html.Div([severity_mark(insight), kind], className="row center"),
                _actions(insight, statuses.get(insight.id, review.OPEN)),
                html.H3(["What it rests on", ui.help_tip(INTERVAL_HELP, "95 % interval")]),
                ui.facts_list(dict(evidence_in_words(insight))),
                *_distinguishing(insight),
                *_test(context, insight),
                class_name="insight-detail",
            ),
            _samples(context, state, insight),
        ],
        className="stack",
    )


def _actions(insight: Insight, status: str) -> Component:
    options = [{"label": name, "value": name} for name in review.STATUSES]
    radio = dcc.RadioItems(
        options, status, id={"type": "insights-status", "insight": insight.id}, className="segments", inline=True
    )
    on_map = ui.link(
        "Show on the map", "button primary", view="population", filter=insight.filter, query=None, selection=None
    )
    chosen = html.Div([html.Span("Status", className="field-label"), radio], className="field")
    return html.Div([chosen, on_map], className="row insight-actions")


def _distinguishing(insight: Insight) -> list[Component]:
    if not insight.distinguishing:
        return []
    rows = [
        [
            _named(row),
            side_value(row, "inside"),
            side_value(row, "outside"),
            effect_in_words(row["effect"]),
        ]
        for row in insight.distinguishing
    ]
    here, there = (name.capitalize() for name in sides(insight))
    header = ["Metadata", here, there, html.Span(["Difference", ui.help_tip(_EFFECT_HELP, "Difference")])]
    return [html.H3("What sets these samples apart"), ui.table(header, rows, numeric=(1, 2), id="insights-apart")]


def _named(row: dict[str, Any]) -> str:
    name = readable(row["column"])
    return f"{name}: share of {row['value']}" if row.get("value") is not None else name


def _test(context: Context, insight: Insight) -> list[Component]:
    if insight.test is None:
        return []
    rows = []
    for name, data in context.data.items():
        result = run_check(data.frame, insight.test)
        mark = html.Span("passed", className="good") if result.passed else html.Span("failed", className="bad")
        measured = theme.number(result.measured)
        rows.append([name, mark if result.measured is not None else "not measured", measured, f"{result.n:,}"])
    return [
        html.H3(["Its test", ui.help_tip(_TEST_HELP, "Test")]),
        html.P(f"{review.test_in_words(insight).capitalize()}.", id="insights-test"),
        ui.table(["Model", "Result", "Measured", "Samples"], rows, numeric=(2, 3), id="insights-results"),
    ]


def _samples(context: Context, state: State, insight: Insight) -> Component:
    data = context.active(state)
    fits, others = data.split_filter(insight.filter)
    if others:
        return ui.card("Its samples", ui.error_state(f"This run has no {others[0].column}. Evaluate the model anew."))
    mask = select(data.frame, fits)
    total = int(mask.sum())
    mask &= context.filtered(state)
    samples = data.frame.loc[mask]
    if data.of_role("loss"):
        samples = samples.sort_values("loss", ascending=False, kind="stable", na_position="last")
    samples = samples.head(MOST_ROWS)
    note = theme.n_of(len(samples), total)
    if samples.empty:
        empty = ui.empty_state("None of its samples meets the filters", "Take a filter back, at the top of the page.")
        return ui.card("Its samples", empty, note=note)
    rows = [
        [
            ui.link(str(row["id"]), view="sample", sample=f"{row['subset']}/{row['id']}"),
            str(row["subset"]),
            *(_cell(row[name]) for name in ("ground_truth", "prediction")),
            _cell(row["loss"]),
        ]
        for row in samples.to_dict("records")
    ]
    header = ["Sample", "Subset", "True", "Predicted", html.Span(["Loss", ui.column_tip(data, "loss")])]
    return ui.card(
        "Its samples",
        html.P(f"Which: {describe(insight.filter)}. The highest loss first.", className="faint small"),
        ui.table(header, rows, numeric=(4,), id="insights-samples"),
        note=note,
        class_name="insight-samples",
    )


def _cell(value: Any) -> str:
    if pd.isna(value):
        return "—"
    return theme.number(float(value)) if isinstance(value, float | int) else str(value)
