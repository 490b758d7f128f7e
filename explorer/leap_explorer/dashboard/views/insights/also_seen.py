"""Other descriptions of nearly the same samples as a slice's, each a link to what it selects."""

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.insights import Insight
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.low_performance import ALSO_SEEN
from leap_explorer.insights.one_column import HELD_OUT_BY


def also_seen(insight: Insight) -> list[Component]:
    """The descriptions, the nearest first, among the samples that the insight is about; nothing where there is none."""
    found = insight.evidence.get("similar")
    if not found:
        return []
    kept = tuple(one for one in insight.filter if one.column in HELD_OUT_BY)
    return [html.H3(ALSO_SEEN), html.Ul([_entry(one, kept) for one in found], id="insights-similar")]


def _entry(description: Mapping[str, Any], kept: Filter) -> html.Li:
    selected = (*kept, *map(Condition.from_dict, description["filter"]))
    on_map = ui.link(description["phrase"], view="population", filter=selected, query=None, selection=None)
    alike = f" ({theme.percent(description['jaccard'])} the same samples)"
    return html.Li([on_map, html.Span(alike, className="faint small")])
