"""Metadata and the loss: the histograms and mean losses of the columns that tell most, and the ranking of all."""

from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.plots.profile_plots import Group, interval, mean_decimals, number_figure
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.scope import scope_phrase, scope_rows
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.data.look import Look, axis_of, column_order, groups_of
from leap_explorer.dashboard.views.data.ranking import largest, ranked, ranking_row
from leap_explorer.dashboard.views.data.relation import EXPLAINED_HELP, SHAPE_HELP, relation_in_words
from leap_explorer.insights.rows import Mask

LOSS = "loss"
MOST_PLOTS = 4
_MOST_ROWS = 15
_FIRST = 2  # of the dashboard's order: the out-of-vocabulary count and the polarity


def metadata_cards(data: RunData, state: State) -> list[Component]:
    """Plots of a few columns and the ranking by what they explain of the loss, of the samples that count."""
    if not data.of_role(LOSS):
        return [ui.card(data.name, ui.empty_state("No loss", "The run has none, so there is nothing to compare."))]
    rows = scope_rows(data, state)
    ranking = ranked(data, LOSS, rows.tobytes())
    of_these = f"{int(rows.sum()):,} {scope_phrase(data, state)}"
    plots = [_plot(data, column, rows, state.is_dark) for column in plotted_columns(data, ranking)]
    return [html.Div(plots, className="columns three"), _ranking(data, ranking, of_these)]


def plotted_columns(data: RunData, ranking: pd.DataFrame) -> list[str]:
    """Columns of numbers: those that the dashboard shows first, then those that explain most."""
    ordered = ranking.loc[ranking["explained"].notna(), "column"].tolist()
    first = [column for column in column_order(data)[:_FIRST] if column in ordered]
    columns = [column for column in dict.fromkeys([*first, *ordered]) if data.kind(column) == "number"]
    return columns[:MOST_PLOTS]


def _plot(data: RunData, column: str, rows: Mask, is_dark: bool) -> Component:
    look = Look(column, LOSS)
    groups = groups_of(data, look, rows, is_dark)
    name, profile = data.title(column), groups[0].profile
    figure = number_figure(groups, (name, LOSS), False, is_dark, axis_of(data, look, rows))
    return ui.card(
        html.Span([f"{data.heading(column)} and loss", ui.column_tip(data, column)]),
        html.P(relation_in_words(profile, name, LOSS)),
        dcc.Graph(figure=_smaller(figure), config=theme.PLAIN_CONFIG),
        html.Details([html.Summary("The numbers"), _numbers(groups[0], data.heading(column))]),
        note=f"{profile['n']:,} samples",
    )


def _smaller(figure: dict[str, Any]) -> dict[str, Any]:
    """Lower, and without the box that filters in the dashboard."""
    return {**figure, "layout": {**figure["layout"], "height": 360, "dragmode": "zoom"}}


def _numbers(group: Group, name: str) -> Component:
    decimals = mean_decimals([group])
    rows = [
        [one["label"], f"{one['n']:,}", f"{one['mean']:.{decimals}f}", interval(one, decimals)]
        for one in group.profile["bins"]
    ]
    return ui.table([name, "Samples", "Mean loss", "95 % interval"], rows, numeric=(1, 2, 3))


def _ranking(data: RunData, ranking: pd.DataFrame, note: str) -> Component:
    title = html.Span([f"What explains the loss of {data.name}", ui.help_tip(f"{EXPLAINED_HELP} {SHAPE_HELP}")])
    measured = ranking[ranking["explained"].notna()]
    if measured.empty:
        return ui.card(title, ui.empty_state("Nothing to rank", "No metadata differs among the samples."))
    rows = [ranking_row(data, row, largest(measured)) for row in measured.to_dict("records")]
    parts: list[Component] = [_table(rows[:_MOST_ROWS])]
    if rest := rows[_MOST_ROWS:]:
        summary = html.Summary(f"The other {len(rest):,}, which explain less")
        parts.append(html.Details([summary, _table(rest)]))
    return ui.card(title, *parts, note=note)


def _table(rows: list[html.Tr]) -> Component:
    titles = {"Metadata": "", "Shape": "", "Explains": "number", "Samples": "number"}
    head = html.Tr([html.Th(title, scope="col", className=name) for title, name in titles.items()])
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="table ranking")
    return html.Div(table, className="table-scroll", tabIndex="0")
