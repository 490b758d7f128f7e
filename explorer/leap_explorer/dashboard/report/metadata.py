"""Metadata and the loss: the histograms and mean losses of the columns that tell most, and the ranking of all."""

from typing import Any

import numpy as np
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import RunData
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.plots.profile_plots import Group, interval, number_figure
from leap_explorer.dashboard.views.data.page import (
    RANGES,
    SPEARMAN_HELP,
    TOGETHER,
    Look,
    column_order,
    correlation_in_words,
    groups_of,
)
from leap_explorer.insights import metadata_ranking
from leap_explorer.insights.rows import Mask

LOSS = "loss"
MOST_PLOTS = 4
_MOST_ROWS = 15
_FIRST = 2  # of the dashboard's order: the out-of-vocabulary count and the polarity


def metadata_cards(data: RunData, rows: Mask, is_dark: bool) -> list[Component]:
    """Plots of a few columns and the ranking by correlation with the loss, of these rows."""
    if not data.of_role(LOSS):
        return [ui.card(data.name, ui.empty_state("No loss", "The run has none, so there is nothing to compare."))]
    names = data.of_role("metadata")
    ranking = metadata_ranking(data.frame.loc[rows, [LOSS, *names]], names, LOSS)
    plots = [_plot(data, column, rows, is_dark) for column in plotted_columns(data, ranking)]
    return [html.Div(plots, className="columns three"), _ranking(data, ranking, rows)]


def plotted_columns(data: RunData, ranking: pd.DataFrame) -> list[str]:
    """Columns of numbers: those that the dashboard shows first, then those that go with the loss most."""
    ordered = ranking.loc[ranking["rho"].notna(), "column"].tolist()
    first = [column for column in column_order(data)[:_FIRST] if column in ordered]
    columns = [column for column in dict.fromkeys([*first, *ordered]) if data.kind(column) == "number"]
    return columns[:MOST_PLOTS]


def _plot(data: RunData, column: str, rows: Mask, is_dark: bool) -> Component:
    groups = groups_of(data, Look(column, LOSS, TOGETHER, RANGES, ""), rows, is_dark)
    name, profile = data.title(column), groups[0].profile
    return ui.card(
        html.Span([f"{name.capitalize()} and loss", ui.column_tip(data, column)]),
        html.P(correlation_in_words(profile["spearman"], name, LOSS)),
        dcc.Graph(figure=_smaller(number_figure(groups, (name, LOSS), False, is_dark)), config=theme.PLAIN_CONFIG),
        html.Details([html.Summary("The numbers"), _numbers(groups[0], name)]),
        note=theme.n_of(profile["n"], data.n),
    )


def _smaller(figure: dict[str, Any]) -> dict[str, Any]:
    return {**figure, "layout": {**figure["layout"], "height": 360}}


def _numbers(group: Group, name: str) -> Component:
    rows = [[one["label"], f"{one['n']:,}", theme.number(one["mean"]), interval(one)] for one in group.profile["bins"]]
    return ui.table([name, "Samples", "Mean loss", "95 % interval"], rows, numeric=(1, 2, 3))


def _ranking(data: RunData, ranking: pd.DataFrame, rows: Mask) -> Component:
    title = html.Span([f"Metadata of {data.name} by correlation with the loss", ui.help_tip(SPEARMAN_HELP)])
    measured = ranking[ranking["rho"].notna()].to_dict("records")
    if not measured:
        return ui.card(title, ui.empty_state("Nothing to rank", "No metadata of numbers differs among the samples."))
    table = [
        [data.title(row["column"]), f"{row['rho']:.2f}", f"{row['low']:.2f} to {row['high']:.2f}", f"{row['n']:,}"]
        for row in measured
    ]
    header = ["Metadata", "Correlation", "95 % interval", "Samples"]
    parts: list[Component] = [ui.table(header, table[:_MOST_ROWS], numeric=(1, 2, 3))]
    if rest := table[_MOST_ROWS:]:
        summary = html.Summary(f"The other {len(rest):,}, which go with the loss less")
        parts.append(html.Details([summary, ui.table(header, rest, numeric=(1, 2, 3))]))
    note = theme.n_of(int(np.count_nonzero(rows)), data.n)
    return ui.card(title, *parts, note=note)
