"""What was found about a model, ranked: the evidence, the samples, a test, and what the user thinks of it."""

from typing import Any

from dash import ALL, Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as PageState
from dash.dcc.express import send_string
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.dashboard.views.insights import status as review
from leap_explorer.dashboard.views.insights.detail import SEVERITY_HELP, detail, severity_mark, status_mark
from leap_explorer.errors import ExplorerError
from leap_explorer.insights import Insight
from leap_explorer.insights.kinds import kind_of

TITLE = "Insights"

_GUARDS_HELP = (
    "The regression guards of all insights that are not archived, in a file for `check RUN --insights FILE`. It says "
    "whether another model is worse than this one is today."
)


def layout(context: Context, state: State) -> Component:
    """Controls and exports; the list and the open insight are filled in by callbacks."""
    data = context.active(state)
    kinds = sorted({kind_of(one).title for one in review.insights_of(data)})
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
                            html.Button("Guards as JSON", id="insights-guards", className="button", n_clicks=0),
                            ui.help_tip(_GUARDS_HELP, "Regression guards"),
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
    _register_content(app, context)
    _register_status(app, context)
    _register_exports(app, context)


def _register_content(app: Dash, context: Context) -> None:
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
        Input(ui.watched("selection"), "data"),
        PageState(ui.STATE, "data"),
    )
    def fill_detail(_look: Any, _filter: Any, _selection: Any, params: dict[str, str]) -> Any:
        return ui.guarded(_detail, context, from_params(params))


def _register_status(app: Dash, context: Context) -> None:
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


def _register_exports(app: Dash, context: Context) -> None:
    @app.callback(
        Output("insights-file", "data"),
        Input("insights-csv", "n_clicks"),
        Input("insights-guards", "n_clicks"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def export(_csv: int, _guards: int, params: dict[str, str]) -> Any:
        if not ctx.triggered[0]["value"]:
            return no_update
        data = context.active(from_params(params))
        insights, statuses = review.insights_of(data), review.read_statuses(context.state_folder, data.run)
        name = data.name.replace("/", "-")
        if ctx.triggered_id == "insights-csv":
            return send_string(review.insights_csv(insights, statuses), f"insights-{name}.csv")
        current = review.chosen(insights, statuses, review.ALL, review.CURRENT)
        return send_string(review.guards_json(current), f"guards-{name}.json")

    @app.callback(
        Output("insights-file", "data", allow_duplicate=True),
        Input({"type": "insights-test", "insight": ALL}, "n_clicks"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def export_one(clicks: list[int], params: dict[str, str]) -> Any:
        if not any(clicks):
            return no_update
        wanted = ctx.triggered_id["insight"]
        named = [one for one in review.insights_of(context.active(from_params(params))) if one.id == wanted]
        return send_string(review.guards_json(named), f"{wanted}.json")


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
    facts = f"{kind_of(insight).title} · {theme.n_of(insight.n_samples, insight.n_total)}"
    content = [
        html.Span([severity_mark(insight), status_mark(status)], className="top-line"),
        html.Span(insight.title, className="insight-title"),
        html.Span(facts, className="faint small"),
    ]
    link = ui.link(content, "insight-entry", extra={"insights.id": insight.id})
    return html.Li(link, className="shown" if is_shown else "", **ui.aria(current="true" if is_shown else "false"))


def _skipped(data: RunData) -> list[Component]:
    if not data.run.skipped_insights:
        return []
    facts = {kind.replace("_", " "): reason for kind, reason in data.run.skipped_insights.items()}
    return [ui.card("Not checked", ui.facts_list(facts))]


def _detail(context: Context, state: State) -> Component:
    data = context.active(state)
    statuses = review.read_statuses(context.state_folder, data.run)
    insight = opened(data, state, _listed(context, state, statuses))
    return html.Div() if insight is None else detail(context, state, insight, statuses.get(insight.id, review.OPEN))
