"""What is known of one sample beside its models' cards: its neighbours, cluster, insights and metadata."""

from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.excerpt import excerpt, marked
from leap_explorer.dashboard.parts.thumbnail import thumbnail
from leap_explorer.dashboard.run_data import CORRECTNESS, WRONG, RunData
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.sample import reading as reading
from leap_explorer.dashboard.views.sample.elements import elements_card
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.kinds import kind_of
from leap_explorer.insights.rows import TRAINING
from leap_explorer.population.latent import nearest_neighbours
from leap_explorer.precision import alike

NEIGHBOURS, HIGHEST_LOSSES = 8, 10
_EXCERPT = 110

_DISTANCE_HELP = (
    "How far apart two samples are: the Euclidean distance in the latent space, 0 upwards; lower is more alike. It has "
    "no unit, and cannot be compared between models."
)
_TYPICAL_HELP = "The median over all samples of this run; half of them have less, half have more."


def details(context: Context, state: State) -> Component:
    data = context.active(state)
    row = data.rows.get(state.sample)
    if row is None:
        return _highest_losses(context, data, state)
    side = [_cluster(data, row), _insights(data, row)]
    left = html.Div([*elements_card(data, row), _neighbours(context, state, row), *side], className="stack")
    return html.Div([left, _metadata(data, row)], className="panes sample-panes")


def _highest_losses(context: Context, data: RunData, state: State) -> Component:
    mask = context.highlighted(state)
    rows = reading.highest_losses(data, mask, HIGHEST_LOSSES)
    if not len(rows):
        nothing = ui.empty_state("No samples match", "Clear the filters or the search above.")
        return ui.card("Highest-loss samples", nothing)
    losses = alike([float(data.numbers("loss")[row]) for row in rows])
    listed = _listed(context, state, [int(row) for row in rows], "Loss", losses, ui.column_tip(data, "loss"))
    subsets = sorted(set(data.frame["subset"].iloc[rows].astype(str)))
    title = "Highest-loss samples" if TRAINING in subsets else "Highest-loss held-out samples"
    return ui.card(title, listed, note=f"{len(rows):,} of {int(mask.sum()):,}, {' and '.join(subsets)}")


def _listed(context: Context, state: State, rows: list[int], name: str, values: list[str], tip: Component) -> Component:
    """Samples in a table, each a link, with a number each and how their texts begin, or what was searched for there."""
    data, sought = context.active(state), context.sought(state)
    shown = data.of_role("ground_truth", "prediction")
    header = ["Sample", *(data.heading(column) for column in shown), html.Span([name, tip]), ""]
    body = []
    for index, row in enumerate(rows):
        sample_id = str(data.frame["id"].iloc[row])
        text = marked(excerpt(context.text(sample_id) or "", _EXCERPT, sought))
        link = ui.link(sample_id, "link sample-id", sample=data.keys[row])
        subset = html.Div(str(data.frame["subset"].iloc[row]), className="faint small")
        picture = thumbnail(context, data, row)
        cells: list[Any] = [html.Span([*picture, link, subset]), *(_label(data, column, row) for column in shown)]
        body.append([*cells, values[index], html.Span(text, className="small")])
    return html.Div(ui.table(header, body, numeric=(len(shown) + 1,)), className="sample-list")


def _label(data: RunData, column: str, row: int) -> Any:
    text = ui.value_text(data, column, row)
    is_wrong = column == "prediction" and CORRECTNESS in data.frame and ui.value_text(data, CORRECTNESS, row) == WRONG
    return html.Span(f"{text} (wrong)", className="bad") if is_wrong else text


def _neighbours(context: Context, state: State, row: int) -> Component:
    data = context.active(state)
    found = nearest_neighbours(data.run.latent, row, NEIGHBOURS, "euclidean")
    title = "Nearest neighbours"
    if not found:
        return ui.card(title, ui.empty_state("No neighbours", "The sample has no place in the model's latent space."))
    distances = alike([distance for _, distance in found])
    tip = ui.help_tip(_DISTANCE_HELP, "Distance", is_left=True)
    listed = _listed(context, state, [index for index, _ in found], "Distance", distances, tip)
    return ui.card(title, html.Div(listed, id="sample-neighbours"), note=f"{data.name}: {data.alike}")


def _cluster(data: RunData, row: int) -> Component:
    value = data.frame["cluster"].iloc[row] if "cluster" in data.frame else pd.NA
    if pd.isna(value):
        return ui.card("Cluster", html.P("The sample is in no cluster.", className="faint"))
    number = int(value)
    link = ui.link(
        data.cluster_name(number),
        "link",
        view="population",
        filter=(Condition("cluster", "==", number),),
        query=None,
        selection=None,
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
                ui.link(kind_of(one).title, "link", view="insights", extra={"insights.id": one.id}),
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
        name = html.Span([data.title(column), ui.column_tip(data, column)])
        body.append([name, *_beside_typical(data, column, row)])
    return ui.card("Metadata and metrics", ui.table(header, body, numeric=(1, 2)), note=data.name)


def _beside_typical(data: RunData, column: str, row: int) -> list[str]:
    """A sample's value and the median, with the same decimals; the value alone where it is no number."""
    if data.kind(column) != "number":
        return [ui.value_text(data, column, row), ""]
    values = data.numbers(column)
    return alike([float(values[row]), float(pd.Series(values).median())])
