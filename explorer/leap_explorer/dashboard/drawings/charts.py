"""Curves, bars and points in space."""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from leap_explorer.colors import class_color
from leap_explorer.dashboard import theme
from leap_explorer.precision import alike
from leap_explorer.samples.drawings import Bars, Box3D, Lines, Points

_HEIGHT = 280  # pixels
_CONFIG: Any = {"displayModeBar": False, "responsive": True}
#: The twelve edges of a box, each between two of its corners.
_EDGES = [(a, (a + 1) % 4) for a in range(4)] + [(4 + a, 4 + (a + 1) % 4) for a in range(4)]
_EDGES += [(a, a + 4) for a in range(4)]


def lines(content: Lines, is_dark: bool) -> Component:
    """Curves over one axis."""
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "name": name, "x": list(content.x), "y": list(line)}
        for name, line in zip(content.names, content.lines, strict=True)
    ]
    axes = {"xaxis": {"title": {"text": content.x_label or ""}}, "yaxis": {"title": {"text": content.y_label or ""}}}
    shows = len(content.names) > 1 or content.names[0] != "line 1"
    return _graph(traces, theme.layout(is_dark, height=_HEIGHT, showlegend=shows, **axes))


def bars(content: Bars) -> Component:
    """A bar a label, from 0 on, and a mark where the right number lies."""
    given = [*content.values, *(content.truth or ())]
    known = [value for value in given if value == value and abs(value) != float("inf")]
    low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    span = (high - low) or 1.0
    shown = alike(list(content.values))
    rows = [
        part
        for place, label in enumerate(content.labels)
        for part in (
            html.Span(label, className="bar-label"),
            _bar(content, place, low, span),
            html.Span(shown[place], className="bar-value"),
        )
    ]
    note = [html.P("The upright mark is the ground truth.", className="faint small")] if content.truth else []
    return html.Div([html.Div(rows, className="bars"), *note], className="stack tight")


def _bar(content: Bars, place: int, low: float, span: float) -> Component:
    value = content.values[place]
    known = value if value == value else 0.0
    start, end = sorted(((0.0 - low) / span, (min(max(known, low), low + span) - low) / span))
    fill = html.Div(
        className="bar-fill", style={"marginLeft": f"{100 * start:.2f}%", "width": f"{100 * (end - start):.2f}%"}
    )
    marks = []
    if content.truth is not None and content.truth[place] == content.truth[place]:
        at = 100 * (content.truth[place] - low) / span
        title = f"ground truth {content.truth[place]:.4g}"
        marks = [html.Div(className="bar-before", style={"left": f"{at:.2f}%"}, title=title)]
    return html.Div([fill, *marks], className="bar")


def points(content: Points, is_dark: bool) -> Component:
    """Points that can be turned about, in the colours of their intensity; boxes, dashed where they are right."""
    color: Any = theme.palette(is_dark)[0] if content.intensity is None else list(content.intensity)
    marker = {"size": 2, "color": color, "colorscale": "Viridis", "showscale": content.intensity is not None}
    cloud = {"type": "scatter3d", "mode": "markers", "name": "points", "marker": marker, "hoverinfo": "x+y+z"}
    traces = [{**cloud, "x": list(content.x), "y": list(content.y), "z": list(content.z)}]
    labels = sorted({box.label for box in content.boxes})
    traces += [_edges(box, class_color(labels.index(box.label))) for box in content.boxes]
    axis = {
        "color": theme.faint_ink(is_dark),
        "backgroundcolor": "rgba(0,0,0,0)",
        "gridcolor": theme.faint_ink(is_dark),
    }
    scene = {"aspectmode": "data", "xaxis": axis, "yaxis": axis, "zaxis": axis}
    return _graph(traces, theme.layout(is_dark, height=420, showlegend=bool(labels), scene=scene))


def _edges(box: Box3D, color: str) -> dict[str, Any]:
    """The twelve edges as one line with gaps."""
    path = [corner for a, b in _EDGES for corner in (box.corners[a], box.corners[b], (None, None, None))]
    x, y, z = (list(one) for one in zip(*path, strict=True))
    name = f"{box.label} (ground truth)" if box.is_truth else f"{box.label} {box.confidence:.2f}"
    line = {"color": color, "width": 4, "dash": "dash" if box.is_truth else "solid"}
    path_of = {"type": "scatter3d", "mode": "lines", "x": x, "y": y, "z": z}
    return {**path_of, "name": name, "line": line, "hoverinfo": "name"}


def _graph(traces: list[dict[str, Any]], layout: dict[str, Any]) -> Component:
    height = {"height": f"{layout['height']}px"}
    return dcc.Graph(figure={"data": traces, "layout": layout}, config=_CONFIG, style=height, className="drawing-graph")
