"""The map of a model's latent space, to be coloured by a few columns, and a table of its clusters."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import dcc, html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts import legend
from leap_explorer.dashboard.parts.selection_profile import CLUSTERS_HELP, cluster_errors, difference_words
from leap_explorer.dashboard.plots.color_encoding import ColorEncoding, dot_diameters, encode_colors
from leap_explorer.dashboard.run_data import CORRECTNESS, RunData

_MOST_DIFFERENCES = 4
_REMOVED = [*theme.GRAPH_CONFIG["modeBarButtonsToRemove"], "lasso2d", "select2d"]  # selecting does nothing here


def map_card(data: RunData, is_dark: bool) -> Component:
    """The map with a menu of its colours; the page's script shows the legend of the chosen one."""
    encodings = {column: encode_colors(data, column, is_dark) for column in color_columns(data)}
    options = [html.Option(data.title(column), value=column) for column in encodings]
    shown = next(iter(encodings))
    legends = [_legend(data, column, one, column == shown, is_dark) for column, one in encodings.items()]
    return ui.card(
        f"{data.map_title()} ({data.name})",
        html.Label([html.Span("Colour by"), html.Select(options)], className="paint", hidden=True),
        *legends,
        dcc.Graph(
            figure=map_figure(data, encodings, is_dark),
            config=theme.GRAPH_CONFIG | {"modeBarButtonsToRemove": _REMOVED},
            className="map",
        ),
        html.P(f"A dot is a sample; near each other: {data.alike}. {data.map_note}".strip(), className="faint small"),
        note=theme.n_of(int(np.isfinite(data.points("map")[0]).sum()), data.n),
    )


def color_columns(data: RunData) -> list[str]:
    """What the dots may be coloured by, as far as the run has it."""
    return data.of_role("ground_truth", "prediction", CORRECTNESS, "loss", "cluster")


def map_figure(data: RunData, encodings: Mapping[str, ColorEncoding], is_dark: bool) -> dict[str, Any]:
    """The points, in the colours of the first column; `meta` holds the others' and what the points say on hover."""
    x, y = data.points("map")
    points = {
        "type": "scattergl",
        "mode": "markers",
        "x": _typed(x),
        "y": _typed(y),
        "marker": {"size": dot_diameters(data.n)[1], "opacity": 0.8, "line": {"width": 0}},
        "hovertemplate": "%{text}<extra></extra>",
        "meta": {
            "paintings": {
                column: {"codes": _typed(encoding.codes), "colors": encoding.colors}
                for column, encoding in encodings.items()
            },
            "hover": _hover(data, encodings),
        },
    }
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    axes = {"xaxis": axis, "yaxis": {**axis, "scaleanchor": "x"}}
    layout = theme.layout(is_dark, showlegend=False, dragmode="pan", hovermode="closest", uirevision="map", **axes)
    return {"data": [points], "layout": layout}


def cluster_card(data: RunData) -> Component:
    """Each cluster with its size, its error rate, and what sets it apart."""
    title = html.Span([f"Clusters of {data.name}", ui.help_tip(CLUSTERS_HELP)])
    if not data.run.clusters:
        return ui.card(title, ui.empty_state("No clusters", "The run was made without."))
    rows = [
        [
            data.cluster_name(int(profile["cluster"])),
            html.Span([f"{profile['size']:,} ", html.Span(f"of {data.n:,}", className="faint")]),
            _error_rate(cluster_errors(profile)),
            ", ".join(difference_words(data, one) for one in (profile.get("distinguishing") or [])[:_MOST_DIFFERENCES]),
        ]
        for profile in data.run.clusters
    ]
    note = "Differences of the mean, in standard deviations; above 0 the cluster has more."
    header = ["Cluster", "Samples", "Wrong", "Differs in"]
    return ui.card(title, ui.table(header, rows, numeric=(1, 2)), html.P(note, className="faint small"))


def _error_rate(rate: Mapping[str, float]) -> Component | str:
    if not rate:
        return theme.NOTHING
    limits = f"({theme.percent(rate['low'])} to {theme.percent(rate['high'])})"
    return html.Span([html.Div(theme.percent(rate["value"])), html.Div(limits, className="faint small")])


def _hover(data: RunData, encodings: Mapping[str, ColorEncoding]) -> dict[str, Any]:
    labels = [
        {
            "title": data.title(column),
            "codes": _typed(encoding.codes),
            "names": [name for _, name, _ in encoding.entries],
        }
        for column, encoding in encodings.items()
        if data.role(column) in ("ground_truth", "prediction") and encoding.entries
    ]
    loss = _typed(data.numbers("loss").astype(np.float32)) if data.of_role("loss") else None
    return {"ids": data.frame["id"].astype(str).tolist(), "labels": labels, "loss": loss}


def _typed(array: npt.NDArray[Any]) -> dict[str, str]:
    """An array as plotly reads it without a detour over decimal digits; of a dtype that plotly knows, native order."""
    return {"dtype": array.dtype.str[1:], "bdata": b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")}


def _legend(data: RunData, column: str, encoding: ColorEncoding, is_shown: bool, is_dark: bool) -> html.Div:
    entries = [
        *(legend.entry(color, name) for _, name, color in encoding.entries),
        *legend.scale_entries(encoding),
        *legend.unknown_entries(encoding, is_dark),
    ]
    title = html.Span([data.title(column), ui.column_tip(data, column)], className="faint")
    named: dict[str, Any] = {"data-column": column}
    return html.Div([title, *entries], className="legend", hidden=not is_shown, **named)
