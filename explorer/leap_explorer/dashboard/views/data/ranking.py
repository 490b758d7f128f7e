"""The metadata, ranked by what they explain of a metric."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.views.data.look import Look
from leap_explorer.dashboard.views.data.relation import EXPLAINED_HELP, SHAPE_HELP, SHAPES, signed
from leap_explorer.insights import metadata_ranking
from leap_explorer.insights.rows import Mask

#: The sortable columns, by what they sort by.
_TITLES = {"name": "Metadata", "strength": "Explains", "n": "Samples"}


def ranking_card(data: RunData, look: Look, rows: Mask, note: str) -> Component:
    """All metadata, in the order that the look asks for; a click on a row shows it."""
    metric = data.title(look.metric)
    ranking = _sorted(ranked(data, look.metric, rows.tobytes()), look.sort, data)
    if ranking.empty:
        empty = ui.empty_state("Nothing to rank", "No metadata differs among these samples.")
        return ui.card("What metadata explain", empty, note=note)
    body = [
        ranking_row(data, row, largest(ranking), row["column"] == look.column) for row in ranking.to_dict("records")
    ]
    table = html.Table([_head(look.sort), html.Tbody(body)], className="table ranking", id="data-ranking-table")
    return ui.card(
        html.Span([f"What explains {metric}", ui.help_tip(EXPLAINED_HELP, "Explains")]),
        html.Div(table, className="table-scroll ranking-scroll", tabIndex="0"),
        html.P(
            "A bar is the share of the variance, the largest of all full. A click on a row shows it.",
            className="faint small",
        ),
        note=note,
    )


@lru_cache(maxsize=32)
def ranked(data: RunData, metric: str, rows: bytes) -> pd.DataFrame:
    """`metadata_ranking` of the rows, a mask's bytes."""
    mask = np.frombuffer(rows, dtype=bool)
    names = [name for name in data.of_role("metadata") if name != metric]
    return metadata_ranking(data.frame.loc[mask, list(dict.fromkeys([metric, *names]))], names, metric)


def largest(ranking: pd.DataFrame) -> float:
    """The largest share that a column explains; 0 where none does."""
    return max(0.0, float(np.nan_to_num(ranking["explained"]).max())) if len(ranking) else 0.0


def ranking_row(data: RunData, row: Mapping[Any, Any], full: float, is_shown: bool | None = None) -> html.Tr:
    """A column's share as a bar, full where it is `full`, and in numbers, its shape and samples.

    Args:
        is_shown: whether the page shows the column now; None where a click cannot show it.
    """
    title = data.heading(row["column"])
    name = title if is_shown is None else ui.link(title, "rank-link", extra={"data.column": row["column"]})
    cells = [
        html.Td(name),
        html.Td(SHAPES[row["shape"]], className="faint" if row["shape"] == "none" else ""),
        html.Td(_share(row, full), className="number"),
        html.Td(f"{row['n']:,}", className="number"),
    ]
    marked = {} if is_shown is None else ui.aria(current="true" if is_shown else "false")
    return html.Tr(cells, className="shown" if is_shown else "", **marked)


def _share(row: Mapping[Any, Any], full: float) -> Component | str:
    if np.isnan(row["explained"]):
        return theme.NOTHING
    width = 100 * max(0.0, row["explained"]) / full if full else 0.0
    interval = f"({signed(row['low'])} to {signed(row['high'])})"
    bar = html.Span(className="share-bar", style={"--width": f"{width:.1f}%"})
    return html.Div(
        [bar, html.Span(f"{signed(row['explained'])} %"), html.Span(interval, className="faint small")],
        className="share",
    )


def _head(sort: str) -> html.Thead:
    cells = [html.Th(_sort_link(key, sort), scope="col", **_head_class(key, sort)) for key in _TITLES]
    shape = html.Span(["Shape", ui.help_tip(SHAPE_HELP, "Shape")])
    return html.Thead(html.Tr([cells[0], html.Th(shape, scope="col"), *cells[1:]]))


def _sort_link(key: str, sort: str) -> Component:
    mark = " ▾" if key == sort and key != "name" else " ▴" if key == sort else ""
    return ui.link(_TITLES[key] + mark, "sort", f"Sort by {_TITLES[key].lower()}", extra={"data.sort": key})


def _head_class(key: str, sort: str) -> dict[str, Any]:
    direction = "ascending" if key == "name" else "descending"
    return {"className": "" if key == "name" else "number", **ui.aria(sort=direction if key == sort else "none")}


def _sorted(ranking: pd.DataFrame, sort: str, data: RunData) -> pd.DataFrame:
    if sort == "name":
        return ranking.sort_values("column", key=lambda names: names.map(data.heading), kind="stable")
    return ranking.sort_values("n", ascending=False, kind="stable") if sort == "n" else ranking
