"""Each metadata column: how its values are spread, and how the loss, or any other metric, goes with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import CORRECT, CORRECTNESS, WRONG, Context, RunData
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.plots.profile_plots import MOST_POINTS, Group, category_figure, interval, number_figure
from leap_explorer.dashboard.state import State, change, from_params
from leap_explorer.errors import ExplorerError
from leap_explorer.insights import metadata_profile, metadata_ranking
from leap_explorer.insights.rows import Mask

TITLE = "Data"

RANGES, EACH = "ranges", "samples"
TOGETHER = "none"

#: Words in the names of the columns that are offered first.
_FIRST = ("oov_count", "polarity")
_METRIC_ROLES = ("loss", "metric", "outlier_score", "probability")

#: The ranking's columns; those of a key sort by it.
_SORTS = {"name": "Metadata", "strength": "Correlation", "n": "Samples"}

SPEARMAN_HELP = (
    "Spearman's rank correlation, -1 to 1: 1 where the metric always rises with the metadata, -1 where it always "
    "falls, 0 where neither tells anything about the other. In brackets its 95 % interval (Fisher's z); an interval "
    "that holds 0 may be chance. Neither sign is better."
)
RANGES_HELP = (
    "Each dot is the mean of the metric over the samples of a range; the flat line is the range, the upright one the "
    "95 % interval of the mean (bootstrap). The ranges hold about as many samples each."
)


@dataclass(frozen=True)
class Look:
    """What the page's address asks to see, as far as the run has it."""

    column: str
    metric: str
    by: str  #: the column that splits the samples, or `TOGETHER`
    show: str  #: `RANGES` or `EACH`
    sort: str  #: of the ranking, a key of `_SORTS`


def layout(context: Context, state: State) -> Component:
    """Controls, and the boxes that the callbacks fill."""
    data = context.active(state)
    look = look_of(data, state)
    columns, metrics = column_order(data), metric_order(data)
    splits = [{"label": "No split", "value": TOGETHER}, *ui.column_options(data, split_columns(data))]
    shows = [{"label": "means of ranges", "value": RANGES}, {"label": "every sample", "value": EACH}]
    controls = html.Div(
        [
            ui.select("data.column", "Column", ui.column_options(data, columns), look.column, columns[0]),
            ui.select("data.metric", "Against", ui.column_options(data, metrics), look.metric, metrics[0]),
            ui.select("data.by", "Split by", splits, look.by, TOGETHER),
            ui.choice("data.show", "Show", shows, look.show, RANGES),
        ],
        className="row data-controls",
    )
    return ui.page(
        ui.watch("data-look", ("data.column", "data.metric", "data.by", "data.show"), state),
        ui.watch("data-column", ("data.column",), state),
        ui.watch("data-order", ("data.column", "data.metric", "data.sort"), state),
        html.H1("Metadata, and what goes with them", className="page-title"),
        controls,
        html.Div([html.Div(id="data-profile", className="stack"), html.Div(id="data-ranking")], className="data-panes"),
    )


def register(app: Dash, context: Context) -> None:
    @app.callback(
        Output("data-profile", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("data-look"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def profile(_filter: Any, _look: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        return ui.guarded(_profile, context, state)

    @app.callback(
        Output("data-ranking", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("data-order"), "data"),
        PageState(ui.STATE, "data"),
    )
    def ranking(_filter: Any, _order: Any, params: dict[str, str]) -> Any:
        return ui.guarded(_ranking, context, from_params(params))

    @app.callback(
        Output(ui.CHANGE, "data", allow_duplicate=True),
        Input("data-plot", "clickData"),
        PageState(ui.STATE, "data"),
        prevent_initial_call=True,
    )
    def open_sample(click: dict[str, Any] | None, params: dict[str, str]) -> Any:
        key = ((click or {}).get("points") or [{}])[0].get("customdata")
        is_sample = isinstance(key, str) and key in context.active(from_params(params)).rows
        return change(view="sample", sample=key) if is_sample else no_update

    # A click in the ranking changes the address; the menu follows it
    app.clientside_callback(
        ClientsideFunction("data", "followColumn"), Input(ui.watched("data-column"), "data"), prevent_initial_call=True
    )


def look_of(data: RunData, state: State) -> Look:
    """The view's settings; what the run does not have is replaced by the default.

    Raises:
        ExplorerError: the run has no column to show, or no metric.
    """
    columns, metrics, splits = column_order(data), metric_order(data), split_columns(data)
    if not columns or not metrics:
        raise ExplorerError("This run has no metadata or no metric, so there is nothing to compare.")
    column, metric, by = state.get("data.column"), state.get("data.metric"), state.get("data.by")
    show, sort = state.get("data.show"), state.get("data.sort")
    return Look(
        column if column in columns else columns[0],
        metric if metric in metrics else metrics[0],
        by if by in splits else TOGETHER,
        show if show == EACH else RANGES,
        sort if sort in _SORTS else "strength",
    )


def column_order(data: RunData) -> list[str]:
    """Columns that the menu offers: out-of-vocabulary count and polarity first, other metadata, then the rest."""
    metadata = data.of_role("metadata")
    first = [found[0] for word in _FIRST if (found := [name for name in metadata if word in name])]
    rest = [*data.numeric_columns, *data.category_columns]
    return list(dict.fromkeys([*first, *metadata, *rest]))


def metric_order(data: RunData) -> list[str]:
    """Numbers that a column is compared with, the loss first; any, where the run has none of the model's."""
    of_model = [name for name in data.of_role(*_METRIC_ROLES) if data.kind(name) == "number"]
    return of_model or data.numeric_columns


def split_columns(data: RunData) -> list[str]:
    """Columns that tell groups of samples: the label, the subset, whether the prediction is right."""
    wanted = ("ground_truth", "subset", CORRECTNESS)
    return [name for name in wanted if name in data.category_columns]


def groups_of(data: RunData, look: Look, rows: Mask, is_dark: bool) -> list[Group]:
    """The samples of `rows` with a known metric and column, in groups; groups without any are left out."""
    parts = [("", theme.ACCENT[is_dark], rows)] if look.by == TOGETHER else _parts(data, look.by, rows, is_dark)
    found = [_group(data, look, name, color, mask) for name, color, mask in parts]
    return [group for group in found if group.profile["n"]]


def correlation_in_words(spearman: dict[str, float] | None, column: str, metric: str) -> str:
    """What a rank correlation and its interval say, in a sentence."""
    if spearman is None:
        return f"{column.capitalize()} has no order, or too few values, so that there is no correlation to measure."
    rho, low, high = (f"{spearman[name]:.2f}" for name in ("value", "low", "high"))
    numbers = f"Spearman's correlation {rho}, 95 % interval {low} to {high}"
    if spearman["low"] <= 0 <= spearman["high"]:
        return f"Whether {metric} goes with {column} is not certain: {numbers}, which holds 0."
    return (
        f"Where {column} is higher, {metric} tends to be {'higher' if spearman['value'] > 0 else 'lower'}: {numbers}."
    )


def _parts(data: RunData, by: str, rows: Mask, is_dark: bool) -> list[tuple[str, str, Mask]]:
    categories = data.categories(by)
    colors = theme.category_colors(len(categories.names), is_dark)
    if by == CORRECTNESS:
        meaning = dict(zip((CORRECT, WRONG), theme.right_and_wrong(is_dark), strict=True))
        colors = [meaning[name] for name in categories.names]
    parts = [
        (name, color, rows & (categories.codes == code))
        for code, (name, color) in enumerate(zip(categories.names, colors, strict=True))
    ]
    return [*parts, ("unknown", theme.UNKNOWN[is_dark], rows & (categories.codes < 0))]


def _group(data: RunData, look: Look, name: str, color: str, rows: Mask) -> Group:
    samples = _readable_samples(data, look, rows)
    profile = metadata_profile(samples, look.column, look.metric)
    if data.kind(look.column) == "category":
        return Group(name, color, profile, np.empty(0), np.empty(0), np.empty(0, dtype=object))
    x, y = data.numbers(look.column), data.numbers(look.metric)
    known = np.flatnonzero(rows & np.isfinite(x) & np.isfinite(y))
    return Group(name, color, profile, x[known], y[known], np.array(data.keys, dtype=object)[known])


def _readable_samples(data: RunData, look: Look, rows: Mask) -> pd.DataFrame:
    """The two columns; clusters, which are numbered, by name, as they have no order."""
    samples = pd.DataFrame({look.metric: data.numbers(look.metric)[rows]})
    if data.kind(look.column) == "number":
        return samples.assign(**{look.column: data.numbers(look.column)[rows]})
    values = data.frame.loc[rows, look.column].reset_index(drop=True)
    if data.role(look.column) == "cluster":
        values = values.map(lambda number: data.cluster_name(int(number)), na_action="ignore").astype("string")
    return samples.assign(**{look.column: values})


def _profile(context: Context, state: State) -> list[Component]:
    data = context.active(state)
    look = look_of(data, state)
    rows = context.filtered(state)
    column, metric = data.title(look.column), data.title(look.metric)
    groups = groups_of(data, look, rows, state.is_dark)
    n = sum(group.profile["n"] for group in groups)
    title = html.Span([f"{data.heading(look.column)} and {metric}", ui.column_tip(data, look.column)])
    note = theme.n_of(n, data.n)
    if not groups:
        empty = ui.empty_state("No sample to show", f"None that meets the filters has both {column} and {metric}.")
        return [ui.card(title, empty, note=note)]
    is_number = data.kind(look.column) == "number"
    as_points = look.show == EACH and is_number
    figure = (
        number_figure(groups, (column, metric), as_points, state.is_dark)
        if is_number
        else category_figure(groups, (column, metric), state.is_dark)
    )
    whole = _group(data, look, "", "", rows).profile
    bins = f"{len(groups[0].profile['bins'])} {'ranges' if is_number else 'values'}" if len(groups) == 1 else None
    return [
        ui.card(
            title,
            html.P(correlation_in_words(whole["spearman"], column, metric), id="data-sentence"),
            dcc.Graph(
                id="data-plot", figure=figure, config=theme.webgl_config(state.pixel_ratio), style={"height": 480}
            ),
            html.P(_caption(as_points, is_number, n), className="faint small"),
            note=note,
        ),
        ui.card(
            html.Span([f"Mean {metric}", ui.column_tip(data, look.metric)]),
            _numbers(groups, data.heading(look.column), metric),
            note=bins,
        ),
    ]


def _caption(as_points: bool, is_number: bool, n: int) -> str:
    if not as_points:
        return RANGES_HELP if is_number else "Dots are means, upright lines their 95 % intervals (bootstrap)."
    if n > MOST_POINTS:
        return f"More than {MOST_POINTS:,} samples: the colour says how many lie at a place, on a logarithmic scale."
    return "Each dot is a sample; a click opens it."


def _numbers(groups: list[Group], column: str, metric: str) -> Component:
    is_split = len(groups) > 1 or bool(groups[0].name)
    rows = [
        [
            *([group.name] if is_split else []),
            one["label"],
            f"{one['n']:,}",
            theme.number(one["mean"]),
            interval(one),
        ]
        for group in groups
        for one in group.profile["bins"]
    ]
    header = [*(["Group"] if is_split else []), column, "Samples", f"Mean {metric}", "95 % interval"]
    return ui.table(header, rows, numeric=range(len(header) - 3, len(header)), id="data-numbers")


def _ranking(context: Context, state: State) -> Component:
    data = context.active(state)
    look = look_of(data, state)
    rows = context.filtered(state)
    metric = data.title(look.metric)
    found = _sorted(_ranked(data, look.metric, rows.tobytes()), look.sort, data)
    if found.empty:
        empty = ui.empty_state("Nothing to rank", "No metadata differs among the samples that meet the filters.")
        return ui.card("Metadata by correlation", empty)
    body = [_ranking_row(data, row, row["column"] == look.column) for row in found.to_dict("records")]
    table = html.Table([_ranking_head(look.sort), html.Tbody(body)], className="table ranking", id="data-ranking-table")
    return ui.card(
        html.Span([f"By correlation with {metric}", ui.help_tip(SPEARMAN_HELP, "Correlation")]),
        html.Div(table, className="table-scroll ranking-scroll", tabIndex="0"),
        html.P("A click on a row shows it.", className="faint small"),
        note=theme.n_of(int(rows.sum()), data.n),
    )


def _ranking_head(sort: str) -> html.Thead:
    cells = []
    for key, title in _SORTS.items():
        direction = "ascending" if key == "name" else "descending"
        mark = " ▾" if key == sort and key != "name" else " ▴" if key == sort else ""
        link = ui.link(title + mark, "sort", f"Sort by {title.lower()}", extra={"data.sort": key})
        sorted_by = ui.aria(sort=direction if key == sort else "none")
        cells.append(html.Th(link, scope="col", className="" if key == "name" else "number", **sorted_by))
    cells.insert(2, html.Th("95 % interval", scope="col", className="number"))
    return html.Thead(html.Tr(cells))


def _ranking_row(data: RunData, row: Mapping[Any, Any], is_shown: bool) -> html.Tr:
    link = ui.link(data.title(row["column"]), "rank-link", extra={"data.column": row["column"]})
    value: Any = html.Span("no order", className="faint")
    bounds = ""
    if not np.isnan(row["rho"]):
        value = [html.Span(className="rho", style=_bar(row["rho"])), f"{row['rho']:.2f}"]
        bounds = f"{row['low']:.2f} to {row['high']:.2f}"
    cells = [html.Td(link), *(html.Td(cell, className="number") for cell in (value, bounds, f"{row['n']:,}"))]
    return html.Tr(cells, className="shown" if is_shown else "", **ui.aria(current="true" if is_shown else "false"))


def _bar(rho: float) -> dict[str, str]:
    """The bar from the middle, 0, to the left or right."""
    left = 50 + min(rho, 0.0) * 50
    return {"--left": f"{left:.1f}%", "--width": f"{abs(rho) * 50:.1f}%"}


@lru_cache(maxsize=32)
def _ranked(data: RunData, metric: str, rows: bytes) -> pd.DataFrame:
    mask = np.frombuffer(rows, dtype=bool)
    names = [name for name in data.of_role("metadata") if name != metric]
    return metadata_ranking(data.frame.loc[mask, list(dict.fromkeys([metric, *names]))], names, metric)


def _sorted(found: pd.DataFrame, sort: str, data: RunData) -> pd.DataFrame:
    if sort == "name":
        return found.sort_values("column", key=lambda names: names.map(data.title), kind="stable")
    return found.sort_values("n", ascending=False, kind="stable") if sort == "n" else found
