"""The map as a plotly figure: one trace of all samples, which patches restyle, and a ring around the opened one."""

from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context, RunData
from leap_explorer.dashboard.painting import Painting, paint, sizes
from leap_explorer.dashboard.state import DEFAULT_COLOR, NO_SIZE, State
from leap_explorer.insights.rows import Mask

DIMMED = 0.15
#: What dragging can do, with plotly's names.
DRAGS = {"lasso": "Lasso", "select": "Box", "pan": "Move"}
DEFAULT_DRAG = "lasso"


def shown_color(data: RunData, state: State) -> str:
    """The column of the colours: the default if this run lacks the state's."""
    return next(name for name in (state.color, DEFAULT_COLOR, *data.columns) if name in data.columns)


def shown_size(data: RunData, state: State) -> str:
    """The column of the sizes, or `NO_SIZE`."""
    return state.size if state.size in data.numeric_columns else NO_SIZE


def map_figure(context: Context, data: RunData, state: State) -> dict[str, Any]:
    """The whole figure; later changes are patches of it, so that the points travel once."""
    color = paint(data, shown_color(data, state), state.is_dark)
    x, y = data.points(state.projection)
    points = {
        "type": "scattergl",
        "mode": "markers",
        "x": theme.typed(x),
        "y": theme.typed(y),
        "hoverinfo": "none",
        "marker": {**marker(color), "size": theme.typed(dot_sizes(data, state)), "opacity": 0.8, "line": {"width": 0}},
        "selectedpoints": selected_points(context.highlighted(state)),
        "selected": {"marker": {"opacity": 0.9}},
        "unselected": {"marker": {"opacity": DIMMED}},
    }
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    layout = theme.layout(
        state.is_dark,
        showlegend=False,
        dragmode=drag_mode(state),
        hovermode="closest",
        uirevision=state.projection,
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
        shapes=outline(state),
        newselection={"line": {"color": theme.ACCENT[state.is_dark], "width": 2, "dash": "solid"}},
    )
    return {"data": [points, opened(data, state)], "layout": layout}


def selected_points(highlighted: Mask) -> list[int] | None:
    """What plotly does not dim; None, which dims nothing, where all are highlighted."""
    return None if highlighted.all() else np.flatnonzero(highlighted).tolist()


def marker(color: Painting) -> dict[str, Any]:
    """The part of the dots' marker that depends on the colours."""
    limits = {"cmin": -0.5, "cmax": color.highest_code + 0.5}
    return {"color": theme.typed(color.codes), "colorscale": color.scale, **limits}


def dot_sizes(data: RunData, state: State) -> npt.NDArray[np.float32]:
    """The dots' diameters."""
    column = shown_size(data, state)
    return sizes(None if column == NO_SIZE else data.numbers(column), data.n)


def opened(data: RunData, state: State) -> dict[str, Any]:
    """A ring around the sample that was opened last."""
    x, y = data.points(state.projection)
    row = data.rows.get(state.sample)
    place = ([], []) if row is None else ([float(x[row])], [float(y[row])])
    line = {"color": theme.ink(state.is_dark), "width": 2}
    marker = {"symbol": "circle-open", "size": 20, "color": theme.ink(state.is_dark), "line": line}
    return {"type": "scattergl", "mode": "markers", "x": place[0], "y": place[1], "hoverinfo": "skip", "marker": marker}


def outline(state: State) -> list[dict[str, Any]]:
    """The drawn area, as long as its own map is shown."""
    if state.selection is None or state.selection.projection != state.projection:
        return []
    corners = "L".join(f"{x:g},{y:g}" for x, y in state.selection.polygon)
    line = {"color": theme.ACCENT[state.is_dark], "width": 1.5, "dash": "dot"}
    return [{"type": "path", "path": f"M{corners}Z", "line": line, "fillcolor": "rgba(0,0,0,0)", "layer": "above"}]


def drag_mode(state: State) -> str:
    """What dragging over the map does."""
    drag = state.get("population.drag", "lasso")
    return drag if drag in DRAGS else "lasso"
